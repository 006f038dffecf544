"""Item-to-item similarity from who chose both: the item-kNN baseline, and one part of the blend.

A sparse product of weighted columns, the nearest K kept per item. Scoring is profiles @ similarity.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def bm25(matrix: sp.csr_matrix, k1: float = 1.0, b: float = 0.1) -> sp.csr_matrix:
    """BM25 weights of a customers x items matrix of counts >= 0, customers being the documents' terms (as in implicit).

    Each item is a document of length = its total; each customer a term, rare when little was chosen:
    idf(c) x count x (k1 + 1) / (k1 x (1 - b + b x length / mean length) + count).
    """
    n_customers, n_items = matrix.shape
    documents = sp.csr_matrix(matrix.T, dtype=np.float64)
    per_customer = np.bincount(documents.indices, minlength=n_customers)
    idf = np.log(n_items) - np.log1p(per_customer)
    length = np.asarray(documents.sum(axis=1)).ravel()
    mean = length.mean() if length.any() else 1.0
    norm = np.repeat((1 - b) + b * length / mean, np.diff(documents.indptr))
    documents.data = documents.data * (k1 + 1) / (k1 * norm + documents.data) * idf[documents.indices]
    return sp.csr_matrix(documents.T)


def nearest(similarity: sp.csr_matrix, n_neighbours: int) -> sp.csr_matrix:
    """Keep the n largest values of each row (ties by column), float32 CSR with sorted indices."""
    matrix = sp.csr_matrix(similarity)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    place = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))
    kept = order[place < n_neighbours]
    out = sp.csr_matrix((matrix.data[kept].astype(np.float32), (rows[kept], matrix.indices[kept])), shape=matrix.shape)
    out.sort_indices()
    return out


def item_similarity(
    likes: sp.csr_matrix, n_neighbours: int = 100, k1: float = 1.0, b: float = 0.1, block: int = 2_000
) -> sp.csr_matrix:
    """Item-kNN on BM25 weights: CSR (n_items, n_items), row i = the items nearest to i, diagonal left out.

    likes  CSR (n_customers, n_items); only positive values count, each as one
    """
    ones = sp.csr_matrix(likes > 0, dtype=np.float64)
    weighted = bm25(ones, k1, b)
    columns = sp.csr_matrix(weighted.T)
    parts = []
    for lo in range(0, columns.shape[0], block):
        part = sp.csr_matrix(columns[lo : lo + block] @ weighted)
        part = sp.csr_matrix(part - sp.diags(part.diagonal(lo), lo, shape=part.shape))
        part.eliminate_zeros()
        parts.append(nearest(part, n_neighbours))
    return sp.csr_matrix(sp.vstack(parts)) if parts else sp.csr_matrix(weighted.T @ weighted, dtype=np.float32)
