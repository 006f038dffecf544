"""Rows of factors solved against the other side's, with a prior: from "what is said of it" to "what people did".

A row without events is its prior, exactly; with every event the data weighs more. This is the row step of implicit ALS
(Hu, Koren, Volinsky 2008) with the regularization pulling to the prior instead of to zero, and with the pairs that
have no event trusted only as far as there was a chance of one.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.kernels import parts
from recsys.threads import one_blas_thread

Floats = npt.NDArray[np.float32]

HALF_TRUST = 1.0
"""Events after which what was not chosen counts half."""


def fold_in(
    confidence: sp.csr_matrix,
    other: Floats,
    regularization: float,
    prior: Floats | None = None,
    half_trust: float = HALF_TRUST,
) -> Floats:
    """Factors of every row: float32 (n_rows, f).

    confidence      CSR (n_rows, n_others), sign x confidence as in recsys.als.confidences
    other           float32 (n_others, f)
    regularization  r > 0
    prior           float32 (n_rows, f) m; None = zeros, and what was not chosen counts whole: plain implicit ALS
    half_trust      events after which what was not chosen counts half

    Row x minimises  sum over all others of w (x.y)^2, save its own: |c| (p - x.y)^2, p = 1 where c > 0, else 0;
    plus r |x - m|^2;  w = n / (n + half_trust) for n events. Without events x = m.
    """
    n_rows, f = confidence.shape[0], other.shape[1]
    out = np.zeros((n_rows, f), np.float32) if prior is None else np.array(prior, np.float32)
    if not len(other) or not f:
        return out
    Y = np.ascontiguousarray(other, np.float64)
    with one_blas_thread():
        gram = Y.T @ Y
    half = 0.0 if prior is None else half_trust
    _fold_in(*parts(confidence), Y, gram, float(regularization), half, out)
    return out


@numba.njit(cache=True, parallel=True)
def _fold_in(starts, columns, values, Y, gram, regularization, half, out):  # type: ignore[no-untyped-def]
    f = Y.shape[1]
    for row in numba.prange(len(starts) - 1):
        n = starts[row + 1] - starts[row]
        if n == 0:
            continue
        w = n / (n + half)
        A = w * gram
        b = np.empty(f)
        for k in range(f):
            A[k, k] += regularization
            b[k] = regularization * out[row, k]
        for at in range(starts[row], starts[row + 1]):
            y, c = Y[columns[at]], values[at]
            weight = abs(c) - w
            for k in range(f):
                if c > 0:
                    b[k] += c * y[k]
                scaled = weight * y[k]
                for m in range(k + 1):
                    A[k, m] += scaled * y[m]
        _solve(A, b)
        for k in range(f):
            out[row, k] = b[k]


@numba.njit(cache=True, inline="always")
def _solve(A, b):  # type: ignore[no-untyped-def]
    """b becomes the solution of A x = b; A is symmetric and positive, its lower half is used and spoilt (Cholesky)."""
    f = len(b)
    for k in range(f):
        for m in range(k + 1):
            total = A[k, m]
            for i in range(m):
                total -= A[k, i] * A[m, i]
            if m == k:
                A[k, k] = np.sqrt(total)
            else:
                A[k, m] = total / A[m, m]
    for k in range(f):
        for i in range(k):
            b[k] -= A[k, i] * b[i]
        b[k] /= A[k, k]
    for k in range(f - 1, -1, -1):
        for i in range(k + 1, f):
            b[k] -= A[i, k] * b[i]
        b[k] /= A[k, k]
