"""The distinct values of many small whole numbers, and which each is: by counting where they lie close together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def distinct(values: Array) -> tuple[Array, npt.NDArray[np.int64]]:
    """Distinct values, rising, and the place of each value among them: np.unique(values, return_inverse=True).

    values  whole numbers >= 0 (n,)
    """
    top = int(values.max(initial=-1)) + 1
    if top > max(4 * len(values), 1):
        return np.unique(values, return_inverse=True)
    there = np.zeros(top, bool)
    there[values] = True
    return np.flatnonzero(there).astype(values.dtype), (np.cumsum(there) - 1)[values]
