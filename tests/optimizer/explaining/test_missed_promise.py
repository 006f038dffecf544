"""Why promises are missed: how much could be sent at most, against brute force; what more would cost, as built in."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optimizer.explaining.missed_promise import Hindrance, unsent
from optimizer.problem import POINTS, BoxProblem, BoxRules, GroupLimit, Plan, Quota, Termination
from optimizer.solve import solve
from optimizer.verify import shortfalls, unsent_units
from tests.known import known
from tests.optimizer.brute_force import brute_force
from tests.optimizer.explaining.test_shortage import any_plan
from tests.optimizer.strategies import prices, tiny_problems

PROVED = (Hindrance.CUSTOMERS, Hindrance.STOCK, Hindrance.BOTH)


def most_sent(problem, quota):
    """The most of a quota that any plan sends: by trying everything."""
    counts = np.tile(quota.amount.astype(np.int32), (problem.n_customers, 1))
    if quota.customers is not None:
        counts[~quota.customers] = 0
    policy = "no_box" if problem.rules.short == "stop" else problem.rules.short
    return brute_force(
        replace(
            problem,
            utility=counts,
            rules=replace(problem.rules, short_penalty=0, short=policy),
            quotas=tuple(replace(q, at_least=None) for q in problem.quotas if q.at_most is not None),
        )
    )


def all_is_true(problem, plan):
    told = unsent(problem, plan)
    missing = shortfalls(problem, plan.boxes)
    assert [(why.quota, why.missing) for why in told] == [(q, gap) for q, gap in enumerate(missing) if gap]
    for why in told:
        quota = problem.quotas[why.quota]
        assert why.most == why.in_stock + why.takes >= most_sent(problem, quota)
        assert why.at_least - why.most == unsent_units(problem, why.quota, why.pool, why.item)
        assert (why.hindrance in PROVED) == (why.most < why.at_least)
        if why.hindrance is Hindrance.STOCK:
            assert why.most == int((problem.stock[why.pool, why.item] * quota.amount[why.item]).sum())
        if why.hindrance is Hindrance.CUSTOMERS:
            assert why.in_stock == 0
        if why.hindrance is Hindrance.WORTH and plan.termination is not Termination.OPTIMAL:
            assert known(why.cost) + 2 >= quota.penalty
        if why.hindrance is Hindrance.TOLERANCE:
            assert plan.termination is not Termination.OPTIMAL
        if why.cost is not None and plan.termination is Termination.OPTIMAL:
            assert known(why.cost) + 2 >= quota.penalty, "an optimal plan would have sent what costs less"
    return told


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.data(), st.integers(0, 2**32))
def test_what_is_said_of_any_plan_is_true(data, seed):
    problem = data.draw(tiny_problems(max_customers=4, max_items=6))
    assume(problem.rules.short != "stop" and problem.n_customers)
    all_is_true(problem, any_plan(problem, data.draw(prices(problem)), np.random.default_rng(seed)))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(tiny_problems(max_customers=4, max_items=6))
def test_what_is_said_of_the_best_plan_is_true(problem):
    plan = solve(problem)
    if plan.boxes is not None:
        all_is_true(problem, plan)


def promised(at_least, penalty=200_000, **changes):
    """Ten customers with two slots, three items; all like items 0 and 1 better than item 2, which is promised."""
    utility = np.tile(np.array([900_000, 800_000, 100_000], np.int32), (10, 1))
    utility[:, 1] += np.arange(10, dtype=np.int32) * 10_000
    quota = Quota("promise", np.array([0, 0, 1]), at_least=at_least, penalty=penalty)
    problem = BoxProblem(utility, np.ones((10, 3), bool), np.full(3, 10), rules=BoxRules(2), quotas=(quota,))
    return replace(problem, **changes)


def why(problem):
    (told,) = all_is_true(problem, solve(problem))
    return told


def test_too_few_customers_may_receive_it():
    allowed = np.ones((10, 3), bool)
    allowed[4:, 2] = False
    told = why(promised(6, penalty=2 * POINTS, allowed=allowed))
    assert (told.hindrance, told.most, told.takes, told.n_customers) == (Hindrance.CUSTOMERS, 4, 4, 4)


def test_too_little_is_in_stock():
    told = why(promised(6, penalty=2 * POINTS, stock=np.array([10, 10, 5])))
    assert (told.hindrance, told.most, told.in_stock, told.item.tolist()) == (Hindrance.STOCK, 5, 5, [2])


def test_too_little_in_one_warehouse_and_too_few_customers_in_the_other():
    pool = np.repeat(np.arange(2, dtype=np.int32), 5)
    told = why(promised(9, penalty=2 * POINTS, stock=np.array([[9, 9, 3], [9, 9, 9]]), pool=pool))
    assert (told.hindrance, told.in_stock, told.takes, told.pool.tolist()) == (Hindrance.BOTH, 3, 5, [0])


def test_rules_of_the_box_count():
    """Items 1 and 2 never meet, and item 1 is locked for seven customers."""
    locked = np.where(np.arange(10) < 7, 1, -1).astype(np.int32)[:, None]
    rules = BoxRules(2, (GroupLimit("brand", np.array([-1, 0, 0], np.int32), 1),))
    told = why(promised(6, penalty=2 * POINTS, locked=locked, rules=rules))
    assert (told.hindrance, told.most) == (Hindrance.CUSTOMERS, 3)


def test_what_more_would_cost():
    """Item 2 instead of item 1 costs 0.70, 0.71, ...: 0.705 each for the two that are missing."""
    told = why(promised(2))
    assert (told.hindrance, told.sent, told.cost) == (Hindrance.WORTH, 0, 705_000)


def test_within_the_gap_nothing_is_claimed():
    """A plan that missed the chance: sending it would cost less than the penalty."""
    problem = promised(2, penalty=POINTS)
    best = solve(promised(0))
    worse = Plan(Termination.FEASIBLE, best.boxes, known(best.value) - 2 * POINTS, best.upper_bound, best.prices)
    prices = replace(known(best.prices), at_least=np.zeros(1, np.int64))
    (told,) = unsent(problem, replace(worse, prices=prices))
    assert (told.hindrance, told.cost) == (Hindrance.TOLERANCE, 705_000)
