"""A linear map from what is said about somebody to the factors they would have: for those without events.

Weighted ridge regression with a free intercept; rows count by the square root of their number of events, because
factors of much-seen items are better known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.seeds import keyed
from recsys.base.threads import one_blas_thread
from recsys.parts.normal_equations import NormalEquations

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

CHOICES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)
"""Regularizations to choose from."""
USUAL, FACTOR = 100.0, 4.5
"""Where the likeliest is chosen, the regularization is expected at USUAL, give or take this factor (log normal)."""


@dataclass(frozen=True, eq=False)
class LinearMap:
    """factors = features @ coefficients + intercept.

    coefficients  float32 (n_features, n_targets)
    intercept     float32 (n_targets,)
    """

    coefficients: Floats
    intercept: Floats

    def predict(self, features: sp.csr_matrix) -> Floats:
        """Predicted targets, float32 (n_rows, n_targets)."""
        with one_blas_thread():
            return np.asarray(features @ self.coefficients + self.intercept, np.float32)


def fit_map(
    features: sp.csr_matrix,
    targets: npt.NDArray[np.floating],
    n_events: npt.NDArray[np.integer],
    regularization: float | None = None,
    seeds: npt.NDArray[np.uint64] | None = None,
) -> LinearMap:
    """Fit on the rows with events; solves (F'WF + r I) B = F'WT with F and T centred at their weighted means.

    features        CSR (n_rows, n_features)
    targets         (n_rows, n_targets), e.g. factors
    n_events        (n_rows,) >= 0; W = sqrt(n_events); a row without events teaches nothing
    regularization  r > 0; None = the one of CHOICES that predicts a fifth of the rows best, drawn by hash of `seeds`
    seeds           uint64 (n_rows,), one per id; needed when r is to be chosen
    """
    if regularization is not None and not regularization > 0:
        raise ValueError(f"regularization: expected > 0, got {regularization}")
    rows = np.flatnonzero(np.asarray(n_events) > 0)
    if not len(rows):
        return LinearMap(
            np.zeros((features.shape[1], targets.shape[1]), np.float32), np.zeros(targets.shape[1], np.float32)
        )
    weight = np.sqrt(np.asarray(n_events, np.float64)[rows])
    F, T = sp.csr_matrix(features[rows], dtype=np.float64), np.asarray(targets, np.float64)[rows]
    with one_blas_thread():
        if regularization is None:
            if seeds is None:
                raise ValueError("seeds: expected one per row, to choose the regularization")
            regularization = _chosen(F, T, weight, keyed(np.asarray(seeds)[rows], 11) % np.uint64(5) == 0)
        B, intercept = NormalEquations.of(F, T, weight).solved(regularization)
    return LinearMap(B.astype(np.float32), intercept.astype(np.float32))


def fit_weighted(
    features: sp.csr_matrix, targets: Doubles, weight: Doubles, regularization: float | None = None
) -> tuple[LinearMap, float]:
    """Fit one target whose row i is known with variance 1 / weight[i]; the map and the regularization used.

    features        CSR (n_rows, n_features), float64
    targets         float64 (n_rows,); weight likewise, > 0
    regularization  r > 0, 1 / (variance of a coefficient); None = the one of CHOICES under which the targets are most
                    likely once the coefficients are averaged out: log r per coefficient, minus log |G + r I|, plus
                    b'(G + r I)^-1 b, where G and b are those of the normal equations G B = b (MacKay 1992, "Bayesian
                    interpolation"); a few rows alone do not lead it far from USUAL

    It is called many times in a fit, so the caller limits BLAS to one thread, once.
    """
    normal = NormalEquations.of(features, targets[:, None], weight)
    if regularization is None:
        likely = [normal.evidence(choice) - (np.log(choice / USUAL) / np.log(FACTOR)) ** 2 for choice in CHOICES]
        regularization = CHOICES[len(CHOICES) - 1 - int(np.argmax(likely[::-1]))]
    B, intercept = normal.solved(regularization)
    return LinearMap(B.astype(np.float32), intercept.astype(np.float32)), regularization


def _chosen(F: sp.csr_matrix, T: Doubles, weight: Doubles, held: npt.NDArray[np.bool_]) -> float:
    """The regularization with the least weighted squared error on the held-out rows; the strongest of equals."""
    if not held.any() or held.all():
        return CHOICES[len(CHOICES) // 2]
    normal = NormalEquations.of(F[~held], T[~held], weight[~held])
    errors = []
    for regularization in CHOICES:
        B, intercept = normal.solved(regularization)
        errors.append(float(weight[held] @ ((T[held] - F[held] @ B - intercept) ** 2).sum(axis=1)))
    return CHOICES[len(CHOICES) - 1 - int(np.argmin(errors[::-1]))]
