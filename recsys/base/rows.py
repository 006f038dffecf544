"""Rows of a sparse matrix as directions: their lengths, and the same rows at length 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp


def row_lengths(matrix: sp.csr_matrix) -> npt.NDArray[np.float64]:
    """Euclidean length of each row, 1 for an empty one: float64 (n_rows,), > 0."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), np.float64).ravel())
    return np.where(length > 0, length, 1.0)


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Rows scaled to Euclidean length 1, float64; empty rows stay empty."""
    data = matrix.data / np.repeat(row_lengths(matrix), np.diff(matrix.indptr))
    return sp.csr_matrix((data.astype(np.float64), matrix.indices, matrix.indptr), shape=matrix.shape)
