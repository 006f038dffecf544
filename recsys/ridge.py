"""A linear map from what is said about somebody to the factors they would have: for those without events.

Weighted ridge regression with a free intercept; rows count by the square root of their number of events, because
factors of much-seen items are better known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.threads import one_blas_thread

Floats = npt.NDArray[np.float32]


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
    features: sp.csr_matrix, targets: npt.NDArray[np.floating], n_events: npt.NDArray[np.integer], regularization: float
) -> LinearMap:
    """Fit on the rows with events; solves (F'WF + r I) B = F'WT with F and T centred at their weighted means.

    features        CSR (n_rows, n_features)
    targets         (n_rows, n_targets), e.g. factors
    n_events        (n_rows,) >= 0; W = sqrt(n_events); a row without events teaches nothing
    regularization  r > 0
    """
    if not regularization > 0:
        raise ValueError(f"regularization: expected > 0, got {regularization}")
    rows = np.flatnonzero(np.asarray(n_events) > 0)
    n_features, n_targets = features.shape[1], targets.shape[1]
    if not len(rows):
        return LinearMap(np.zeros((n_features, n_targets), np.float32), np.zeros(n_targets, np.float32))
    weight = np.sqrt(np.asarray(n_events, np.float64)[rows])
    with one_blas_thread():
        F = sp.csr_matrix(features[rows], dtype=np.float64)
        T = np.asarray(targets, np.float64)[rows]
        total = weight.sum()
        F_mean = np.asarray(F.T @ weight).ravel() / total
        T_mean = weight @ T / total
        WF = sp.diags(weight) @ F
        gram = np.asarray((F.T @ WF).todense()) - total * np.outer(F_mean, F_mean)
        gram[np.diag_indices(n_features)] += regularization
        right = np.asarray(WF.T @ T) - total * np.outer(F_mean, T_mean)
        B = np.linalg.solve(gram, right) if n_features else np.zeros((0, n_targets))
        return LinearMap(B.astype(np.float32), (T_mean - F_mean @ B).astype(np.float32))
