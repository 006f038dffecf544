"""Swaps between customers, compiled: units move from items that are packed too often to items that are left over.

At the prices held, every box is its customer's best. A swap (give up i for j) costs its customer some worth; the
cheapest of all customers is kept on top of a heap for every i and j. Units travel along shortest paths of such swaps,
prices rise by the distances, and so every box stays its customer's best: when nothing is over or left, plan and prices
prove each other (the primal-dual method of minimum-cost flow, on items instead of customers).

The kernels allocate nothing, which makes them fast, and number things by int64, which makes them quick to compile.
Nodes: items 0..M-1, and M = "nothing": an empty slot, or a unit left in stock. n = M + 1.
"""

from __future__ import annotations

import numpy as np

from optimizer.kernels import kernel, plain_door
from optimizer.laminar.heaps import drop_top, push_swap
from optimizer.laminar.swaps import fits_after, holds, is_tight, tally_groups, weigh_box, worth_of_item
from optimizer.laminar.tree import Offers, Tree
from optimizer.laminar.workbench import (
    AFTER,
    BEFORE,
    CAP,
    COUNT,
    DISTANCE,
    EXCESS,
    FAR,
    FEE,
    FULL,
    HOPS,
    NEVER,
    NOBODY,
    OLD,
    OPEN,
    PATH,
    PAUSED,
    PRICE,
    SETTLED,
    SINK,
    SPARE,
    TOO_FAR,
    UNUSED,
    WHO,
    WORTH,
    Bench,
    Heaps,
    Whole,
)
from optimizer.problem import Int32, Int64


@kernel
def _trade(b: Bench, o: Offers, tree: Tree, boxes: Int32, c: int, i: int, j: int) -> None:
    """Customer c gives up i for j."""
    box, at, nothing = boxes[c], np.int64(-1), tree.inner.size
    b.group[CAP, 0] = o.size[c]
    tally_groups(tree, box, b.group[COUNT])
    for t in range(box.size):
        b.slot[OLD, t] = box[t]
        if at < 0 and box[t] == (i if i < nothing else -1):
            at = t
    box[at] = j if j < nothing else -1
    tally_groups(tree, box, b.group[AFTER])
    weigh_box(b, o, c, box)


@kernel
def _renew(h: Heaps, b: Bench, o: Offers, tree: Tree, m: Int64, boxes: Int32, c: int, reach: int) -> bool:
    """After a trade: put the swaps that customer c can make now, and could not before, on their heaps.

    False when there was no room for all.
    """
    box, nothing, roomy, floor = boxes[c], tree.inner.size, True, np.int64(FAR)
    for t in range(box.size):
        if b.slot[WORTH, t] < FAR:
            loss = b.slot[WORTH, t] - m[PRICE, box[t]] + m[PRICE, nothing]
            floor = min(floor, loss)
            if loss <= reach and not _held(b, np.int64(box[t])):
                roomy &= push_swap(h, np.int64(box[t]), nothing, c, b.slot[WORTH, t])
    if b.group[AFTER, 0] < b.group[CAP, 0]:
        floor = min(floor, np.int64(0))
    for k in range(o.item.shape[1]):
        j = np.int64(o.item[c, k])
        if j < 0:
            break
        worth = np.int64(o.gain[c, k]) + o.penalty
        net = worth - m[PRICE, j] + m[PRICE, nothing]
        if floor - net > reach or holds(box, j):
            continue
        new = _held(b, j)
        g, old = is_tight(tree, b.group[CAP], b.group[AFTER], j), is_tight(tree, b.group[CAP], b.group[COUNT], j)
        if g < 0 and (new or old >= 0) and -net <= reach:
            roomy &= push_swap(h, nothing, j, c, -worth)
        for t in range(box.size):
            i = np.int64(box[t])
            if g < 0 or b.slot[WORTH, t] == FAR or not tree.member[g, i]:
                continue
            known = not new and old >= 0 and tree.member[old, i] and _held(b, i)
            if not known and b.slot[WORTH, t] - m[PRICE, i] + m[PRICE, nothing] - net <= reach:
                roomy &= push_swap(h, i, j, c, b.slot[WORTH, t] - worth)
    return roomy


@kernel
def _held(b: Bench, item: int) -> bool:
    """True when the item was in the box before the trade."""
    found = False
    for t in range(b.slot.shape[1]):
        found |= b.slot[OLD, t] == item
    return found


@kernel
def _clean(h: Heaps, b: Bench, o: Offers, tree: Tree, boxes: Int32, i: int, j: int) -> None:
    """Take swaps off the top that their customers cannot make any more."""
    while h.head[i, j] >= 0:
        c = np.int64(h.link[WHO, h.head[i, j]])
        if c == NOBODY or fits_after(b, o, tree, boxes, c, i, j):
            return
        drop_top(h, i, j)


@kernel
def _forget(h: Heaps, b: Bench, o: Offers, tree: Tree, boxes: Int32, c: int) -> None:
    """After a trade: see that no heap has a swap on top that customer c cannot make any more."""
    nothing = tree.inner.size
    for t in range(b.slot.shape[1] + 1):
        i = b.slot[OLD, t] if t < b.slot.shape[1] else nothing
        if i < 0:
            continue
        for k in range(o.item.shape[1] + 1):
            j = np.int64(o.item[c, k]) if k < o.item.shape[1] else nothing
            if j >= 0 and h.head[i, j] >= 0 and h.link[WHO, h.head[i, j]] == c:
                _clean(h, b, o, tree, boxes, i, j)


@kernel
def _refill(h: Heaps, b: Bench, o: Offers, tree: Tree, boxes: Int32, i: int, j: int) -> bool:
    """Put the next of the swaps that were left out on the heap of a pair; False when there is no room."""
    nothing, cost, n, roomy = tree.inner.size, h.top[i, j], 0, True
    drop_top(h, i, j)
    _clean(h, b, o, tree, boxes, i, j)  # what lay below was not looked at while NOBODY was on top
    for row in range(h.seen[1, i, j], h.who.size):
        c = np.int64(h.who[row])
        given = worth_of_item(o, c, i) if i < nothing else np.int64(0)
        taken = worth_of_item(o, c, j) if j < nothing else np.int64(0)
        if given == FAR or taken == FAR or given - taken != cost or holds(o.locked[c], i):
            continue
        if fits_after(b, o, tree, boxes, c, i, j):
            n += 1
            if n > h.limit:
                h.seen[1, i, j] = row
                return roomy & push_swap(h, i, j, np.int64(NOBODY), cost)
            roomy &= push_swap(h, i, j, c, cost)
    return roomy


@kernel
def _leave_one(m: Int64, item: int) -> Whole:
    """What it costs to leave one more unit of an item in stock."""
    return np.int64(0) if m[UNUSED, item] < m[SPARE, item] else m[FEE, item]


@kernel
def _pack_one(m: Int64, item: int) -> Whole:
    """What it costs to leave one unit less in stock: a fee saved is a negative cost."""
    return np.int64(0) if m[UNUSED, item] <= m[SPARE, item] else -m[FEE, item]


@kernel
def _spread(way: Int64, cost: Int64, price: Int64, base: int, u: int) -> None:
    """Paths over u by swaps. Without branches, for the compiler; what is final cannot come nearer."""
    for v in range(price.size):
        far = base + HOPS * (cost[v] + price[v])
        nearer = far < way[DISTANCE, v]
        way[DISTANCE, v] = far if nearer else way[DISTANCE, v]
        way[OPEN, v] = far if nearer else way[OPEN, v]
        way[BEFORE, v] = u if nearer else way[BEFORE, v]


@kernel
def _reach(way: Int64, v: int, far: int, u: int) -> None:
    """A path over u to v."""
    if far < way[DISTANCE, v]:
        way[DISTANCE, v], way[OPEN, v], way[BEFORE, v] = far, far, u


@kernel
def _distances(h: Heaps, m: Int64, way: Int64, reach: int) -> Whole:
    """Shortest paths from where there is too much, up to the nearest nodes that lack units; how many of these.

    Of equally short paths those with the fewest swaps: then no customer's swaps on one path get in each other's way.
    """
    n = m.shape[1]
    nothing, found = n - 1, np.int64(0)
    for v in range(n):
        way[DISTANCE, v] = 0 if m[EXCESS, v] > 0 else HOPS * FAR
        way[OPEN, v], way[BEFORE, v] = way[DISTANCE, v], -1
    while True:
        nearest, u = np.int64(NEVER), np.int64(0)
        for v in range(n):
            nearest = min(nearest, way[OPEN, v])
        if nearest // HOPS > reach or nearest >= HOPS * FAR // 2:
            return found
        while way[OPEN, u] != nearest:
            u += 1
        way[OPEN, u] = NEVER
        if m[EXCESS, u] < 0:
            reach = nearest // HOPS  # only others just as near are of interest
            way[SINK, found] = u
            found += 1
        _spread(way, h.top[u], m[PRICE], nearest + 1 - HOPS * m[PRICE, u], u)
        if u == nothing:
            for v in range(nothing):
                _reach(way, v, nearest + 1 + HOPS * (_leave_one(m, v) + m[PRICE, v] - m[PRICE, u]), u)
        elif m[UNUSED, u] > 0:
            _reach(way, nothing, nearest + 1 + HOPS * (_pack_one(m, u) + m[PRICE, nothing] - m[PRICE, u]), u)


@kernel
def _step(h: Heaps, b: Bench, o: Offers, tree: Tree, m: Int64, boxes: Int32, u: int, v: int, reach: int) -> Whole:
    """Move one unit from u to v by a swap that loses nothing; SETTLED, FULL, or TOO_FAR: there is none."""
    nothing, gap, roomy = tree.inner.size, m[PRICE, u] - m[PRICE, v], True
    if h.top[u, v] == gap and h.link[WHO, h.head[u, v]] == NOBODY:
        roomy = _refill(h, b, o, tree, boxes, u, v)
    if h.top[u, v] == gap:
        c = np.int64(h.link[WHO, h.head[u, v]])
        if c == NOBODY:
            return np.int64(TOO_FAR)
        _trade(b, o, tree, boxes, c, u, v)
        roomy &= _renew(h, b, o, tree, m, boxes, c, reach)
        _forget(h, b, o, tree, boxes, c)
    elif u == nothing and _leave_one(m, v) == gap:
        m[UNUSED, v] += 1
    elif v == nothing and m[UNUSED, u] > 0 and _pack_one(m, u) == gap:
        m[UNUSED, u] -= 1
    else:
        return np.int64(TOO_FAR)
    m[EXCESS, u] -= 1
    m[EXCESS, v] += 1
    return np.int64(SETTLED if roomy else FULL)


@kernel
def _carry(h: Heaps, b: Bench, o: Offers, tree: Tree, m: Int64, boxes: Int32, sink: int, reach: int) -> Whole:
    """Move units along the path to a node that lacks some, as many as go; ends as `_step` does."""
    length, v = 0, sink
    while v >= 0:
        b.way[PATH, length] = v
        length += 1
        v = b.way[BEFORE, v]
    while m[EXCESS, b.way[PATH, length - 1]] > 0 and m[EXCESS, sink] < 0:
        for t in range(length - 1, 0, -1):
            u = b.way[PATH, t]
            if m[EXCESS, u] <= 0:  # it lacked units itself
                break
            ended = _step(h, b, o, tree, m, boxes, u, b.way[PATH, t - 1], reach)
            if ended != SETTLED:
                return ended
    return np.int64(SETTLED)


@plain_door
def settle(
    h: Heaps, o: Offers, tree: Tree, m: Int64, boxes: Int32, reach: int, steps: int, b: Bench
) -> tuple[Whole, Whole]:
    """Move units along shortest paths until nothing is over or left.

    h       heaps of all swaps that lose at most `reach` at the prices in m; FAR = of all there are
    m       the market; boxes int32 (N, W): both changed in place, as is h
    steps   searches for paths before the caller is asked again

    Returns how it ended (SETTLED, TOO_FAR, FULL or PAUSED) and what is left of `reach`.
    """
    for _ in range(steps):
        over = np.int64(0)
        for v in range(m.shape[1]):
            over = max(over, m[EXCESS, v])
        if over == 0:
            return np.int64(SETTLED), reach
        found = _distances(h, m, b.way, reach)
        if found == 0 and reach == FAR:
            return np.int64(TOO_FAR), reach
        far = b.way[DISTANCE, b.way[SINK, 0]] // HOPS if found > 0 else reach
        for v in range(m.shape[1]):
            m[PRICE, v] += far - min(far, b.way[DISTANCE, v] // HOPS)
        reach = reach if reach == FAR else reach - far
        if found == 0:
            return np.int64(TOO_FAR), reach
        for k in range(found):
            if _carry(h, b, o, tree, m, boxes, b.way[SINK, k], reach) == FULL:
                return np.int64(FULL), reach
    return np.int64(PAUSED), reach
