"""One person's deal as it stands, and the moves on it: families into boxes and out of them, within the group limits."""

from __future__ import annotations

from typing import NamedTuple

from optimizer.kernels import kernel
from optimizer.problem import Bool, Int32, Int64


class Table(NamedTuple):
    """One person's deal as it stands; k boxes, families instead of items.

    item    int32 (k, n_families) the item that stands for the family in this box, -1 = the box may hold none
    worth   int64 (k, n_families)
    place   int32 (n_families,) the box that the family is in, -1 = in none yet
    fixed   bool (n_families,) locked in: never moved
    held    int32 (k, most slots) families in each box; n_held int64 (k,)
    counts  int64 (k, n_labels) of each label in each box
    sum_    int64 (k,) what is in each box is worth
    slots   int32 (k,)
    labels  int32 (n_groups, n_items); most, least int64 (n_labels,)
    """

    item: Int32
    worth: Int64
    place: Int32
    fixed: Bool
    held: Int32
    n_held: Int64
    counts: Int64
    sum_: Int64
    slots: Int32
    labels: Int32
    most: Int64
    least: Int64


@kernel
def put(t: Table, b: int, f: int) -> None:
    """Put a family into a box."""
    t.held[b, t.n_held[b]] = f
    t.n_held[b] += 1
    t.place[f] = b
    t.sum_[b] += t.worth[b, f]
    for group in range(t.labels.shape[0]):
        label = t.labels[group, t.item[b, f]]
        if label >= 0:
            t.counts[b, label] += 1


@kernel
def take(t: Table, b: int, f: int) -> None:
    """Take a family out of its box."""
    at = 0
    while t.held[b, at] != f:
        at += 1
    t.n_held[b] -= 1
    t.held[b, at] = t.held[b, t.n_held[b]]
    t.place[f] = -1
    t.sum_[b] -= t.worth[b, f]
    for group in range(t.labels.shape[0]):
        label = t.labels[group, t.item[b, f]]
        if label >= 0:
            t.counts[b, label] -= 1


@kernel
def fits(t: Table, b: int, f: int, out: int) -> bool:
    """May f enter box b when `out` (-1 = nothing) leaves it?"""
    if t.item[b, f] < 0 or t.n_held[b] - (out >= 0) >= t.slots[b]:
        return False
    for group in range(t.labels.shape[0]):
        label = t.labels[group, t.item[b, f]]
        left = t.labels[group, t.item[b, out]] if out >= 0 else -1
        if label >= 0 and t.counts[b, label] - (left == label) >= t.most[label]:
            return False
        if left >= 0 and left != label and t.counts[b, left] <= t.least[left]:
            return False
    return True


@kernel
def has(t: Table, b: int, f: int, label: int) -> bool:
    """Would f bring this label into box b?"""
    found = False
    for group in range(t.labels.shape[0]):
        found |= t.item[b, f] >= 0 and t.labels[group, t.item[b, f]] == label
    return found
