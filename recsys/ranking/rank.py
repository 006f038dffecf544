"""Best-first lists with a total order: score descending, then position ascending. Same scores, same list, always."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.base.inner_loops import best_of_rows


def top_k(
    scores: npt.NDArray[np.float32], k: int, allowed: npt.NDArray[np.bool_] | None = None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The k best columns of each row: int32 (n, k) and their scores float32 (n, k).

    allowed  bool (n, m) or (m,); a row with fewer than k allowed columns is filled with -1 and score NaN

    Raises ValueError on NaN (it has no place in an order), on k < 1 and on a mask of another shape.
    """
    if k < 1:
        raise ValueError(f"k: expected >= 1, got {k}")
    if np.isnan(scores).any():
        raise ValueError("scores: expected numbers, found NaN")
    n, m = scores.shape
    mask = np.atleast_2d(np.ones(m, bool) if allowed is None else np.asarray(allowed, bool))
    if mask.shape not in ((n, m), (1, m)):
        raise ValueError(f"allowed: expected shape {(n, m)} or {(m,)}, got {mask.shape}")
    idx = np.full((n, k), -1, np.int32)
    best = np.full((n, k), np.nan, np.float32)
    mask_row = np.minimum(np.arange(n), len(mask) - 1)
    best_of_rows(np.ascontiguousarray(scores, np.float32), np.ascontiguousarray(mask), mask_row, idx, best)
    return idx, best
