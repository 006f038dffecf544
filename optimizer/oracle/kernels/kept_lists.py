"""Shortlists once they are made: items added for a box, and what is looked up in them."""

from __future__ import annotations

import numpy as np

from optimizer.kernels import door, kernel
from optimizer.oracle.kernels.memory import NEVER
from optimizer.problem import Bool, Int32, Int64


@kernel
def mend_shortlist(item: Int32, gain: Int32, utility: Int32, box: Int32) -> bool:
    """Add the items of a box to a shortlist that lacks them; where it is full, in place of the least useful ones.

    True = the list has changed.
    """
    size, changed = 0, False
    while size < item.size and item[size] >= 0:
        size += 1
    for w in range(box.size):
        new = box[w]
        if new < 0:
            continue
        at = 0
        while at < size and item[at] != new:
            at += 1
        if at < size:
            continue
        if size < item.size:
            size += 1
            at = size - 1
        else:  # drop the one of least utility that is not in the box
            at = -1
            for a in range(size):
                inside = False
                for k in range(box.size):
                    inside |= box[k] == item[a]
                if not inside and (at < 0 or gain[a] < gain[at]):
                    at = a
            if at < 0:
                continue
        item[at], gain[at] = new, utility[new]
        changed = True
    return changed


@door
def gains_of(who: Int32, boxes: Int32, item: Int32, gain: Int32, total: Int64) -> None:
    """total int64 (n,): utility of one box per customer of `who`, looked up in their shortlists (NEVER = not there)."""
    for at in range(who.size):
        c, total[at] = who[at], 0
        for w in range(boxes.shape[1]):
            if boxes[at, w] < 0:
                continue
            a = 0
            while a < item.shape[1] and item[c, a] != boxes[at, w]:
                a += 1
            total[at] += gain[c, a] if a < item.shape[1] else NEVER // 64


@door
def sort_boxes(boxes: Int32, item: Int32, gain: Int32) -> None:
    """Put the items of each box in order: utility falling, position rising, missing last; looked up in shortlists."""
    width = boxes.shape[1]
    worth = np.zeros(width, np.int64)
    for c in range(boxes.shape[0]):
        for w in range(width):
            new, value, a = boxes[c, w], np.int64(NEVER), 0
            while new >= 0 and a < item.shape[1] and item[c, a] != new:
                a += 1
            if new >= 0 and a < item.shape[1]:
                value = np.int64(gain[c, a])
            at = w
            while at > 0 and (worth[at - 1] < value or (worth[at - 1] == value and boxes[c, at - 1] > new)):
                worth[at], boxes[c, at] = worth[at - 1], boxes[c, at - 1]
                at -= 1
            worth[at], boxes[c, at] = value, new


@door
def admit_boxes(utility: Int32, boxes: Int32, item: Int32, gain: Int32, changed: Bool) -> None:
    """Put the items of each box, int32 (n, W), on the shortlists item, gain (n, L) that lack them.

    changed   bool (n,)  which lists are not what they were
    """
    for c in range(boxes.shape[0]):
        changed[c] = mend_shortlist(item[c], gain[c], utility[c], boxes[c])
