"""The measures against kept libraries that measure the same: scikit-learn, and implicit's own evaluation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from implicit.evaluation import ranking_metrics_at_k
from sklearn.metrics import ndcg_score, recall_score

from recsys.ranking.metrics import hits, ndcg, recall


@st.composite
def lists_and_truths(draw: st.DrawFn) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """Lists of k different items of m, some cut short by -1, and what each customer took: something."""
    n, m = draw(st.integers(1, 5)), draw(st.integers(2, 8))
    k = draw(st.integers(1, m))
    idx = np.array([draw(st.permutations(range(m)))[:k] for _ in range(n)], np.int64)
    for row in idx:
        row[draw(st.integers(0, k)) :] = -1
    took = draw(st.lists(st.sets(st.integers(0, m - 1), min_size=1), min_size=n, max_size=n))
    return idx, np.array([[item in own for item in range(m)] for own in took], np.int8)


def as_scores(idx: npt.NDArray[np.int64], m: int) -> npt.NDArray[np.float64]:
    """Scores that rank the items of the lists in their order: float64 (n, m); -inf = not listed."""
    scores = np.full((len(idx), m), -np.inf)
    for row, own in enumerate(idx):
        for place, item in enumerate(own[own >= 0]):
            scores[row, item] = -place
    return scores


@given(lists_and_truths())
def test_ndcg_is_that_of_scikit_learn(case: tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]) -> None:
    idx, took = case
    found = ndcg(hits(idx, sp.csr_matrix(took)), took.sum(axis=1))

    k, (n, m) = idx.shape[1], took.shape
    truth = np.hstack([took, np.zeros((n, k), np.int8)])  # k items more that nobody took: they fill a short list
    scores = np.hstack([as_scores(idx, m), np.tile(-100.0 - np.arange(k), (n, 1))])
    scores[np.isinf(scores)] = -1_000.0
    for row in range(n):
        assert found[row] == pytest.approx(ndcg_score(truth[[row]], scores[[row]], k=k))


@given(lists_and_truths())
def test_recall_is_that_of_scikit_learn(case: tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]) -> None:
    idx, took = case
    found = recall(hits(idx, sp.csr_matrix(took)), took.sum(axis=1))

    listed = np.isfinite(as_scores(idx, took.shape[1]))
    for row in range(len(took)):
        assert found[row] == pytest.approx(recall_score(took[row], listed[row]))


@given(lists_and_truths())
def test_hits_and_ndcg_are_those_of_implicit(case: tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]) -> None:
    idx, took = case
    never = np.zeros((len(took), 1), np.int8)  # implicit divides by what was not taken
    truth, k = sp.csr_matrix(np.hstack([took, never])), idx.shape[1]
    hit, n_relevant = hits(idx, truth), took.sum(axis=1)

    class Lists:
        """A model as implicit asks one."""

        def recommend(self, userid: npt.NDArray[np.int32], user_items: sp.csr_matrix, N: int) -> tuple[object, object]:
            return idx[userid].astype(np.int32), -np.arange(N, dtype=np.float32)

    theirs = ranking_metrics_at_k(Lists(), truth, truth, K=k, show_progress=False, num_threads=1)
    assert hit.sum() / np.minimum(n_relevant, k).sum() == pytest.approx(theirs["precision"])
    assert ndcg(hit, n_relevant).mean() == pytest.approx(theirs["ndcg"])
