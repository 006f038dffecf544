"""Repairs, carried out: what they say they would fill is filled, by a true re-solve."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.explaining.fullest_box import AllowedBits
from optimizer.explaining.missed_promise import unsent
from optimizer.explaining.remedies import MOST, freed_by, remedies_for_cut, remedies_for_promise
from optimizer.explaining.shortage import shortages
from optimizer.explaining.why_not import without_each
from optimizer.problem import POINTS, BoxProblem, BoxRules, GroupLimit, PairRule, Prices, Quota
from optimizer.solve import solve
from tests.optimizer.brute_force import box_faults
from tests.optimizer.explaining.test_missed_promise import promised
from tests.optimizer.explaining.test_shortage import any_plan, least_empty, plain_shortages, two_worlds


def mended(problem, repair, plan=None, short=()):
    """The problem with a repair carried out."""
    if repair.kind == "stock":
        stock = problem.stock.copy()
        stock[repair.pool, repair.item] += repair.units
        return replace(problem, stock=stock)
    if repair.kind == "allow":
        allowed = problem.allowed.copy()
        allowed[[c for c in short if problem.pools[c] == repair.pool], repair.item] = True
        return replace(problem, allowed=allowed)
    if repair.kind == "rule":
        return replace(problem, rules=dict(without_each(problem.rules))[repair.name])
    if repair.kind == "cap":
        caps = [replace(q, at_most=q.at_most + repair.units) if q.name == repair.name else q for q in problem.quotas]
        return replace(problem, quotas=tuple(caps))
    raise AssertionError(repair)


def cut_repairs(problem, plan):
    pairs = AllowedBits.of(problem)
    told = shortages(problem, plan, pairs)
    for number in range(len(told.cuts)):
        for repair in remedies_for_cut(problem, plan, pairs, told, number):
            yield repair, told.customers[told.cut == number].tolist()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(plain_shortages(), st.integers(0, 2**32))
def test_stock_and_wider_choices_fill_what_they_say(problem, seed):
    free = Prices(np.zeros((2, problem.n_items), np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))
    plan = any_plan(problem, free, np.random.default_rng(seed))
    everyone = np.arange(problem.n_customers)
    now = int((problem.sizes - (plan.boxes >= 0).sum(axis=1)).sum())
    for repair, short in cut_repairs(problem, plan):
        after = least_empty(mended(problem, repair, plan, short), everyone)
        if not repair.at_most:
            assert repair.kind in ("stock", "allow")
            assert after <= now - repair.fills
        assert repair.fills >= 1


def test_the_best_repair_comes_first_and_never_more_than_a_few():
    problem = two_worlds()
    plan = solve(problem)
    remedies = [repair for repair, _ in cut_repairs(problem, plan)]
    kinds = [repair.kind for repair in remedies]
    assert 1 <= max(kinds.count(kind) for kind in kinds) <= MOST
    assert [repair.adds for repair in remedies] == sorted((repair.adds for repair in remedies), reverse=True)
    assert {(repair.kind, repair.item) for repair in remedies} <= {("stock", i) for i in range(3)} | {
        ("allow", i) for i in range(3, 6)
    }


def test_a_rule_is_a_repair_where_something_is_left_that_it_bars():
    """Six slots need items 0-2 of one brand, one per box, with 2 units in all; item 3 of that brand is left over."""
    brand = GroupLimit("brand", np.array([0, 0, 0, 1], np.int32), 1)
    problem = BoxProblem(
        np.ones((3, 4), np.int32), np.ones((3, 4), bool), np.array([9, 9, 9, 1]), rules=BoxRules(2, (brand,))
    )
    remedies = [repair for repair, _ in cut_repairs(problem, solve(problem))]
    rule = next(repair for repair in remedies if repair.kind == "rule")
    assert (rule.name, rule.fills) == ("brand", 2)
    everyone = np.arange(3)
    assert least_empty(mended(problem, rule), everyone) == least_empty(problem, everyone) - 2


def test_a_unit_that_lets_a_whole_box_ship_fills_all_its_slots():
    skin = GroupLimit("skin", np.array([0, -1, -1, -1], np.int32), at_least=1)
    problem = BoxProblem(
        np.full((4, 4), 100_000, np.int32), np.ones((4, 4), bool), np.array([1, 9, 9, 9]), rules=BoxRules(3, (skin,))
    )
    remedies = [repair for repair, _ in cut_repairs(problem, solve(problem))]
    stock = next(repair for repair in remedies if repair.kind == "stock")
    assert (stock.item, stock.units, stock.fills, stock.at_most) == (0, 3, 9, True)
    assert least_empty(mended(problem, stock), np.arange(4)) == 0


def test_a_cap_is_raised_by_what_is_missing():
    problem = two_worlds(quotas=(Quota("cost", np.full(6, 10), at_most=205),), stock=np.full(6, 20))
    ((repair, _),) = cut_repairs(problem, solve(problem))
    assert (repair.kind, repair.units, repair.fills, repair.name) == ("cap", 160, 16, "cost")
    assert least_empty(mended(problem, repair), np.arange(12)) == 0


def test_rules_that_free_a_box_are_those_without_which_a_larger_one_is_legal():
    rules = BoxRules(3, (GroupLimit("category", np.array([0, 0, 1, 2], np.int32), 1),), (), (PairRule("apart", 2, 3),))
    problem = BoxProblem(np.ones((1, 4), np.int32), np.ones((1, 4), bool), np.full(4, 2), rules=rules)
    ones = np.ones(4, np.int64)
    freed = freed_by(problem, AllowedBits.of(problem), np.zeros(1, np.int32), np.array([2]), ones)
    assert {name: more.tolist() for name, more in freed.items()} == {"category": [1], "apart 2 3": [1]}
    assert box_faults(problem, 0, [0, 2, 3]) == {"apart"}


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"stock": np.array([10, 10, 5])}, ["stock", "promise"]),
        ({"allowed": np.arange(3) < np.where(np.arange(10) < 4, 3, 2)[:, None]}, ["allow", "promise"]),
    ],
)
def test_promises_out_of_reach(changes, kinds):
    problem = promised(6, penalty=2 * POINTS, **changes)
    plan = solve(problem)
    (why,) = unsent(problem, plan)
    remedies = remedies_for_promise(problem, plan, why)
    assert [repair.kind for repair in remedies] == kinds
    assert remedies[-1].units == why.most == 6 - remedies[0].units


def test_a_promise_that_costs_more_than_its_penalty():
    problem = promised(2)
    plan = solve(problem)
    (why,) = unsent(problem, plan)
    penalty, lower = remedies_for_promise(problem, plan, why)
    assert (penalty.kind, lower.kind, lower.units) == ("penalty", "promise", 0)
    dearer = promised(2, penalty=penalty.units + 10_000)
    assert not unsent(dearer, solve(dearer))
