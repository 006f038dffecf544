"""Boxes that somebody claims to be good, such as a plan's: what those that are legal are worth, item by item.

A legal box proves that the best one is worth no less. So the search has something to beat; its answer stays the same.
"""

from __future__ import annotations

import numpy as np

from optimizer.problem import IntArray
from optimizer.verify.rulebook import BoolArray, Boxes, Rulebook
from optimizer.verify.states import Worth, nothing


def known_worths(
    rulebook: Rulebook, worth: Worth, usable: BoolArray, slots: IntArray, locked: Boxes | None, boxes: Boxes
) -> Worth:
    """Worth of each row's box where it is legal, else `nothing`; boxes may hold anything.

    worth    (n_rows, n_items) what an item adds to a box
    usable   bool (n_rows, n_items)
    slots    int64 (n_rows,)
    locked   int32 (n_rows, any) items that a box must hold, -1 = none
    boxes    int32 (n_rows, any) items, -1 = no item
    """
    n_items = worth.shape[1]
    row = np.arange(len(boxes))[:, None]
    good: BoolArray = ((boxes >= -1) & (boxes < n_items)).all(axis=1)
    box = np.sort(np.where(good[:, None], boxes, -1), axis=1)
    good &= ~((box[:, 1:] == box[:, :-1]) & (box[:, 1:] >= 0)).any(axis=1)
    good &= (usable[row, box] | (box < 0)).all(axis=1)
    for column in [] if locked is None else locked.T:
        good &= (column < 0) | (box == column[:, None]).any(axis=1)
    good &= rulebook.legal(box, slots)
    total: Worth = np.where(box >= 0, worth[row, box], 0).sum(axis=1)
    return np.where(good, total, nothing(worth.dtype))
