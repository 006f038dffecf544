"""The normal equations summed by a kernel are those of dense products."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.parts.normal_equations import NormalEquations


@settings(deadline=None)  # compiles
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 5), st.integers(1, 3))
def test_they_are_the_dense_products_of_centred_rows(seed: int, n: int, n_features: int, n_targets: int) -> None:
    rng = np.random.default_rng(seed)
    F = rng.normal(size=(n, n_features)) * (rng.random((n, n_features)) < 0.5)
    T, weight = rng.normal(size=(n, n_targets)), rng.random(n) + 0.1

    found = NormalEquations.of(sp.csr_matrix(F), T, weight)

    F0, T0 = F - np.average(F, 0, weight), T - np.average(T, 0, weight)
    assert found.gram == pytest.approx(F0.T @ (weight[:, None] * F0), abs=1e-9)
    assert found.right == pytest.approx(F0.T @ (weight[:, None] * T0), abs=1e-9)


@settings(deadline=None)  # compiles
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_solved_is_the_least_loss(seed: int, regularization: float) -> None:
    rng = np.random.default_rng(seed)
    F, T, weight = rng.normal(size=(9, 3)), rng.normal(size=(9, 2)), rng.random(9) + 0.1
    B, intercept = NormalEquations.of(sp.csr_matrix(F), T, weight).solved(regularization)

    errors = weight[:, None] * (T - F @ B - intercept)

    assert errors.sum(axis=0) == pytest.approx(0, abs=1e-8)
    assert F.T @ errors == pytest.approx(regularization * B, abs=1e-8)
