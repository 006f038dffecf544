"""Measures against figures worked out by hand, and intervals against theory."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.ranking.metrics import Bootstrap, hits, ndcg, recall

TRUTH = sp.csr_matrix(np.array([[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 1, 1]], np.int8))
LISTS = np.array([[2, 1], [0, -1], [3, 0]])


def test_hits_recall_and_ndcg_by_hand() -> None:
    hit = hits(LISTS, TRUTH)
    n_relevant = np.array([2, 1, 4])

    assert hit.tolist() == [[True, False], [False, False], [True, True]]
    assert recall(hit, n_relevant).tolist() == [0.5, 0.0, 0.5]
    second = 1 / np.log2(3)
    assert ndcg(hit, n_relevant) == pytest.approx([1 / (1 + second), 0.0, 1.0])


def test_an_empty_place_is_never_a_hit() -> None:
    assert not hits(np.array([[-1]]), sp.csr_matrix(np.ones((1, 1), np.int8))).any()
    assert not hits(np.array([[0]]), sp.csr_matrix(np.zeros((1, 1), np.int8))).any()


def test_the_interval_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    found = Bootstrap.of(400, seed=1).mean(values)

    error = values.std() / np.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_the_same_seed_gives_the_same_interval_and_pairs_cancel() -> None:
    values = np.random.default_rng(0).normal(size=50)
    one, same, other = Bootstrap.of(50, 1), Bootstrap.of(50, 1), Bootstrap.of(50, 2)

    assert one.mean(values) == same.mean(values)
    assert one.mean(values) != other.mean(values)
    nothing = one.mean(values - values)
    assert (nothing.low, nothing.high) == (0.0, 0.0)
    shifted = one.mean((values + 0.01) - values)
    assert shifted.low == pytest.approx(0.01)


def test_coverage_counts_items_once_and_its_interval_holds_it() -> None:
    found = Bootstrap.of(3, 0).coverage(LISTS, 5)

    assert found.value == pytest.approx(4 / 5)
    assert found.low <= found.value <= found.high


def test_the_spread_of_coverage_is_that_of_counting_each_resample() -> None:
    rng = np.random.default_rng(4)
    lists = rng.integers(-1, 30, (40, 5))
    bootstrap = Bootstrap.of(40, 7)
    found = bootstrap.coverage(lists, 30)

    covered = [set(lists[counts > 0].ravel().tolist()) - {-1} for counts in bootstrap.counts[:200]]
    shares = np.array([len(items) / 30 for items in covered])
    low, high = np.quantile(shares, (0.025, 0.975)) - shares.mean()
    assert found.low == pytest.approx(found.value + low)
    assert found.high == pytest.approx(min(1.0, found.value + high))
