"""What one more unit is worth, against true re-solves with more and with less stock, by trying everything."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optimizer.explaining.marginal_value import box_worth, one_more, price_row, price_rows
from optimizer.problem import POINTS, BoxProblem, BoxRules, Plan, Prices, Quota, Termination
from optimizer.solve import solve
from tests.known import worths
from tests.optimizer.brute_force import box_worth as naive_worth
from tests.optimizer.brute_force import brute_force
from tests.optimizer.explaining.test_shortage import any_plan
from tests.optimizer.strategies import prices, random_problem, tiny_problems


def resolved(problem, pool, item, change):
    """Value of the best plan with so many units more, or fewer (never below none)."""
    stock = problem.stock.copy()
    stock[pool, item] += change
    return brute_force(replace(problem, stock=stock))


def price_lies_between(problem, plan, pool, item, units):
    more, told = resolved(problem, pool, item, units), one_more(plan, pool, item, units)
    if more is not None:
        assert more - plan.value <= told.adds
    if problem.stock[pool, item] >= units:
        fewer = resolved(problem, pool, item, -units)
        best = resolved(problem, pool, item, 0)
        assert fewer is None or best - fewer >= told.costs >= 0
        assert fewer is None or plan.termination is not Termination.OPTIMAL or plan.value - fewer >= told.costs
    assert told.exact == (plan.value == plan.upper_bound)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(tiny_problems(max_customers=4, max_items=5), st.data())
def test_the_price_of_a_solved_plan_lies_between_the_differences_of_true_resolves(problem, data):
    plan = solve(problem)
    assume(plan.boxes is not None)
    pool, item = data.draw(st.integers(0, problem.n_pools - 1)), data.draw(st.integers(0, problem.n_items - 1))
    price_lies_between(problem, plan, pool, item, data.draw(st.integers(1, 3)))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(tiny_problems(max_customers=4, max_items=5), st.data(), st.integers(0, 2**32))
def test_of_any_plan_and_any_prices_too(problem, data, seed):
    assume(problem.rules.short != "stop" and problem.n_customers)
    plan = any_plan(problem, data.draw(prices(problem)), np.random.default_rng(seed))
    pool, item = data.draw(st.integers(0, problem.n_pools - 1)), data.draw(st.integers(0, problem.n_items - 1))
    price_lies_between(problem, plan, pool, item, data.draw(st.integers(1, 3)))


def test_the_last_unit_goes_to_who_likes_it_best_and_one_more_to_the_next():
    utility = np.array([[900_000], [700_000], [400_000]], np.int32)
    problem = BoxProblem(utility, np.ones((3, 1), bool), np.array([2]), rules=BoxRules(1, short_penalty=0))
    plan = solve(problem)
    told = one_more(plan, 0, 0)
    assert plan.termination is Termination.OPTIMAL
    assert 400_000 <= told.price <= 700_000, "the next would gain 0.4, the last one would lose 0.7"
    assert told.adds == told.price
    assert told.costs in (told.price, told.price - 1)
    assert resolved(problem, 0, 0, 1) - plan.value == 400_000


def test_a_plan_without_a_bound_has_nothing_to_tell():
    with pytest.raises(ValueError, match="expected a plan with prices"):
        one_more(Plan(Termination.FEASIBLE, np.zeros((1, 1), np.int32), 0, None, None), 0, 0)


def test_price_rows_are_price_rows_and_worths_are_worths():
    problem = random_problem(60, 12, seed=2)
    rng = np.random.default_rng(0)
    at = Prices(rng.integers(0, POINTS, (2, 12)), np.array([5_000]), np.zeros(1, np.int64), 3)
    who = np.arange(5, 50, dtype=np.int32)
    row, rows = price_rows(problem, at, who)
    assert all(np.array_equal(rows[row[k]], price_row(problem, at, c)) for k, c in enumerate(who.tolist()))
    assert len(rows) == 4, "two warehouses, in the quota or not"
    some = rng.permuted(np.tile(np.arange(12), (45, 1)), axis=1)[:, :5]
    boxes = np.where(np.arange(5) < problem.sizes[who][:, None] - 1, some, -1).astype(np.int32)
    found = box_worth(problem, at, who, boxes, worths(problem)[who], row, rows)
    for k, c in enumerate(who.tolist()):
        assert found[k] == naive_worth(problem, at, c, tuple(i for i in boxes[k].tolist() if i >= 0))


def test_a_quota_is_part_of_the_price_of_its_customers_only():
    quota = Quota("promise", np.array([1, 0]), at_least=1, customers=np.array([True, False]))
    problem = BoxProblem(np.ones((2, 2), np.int32), np.ones((2, 2), bool), np.ones(2, np.int64), quotas=(quota,))
    at = Prices(np.array([[7, 8]]), np.array([5]), np.zeros(1, np.int64))
    assert price_row(problem, at, 0).tolist() == [2, 8]
    assert price_row(problem, at, 1).tolist() == [7, 8]
