"""Rows folded in: against the normal equations, against implicit's own row step, and from prior to data."""

from __future__ import annotations

import numba
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.fold_in import fold_in


def world(seed: int, n: int = 30, m: int = 20, f: int = 5):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    C = (rng.random((n, m)) < 0.25) * rng.choice([-3.0, 1.5, 8.0], (n, m))
    C[0] = 0
    return sp.csr_matrix(C, dtype=np.float32), rng.normal(size=(m, f)).astype(np.float32), rng.normal(size=(n, f))


def slowly(C, Y, r, prior, half):  # type: ignore[no-untyped-def]
    """The gradient of the stated sum of squares is zero at the solution of these equations."""
    Y, out = Y.astype(float), np.zeros((C.shape[0], Y.shape[1]))
    for row, c in enumerate(C.toarray().astype(float)):
        n = np.count_nonzero(c)
        weight = np.where(c != 0, np.abs(c), n / (n + half) if n else 0.0)
        A = r * np.eye(Y.shape[1]) + sum(w * np.outer(y, y) for w, y in zip(weight, Y, strict=True))
        out[row] = np.linalg.solve(A, r * prior[row] + (weight * (c > 0)) @ Y)
    return out


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.3, 5.0, 80.0]), st.sampled_from([0.5, 1.0, 9.0]))
def test_it_is_the_minimum(seed: int, r: float, half: float) -> None:
    C, Y, prior = world(seed)
    prior = prior.astype(np.float32)

    found = fold_in(C, Y, r, prior, half)

    assert found.dtype == np.float32
    assert found == pytest.approx(slowly(C, Y, r, prior, half), abs=1e-4)
    assert np.array_equal(found[0], prior[0])


@pytest.mark.parametrize("seed", range(3))
def test_without_a_prior_it_is_the_row_step_of_implicit(seed: int) -> None:
    from implicit.cpu.als import AlternatingLeastSquares

    C, Y, _ = world(seed)
    theirs = AlternatingLeastSquares(factors=5, regularization=2.0, alpha=1.0, use_cg=False)
    theirs.item_factors = Y

    found = fold_in(C, Y, 2.0)

    assert found[1:] == pytest.approx(theirs.recalculate_user(np.arange(1, 30), C[1:]), abs=1e-4)
    assert not found[0].any()


def test_more_events_lead_from_the_prior_to_the_data() -> None:
    """Every y is 1: x = (n c + r m) / (n c + w (N - n) + r), with m = 0, r = 4, c = 9, N = 10."""
    C = sp.csr_matrix(np.tril(np.full((11, 10), 9.0), -1), dtype=np.float32)
    found = fold_in(C, np.ones((10, 1), np.float32), 4.0, np.zeros((11, 1), np.float32), 1.0)[:, 0]
    n = np.arange(11)

    assert found == pytest.approx(9 * n / (9 * n + n / (n + 1) * (10 - n) + 4), rel=1e-5)
    assert (np.diff(found) > 0).all()


def test_the_stronger_the_regularization_the_nearer_to_the_prior() -> None:
    C, Y, prior = world(1)
    prior = prior.astype(np.float32)
    away = [np.linalg.norm(fold_in(C, Y, r, prior) - prior, axis=1)[1:] for r in (0.1, 1.0, 10.0, 1e3, 1e6)]

    assert (np.diff(away, axis=0) < 0).all()
    assert max(away[-1]) < 1e-3


def test_the_same_bytes_on_any_number_of_threads_and_in_any_order() -> None:
    C, Y, prior = world(2, 300)
    most = fold_in(C, Y, 2.0, prior)
    order = np.random.default_rng(0).permutation(300)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = fold_in(C, Y, 2.0, prior)
    finally:
        numba.set_num_threads(before)

    assert most.tobytes() == alone.tobytes() == fold_in(C, Y, 2.0, prior).tobytes()
    assert np.array_equal(fold_in(sp.csr_matrix(C[order]), Y, 2.0, prior[order]), most[order])


def test_the_prior_is_not_written_to_and_empty_worlds_are_their_prior() -> None:
    C, Y, prior = world(3)
    prior = prior.astype(np.float32)
    kept = prior.copy()
    fold_in(C, Y, 2.0, prior)

    assert np.array_equal(prior, kept)
    assert np.array_equal(fold_in(sp.csr_matrix((30, 0), dtype=np.float32), Y[:0], 2.0, prior), kept)
    assert fold_in(sp.csr_matrix((0, 20), dtype=np.float32), Y, 2.0).shape == (0, 5)
