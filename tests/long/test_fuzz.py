"""Long fuzzing: the solver against the truth on problems that nobody has drawn before.

The usual suite draws the same problems every time. Here each run draws others; a failure prints how to see it again.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.problem import BoxProblem
from optimizer.solve import solve
from optimizer.verify import check_plan
from tests.optimizer.strategies import random_problem, tiny_problems
from tests.optimizer.test_differential import agrees_with_the_truth

pytestmark = pytest.mark.long
fresh = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("part", range(8))
def test_tiny_problems_against_trying_everything(part: int) -> None:
    @settings(fresh, max_examples=2_500)
    @given(tiny_problems(max_customers=6, max_items=8))
    def fuzz(problem: BoxProblem) -> None:
        agrees_with_the_truth(problem)

    fuzz()


@pytest.mark.parametrize("short", ["ship_short", "no_box", "stop"])
def test_small_shops_against_the_second_opinion(short: str) -> None:
    @settings(fresh, max_examples=400)
    @given(st.integers(5, 150), st.integers(6, 40), st.integers(0, 2**32 - 1))
    def fuzz(n_customers: int, n_items: int, seed: int) -> None:
        problem = random_problem(n_customers, n_items, seed, short=short)

        assert check_plan(problem, solve(problem)) == []

    fuzz()
