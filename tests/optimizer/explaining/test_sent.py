"""What boxes take, as explanations count it: a case worked out by hand, and the second opinion's own counts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from optimizer.explaining.sent import quotas_missing, quotas_sent, units_packed
from optimizer.problem import BoxProblem, Quota
from optimizer.verify import quota_totals, shortfalls, usage
from tests.optimizer.strategies import tiny_problems


def test_a_case_worked_out_by_hand() -> None:
    problem = BoxProblem(
        utility=np.zeros((3, 3), np.int32),
        allowed=np.ones((3, 3), np.bool_),
        stock=np.full((2, 3), 9, np.int64),
        pool=np.array([0, 1, 1], np.int32),
        quotas=(
            Quota("launch", np.array([1, 0, 1]), at_least=5),
            Quota("gold", np.array([0, 0, 10**12]), at_least=1, customers=np.array([False, False, True])),
            Quota("budget", np.array([3, 4, 5]), at_most=99),
        ),
    )
    boxes = np.array([[0, 2, -1], [2, 1, -1], [-1, 2, 0]], np.int32)
    assert units_packed(problem, boxes).tolist() == [[1, 0, 1], [1, 1, 2]]
    assert quotas_sent(problem, boxes) == [5, 10**12, 2 * 3 + 4 + 3 * 5]
    assert quotas_missing(problem, boxes) == [0, 0, 0]
    nobody = np.full((3, 0), -1, np.int32)
    assert quotas_sent(problem, nobody) == [0, 0, 0]
    assert quotas_missing(problem, nobody) == [5, 1, 0]


@given(tiny_problems(), st.integers(0, 2**32 - 1))
def test_the_second_opinion_counts_the_same(problem: BoxProblem, seed: int) -> None:
    draw = np.random.default_rng(seed)
    boxes = draw.integers(-1, problem.n_items, (problem.n_customers, problem.width)).astype(np.int32)
    assert units_packed(problem, boxes).tolist() == usage(problem, boxes).tolist()
    assert quotas_sent(problem, boxes) == quota_totals(problem, boxes)
    assert quotas_missing(problem, boxes) == shortfalls(problem, boxes)
