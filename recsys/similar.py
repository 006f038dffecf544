"""Which items are most like an item: cosine of factors, where new items have factors mapped from their attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.model import Model
from recsys.rank import top_k
from recsys.threads import one_blas_thread

Array = npt.NDArray[Any]
BLOCK = 1_024


def similar_items(model: Model, item_idx: Array, among_idx: Array, k: int) -> tuple[Array, Array, Array]:
    """The k items of `among_idx` most like each of `item_idx`, never the item itself.

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
        idx[lo : lo + BLOCK], score[lo : lo + BLOCK] = top_k(cosine, k, allowed)
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
