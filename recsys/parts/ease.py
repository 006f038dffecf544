"""EASE: the linear model that predicts each item from all others at once (Steck 2019, "Embarrassingly Shallow
Autoencoders for Sparse Data"). In closed form, for catalogues small enough to invert.

B = I - P diag(1 / diag P) with P = (X'X + regularization I)^-1; the diagonal is 0. Scoring is profiles @ B.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve

from recsys.base.inner_loops import MOST_CELLS, dense_gram
from recsys.base.threads import one_blas_thread
from recsys.parts.neighbours import nearest


def ease(likes: sp.csr_matrix, regularization: float, n_neighbours: int, most_items: int) -> sp.csr_matrix:
    """Item-to-item weights: CSR float32 (n_items, n_items); rows and columns of items without likes are empty.

    likes           CSR (n_customers, n_items); only positive values count, each as one
    regularization  > 0; larger = more cautious
    n_neighbours    weights kept per row, the largest; weights below zero are kept only where all fit
    most_items      with more items than this that have likes, the table is empty: inverting would take too long
    """
    if not regularization > 0:
        raise ValueError(f"regularization: expected > 0, got {regularization}")
    n_items = likes.shape[1]
    ones = sp.csr_matrix(likes > 0, dtype=np.float64)
    warm = np.flatnonzero(np.bincount(ones.indices, minlength=n_items))
    if not len(warm) or len(warm) > most_items:
        return sp.csr_matrix(sp.coo_array((n_items, n_items), dtype=np.float32))
    X = sp.csr_matrix(ones[:, warm])
    gram = dense_gram(X) if len(warm) ** 2 <= MOST_CELLS else np.asarray((X.T @ X).todense())
    gram[np.diag_indices_from(gram)] += regularization
    with one_blas_thread():
        P = cho_solve(cho_factor(gram, overwrite_a=True, check_finite=False), np.eye(len(warm)), check_finite=False)
    B = -P / np.diag(P)[None, :]
    np.fill_diagonal(B, 0)
    small = nearest(sp.csr_matrix(B), n_neighbours)
    small.eliminate_zeros()
    rows = warm[np.repeat(np.arange(len(warm)), np.diff(small.indptr))]
    out = sp.csr_matrix((small.data, (rows, warm[small.indices])), shape=(n_items, n_items), dtype=np.float32)
    out.sort_indices()
    return out
