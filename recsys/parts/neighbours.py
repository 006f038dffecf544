"""Item-to-item similarity from who chose both: the item-kNN baseline, and one part of the blend.

A sparse product of weighted columns, the nearest K kept per item. Scoring is profiles @ similarity.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from implicit.nearest_neighbours import bm25_weight

from recsys.base.inner_loops import MOST_CELLS, dense_gram


def nearest(similarity: sp.csr_matrix, n_neighbours: int) -> sp.csr_matrix:
    """Keep the n largest values of each row (ties by column), float32 CSR with sorted indices."""
    matrix = sp.csr_matrix(similarity)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    able = np.flatnonzero(matrix.data >= _least_kept(matrix, n_neighbours)[rows])  # few, so that sorting is quick
    order = able[np.lexsort((matrix.indices[able], -matrix.data[able], rows[able]))]
    first = np.searchsorted(rows[order], np.arange(matrix.shape[0]))
    kept = order[np.arange(len(order)) - first[rows[order]] < n_neighbours]
    out = sp.csr_matrix((matrix.data[kept].astype(np.float32), (rows[kept], matrix.indices[kept])), shape=matrix.shape)
    out.sort_indices()
    return out


def _least_kept(matrix: sp.csr_matrix, n: int) -> np.ndarray:
    """The n-th largest value of each row, -inf where it holds no more than n: float64 (n_rows,)."""
    least = np.full(matrix.shape[0], -np.inf)
    for row in np.flatnonzero(np.diff(matrix.indptr) > n):
        values = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]]
        least[row] = np.partition(values, len(values) - n)[len(values) - n]
    return least


def item_similarity(
    likes: sp.csr_matrix, n_neighbours: int = 100, k1: float = 1.0, b: float = 0.1, block: int = 2_000
) -> sp.csr_matrix:
    """Item-kNN on BM25 weights: CSR (n_items, n_items), row i = the items nearest to i, diagonal left out.

    An item is a document, the customers who like it are its terms, rare where they like little (k1 and b as in BM25).
    implicit weighs; which neighbours are kept is decided here, for its own top-K keeps any of those that are equally
    near (docs/decisions/0009).

    likes  CSR (n_customers, n_items); only positive values count, each as one
    """
    ones = sp.csr_matrix(likes > 0, dtype=np.float64)
    if not ones.nnz:
        return sp.csr_matrix(sp.coo_array((ones.shape[1], ones.shape[1]), dtype=np.float32))
    columns = sp.csr_matrix(bm25_weight(ones.T, k1, b))
    weighted = sp.csr_matrix(columns.T)
    if ones.shape[1] ** 2 <= MOST_CELLS:
        gram = dense_gram(weighted)
        np.fill_diagonal(gram, 0)
        return nearest(sp.csr_matrix(gram), n_neighbours)
    parts = []
    for lo in range(0, columns.shape[0], block):
        part = sp.csr_matrix(columns[lo : lo + block] @ weighted)
        part = sp.csr_matrix(part - sp.diags(part.diagonal(lo), lo, shape=part.shape))
        part.eliminate_zeros()
        parts.append(nearest(part, n_neighbours))
    return sp.csr_matrix(sp.vstack(parts))
