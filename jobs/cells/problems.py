"""What is to be said about cells of a column: a fault that ends the night, or something read all the same and told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Problem:
    """Cells of one column with one thing in common.

    bad       bool (n_rows,)
    expected  what they should hold; of harmless ones, what they are and how they are read
    harmless  no fault: the cells are read, and a note says how
    """

    bad: Mask
    expected: str
    harmless: bool = False


def mask_of(array: pa.Array) -> Mask:
    """bool mask of an Arrow boolean array; null is False."""
    return np.asarray(pc.fill_null(array, False).to_numpy(zero_copy_only=False), dtype=bool)
