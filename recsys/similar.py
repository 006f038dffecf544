"""Which items are most like an item: cosine of factors, where new items have factors mapped from their attributes.

With it, what two items share: customers, and the attribute value that says most.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.threads import one_blas_thread
from recsys.ranking.diversity import Limits, diverse_top_k
from recsys.ranking.rank import top_k
from recsys.scoring.model import Model

Array = npt.NDArray[Any]
BLOCK = 1_024


def similar_items(
    model: Model, item_idx: Array, among_idx: Array, k: int, limits: Limits | None = None
) -> tuple[Array, Array, Array]:
    """The k items of `among_idx` most like each of `item_idx`, never the item itself.

    limits  how many of one value a list holds before the others come, for the items of `among_idx` in that order

    Returns positions int32 (n, k) with -1 where none is left, cosines float32 (n, k) in -1..1, NaN there, and bool
    (n, k): True where one of the two items has no events, so that the likeness rests on attributes. An item about which
    nothing is known (factors of length 0) is like nothing and gets an empty list.
    """
    unit = unit_length(model.item_factors)
    known = np.abs(unit).max(axis=1, initial=0) > 0
    idx, score = np.full((len(item_idx), k), -1, np.int32), np.full((len(item_idx), k), np.nan, np.float32)
    right = np.ascontiguousarray(unit[among_idx].T)
    for lo in range(0, len(item_idx), BLOCK):
        rows = np.asarray(item_idx[lo : lo + BLOCK])
        left = np.zeros((BLOCK, unit.shape[1]), np.float32)
        left[: len(rows)] = unit[rows]
        with one_blas_thread():
            cosine = (left @ right)[: len(rows)]
        allowed = (rows[:, None] != among_idx[None, :]) & known[rows, None] & known[among_idx][None, :]
        best = top_k(cosine, k, allowed) if limits is None else diverse_top_k(cosine, k, allowed, limits)
        idx[lo : lo + BLOCK], score[lo : lo + BLOCK] = best
    real = idx >= 0
    places = np.where(real, np.asarray(among_idx)[np.where(real, idx, 0)] if len(among_idx) else -1, -1).astype(
        np.int32
    )
    cold = ~model.warm_items
    return places, score, real & (cold[places] | cold[np.asarray(item_idx)][:, None])


def unit_length(factors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rows scaled to length 1; rows of length 0 stay."""
    length = np.sqrt((factors.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    return np.asarray(factors / np.where(length > 0, length, 1), np.float32)


def shared_value(attributes: sp.csr_matrix, one_idx: Array, other_idx: Array) -> npt.NDArray[np.int64]:
    """The attribute that adds most to the cosine of two items: column, int64 (n_pairs,); -1 where they share none.

    attributes  CSR (n_items, n_attributes), weights >= 0; ties go to the first column
    """
    common = sp.csr_matrix(attributes[one_idx].multiply(attributes[other_idx]))
    common.sort_indices()
    rows = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr))
    order = np.lexsort((common.indices, -common.data, rows))
    found, first = np.unique(rows[order], return_index=True)
    best = np.full(common.shape[0], -1, np.int64)
    best[found] = common.indices[order[first]]
    return best


def common_customers(profiles: sp.csr_matrix, one_idx: Array, other_idx: Array) -> npt.NDArray[np.int64]:
    """How many customers like both items of each pair: int64 (n_pairs,).

    profiles  CSR (n_customers, n_items); a value above 0 is a like
    """
    liked = sp.csr_matrix((profiles > 0).T, dtype=np.int32)
    counted = np.zeros(len(one_idx), np.int64)
    for lo in range(0, len(one_idx), BLOCK):
        pairs = slice(lo, lo + BLOCK)
        both = sp.csr_matrix(liked[np.asarray(one_idx[pairs])].multiply(liked[np.asarray(other_idx[pairs])]))
        counted[pairs] = np.asarray(both.sum(axis=1)).ravel()
    return counted
