"""The best box under rules that nest, compiled: shortlists of what comes nearest to it, and the proof that it is best.

The kernels allocate nothing, which makes them fast, and number things by int64, which makes them quick to compile.
"Worth" of a pair = utility + short penalty - price: an empty slot is worth 0. Of equals each customer starts with
another, by number, so that customers who are alike do not all want the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimizer.kernels import kernel, once, plain_door
from optimizer.laminar.tree import Offers, Tree
from optimizer.problem import Bool, Int32, Int64

Whole = Any  # an int64 of a kernel: Python's checker sees int and np.int64 mixed
FAR = 2**60
"""Further than any sum of worths."""
HALF = 2**30
"""Two numbers below it add up within int32."""
LOWEST = -(2**31)
SPREAD = 2**22
"""Micro-points below the item worth most where others worth listing are looked for first."""
WORTH, LOSS, SLOT, NEAR = range(4)  # rows of Desk.item
CAP, COUNT, LEAST = range(3)  # rows of Desk.group


class Desk(NamedTuple):
    """Working memory of one thread. G groups, M items.

    item    int64 (4, M + 1)  WORTH of each item; SLOT: the box, locked items first; NEAR: items off the box that come
            nearest to it, nearest first; LOSS of the box by taking each of these
    net     int32 (M,)  utility - price, roughly; LOWEST where not allowed
    may     bool (M,)  allowed
    inside  bool (M,)  in the box
    group   int64 (3, G)  CAP: limit, the customer's size for group 0; COUNT of items in the box; LEAST worth in the box
            of an item that may leave
    """

    item: Int64
    net: Int32
    may: Bool
    inside: Bool
    group: Int64


def desk_for(tree: Tree) -> Desk:
    """An empty desk."""
    n_items, n_groups = tree.inner.size, tree.most.size
    group = np.stack([tree.most, np.zeros(n_groups, np.int64), np.zeros(n_groups, np.int64)])
    flags = np.zeros(n_items, np.bool_), np.zeros(n_items, np.bool_)
    return Desk(np.zeros((4, n_items + 1), np.int64), np.zeros(n_items, np.int32), *flags, group)


def cheap(price: Int64) -> Int32:
    """Prices as int32, for quick tests: cut to what fits."""
    return np.clip(price, -HALF, HALF - 1).astype(np.int32)


# ---- one box ----


@kernel
def _put(d: Desk, tree: Tree, item: int, step: int) -> None:
    """Count an item into the box (step 1) or out of it (-1)."""
    d.inside[item] = step > 0
    g = tree.inner[item]
    while g >= 0:
        d.group[COUNT, g] += step
        g = tree.parent[g]


@kernel
def _clear(d: Desk, tree: Tree, n: int) -> None:
    for t in range(n):
        _put(d, tree, d.item[SLOT, t], np.int64(-1))


@kernel
def _tight(d: Desk, tree: Tree, item: int) -> Whole:
    """The smallest full group of an item: only something of that group makes room. -1 = there is room."""
    g = tree.inner[item]
    while g >= 0 and d.group[COUNT, g] < d.group[CAP, g]:
        g = tree.parent[g]
    return g


@kernel
def _lock(d: Desk, tree: Tree, locked: Int32) -> Whole:
    """Put the locked items into an empty box; their number, or -1 when no box can hold them."""
    n = np.int64(0)
    for t in range(locked.size):
        i = np.int64(locked[t])
        if i < 0 or d.inside[i]:
            continue
        if not d.may[i] or _tight(d, tree, i) >= 0:
            _clear(d, tree, n)
            return np.int64(-1)
        _put(d, tree, i, np.int64(1))
        d.item[SLOT, n] = i
        n += 1
    return n


@kernel
def _weakest(d: Desk, tree: Tree, g: int, held: int, n: int) -> Whole:
    """Slot of the least worthy item of a group that may leave; of equals the last. -1 = none."""
    at, worth = np.int64(-1), np.int64(0)
    for t in range(held, n):
        i = d.item[SLOT, t]
        if tree.member[g, i] and (at < 0 or d.item[WORTH, i] <= worth):
            at, worth = t, d.item[WORTH, i]
    return at


@kernel
def _pack(d: Desk, tree: Tree, held: int, first: int) -> Whole:
    """Complete a box of `held` locked items to the best one; its size.

    Items are offered from position `first` on; each that finds its smallest full group with a weaker item in it takes
    that item's place. Where groups nest, the box so kept is the best of the items offered.
    """
    n, floor, i = held, np.int64(-1), first
    for _ in range(d.may.size):
        worth, item = d.item[WORTH, i], i
        i = i + 1 if i + 1 < d.may.size else np.int64(0)
        if not d.may[item] or worth <= floor or d.inside[item]:
            continue
        g, at = _tight(d, tree, item), n
        if g < 0:
            n += 1
        else:
            at = _weakest(d, tree, g, held, n)
            if at < 0 or d.item[WORTH, d.item[SLOT, at]] >= worth:
                continue
            _put(d, tree, d.item[SLOT, at], np.int64(-1))
        d.item[SLOT, at] = item
        _put(d, tree, item, np.int64(1))
        if d.group[COUNT, 0] == d.group[CAP, 0]:
            at = _weakest(d, tree, np.int64(0), held, n)
            floor = d.item[WORTH, d.item[SLOT, at]] if at >= 0 else FAR
    return n


@kernel
def _levels(d: Desk, tree: Tree, held: int, n: int) -> Whole:
    """Fill LEAST; returns what an item must be worth to be looked at: the least worth in a full box, or 0."""
    for g in range(d.group.shape[1]):
        d.group[LEAST, g] = FAR
    for t in range(held, n):
        i = d.item[SLOT, t]
        g = tree.inner[i]
        while g >= 0:
            d.group[LEAST, g] = min(d.group[LEAST, g], d.item[WORTH, i])
            g = tree.parent[g]
    full = d.group[COUNT, 0] == d.group[CAP, 0]
    return d.group[LEAST, 0] if full else min(np.int64(0), d.group[LEAST, 0])


@kernel
def _total(d: Desk, n: int) -> Whole:
    """Worth of the box."""
    total = np.int64(0)
    for t in range(n):
        total += d.item[WORTH, d.item[SLOT, t]]
    return total


# ---- shortlists ----


@once
def _nearest(d: Desk, tree: Tree, held: int, n: int, room: int, first: int) -> Whole:
    """Find the `room` items off the box that it would lose least by taking; how many there are."""
    floor, near, i = _levels(d, tree, held, n), np.int64(0), first
    for _ in range(d.may.size):
        item = i
        i = i + 1 if i + 1 < d.may.size else np.int64(0)
        if not d.may[item] or d.inside[item]:
            continue
        if near == room and floor - d.item[WORTH, item] >= d.item[LOSS, near - 1]:
            continue
        g = _tight(d, tree, item)
        level = d.group[LEAST, g] if g >= 0 else np.int64(0)
        loss = level - d.item[WORTH, item]
        if level == FAR or (near == room and loss >= d.item[LOSS, near - 1]):
            continue
        near = min(near, room - 1)
        at = near
        while at > 0 and d.item[LOSS, at - 1] > loss:
            d.item[LOSS, at], d.item[NEAR, at] = d.item[LOSS, at - 1], d.item[NEAR, at - 1]
            at -= 1
        d.item[LOSS, at], d.item[NEAR, at] = loss, item
        near += 1
    return near


@once
def _thorough(d: Desk, tree: Tree, locked: Int32, room: int, first: int) -> tuple[Whole, Whole]:
    """The best box into SLOT; the box and what comes nearest to it into NEAR, by position; sizes of both lists.

    Both are 0 when the box must stay empty: no box can hold the locks, or it is better not to.
    """
    held = _lock(d, tree, locked)
    if held < 0:
        return np.int64(0), np.int64(0)
    n, listed = _pack(d, tree, held, first), np.int64(0)
    if _total(d, n) >= 0:
        near = _nearest(d, tree, held, n, room - n, first)
        for i in range(d.may.size):
            d.may[i] = d.inside[i]
        for k in range(near):
            d.may[d.item[NEAR, k]] = True
        for i in range(d.may.size):
            d.item[NEAR, listed] = i
            listed += d.may[i]
    _clear(d, tree, n)
    return listed, (n if listed else np.int64(0))


@once
def _best_items(d: Desk, least: int, most: int) -> Whole:
    """Put the items of highest `net` into NEAR, by position: `least` to `most` of them; 0 when ties forbid."""
    high = np.int64(LOWEST)
    for i in range(d.net.size):
        high = max(high, np.int64(d.net[i]))
    low = max(np.int64(LOWEST), high - SPREAD)
    for _ in range(24):
        bar, many = np.int32((low + high) >> 1), np.int32(0)
        for i in range(d.net.size):
            many += np.int32(d.net[i] > bar)
        if least <= many <= most:
            n = np.int64(0)
            for i in range(d.net.size):
                d.item[NEAR, n] = i
                n += d.net[i] > bar
            return n
        if many > most:
            low = np.int64(bar)
        else:
            high = np.int64(bar)
    return np.int64(0)


@once
def _quick(d: Desk, tree: Tree, room: int, first: int) -> Whole:
    """The items worth most into NEAR, by position, and the best box into SLOT, if it is full; how many items, else 0.

    No other item can be in a better box then. Only for a customer without locks.
    """
    n, size = _best_items(d, max(d.group[CAP, 0] + 1, 2 * room // 3), room), np.int64(0)
    turn = first % max(1, n)
    for k in range(n):  # into LOSS: the listed items by worth
        item, at = d.item[NEAR, turn], k
        turn = turn + 1 if turn + 1 < n else np.int64(0)
        while at > 0 and d.item[WORTH, d.item[LOSS, at - 1]] < d.item[WORTH, item]:
            d.item[LOSS, at] = d.item[LOSS, at - 1]
            at -= 1
        d.item[LOSS, at] = item
    for k in range(n):
        item = d.item[LOSS, k]
        if size == d.group[CAP, 0] or d.item[WORTH, item] < 0:
            break
        if _tight(d, tree, item) < 0:
            d.item[SLOT, size] = item
            _put(d, tree, item, np.int64(1))
            size += 1
    _clear(d, tree, size)
    return n if size == d.group[CAP, 0] else np.int64(0)


@kernel
def _load(d: Desk, utility: Int32, allowed: Bool, price: Int64, rough: Int32, penalty: int) -> None:
    """Take a customer's pairs onto the desk."""
    for i in range(utility.size):
        d.item[WORTH, i] = np.int64(utility[i]) + penalty - price[i]
    for i in range(utility.size):
        d.may[i] = allowed[i]
        d.net[i] = np.int32(utility[i] - rough[i]) if allowed[i] else np.int32(LOWEST)


@plain_door
def list_near(
    who: Int32,
    utility: Int32,
    allowed: Bool,
    o: Offers,
    tree: Tree,
    price: Int64,
    rough: Int32,
    boxes: Int32,
    flagged: Bool,
    quick: bool,
    d: Desk,
) -> None:
    """Make the shortlists and the best boxes of some customers, at these prices, from all their pairs.

    who       int32 (n,)  the customers of these rows of `utility` and `allowed` (n, M)
    price     int64 (P, M) micro-points; rough the same by `cheap`
    o, boxes  their rows are filled: the box and what comes nearest to it. A customer whose box must stay empty (locks
              that no box can hold, or that are better not held; no slots) gets an empty list
    flagged   bool (n,)  rows to look at
    quick     True = lists may be of the items worth most, where that is good enough
    """
    room = o.item.shape[1]
    for row in range(who.size):
        if not flagged[row]:
            continue
        c = np.int64(who[row])
        p, size, first = np.int64(o.pool[c]), np.int64(o.size[c]), c % tree.inner.size
        d.group[CAP, 0] = size
        listed, n = np.int64(0), np.int64(0)
        if size > 0:
            _load(d, utility[row], allowed[row], price[p], rough[p], o.penalty)
            if quick and room < tree.inner.size and not _any_lock(o.locked[c]):
                listed, n = _quick(d, tree, room, first), size
            if listed == 0:
                listed, n = _thorough(d, tree, o.locked[c], room, first)
        for t in range(boxes.shape[1]):
            boxes[c, t] = d.item[SLOT, t] if t < n else -1
        for k in range(room):
            o.item[c, k] = d.item[NEAR, k] if k < listed else -1
            o.gain[c, k] = utility[row, d.item[NEAR, k]] if k < listed else 0


# ---- the proof ----


@kernel
def _any_lock(locked: Int32) -> bool:
    found = False
    for t in range(locked.size):
        found |= locked[t] >= 0
    return found


@kernel
def _read(d: Desk, tree: Tree, box: Int32, locked: Int32) -> tuple[Whole, Whole]:
    """Take a box onto the desk, locked items first; how many are locked, and how many there are."""
    held, n = np.int64(0), np.int64(0)
    for side in range(2):
        for t in range(box.size):
            bound = False
            for s in range(locked.size):
                bound |= locked[s] == box[t]
            if box[t] >= 0 and bound == (side == 0):
                d.item[SLOT, n] = box[t]
                _put(d, tree, np.int64(box[t]), np.int64(1))
                n += 1
        if side == 0:
            held = n
    return held, n


@once
def _above(utility: Int32, allowed: Bool, rough: Int32, bar: int) -> Whole:
    """How many allowed pairs have utility - price above the bar; too many where a price was cut."""
    n = np.int32(0)
    for i in range(utility.size):
        n += np.int32(allowed[i]) & np.int32(utility[i] > np.int32(rough[i] + bar))
    return n


@once
def _improves(
    d: Desk, tree: Tree, utility: Int32, allowed: Bool, price: Int64, rough: Int32, penalty: int, held: int, n: int
) -> bool:
    """True when dropping, adding or swapping one item makes the box on the desk better, or shipping nothing does."""
    lowest = np.int64(0)
    for t in range(n):
        i = d.item[SLOT, t]
        d.item[WORTH, i] = np.int64(utility[i]) + penalty - price[i]
    floor, above = _levels(d, tree, held, n), np.int64(0)
    for t in range(n):
        above += d.item[WORTH, d.item[SLOT, t]] > floor
    if d.group[LEAST, 0] < 0 or (held > 0 and _total(d, n) < 0):
        return True
    for i in range(price.size):
        lowest = min(lowest, price[i])
    bar = floor - penalty
    if lowest >= -HALF and -HALF <= bar < HALF and _above(utility, allowed, rough, np.int32(bar)) == above:
        return False  # nothing off the box is worth more than its weakest item
    for i in range(price.size):
        worth = np.int64(utility[i]) + penalty - price[i]
        if allowed[i] and worth > floor and not d.inside[i]:
            g = _tight(d, tree, i)
            if worth > (d.group[LEAST, g] if g >= 0 else np.int64(0)):
                return True
    return False


@plain_door
def better(
    who: Int32,
    utility: Int32,
    allowed: Bool,
    o: Offers,
    tree: Tree,
    price: Int64,
    rough: Int32,
    boxes: Int32,
    flagged: Bool,
    d: Desk,
) -> None:
    """Flag the customers who have a better box than theirs at these prices, out of all pairs: none = a proof.

    Where groups nest, a box is the best if no single change makes it better. Arguments as in `list_near`; `flagged` is
    filled.
    """
    for row in range(who.size):
        c = np.int64(who[row])
        p = np.int64(o.pool[c])
        d.group[CAP, 0] = o.size[c]
        held, n = _read(d, tree, boxes[c], o.locked[c])
        if n == 0 and _any_lock(o.locked[c]):
            _load(d, utility[row], allowed[row], price[p], rough[p], o.penalty)
            held = _lock(d, tree, o.locked[c])
            n = _pack(d, tree, held, np.int64(0)) if held >= 0 else n
            flagged[row] = _total(d, n) > 0
        else:
            flagged[row] = _improves(d, tree, utility[row], allowed[row], price[p], rough[p], o.penalty, held, n)
        _clear(d, tree, n)


# ---- boxes as they are ----


@kernel
def _gain(item: Int32, gain: Int32, wanted: int) -> Whole:
    k = 0
    while item[k] != wanted:
        k += 1
    return np.int64(gain[k])


@plain_door
def sort_and_sum(lo: int, hi: int, o: Offers, boxes: Int32) -> Whole:
    """Sort the boxes of customers lo..hi-1, the best item first, missing slots last; returns the sum of utilities."""
    total = np.int64(0)
    for c in range(lo, hi):
        box, n = boxes[c], 0
        for t in range(box.size):
            item = np.int64(box[t])
            if item < 0:
                continue
            mine, at = _gain(o.item[c], o.gain[c], item), n
            while at > 0:
                other = _gain(o.item[c], o.gain[c], np.int64(box[at - 1]))
                if other > mine or (other == mine and box[at - 1] < item):
                    break
                box[at] = box[at - 1]
                at -= 1
            box[at] = item
            total += mine
            n += 1
        for t in range(n, box.size):
            box[t] = -1
    return total
