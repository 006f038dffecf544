"""All parts of a block of scores in one pass: a customer's row stays in the fastest memory until it is done.

Part by part, the whole block would be read and written again each time, and that is what takes long. Each row is worked
on alone and in one order, so results are the same bytes for any number of threads. `Model.standard` is the slow twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.inner_loops import parts
from recsys.kernels import jit, parallel
from recsys.scoring.blend import LEAST_SPREAD

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

Rows = tuple[Array, Array, Array, Array]

FULL = 0.1
"""A table of which more than this share is filled is read as a dense one: its rows are added many columns at a time."""
MOST_CELLS = 4_000_000
"""A larger table stays sparse: its rows would come from main memory."""


@dataclass(frozen=True, eq=False)
class Table:
    """What one item (or attribute) of a customer adds to the row of scores, in the form that is added fastest.

    dense    float32 (n_rows, m), or of shape (0, 0) where the table is large or hardly filled
    sparse   the same as CSR: row starts, columns, values
    """

    dense: Floats
    sparse: tuple[Array, Array, Array]

    @classmethod
    def of(cls, matrix: sp.csr_matrix) -> Table:
        """Choose the form."""
        cells = matrix.shape[0] * matrix.shape[1]
        full = FULL * cells < matrix.nnz and cells <= MOST_CELLS
        return cls(matrix.toarray().astype(np.float32) if full else np.zeros((0, 0), np.float32), parts(matrix))

    @property
    def arrays(self) -> Rows:
        """What the kernels take."""
        return (self.dense, *self.sparse)


def rows_of(matrix: sp.csr_matrix, rows: Array) -> Rows:
    """Some rows of a CSR without copying them: where each begins and ends, int64 (n,); all columns, all values."""
    return (
        matrix.indptr[rows].astype(np.int64),
        matrix.indptr[np.asarray(rows) + 1].astype(np.int64),
        np.ascontiguousarray(matrix.indices, np.int32),
        np.ascontiguousarray(matrix.data, np.float32),
    )


@jit(fastmath={"contract"})
def _add_rows(raw, begin, end, columns, values, dense, starts, to, weights):  # type: ignore[no-untyped-def]
    """raw = sum over the entries of value x row of the table; dense rows four at a time, to read raw less often."""
    m = len(raw)
    raw[:] = 0
    if not dense.shape[0]:
        for at in range(begin, end):
            middle, value = columns[at], values[at]
            for other in range(starts[middle], starts[middle + 1]):
                raw[to[other]] += value * weights[other]
        return
    at = begin
    while at + 4 <= end:
        p, q, r, s = columns[at], columns[at + 1], columns[at + 2], columns[at + 3]
        a, b, c, d = values[at], values[at + 1], values[at + 2], values[at + 3]
        for j in range(m):
            raw[j] = raw[j] + a * dense[p, j] + b * dense[q, j] + c * dense[r, j] + d * dense[s, j]
        at += 4
    while at < end:
        p, a = columns[at], values[at]
        for j in range(m):
            raw[j] += a * dense[p, j]
        at += 1


def blend(
    products: tuple[Floats, ...],
    known_by: tuple[Rows, ...],
    tables: tuple[Table, ...],
    mean: Floats,
    scale: Floats,
    kind: Array,
    weights: Floats,
    popular: Floats,
) -> Floats:
    """squash(sum over parts of weight x (raw - mean) / scale + popular), row by row: float32 (n, m).

    products     the raw factor parts, each (n, m); (0, 0) where no weight needs it
    known_by     for each further part rows_of what its customers are known by; tables likewise
    mean, scale  float32 (n_parts, n)
    kind         int64 (n,)  which weights a row takes
    weights      float32 (n_kinds, n_parts, m); popular float32 (n_kinds, m)
    """
    out = np.empty((len(kind), popular.shape[1]), np.float32)
    links = zip(*known_by, strict=True), zip(*(table.arrays for table in tables), strict=True)
    arrays = (tuple(one) for link in links for one in link)
    _blend(products, *arrays, np.ascontiguousarray(mean), np.ascontiguousarray(1 / scale), kind, weights, popular, out)
    return out


@jit(parallel=True, fastmath={"contract"})
def _blend(  # type: ignore[no-untyped-def]
    products, begins, ends, columns, values, dense, starts, to, shares, mean, inverse, kind, weights, popular, out
):
    n, m = out.shape
    n_products = len(products)
    used = np.zeros(weights.shape[:2], np.bool_)
    for one in range(weights.shape[0]):
        for part in range(weights.shape[1]):
            used[one, part] = np.any(weights[one, part] != 0)
    for row in numba.prange(n):
        mine, own = out[row], kind[row]
        mine[:] = popular[own]
        raw = np.empty(m, np.float32)
        for part in range(weights.shape[1]):
            if not used[own, part] or inverse[part, row] == 0:
                continue
            weight, centre, unit = weights[own, part], mean[part, row], inverse[part, row]
            if part < n_products:
                given = products[part][row]
                for j in range(m):
                    mine[j] += weight[j] * ((given[j] - centre) * unit)
                continue
            p = part - n_products
            _add_rows(raw, begins[p][row], ends[p][row], columns[p], values[p], dense[p], starts[p], to[p], shares[p])
            for j in range(m):
                mine[j] += weight[j] * ((raw[j] - centre) * unit)
        half = np.float32(0.5)
        for j in range(m):
            mine[j] = half + half * mine[j] / (np.float32(1) + abs(mine[j]))


@jit(parallel=True, fastmath={"contract", "reassoc", "nsz"})
def product_moments(product, present, mean, scale):  # type: ignore[no-untyped-def]
    """Mean and scale of each row of (n, m) over the present columns (float32, 0 or 1), as blend.moments_of."""
    for row in numba.prange(len(mean)):
        mean[row], scale[row] = _moments(product[row], present)


@parallel
def linked_moments(begins, ends, columns, values, dense, starts, to, shares, present, mean, scale):  # type: ignore[no-untyped-def]
    """The same for a part that goes from item to item: rows_of what customers are known by, and Table.arrays."""
    for row in numba.prange(len(mean)):
        raw = np.empty(len(present), np.float32)
        _add_rows(raw, begins[row], ends[row], columns, values, dense, starts, to, shares)
        mean[row], scale[row] = _moments(raw, present)


@jit(fastmath={"contract", "reassoc", "nsz"})
def _moments(raw, present):  # type: ignore[no-untyped-def]
    n, total, squares, around = 0.0, 0.0, 0.0, 0.0
    for j in range(len(raw)):
        n += present[j]
        total += np.float64(present[j]) * raw[j]
    if n == 0:
        return np.float32(0), np.float32(np.inf)
    mean = total / n
    for j in range(len(raw)):
        squares += np.float64(present[j]) * raw[j] * raw[j]
        away = raw[j] - mean
        around += present[j] * away * away
    scale = np.sqrt(around / n)
    if scale <= LEAST_SPREAD:
        return np.float32(mean), np.float32(np.inf)
    if (
        around / n <= 1e-12 * squares
    ):  # the largest is at most the root of the sum of squares: only then may all be equal
        largest = 0.0
        for j in range(len(raw)):
            if present[j] and abs(raw[j]) > largest:
                largest = abs(raw[j])
        if scale <= 1e-6 * largest:
            return np.float32(mean), np.float32(np.inf)
    return np.float32(mean), np.float32(scale)
