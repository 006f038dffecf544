"""Which codes may stand too often: counted by a hash first, so that only few rows have to be sorted and counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.kernels import kernel

LEAST_BITS, MOST_BITS = 16, 26
"""Of the hash: at least twice as many values as there are rows, within these."""


def may_be_over(codes: npt.NDArray[Any], most: int) -> npt.NDArray[np.bool_]:
    """Rows whose code, an integer >= 0, may stand in more than `most` rows: bool (n,), all that do among them."""
    over = np.empty(len(codes), np.bool_)
    bits = min(max(len(codes).bit_length() + 1, LEAST_BITS), MOST_BITS)
    counts = np.zeros(1 << bits, np.uint16 if most < 65_535 else np.uint32)
    _may_be_over(np.ascontiguousarray(codes, np.int64), bits, most + 1, counts, over)
    return over


@kernel
def _may_be_over(codes, bits, enough, counts, over):  # type: ignore[no-untyped-def]
    """Count to `enough` and no further, so that two bytes will do."""
    last = len(counts) - 1
    for code in codes:
        place = (code ^ (code >> bits)) & last
        if counts[place] < enough:
            counts[place] += 1
    for row, code in enumerate(codes):
        over[row] = counts[(code ^ (code >> bits)) & last] == enough
