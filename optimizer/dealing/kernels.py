"""The deal itself, person by person: compiled, for thirty thousand people of two boxes and hundreds of items."""

from __future__ import annotations

import numpy as np

from optimizer.dealing.table import Table, fits, has, put, take
from optimizer.kernels import door, kernel, maker
from optimizer.problem import Bool, Int32, Int64

WORTHLESS = -(1 << 40)
"""Below every utility: families that no box may hold come last."""


@kernel
def _roomiest(t: Table, f: int) -> int:
    """The box that f can enter as it is and that is filled least for its slots, then worth least; -1 = none."""
    best = -1
    for b in range(len(t.slots)):
        if fits(t, b, f, -1):
            here, there = 0, 0
            if best >= 0:
                here, there = (t.n_held[b] + 1) * t.slots[best], (t.n_held[best] + 1) * t.slots[b]
            if best < 0 or here < there or (here == there and t.sum_[b] < t.sum_[best]):
                best = b
    return best


@kernel
def _by_moving(t: Table, f: int, target: int, label: int, parent: Int32, enters: Int32, queue: Int32) -> bool:
    """Put f into some box by moving families on from box to box, the last into one with room.

    target, label  if >= 0: the last box is this one, and what comes into it has this label
    """
    n, head = 0, 0
    parent[:] = -2
    for b in range(len(t.slots)):
        if t.item[b, f] >= 0 and t.slots[b] > 0:
            parent[b], enters[b], queue[n] = -1, f, b
            n += 1
    while head < n:
        b = queue[head]
        head += 1
        for at in range(t.n_held[b]):
            g = t.held[b, at]
            if t.fixed[g] or not fits(t, b, enters[b], g):
                continue
            for c in range(len(t.slots)):
                if t.item[c, g] < 0 or t.slots[c] <= 0 or _leads(parent, c, b):
                    continue
                if (target < 0 or (target == c and has(t, c, g, label))) and fits(t, c, g, -1):
                    parent[c], enters[c] = b, g
                    _move(t, c, parent, enters)
                    return True
                if parent[c] == -2:
                    parent[c], enters[c], queue[n] = b, g, c
                    n += 1
    return False


@kernel
def _leads(parent: Int32, c: int, b: int) -> bool:
    """Is c on the way that ends in b?"""
    on = b
    while on >= 0 and on != c:
        on = parent[on]
    return on == c


@kernel
def _move(t: Table, c: int, parent: Int32, enters: Int32) -> None:
    """Move along the path that ends in box c."""
    last = c
    while last >= 0:
        if parent[last] >= 0:
            take(t, parent[last], enters[last])
        put(t, last, enters[last])
        last = parent[last]


@kernel
def _seat(t: Table, ranked: Int64, b: int, label: int, parent: Int32, enters: Int32, queue: Int32) -> bool:
    """Give box b the best family of a label that it still needs, if need be by moving one out of another box."""
    for f in ranked:
        if t.place[f] == -1 and has(t, b, f, label) and fits(t, b, f, -1):
            put(t, b, f)
            return True
    for f in ranked:
        if t.place[f] == -1 and _by_label(t, f, label) and _by_moving(t, f, b, label, parent, enters, queue):
            return True
    return False


@kernel
def _by_label(t: Table, f: int, label: int) -> bool:
    found = False
    for b in range(len(t.slots)):
        found |= has(t, b, f, label)
    return found


@kernel
def _needs_met(t: Table, ranked: Int64, b: int, parent: Int32, enters: Int32, queue: Int32) -> bool:
    """Seat in box b as many families of each label as its rules ask for; False where they cannot be had."""
    for label in range(len(t.least)):
        while t.counts[b, label] < t.least[label]:
            if t.n_held[b] >= t.slots[b] or not _seat(t, ranked, b, label, parent, enters, queue):
                return False
    return True


@kernel
def _give_back(t: Table, b: int) -> None:
    """A box that no rule lets ship keeps its locks, and the others may have the rest."""
    for at in range(t.n_held[b] - 1, -1, -1):
        f = t.held[b, at]
        if not t.fixed[f]:
            take(t, b, f)
    t.slots[b] = 0


@maker
def _fill(t: Table, ranked: Int64) -> None:
    """What the boxes need first, then the best families: as many as there is room for."""
    k = len(t.slots)
    parent, enters, queue = np.empty(k, np.int32), np.empty(k, np.int32), np.empty(k, np.int32)
    if t.least.sum() > 0:
        for b in np.argsort(-t.slots, kind="mergesort"):
            if t.slots[b] > 0 and not _needs_met(t, ranked, b, parent, enters, queue):
                _give_back(t, b)
    for f in ranked:
        if t.place[f] == -1:
            b = _roomiest(t, f)
            if b >= 0:
                put(t, b, f)
            else:
                _by_moving(t, f, -1, -1, parent, enters, queue)


@maker
def _share_out(t: Table, allowed_item: Int32, ranked: Int64, owner: Int32) -> None:
    """The families that no box holds: to those that may have them, by groups and in all in proportion to slots.

    allowed_item  int32 (k, n_families) as `item`, also where there is no stock
    """
    dealt, of_label = t.n_held.copy(), t.counts.copy()
    for f in ranked:
        if owner[f] >= 0:
            continue
        best, best_class, best_all, best_rank = -1, np.int64(0), np.int64(0), 0
        for b in range(len(t.slots)):
            i = t.item[b, f] if t.item[b, f] >= 0 else allowed_item[b, f]
            if i < 0:
                continue
            rank = 0 if t.slots[b] <= 0 else 1 if t.item[b, f] < 0 else 2
            in_class = np.int64(0)
            for group in range(t.labels.shape[0]):
                label = t.labels[group, i]
                if label >= 0:
                    in_class += of_label[b, label] + 1
            in_all = dealt[b] + 1
            better = best < 0 or rank > best_rank
            if best >= 0 and rank == best_rank:
                here, there = in_class * t.slots[best], best_class * t.slots[b]
                here_all, there_all = in_all * t.slots[best], best_all * t.slots[b]
                better = here < there or (here == there and here_all < there_all)
                if here == there and here_all == there_all:
                    better = t.sum_[b] < t.sum_[best]
            if better:
                best, best_class, best_all, best_rank = b, in_class, in_all, rank
        if best < 0:
            continue
        owner[f] = best
        dealt[best] += 1
        i = t.item[best, f] if t.item[best, f] >= 0 else allowed_item[best, f]
        t.sum_[best] += t.worth[best, f]
        for group in range(t.labels.shape[0]):
            if t.labels[group, i] >= 0:
                of_label[best, t.labels[group, i]] += 1


@maker
def _best_items(utility: Int32, may: Bool, family: Int32, n_families: int) -> Int32:
    """int32 (k, n_families): the best item of each family in each box, the first of several; -1 = none."""
    item = np.full((len(utility), n_families), -1, np.int32)
    for b in range(len(utility)):
        for i in range(len(family)):
            if may[b, i]:
                now = item[b, family[i]]
                if now < 0 or utility[b, i] > utility[b, now]:
                    item[b, family[i]] = i
    return item


@door
def deal_people(
    first: Int64, utility: Int32, allowed: Bool, stocked: Bool, slots: Int32, locked: Int32, family: Int32,
    labels: Int32, most: Int64, least: Int64, out: Int32,
) -> None:  # fmt: skip
    """`optimizer.dealing.deal.deal`, with labels numbered through all groups; `out` is written."""
    n_families = out.shape[1]
    for person in range(len(first) - 1):
        lo, hi = first[person], first[person + 1]
        k = hi - lo
        item = _best_items(utility[lo:hi], stocked[lo:hi], family, n_families)
        may = _best_items(utility[lo:hi], allowed[lo:hi], family, n_families)
        fixed, widest = np.zeros(n_families, np.bool_), np.int64(max(1, slots[lo:hi].max()))
        for b in range(k):
            for i in locked[lo + b]:
                if i >= 0:
                    item[:, family[i]], may[:, family[i]] = -1, -1
                    item[b, family[i]], may[b, family[i]] = i if stocked[lo + b, i] else -1, i
                    fixed[family[i]] = True
        worth, value = np.zeros((k, n_families), np.int64), np.full(n_families, WORTHLESS, np.int64)
        for b in range(k):
            for f in range(n_families):
                i = item[b, f] if item[b, f] >= 0 else may[b, f]
                if i >= 0:
                    worth[b, f] = utility[lo + b, i]
                    value[f] = max(value[f], worth[b, f])
        ranked = np.argsort(-value, kind="mergesort")
        t = Table(
            item, worth, np.full(n_families, -1, np.int32), fixed, np.empty((k, widest), np.int32),
            np.zeros(k, np.int64), np.zeros((k, len(most)), np.int64), np.zeros(k, np.int64), slots[lo:hi].copy(),
            labels, most, least,
        )  # fmt: skip
        for b in range(k):
            for i in locked[lo + b]:
                if i >= 0 and t.item[b, family[i]] >= 0 and t.place[family[i]] < 0 and t.n_held[b] < t.slots[b]:
                    put(t, b, family[i])
        _fill(t, ranked)
        out[person] = t.place
        _share_out(t, may, ranked, out[person])
