"""Lists: a total order against the obvious sort, masks, and ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recsys.ranking.rank import top_k

SCORES = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=st.sampled_from([-1.0, -0.0, 0.0, 0.5, 2.0])
)


@given(SCORES, st.integers(1, 12), st.randoms(use_true_random=False))
def test_the_order_is_score_falling_then_position_rising(scores: np.ndarray, k: int, random) -> None:
    allowed = np.array([[random.random() < 0.7 for _ in row] for row in scores])

    idx, best = top_k(scores, k, allowed)

    for row in range(len(scores)):
        expected = sorted(np.flatnonzero(allowed[row]), key=lambda column: (-scores[row, column], column))[:k]
        assert idx[row].tolist() == [*expected, *[-1] * (k - len(expected))]
        assert best[row, : len(expected)].tolist() == scores[row, expected].tolist()
        assert np.isnan(best[row, len(expected) :]).all()


def test_one_mask_for_all_rows() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]], np.float32)

    assert top_k(scores, 2, np.array([False, True, True]))[0].tolist() == [[1, 2], [2, 1]]


def test_infinities_are_scores_like_others() -> None:
    scores = np.array([[-np.inf, 0.0, np.inf]], np.float32)

    assert top_k(scores, 3)[0].tolist() == [[2, 1, 0]]


def test_what_cannot_be_ranked_is_refused() -> None:
    with pytest.raises(ValueError, match="found NaN"):
        top_k(np.array([[np.nan]], np.float32), 1)
    with pytest.raises(ValueError, match="k: expected >= 1, got 0"):
        top_k(np.zeros((1, 1), np.float32), 0)
    with pytest.raises(ValueError, match="allowed: expected shape"):
        top_k(np.zeros((2, 3), np.float32), 1, np.ones((3, 3), bool))


def test_no_columns_give_empty_lists() -> None:
    idx, best = top_k(np.zeros((2, 0), np.float32), 2)

    assert idx.tolist() == [[-1, -1], [-1, -1]]
    assert np.isnan(best).all()
