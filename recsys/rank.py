"""Best-first lists with a total order: score descending, then position ascending. Same scores, same list, always."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def order_keys(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """One distinct 64-bit key per column, ascending = best first: float32 (n, m) -> uint64 (n, m).

    The upper half is the score as an integer in falling order, the lower half the column.
    """
    plus_zero = np.ascontiguousarray(scores, np.float32) + np.float32(0)  # -0.0 and 0.0 are one score
    bits = plus_zero.view(np.uint32)
    rising = np.where(bits >> 31, ~bits, bits | np.uint32(0x80000000))
    falling = (~rising).astype(np.uint64) << np.uint64(32)
    return np.asarray(falling | np.arange(scores.shape[1], dtype=np.uint64))


def top_k(
    scores: npt.NDArray[np.float32], k: int, allowed: npt.NDArray[np.bool_] | None = None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The k best columns of each row: int32 (n, k) and their scores float32 (n, k).

    allowed  bool (n, m) or (m,); a row with fewer than k allowed columns is filled with -1 and score NaN

    Raises ValueError on NaN: it has no place in an order.
    """
    if np.isnan(scores).any():
        raise ValueError("scores: expected numbers, found NaN")
    n, m = scores.shape
    keys = order_keys(scores)
    if allowed is not None:
        keys = np.where(allowed, keys, np.uint64(0xFFFFFFFFFFFFFFFF))
    width = min(k, m)
    idx = np.full((n, k), -1, np.int32)
    best = np.full((n, k), np.nan, np.float32)
    if width:
        kept = np.partition(keys, width - 1, axis=1)[:, :width] if width < m else keys.copy()
        kept.sort(axis=1)
        real = kept != np.uint64(0xFFFFFFFFFFFFFFFF)
        columns = (kept & np.uint64(0xFFFFFFFF)).astype(np.int64)
        idx[:, :width] = np.where(real, columns, -1)
        safe = np.where(real, columns, 0)
        best[:, :width] = np.where(real, np.take_along_axis(scores, safe, axis=1), np.nan)
    return idx, best
