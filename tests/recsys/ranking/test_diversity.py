"""Mixed lists: the fast kernel against the rule told in plain Python, and the laws that a reader may rely on."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.ranking.diversity import Limits, diverse_top_k, diverse_top_k_sparse
from recsys.ranking.rank import top_k


def plainly(scores: list[float], k: int, allowed: list[bool], values: list[list[int]], at_most: list[int]) -> list[int]:
    """The rule, word for word: best first, one too many is put aside."""
    order = sorted((at for at in range(len(scores)) if allowed[at]), key=lambda at: (-scores[at], at))
    kept: list[int] = []
    aside: list[int] = []
    for at in order:
        full = any(sum(value in values[other] for other in kept) >= at_most[value] for value in values[at])
        (aside if full else kept).append(at)
    return [*kept, *aside][:k]


@st.composite
def shelves(draw: st.DrawFn) -> tuple[np.ndarray, int, np.ndarray, list[list[int]], list[int]]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, m, n_values = draw(st.integers(1, 3)), draw(st.integers(1, 40)), draw(st.integers(1, 6))
    scores = rng.integers(0, draw(st.sampled_from([2, 5, 1_000])), (n, m)).astype(np.float32)
    values = [rng.choice(n_values, rng.integers(0, min(n_values, 3) + 1), replace=False).tolist() for _ in range(m)]
    at_most = rng.integers(1, 4, n_values).tolist()
    return scores, draw(st.integers(1, 12)), rng.random((n, m)) < 0.8, values, at_most


@settings(deadline=None, max_examples=200)
@given(shelves())
def test_the_kernel_is_the_rule(shelf: tuple) -> None:  # type: ignore[type-arg]
    scores, k, allowed, values, at_most = shelf
    limits = Limits.of(values, at_most)

    idx, best = diverse_top_k(scores, k, allowed, limits)

    for row in range(len(scores)):
        expected = plainly(scores[row].tolist(), k, allowed[row].tolist(), values, at_most)
        assert idx[row].tolist() == [*expected, *[-1] * (k - len(expected))]
        assert best[row, : len(expected)].tolist() == scores[row, expected].tolist()
        assert np.isnan(best[row, len(expected) :]).all()


@settings(deadline=None, max_examples=100)
@given(shelves())
def test_stored_cells_alone_give_the_same_lists(shelf: tuple) -> None:  # type: ignore[type-arg]
    scores, k, allowed, values, at_most = shelf
    row, column = np.nonzero(allowed)
    matrix = sp.csr_matrix(sp.coo_matrix((scores[row, column], (row, column)), shape=scores.shape))

    sparse, dense = (
        diverse_top_k_sparse(matrix, k, Limits.of(values, at_most)),
        diverse_top_k(scores, k, allowed, Limits.of(values, at_most)),
    )

    assert np.array_equal(sparse[0], dense[0])
    assert np.array_equal(sparse[1], dense[1], equal_nan=True)


@settings(deadline=None, max_examples=50)
@given(shelves())
def test_without_limits_it_is_the_plain_ranking(shelf: tuple) -> None:  # type: ignore[type-arg]
    scores, k, allowed, _, _ = shelf

    assert np.array_equal(
        diverse_top_k(scores, k, allowed, Limits.none(scores.shape[1]))[0], top_k(scores, k, allowed)[0]
    )


def test_a_long_tail_of_one_sort_does_not_hide_the_other() -> None:
    scores = np.arange(5_000, 0, -1, dtype=np.float32)[None, :]
    values = [[0]] * 4_990 + [[1]] * 10
    idx, _ = diverse_top_k(scores, 5, np.ones(5_000, bool), Limits.of(values, [2, 2]))

    assert idx.tolist() == [[0, 1, 4_990, 4_991, 2]]


def test_limits_follow_the_items_taken() -> None:
    limits = Limits.of([[0], [], [1, 0], [1]], [1, 2]).take(np.array([2, 1, 3]))

    assert limits.starts.tolist() == [0, 2, 2, 3]
    assert limits.values.tolist() == [0, 1, 1]
    assert not Limits.none(3).any


@pytest.mark.parametrize(
    ("starts", "values", "at_most", "words"),
    [
        ([0, 2], [0], [1], "starts: expected to rise from 0 to 1"),
        ([0, 1], [1], [1], "values: expected 0..0"),
        ([0, 1], [0], [0], "at_most: expected >= 1, got 0"),
    ],
)
def test_what_is_off_is_refused(starts: list[int], values: list[int], at_most: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Limits(np.array(starts), np.array(values), np.array(at_most))


def test_lists_that_cannot_be_made_are_refused() -> None:
    one = np.zeros((1, 2), np.float32)
    with pytest.raises(ValueError, match="found NaN"):
        diverse_top_k(one * np.nan, 1, np.ones(2, bool), Limits.none(2))
    with pytest.raises(ValueError, match="k: expected >= 1, got 0"):
        diverse_top_k(one, 0, np.ones(2, bool), Limits.none(2))
    with pytest.raises(ValueError, match="limits: expected 2 items, got 3"):
        diverse_top_k(one, 1, np.ones(2, bool), Limits.none(3))
    with pytest.raises(ValueError, match="allowed: expected shape"):
        diverse_top_k(one, 1, np.ones(3, bool), Limits.none(2))
    with pytest.raises(ValueError, match="limits: expected 2 items, got 3"):
        diverse_top_k_sparse(sp.csr_matrix(one), 1, Limits.none(3))
