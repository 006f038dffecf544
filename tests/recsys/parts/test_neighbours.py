"""Item-kNN: against implicit's own BM25, who is whose neighbour, and the dense product kernel."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.base.inner_loops import dense_product
from recsys.parts.neighbours import bm25, item_similarity, nearest


def likes(seed: int = 0, n_customers: int = 60, n_items: int = 25) -> sp.csr_matrix:
    return sp.csr_matrix((np.random.default_rng(seed).random((n_customers, n_items)) < 0.2).astype(np.float32))


def test_the_weights_are_those_of_implicit() -> None:
    from implicit.nearest_neighbours import bm25_weight

    theirs = bm25_weight(sp.coo_matrix(likes().T), K1=1.0, B=0.1).toarray()

    assert bm25(likes(), 1.0, 0.1).T.toarray() == pytest.approx(theirs, rel=1e-5)


def test_similarity_is_the_product_of_the_weights_without_the_diagonal() -> None:
    weights = bm25(sp.csr_matrix(likes(), dtype=np.float64)).toarray()
    full = weights.T @ weights
    np.fill_diagonal(full, 0)

    for block in (7, 1_000):
        assert item_similarity(likes(), 1_000, block=block).toarray() == pytest.approx(full, rel=1e-5)


def test_only_the_nearest_are_kept_and_ties_go_to_the_first() -> None:
    kept = nearest(sp.csr_matrix(np.array([[1.0, 3.0, 1.0, 2.0], [0.0, 0.0, 0.0, 1.0]])), 3).toarray()

    assert kept.tolist() == [[1.0, 3.0, 0.0, 2.0], [0.0, 0.0, 0.0, 1.0]]


def test_dislikes_and_strengths_do_not_count() -> None:
    strong = likes() * 7

    assert np.array_equal(item_similarity(sp.csr_matrix(strong)).toarray(), item_similarity(likes()).toarray())


def test_an_item_nobody_likes_has_no_neighbours() -> None:
    with_gap = sp.csr_matrix(likes().multiply(np.arange(25) != 3))
    similarity = item_similarity(with_gap).toarray()

    assert not similarity[3].any()
    assert not similarity[:, 3].any()
    assert np.isfinite(similarity).all()


def test_the_kernel_is_a_matrix_product() -> None:
    left, right = likes(1), likes(2, 25, 40)
    rows = np.array([5, 5, 0, 59])

    assert dense_product(left, rows, right) == pytest.approx((left[rows] @ right).toarray())
    assert dense_product(left, rows[:0], right).shape == (0, 40)
    with pytest.raises(ValueError, match="as many columns on the left"):
        dense_product(left, rows, likes(3, 24, 2))
