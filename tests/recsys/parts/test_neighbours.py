"""Item-kNN: against BM25 by its formula and implicit's own neighbours, who is kept, and the dense product kernel."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys.base.inner_loops import dense_product
from recsys.parts import neighbours
from recsys.parts.neighbours import item_similarity, nearest


def likes(seed: int = 0, n_customers: int = 60, n_items: int = 25) -> sp.csr_matrix:
    return sp.csr_matrix((np.random.default_rng(seed).random((n_customers, n_items)) < 0.2).astype(np.float32))


def test_similarity_is_the_product_of_bm25_weights_without_the_diagonal() -> None:
    """idf(customer) x (k1 + 1) / (k1 x (1 - b + b x length / mean length) + 1) for each like."""
    ones = likes().toarray().astype(np.float64)
    idf = np.log(ones.shape[1] / (1 + ones.sum(axis=1)))
    length = ones.sum(axis=0) / ones.sum(axis=0).mean()
    weights = ones * idf[:, None] * 2.0 / (0.9 + 0.1 * length + 1)
    full = weights.T @ weights
    np.fill_diagonal(full, 0)

    for block in (7, 1_000):
        assert item_similarity(likes(), 1_000, block=block).toarray() == pytest.approx(full, rel=1e-5)


def test_where_no_two_are_equally_near_the_neighbours_are_those_of_implicit() -> None:
    from implicit.nearest_neighbours import BM25Recommender

    model = BM25Recommender(K=6, K1=1.0, B=0.1, num_threads=1)  # itself, and five others
    model.fit(sp.csr_matrix(likes(n_customers=300), dtype=np.float64), show_progress=False)
    theirs = sp.lil_matrix(model.similarity)
    theirs.setdiag(0)

    assert item_similarity(likes(n_customers=300), 5).toarray() == pytest.approx(theirs.toarray(), rel=1e-5)


@given(
    st.lists(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0]), min_size=6, max_size=6), max_size=5),
    st.integers(1, 7),
)
def test_what_is_kept_is_what_sorting_would_keep(rows: list[list[float]], n: int) -> None:
    matrix = np.array(rows, np.float64).reshape(len(rows), 6)
    kept = nearest(sp.csr_matrix(matrix), n)

    for row, values in enumerate(rows):
        stored = [column for column in range(6) if values[column] != 0]
        best = sorted(sorted(stored, key=lambda column: (-values[column], column))[:n])
        assert kept[[row]].indices.tolist() == best
        assert kept[[row]].data.tolist() == [values[column] for column in best]


def test_nobody_likes_anything() -> None:
    for shape in ((3, 4), (0, 4), (3, 0)):
        found = item_similarity(sp.csr_matrix(np.zeros(shape, np.float32)))
        assert (found.shape, found.nnz) == ((shape[1], shape[1]), 0)
        assert found.dtype == np.float32


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


def test_a_table_too_large_to_add_up_in_place_gets_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    in_place = item_similarity(likes(3), 7)
    monkeypatch.setattr(neighbours, "MOST_CELLS", 0)
    by_products = item_similarity(likes(3), 7, block=4)

    assert in_place.data.tobytes() == by_products.data.tobytes()
    assert in_place.indices.tolist() == by_products.indices.tolist()
