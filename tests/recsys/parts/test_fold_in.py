"""Rows folded in: against the normal equations, against implicit's own row step, and from prior to data."""

from __future__ import annotations

import itertools

import numba
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.parts.fold_in import fold_in


def world(seed: int, n: int = 30, m: int = 20, f: int = 5):
    rng = np.random.default_rng(seed)
    C = (rng.random((n, m)) < 0.25) * rng.choice([-3.0, 1.5, 8.0], (n, m))
    C[0] = 0
    return sp.csr_matrix(C, dtype=np.float32), rng.normal(size=(m, f)).astype(np.float32), rng.normal(size=(n, f))


def slowly(C, Y, r, prior, half):
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
    assert (np.diff(found, 2) < 0).all(), "each further event moves it less"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 1.0, 9.0]))
def test_as_evidence_weighs_more_a_row_goes_from_what_is_said_to_what_people_did(seed: int, half: float) -> None:
    """The regularization is what the prior weighs against the evidence. As it falls, the sum of squares that people's
    choices ask for only falls, the distance to the prior only rises, and no step is a jump.

    Along each direction that the evidence knows with weight h a row has gone the share h / (h + r) of its way, so a
    step from r to r / q is at most log q times the way that lies behind it at the end.
    """
    C, Y, prior = world(seed)
    prior, q = prior.astype(np.float32), 1.8
    path = [fold_in(C, Y, 1e4 * q**-step, prior, half) for step in range(24)]
    n = np.diff(C.indptr)[:, None]
    weight = np.where(C.toarray() != 0, np.abs(C.toarray()), n / (n + half))
    misfit = np.array([(weight * ((C.toarray() > 0) - x @ Y.T) ** 2).sum(axis=1) for x in path])
    away = np.array([np.linalg.norm(x - prior, axis=1) for x in path])
    steps = np.array([np.linalg.norm(after - before, axis=1) for before, after in itertools.pairwise(path)])

    assert (np.diff(misfit, axis=0) <= 1e-4 * (1 + misfit[:-1])).all()
    assert (np.diff(away, axis=0) >= -1e-4).all()
    assert (steps <= np.log(q) * away[-1] + 1e-4).all()
    assert (away[0] <= 0.05 * (1 + away[-1])).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_surer_like_only_raises_the_score(seed: int) -> None:
    """One customer's like of growing confidence: from nearly nothing to certainty, its score goes to 1 step by step."""
    _, Y, prior = world(seed)
    prior = prior.astype(np.float32)
    scores = []
    for confidence in np.geomspace(0.01, 1e6, 50):
        like = sp.csr_matrix(([confidence], ([0], [seed])), shape=(1, 20), dtype=np.float32)
        scores.append(float((fold_in(like, Y, 5.0, prior[:1]) @ Y[seed])[0]))
    rising = 1 if scores[0] < 1 else -1

    assert (np.diff(scores) * rising >= -1e-5).all()
    assert scores[-1] == pytest.approx(1, abs=1e-3)
    assert np.abs(np.diff(scores)).max() < 0.25 * abs(1 - scores[0]) + 1e-3


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
    assert np.array_equal(fold_in(sp.csr_matrix(np.zeros((30, 0), np.float32)), Y[:0], 2.0, prior), kept)
    assert fold_in(sp.csr_matrix(np.zeros((0, 20), np.float32)), Y, 2.0).shape == (0, 5)
