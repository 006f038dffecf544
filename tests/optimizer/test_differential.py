"""The solver against the truth: tiny problems with all rules mixed, each solved by trying everything.

Split in several functions so that the suite can be spread over cores; each draws other problems, 500 in a long run.
"""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from optimizer.problem import BoxProblem, Termination
from optimizer.solve import solve
from optimizer.verify import check_plan
from tests.conftest import examples
from tests.known import known
from tests.optimizer.brute_force import brute_force, naive_bound
from tests.optimizer.strategies import prices, tiny_problems

PART = 500
part_of_all = settings(deadline=None, database=None, phases=[Phase.generate, Phase.shrink])


def agrees_with_the_truth(problem: BoxProblem) -> None:
    """One solve, held against brute force, the naive bound and the second opinion."""
    truth, plan = brute_force(problem), solve(problem)

    if truth is None:
        assert plan.termination is Termination.INFEASIBLE
        assert plan.boxes is None
        return
    assert plan.boxes is not None
    assert plan.value is not None
    assert plan.upper_bound is not None
    assert plan.prices is not None
    assert check_plan(problem, plan) == []  # boxes, value and bound, by the second opinion
    assert plan.value == truth
    assert plan.upper_bound == known(naive_bound(problem, plan.prices)) >= truth
    assert (plan.termination is Termination.OPTIMAL) == (plan.upper_bound == plan.value)


@pytest.mark.parametrize("part", range(10))
def test_tiny_problems_with_all_rules_mixed_are_solved_to_the_optimum(part: int) -> None:
    @seed(20_240_601 + part)
    @settings(part_of_all, max_examples=min(PART, examples(PART)))  # pytest does not see it: no hook changes it
    @given(tiny_problems())
    def differential(problem: BoxProblem) -> None:
        agrees_with_the_truth(problem)

    differential()


@seed(7)
@settings(part_of_all, max_examples=100)
@given(tiny_problems())
def test_the_same_problem_gives_the_same_bytes(problem: BoxProblem) -> None:
    first, second = solve(problem), solve(problem)

    assert first.termination is second.termination
    assert (first.value, first.upper_bound) == (second.value, second.upper_bound)
    if first.boxes is not None and second.boxes is not None:
        assert first.boxes.tobytes() == second.boxes.tobytes()
    if first.prices is not None and second.prices is not None:
        assert first.prices.stock.tobytes() == second.prices.stock.tobytes()
        assert first.prices.at_least.tobytes() == second.prices.at_least.tobytes()
        assert first.prices.at_most.tobytes() == second.prices.at_most.tobytes()


@seed(8)
@settings(part_of_all, max_examples=100)
@given(tiny_problems(), st.data())
def test_any_warm_start_leads_to_the_optimum(problem: BoxProblem, data: st.DataObject) -> None:
    plan = solve(problem, prices=data.draw(prices(problem)), seed=data.draw(st.integers(0, 3)))

    assert plan.value == brute_force(problem)
    assert check_plan(problem, plan) == []
