"""Many texts as two arrays of numbers: where each ends, and the bytes of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Array = npt.NDArray[Any]


def as_arrays(texts: Sequence[str] | Array) -> tuple[Array, Array]:
    """int64 (n + 1,) where each text begins and the last ends, and uint8 the bytes of UTF-8.

    Raises TypeError where something is no text.
    """
    try:
        column = pa.array(texts, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError) as bad:
        raise TypeError("what is no text may not be kept as one") from bad
    return parts_of(column)


def parts_of(column: pa.Array) -> tuple[Array, Array]:
    """The same of an Arrow array of large strings. Raises TypeError where a text is missing."""
    if column.null_count:
        raise TypeError("a text that is missing may not be kept")
    if not len(column):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    _, ends, letters = column.buffers()
    offsets = np.frombuffer(ends, np.int64, len(column) + 1, column.offset * 8)
    size = int(offsets[-1] - offsets[0])
    held = np.frombuffer(letters, np.uint8, size, int(offsets[0])) if size else np.zeros(0, np.uint8)
    return offsets - offsets[0], held


def as_texts(offsets: Array, letters: Array) -> list[str]:
    """The texts again. Raises ValueError where the arrays are none."""
    if offsets.dtype != np.int64 or letters.dtype != np.uint8 or not offsets.size or offsets[0] != 0:
        raise ValueError("texts that are none")
    if (np.diff(offsets) < 0).any() or offsets[-1] != letters.size:
        raise ValueError("texts that are none")
    buffers = [None, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(np.ascontiguousarray(letters))]
    column = pa.LargeStringArray.from_buffers(len(offsets) - 1, buffers[1], buffers[2])
    column.validate(full=True)
    told: list[str] = column.to_pylist()
    return told
