"""Columns of texts in Arrow, and where one's texts stand among another's: no Python text is made of any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Texts = Sequence[str] | pd.Series | pd.Index | npt.NDArray[Any]


def texts(values: Texts) -> pa.Array:
    """One Arrow array of texts."""
    array = pa.array(values, pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def places(values: Texts, among: Texts) -> npt.NDArray[np.int64]:
    """Position of each text among these, -1 where it is none of them: int64 (n,). Of equal ones it may be any."""
    ours, theirs = texts(values), texts(among)
    if ours.equals(theirs):
        return np.arange(len(ours), dtype=np.int64)
    found = pc.index_in(ours, value_set=theirs)
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
