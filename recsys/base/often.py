"""Which codes may stand too often: counted by a hash first, so that only few rows have to be sorted and counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BUCKETS = 1 << 22
"""Values of the hash."""


def may_be_over(codes: npt.NDArray[Any], most: int) -> npt.NDArray[np.bool_]:
    """Rows whose code may stand in more than `most` rows: bool (n,), all that do among them."""
    bucket: npt.NDArray[np.int64] = (codes ^ (codes >> 22)) & (BUCKETS - 1)
    over: npt.NDArray[np.bool_] = np.bincount(bucket, minlength=1)[bucket] > most
    return over
