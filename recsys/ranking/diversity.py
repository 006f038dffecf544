"""Best-first lists that hold at most so many items of one value (a category, a brand); the rest comes after all others.

The rule is greedy and exact: go through all allowed items, best first; an item that would be one too many of any of its
values is put aside; the list is what was not put aside, then what was, each best first, cut at k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.kernels import kernel, once, parallel

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Limits:
    """Which values each item has, and how many items of one value a list may hold before the others come.

    starts   int64 (n_items + 1,)  item i has the values values[starts[i]:starts[i + 1]], distinct; none = no limit
    values   int32 (starts[-1],)   0..n_values-1
    at_most  int32 (n_values,)     >= 1

    Raises ValueError when shapes or ranges are off.
    """

    starts: Array
    values: Array
    at_most: Array

    def __post_init__(self) -> None:
        """Check once, fix the types, make the arrays read-only."""
        for name, dtype in (("starts", np.int64), ("values", np.int32), ("at_most", np.int32)):
            array = np.array(getattr(self, name), dtype=dtype, copy=True)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if (
            not len(self.starts)
            or self.starts[0] != 0
            or self.starts[-1] != len(self.values)
            or (np.diff(self.starts) < 0).any()
        ):
            raise ValueError(f"starts: expected to rise from 0 to {len(self.values)}, got {self.starts}")
        if len(self.values) and not (self.values.min() >= 0 and self.values.max() < len(self.at_most)):
            raise ValueError(
                f"values: expected 0..{len(self.at_most) - 1}, got {self.values.min()}..{self.values.max()}"
            )
        if len(self.at_most) and self.at_most.min() < 1:
            raise ValueError(f"at_most: expected >= 1, got {self.at_most.min()}")

    @classmethod
    def none(cls, n_items: int) -> Limits:
        """No limit on anything."""
        return cls(np.zeros(n_items + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))

    @classmethod
    def of(cls, item_values: Sequence[Sequence[int]], at_most: Sequence[int]) -> Limits:
        """The same from the values of each item, in any order."""
        distinct = [sorted(set(values)) for values in item_values]
        starts = np.concatenate(([0], np.cumsum([len(values) for values in distinct], dtype=np.int64)))
        flat = np.array([value for values in distinct for value in values], np.int32)
        return cls(starts, flat, np.array(at_most, np.int32))

    def take(self, item_idx: Array) -> Limits:
        """The limits of some items, which become 0..len(item_idx)-1."""
        idx = np.asarray(item_idx, np.int64)
        length = self.starts[idx + 1] - self.starts[idx]
        starts = np.concatenate(([0], np.cumsum(length)))
        at = np.repeat(self.starts[idx] - starts[:-1], length) + np.arange(starts[-1])
        return Limits(starts, self.values[at], self.at_most)

    @property
    def any(self) -> bool:
        """Is any item limited at all?"""
        return bool(len(self.values))


def diverse_top_k(scores: Array, k: int, allowed: Array, limits: Limits) -> tuple[Array, Array]:
    """The k best columns of each row, no value more often than its limit before the others: int32, float32 (n, k).

    scores   float32 (n, m), no NaN; equal scores go by column
    allowed  bool (n, m) or (m,); what is not allowed is in no list; -1 and NaN where a list ends early
    """
    _check(scores, k)
    n, m = scores.shape
    if len(limits.starts) != m + 1:
        raise ValueError(f"limits: expected {m} items, got {len(limits.starts) - 1}")
    mask = np.atleast_2d(np.asarray(allowed, bool))
    if mask.shape not in ((n, m), (1, m)):
        raise ValueError(f"allowed: expected shape {(n, m)} or {(m,)}, got {mask.shape}")
    idx, best = np.full((n, k), -1, np.int32), np.full((n, k), np.nan, np.float32)
    mask_row = np.minimum(np.arange(n), len(mask) - 1)
    given = (np.ascontiguousarray(scores, np.float32), np.ascontiguousarray(mask), mask_row)
    _dense_rows(*given, limits.starts, limits.values, limits.at_most, idx, best)
    return idx, best


def diverse_top_k_sparse(matrix: sp.csr_matrix, k: int, limits: Limits) -> tuple[Array, Array]:
    """The same over the stored cells of a CSR matrix (n, m) alone."""
    _check(matrix.data, k)
    rows = matrix if matrix.has_sorted_indices else matrix.sorted_indices()
    if len(limits.starts) != rows.shape[1] + 1:
        raise ValueError(f"limits: expected {rows.shape[1]} items, got {len(limits.starts) - 1}")
    n = rows.shape[0]
    idx, best = np.full((n, k), -1, np.int32), np.full((n, k), np.nan, np.float32)
    given = (rows.indptr.astype(np.int64), rows.indices.astype(np.int64), rows.data.astype(np.float32))
    _sparse_rows(*given, limits.starts, limits.values, limits.at_most, idx, best)
    return idx, best


def _check(scores: Array, k: int) -> None:
    if k < 1:
        raise ValueError(f"k: expected >= 1, got {k}")
    if np.isnan(scores).any():
        raise ValueError("scores: expected numbers, found NaN")


@parallel
def _dense_rows(scores, allowed, mask_row, starts, values, at_most, idx, best):  # type: ignore[no-untyped-def]
    for row in numba.prange(scores.shape[0]):
        columns = np.flatnonzero(allowed[mask_row[row]])
        _pick(scores[row][columns], columns, starts, values, at_most, idx[row], best[row])


@parallel
def _sparse_rows(row_starts, columns, scores, starts, values, at_most, idx, best):  # type: ignore[no-untyped-def]
    for row in numba.prange(len(row_starts) - 1):
        cells = slice(row_starts[row], row_starts[row + 1])
        _pick(scores[cells], columns[cells], starts, values, at_most, idx[row], best[row])


@kernel
def _pick(scores, columns, starts, values, at_most, idx, best):  # type: ignore[no-untyped-def]
    """Fill idx and best, both (k,), from candidates whose columns rise.

    A heap gives the candidates best first. Once enough are put aside, those that can only be put aside too are thrown
    out now and then, so that tight limits do not mean sorting the whole catalogue.
    """
    k = len(idx)
    heap = np.arange(len(scores))
    for at in range(len(heap) // 2 - 1, -1, -1):
        _sift(heap, len(heap), at, scores)
    count = np.zeros(len(at_most), np.int32)
    aside = np.empty(k, np.int64)
    size, n_in, n_aside, taken = len(heap), 0, 0, 0
    while size > 0 and n_in < k:
        candidate = heap[0]
        size -= 1
        heap[0] = heap[size]
        _sift(heap, size, 0, scores)
        if _is_free(columns[candidate], starts, values, at_most, count):
            for at in range(starts[columns[candidate]], starts[columns[candidate] + 1]):
                count[values[at]] += 1
            idx[n_in], best[n_in] = columns[candidate], scores[candidate]
            n_in += 1
        elif n_aside < k:
            aside[n_aside] = candidate
            n_aside += 1
        taken += 1
        if taken % (4 * k) == 0 and n_in + n_aside >= k:
            size = _thinned(heap, size, columns, starts, values, at_most, count, scores)
    for at in range(min(n_aside, k - n_in)):
        idx[n_in + at], best[n_in + at] = columns[aside[at]], scores[aside[at]]


@kernel
def _thinned(heap, size, columns, starts, values, at_most, count, scores):  # type: ignore[no-untyped-def]
    """Keep what may still be listed; the heap's new size."""
    kept = 0
    for at in range(size):
        if _is_free(columns[heap[at]], starts, values, at_most, count):
            heap[kept] = heap[at]
            kept += 1
    for at in range(kept // 2 - 1, -1, -1):
        _sift(heap, kept, at, scores)
    return kept


@once
def _is_free(item, starts, values, at_most, count):  # type: ignore[no-untyped-def]
    """Is no value of the item at its limit?"""
    for at in range(starts[item], starts[item + 1]):  # noqa: SIM110
        if count[values[at]] >= at_most[values[at]]:
            return False
    return True


@kernel
def _sift(heap, size, at, scores):  # type: ignore[no-untyped-def]
    """Let heap[at] sink to where it belongs: higher scores up, equal ones by position."""
    if size == 0:
        return
    sinking = heap[at]
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and _before(heap[child + 1], heap[child], scores):
            child += 1
        if not _before(heap[child], sinking, scores):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = sinking


@once
def _before(one, other, scores):  # type: ignore[no-untyped-def]
    return scores[one] > scores[other] or (scores[one] == scores[other] and one < other)
