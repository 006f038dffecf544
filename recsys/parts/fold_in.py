"""Each row of factors solved against the factors of the other side, and pulled to a prior: what is said of the row.

A row without events is its prior, exactly; with every event the data weighs more. This is the row step of implicit ALS
(Hu, Koren, Volinsky 2008) with the regularization pulling to the prior instead of to zero, and with the pairs that
have no event trusted only as far as there was a chance of one.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.inner_loops import parts
from recsys.base.threads import one_blas_thread
from recsys.kernels import jit

Floats = npt.NDArray[np.float32]

HALF_TRUST = 1.0
"""After so many events what was not chosen counts half. Larger numbers are measured in docs/recommending.md, by
`python -m benchmarks.public first-ratings`."""


def fold_in(
    confidence: sp.csr_matrix,
    other: Floats,
    regularization: float,
    prior: Floats | None = None,
    half_trust: float = HALF_TRUST,
) -> Floats:
    """Factors of every row: float32 (n_rows, f).

    confidence      CSR (n_rows, n_others), sign x confidence as in recsys.parts.als.confidences
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


@jit(parallel=True, fastmath={"contract"})
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
        at = starts[row]
        while at + 4 <= starts[row + 1]:
            _add_four(A, Y, columns[at : at + 4], values[at : at + 4], w)
            at += 4
        while at < starts[row + 1]:
            _add_one(A, Y[columns[at]], abs(values[at]) - w)
            at += 1
        for at in range(starts[row], starts[row + 1]):
            y, c = Y[columns[at]], values[at]
            if c > 0:
                for k in range(f):
                    b[k] += c * y[k]
        _solve(A, b)
        for k in range(f):
            out[row, k] = b[k]


@jit(fastmath={"contract"})
def _add_one(A, y, weight):  # type: ignore[no-untyped-def]
    """Upper half of A += weight y y'."""
    for k in range(len(y)):
        scaled = weight * y[k]
        for m in range(k, len(y)):
            A[k, m] += scaled * y[m]


@jit(fastmath={"contract"})
def _add_four(A, Y, columns, values, w):  # type: ignore[no-untyped-def]
    """The same for four entries at a time: A is read and written a quarter as often."""
    f = Y.shape[1]
    p, q, r, s = columns[0], columns[1], columns[2], columns[3]
    for k in range(f):
        a, b = (abs(values[0]) - w) * Y[p, k], (abs(values[1]) - w) * Y[q, k]
        c, d = (abs(values[2]) - w) * Y[r, k], (abs(values[3]) - w) * Y[s, k]
        for m in range(k, f):
            A[k, m] += a * Y[p, m] + b * Y[q, m] + c * Y[r, m] + d * Y[s, m]


@jit(fastmath={"contract"})
def _solve(A, b):  # type: ignore[no-untyped-def]
    """b becomes the solution of A x = b (Cholesky, A = U'U, four rows of U at a time).

    A is symmetric and positive; its upper half is used and spoilt.
    """
    f = len(b)
    for k in range(0, f, 4):
        top = min(k + 4, f)
        for p in range(k, top):
            unit = 1 / np.sqrt(A[p, p])
            b[p] *= unit
            for j in range(p, f):
                A[p, j] *= unit
            for i in range(p + 1, top):
                a = A[p, i]
                b[i] -= a * b[p]
                for j in range(i, f):
                    A[i, j] -= a * A[p, j]
        for i in range(top, f):  # nothing is left where fewer than four rows were
            p, q, r, s = A[k, i], A[k + 1, i], A[k + 2, i], A[k + 3, i]
            b[i] -= p * b[k] + q * b[k + 1] + r * b[k + 2] + s * b[k + 3]
            for j in range(i, f):
                A[i, j] -= p * A[k, j] + q * A[k + 1, j] + r * A[k + 2, j] + s * A[k + 3, j]
    for k in range(f - 1, -1, -1):
        total = b[k]
        for j in range(k + 1, f):
            total -= A[k, j] * b[j]
        b[k] = total / A[k, k]
