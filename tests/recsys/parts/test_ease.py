"""EASE: against the inverse of its definition, and what is left out of it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recsys.parts.ease import ease

LIKES = arrays(np.float32, (9, 6), elements=st.sampled_from([0.0, 0.0, 0.0, 1.0, 4.0, -2.0]))


def slowly(likes: np.ndarray, regularization: float) -> np.ndarray:
    X = (likes > 0).astype(float)
    P = np.linalg.inv(X.T @ X + regularization * np.eye(X.shape[1]))
    weights: np.ndarray = np.eye(X.shape[1]) - P / np.diag(P)[None, :]
    return weights


@settings(max_examples=100, deadline=None)
@given(LIKES, st.sampled_from([0.5, 10.0, 300.0]))
def test_it_is_the_closed_form(likes: np.ndarray, regularization: float) -> None:
    found = ease(sp.csr_matrix(likes), regularization, 6, 6)

    assert found.dtype == np.float32
    assert not found.diagonal().any()
    assert found.toarray() == pytest.approx(slowly(likes, regularization), abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(LIKES, st.permutations(range(9)))
def test_the_order_of_customers_does_not_matter_to_a_byte(likes: np.ndarray, order: list[int]) -> None:
    one, other = ease(sp.csr_matrix(likes), 3.0, 4, 6), ease(sp.csr_matrix(likes[order]), 3.0, 4, 6)

    assert one.toarray().tobytes() == other.toarray().tobytes()


def test_the_largest_weights_of_each_row_are_kept() -> None:
    likes = (np.random.default_rng(0).random((40, 12)) < 0.4).astype(np.float32)
    full, few = ease(sp.csr_matrix(likes), 5.0, 12, 12).toarray(), ease(sp.csr_matrix(likes), 5.0, 3, 12).toarray()

    for row, kept in zip(full, few, strict=True):
        assert sorted(kept[kept != 0]) == sorted(row[np.arange(12) != np.argmin(np.abs(row))])[-3:]


def test_even_items_point_to_even_items() -> None:
    likes = np.arange(20)[:, None] % 2 == np.arange(8)[None, :] % 2
    table = ease(sp.csr_matrix(likes.astype(np.float32)), 1.0, 8, 8).toarray()
    same = (np.arange(8)[:, None] - np.arange(8)[None, :]) % 2 == 0

    assert (table[same & ~np.eye(8, dtype=bool)] > 0.2).all()
    assert np.abs(table[~same]).max() < 1e-6


def test_empty_worlds_one_like_and_too_many_items_give_an_empty_table() -> None:
    one = np.zeros((3, 4), np.float32)
    one[1, 2] = 1

    for likes, most in ((np.zeros((3, 4)), 9), (np.zeros((0, 4)), 9), (one, 9), (np.ones((3, 4)), 3)):
        table = ease(sp.csr_matrix(likes), 1.0, 4, most)
        assert (table.shape, table.nnz, str(table.dtype)) == ((4, 4), 0, "float32")


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="regularization: expected > 0, got 0"):
        ease(sp.csr_matrix((2, 2)), 0.0, 1, 9)


def test_a_table_too_large_to_add_up_in_place_gets_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    likes = sp.csr_matrix((np.random.default_rng(1).random((40, 12)) < 0.3).astype(np.float32))
    in_place = ease(likes, 5.0, 6, 100)
    monkeypatch.setattr("recsys.parts.ease.MOST_CELLS", 0)
    by_products = ease(likes, 5.0, 6, 100)

    assert in_place.data.tobytes() == by_products.data.tobytes()
    assert in_place.indices.tolist() == by_products.indices.tolist()
