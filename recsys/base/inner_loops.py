"""The two inner loops over every customer and item: sparse products into dense blocks, and the k best of a row.

Every row is worked on alone and in one order, so results are the same bytes for any number of threads.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.kernels import kernel, parallel

Array = npt.NDArray[Any]


def dense_product(left: sp.csr_matrix, rows: Array, right: sp.csr_matrix) -> npt.NDArray[np.float32]:
    """left[rows] @ right as a dense float32 (len(rows), right.shape[1])."""
    if left.shape[1] != right.shape[0]:
        raise ValueError(
            f"expected as many columns on the left as rows on the right, got {left.shape} and {right.shape}"
        )
    out = np.zeros((len(rows), right.shape[1]), np.float32)
    _dense_product(np.ascontiguousarray(rows, np.int64), *parts(left), *parts(right), out)
    return out


MOST_CELLS = 1_000_000
"""A table of so many sums at most is added up in place; a larger one would come from main memory, and is sparse."""


def dense_gram(rows: sp.csr_matrix) -> npt.NDArray[np.float64]:
    """rows' rows, dense float64 (n_columns, n_columns): each sum in the order of the rows, on one thread."""
    out = np.zeros((rows.shape[1], rows.shape[1]))
    values = np.ascontiguousarray(rows.data, np.float64)
    _dense_gram(rows.indptr.astype(np.int64), np.ascontiguousarray(rows.indices, np.int32), values, out)
    return out


@kernel
def _dense_gram(starts, columns, values, out):  # type: ignore[no-untyped-def]
    for row in range(len(starts) - 1):
        for one in range(starts[row], starts[row + 1]):
            for two in range(starts[row], starts[row + 1]):
                out[columns[one], columns[two]] += values[one] * values[two]


def parts(matrix: sp.csr_matrix) -> tuple[Array, Array, Array]:
    """Row starts int64, columns int32 and values float32 of a CSR: the types the kernels are compiled for."""
    return (
        np.ascontiguousarray(matrix.indptr, np.int64),
        np.ascontiguousarray(matrix.indices, np.int32),
        np.ascontiguousarray(matrix.data, np.float32),
    )


@parallel
def _dense_product(rows, starts, columns, values, right_starts, right_columns, right_values, out):  # type: ignore[no-untyped-def]
    for row in numba.prange(len(rows)):
        for at in range(starts[rows[row]], starts[rows[row] + 1]):
            middle, weight = columns[at], values[at]
            for to in range(right_starts[middle], right_starts[middle + 1]):
                out[row, right_columns[to]] += weight * right_values[to]


@parallel
def best_of_rows(scores, allowed, mask_row, idx, best):  # type: ignore[no-untyped-def]
    """Fill idx and best, both (n, k), with the k best allowed columns of each row: score falling, column rising.

    allowed   bool (n_masks, m); mask_row int64 (n,) says which of them a row obeys
    idx       must come filled with -1
    """
    k = idx.shape[1]
    for row in numba.prange(scores.shape[0]):
        may = allowed[mask_row[row]]
        n_found = 0
        for column in range(scores.shape[1]):
            score = scores[row, column]
            if not may[column] or (n_found == k and not score > best[row, k - 1]):
                continue
            place = n_found if n_found < k else k - 1
            while place > 0 and score > best[row, place - 1]:
                best[row, place] = best[row, place - 1]
                idx[row, place] = idx[row, place - 1]
                place -= 1
            best[row, place] = score
            idx[row, place] = column
            n_found = min(n_found + 1, k)
