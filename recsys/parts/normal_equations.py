"""The normal equations of a weighted ridge regression on sparse rows: summed in one pass, solved for any strength.

A pass instead of sparse products: opinions are fitted by hundreds of regressions on the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.kernels import kernel

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """G B = R for rows F and targets T, both centred at their weighted means; without the regularization.

    gram    float64 (n_features, n_features)
    right   float64 (n_features, n_targets)
    F_mean  float64 (n_features,); T_mean (n_targets,)
    """

    gram: Doubles
    right: Doubles
    F_mean: Doubles
    T_mean: Doubles

    @classmethod
    def of(cls, F: sp.csr_matrix, T: Doubles, weight: Doubles) -> NormalEquations:
        """Sum up rows of F, CSR float64 (n, n_features), against T, float64 (n, n_targets); weight float64 (n,)."""
        n_features, total = F.shape[1], weight.sum()
        gram, right = np.zeros((n_features, n_features)), np.zeros((n_features, T.shape[1]))
        weighted = np.zeros(n_features)
        columns = np.ascontiguousarray(F.indices, np.int32)
        _add_up(F.indptr.astype(np.int64), columns, F.data, weight, np.ascontiguousarray(T), gram, right, weighted)
        F_mean, T_mean = weighted / total, weight @ T / total
        centred = np.ascontiguousarray(gram.T) - total * np.outer(F_mean, F_mean)
        return cls(centred, right - total * np.outer(F_mean, T_mean), F_mean, T_mean)

    def solved(self, regularization: float) -> tuple[Doubles, Doubles]:
        """Coefficients and intercept."""
        n_features = len(self.gram)
        B = np.linalg.solve(self.gram + regularization * np.eye(n_features), self.right) if n_features else self.right
        B = np.asarray(B, np.float64)
        return B, self.T_mean - self.F_mean @ B

    def evidence(self, regularization: float) -> float:
        """Twice the log likelihood of one target, coefficients averaged out, up to what is the same for every r."""
        n_features = len(self.gram)
        if not n_features:
            return 0.0
        A = self.gram + regularization * np.eye(n_features)
        _, log_det = np.linalg.slogdet(A)
        explained = float((self.right * np.linalg.solve(A, self.right)).sum())
        return float(n_features * np.log(regularization) - log_det + explained)


@kernel
def _add_up(starts, columns, values, weight, targets, gram, right, weighted):  # type: ignore[no-untyped-def]
    """Row by row, on one thread: gram += w f f', right += w f t', weighted += w f."""
    for row in range(len(starts) - 1):
        for at in range(starts[row], starts[row + 1]):
            column, value = columns[at], weight[row] * values[at]
            weighted[column] += value
            for target in range(targets.shape[1]):
                right[column, target] += value * targets[row, target]
            for other in range(starts[row], starts[row + 1]):
                gram[column, columns[other]] += value * values[other]
