"""What is in the boxes, one row per item, in positions: the shape that every file about boxes is written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from jobs.cells.arrow_texts import texts
from jobs.posing.scores import GRID, Scores

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sent:
    """Every item of every box, ordered by customer, then slot.

    customer_idx  int64 (n_sent,)
    slot          int64 (n_sent,) 1-based place in the box
    item_idx      int64 (n_sent,)
    score         float32 (n_sent,) the recommender's score of the pair
    """

    customer_idx: IntArray
    slot: IntArray
    item_idx: IntArray
    score: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.customer_idx)


def sent_items(boxes: npt.NDArray[np.int32], scores: Scores) -> Sent:
    """List the items of `boxes` (n_customers, width; -1 = missing slot) with their scores."""
    filled = boxes >= 0
    customer_idx, place = np.nonzero(filled)
    item_idx = boxes[filled].astype(np.int64)
    slot = filled.cumsum(axis=1)[customer_idx, place]
    return Sent(customer_idx, slot, item_idx, gather(scores, customer_idx, item_idx))


def gather(scores: Scores, customer_idx: IntArray, item_idx: IntArray) -> npt.NDArray[np.float32]:
    """float32 (n_pairs,): the scores of pairs ordered by customer, read block by block."""
    out = np.empty(len(customer_idx), np.float32)
    for lo in range(0, scores.shape[0], GRID):
        hi = min(lo + GRID, scores.shape[0])
        start, stop = np.searchsorted(customer_idx, [lo, hi])
        if start < stop:
            out[start:stop] = scores.block(lo, hi)[customer_idx[start:stop] - lo, item_idx[start:stop]]
    return out


def spread(values: Sequence[str] | pd.Series | npt.NDArray[Any], position: npt.NDArray[Any]) -> pa.DictionaryArray:
    """The text at each position, each distinct row held once."""
    return pa.DictionaryArray.from_arrays(pa.array(position.astype(np.int32)), texts(values))


def coded(values: Sequence[str] | pa.DictionaryArray) -> pa.DictionaryArray:
    """Texts that repeat, each distinct one held once; what is so already stays."""
    return values if isinstance(values, pa.DictionaryArray) else texts(values).dictionary_encode()
