"""Swaps between customers, compiled: units move from items that are packed too often to items that are left over.

At the prices held, every box is its customer's best. A swap (give up i for j) costs its customer some worth; the
cheapest of all customers is kept on top of a heap for every i and j. Units travel along shortest paths of such swaps,
prices rise by the distances, and so every box stays its customer's best: when nothing is over or left, plan and prices
prove each other (the primal-dual method of minimum-cost flow, on items instead of customers).

All kernels live in this one file, because Numba's cache notices a change only in the file a kernel is written in. They
allocate nothing (`_nrt=False`), which makes them fast, and number things by int64, which makes them quick to compile.
Nodes: items 0..M-1, and M = "nothing": an empty slot, or a unit left in stock. n = M + 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from optimizer.compiled import Int32, Int64
from optimizer.nested import Offers, Tree

Whole = Any  # an int64 of a kernel: Python's checker sees int and np.int64 mixed
FAR = 2**48
"""Further than any path is long."""
HOPS = 2**12
"""More swaps than a path has."""
NEVER = 2**62
NOBODY = 2**31 - 1
"""Stands on a heap for the swaps of a pair that were left out for want of room."""
SETTLED, TOO_FAR, CROWDED, PAUSED = range(4)
"""How `settle` ends: done; no path within reach; heaps are full; enough steps for now."""
PRICE, EXCESS, UNUSED, SPARE, FEE = range(5)
"""Rows of a market, int64 (5, n). PRICE micro-points; EXCESS: units packed, or left in stock, beyond what there is
(negative: still to be packed or left); UNUSED: units left in stock; of these SPARE cost nothing, each one more its
FEE."""
WHO, LEFT, RIGHT = range(3)  # rows of Heaps.link
CAP, COUNT, AFTER = range(3)  # rows of Bench.group
OLD, WORTH = range(2)  # rows of Bench.slot
DISTANCE, OPEN, BEFORE, SINK, PATH = range(5)  # rows of Bench.way

inner = njit(cache=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""For kernels that only kernels call."""
outer = njit(cache=True, nogil=True, _nrt=False)


class Book(NamedTuple):
    """Where `swaps` writes. E swaps at most.

    bits   int64 (64,)  swaps by the bit length of what they lose at present prices
    place  int64 (0 or 1,)  where the next swap is written; size 0 = they are only counted
    swap   int32 (2, E)  node given up * n + node taken; customer
    cost   int64 (E,)   worth lost, prices apart
    seen   int32 (2, n, n) or (2, 0, 0)  where swaps that lose nothing are limited: how many of a pair were written; the
           row of `who` from which on they were left out
    limit  int  as many of them are written for one pair
    """

    bits: Int64
    place: Int64
    swap: Int32
    cost: Int64
    seen: npt.NDArray[np.int32]
    limit: int


class Heaps(NamedTuple):
    """A skew heap of swaps for every pair of nodes. E swaps at most.

    head   int32 (n, n)  cheapest swap of each pair, -1 = none
    top    int64 (n, n)  its cost, FAR = none
    cost   int64 (E,)    worth lost by each swap, prices apart
    link   int32 (3, E)  WHO swaps; the heaps LEFT and RIGHT below; LEFT also links the free places
    free   int64 (1,)    first free place, -1 = none
    who    int32 (N,)    customers of the pool
    seen   int32 (2, n, n) or (2, 0, 0), limit: as in `Book`
    """

    head: Int32
    top: Int64
    cost: Int64
    link: Int32
    free: Int64
    who: Int32
    seen: npt.NDArray[np.int32]
    limit: int


class Bench(NamedTuple):
    """Working memory of one thread. G groups, W slots.

    group  int64 (3, G)  CAP: limits; COUNT, AFTER: items in the box before and after a swap
    slot   int64 (2, W)  OLD: the box before; WORTH of the items in it, prices apart, FAR = may not leave
    way    int64 (5, n + 1)  DISTANCE * HOPS + number of swaps from where there is too much; OPEN: the same where it is
           not final, else NEVER; node BEFORE, -1 = start; SINK: the nearest nodes that lack units; one PATH, backwards
    """

    group: Int64
    slot: Int64
    way: Int64


def bench_for(tree: Tree, width: int) -> Bench:
    """An empty bench, for boxes of `width` slots."""
    group = np.stack([tree.most, np.zeros_like(tree.most), np.zeros_like(tree.most)])
    return Bench(group, np.zeros((2, width), np.int64), np.zeros((5, tree.inner.size + 2), np.int64))


# ---- one customer ----


@inner
def _tally(tree: Tree, box: Int32, count: Int64) -> None:
    """Count the items of each group in a box."""
    for g in range(count.size):
        count[g] = 0
    for t in range(box.size):
        if box[t] >= 0:
            g = tree.inner[box[t]]
            while g >= 0:
                count[g] += 1
                g = tree.parent[g]


@inner
def _tight(tree: Tree, cap: Int64, count: Int64, item: int) -> Whole:
    """The smallest full group of an item: only something of that group makes room. -1 = there is room."""
    g = tree.inner[item]
    while g >= 0 and count[g] < cap[g]:
        g = tree.parent[g]
    return g


@inner
def _holds(box: Int32, item: int) -> bool:
    found = False
    for t in range(box.size):
        found |= box[t] == item
    return found


@inner
def _worth(o: Offers, c: int, item: int) -> Whole:
    """Worth of an item, prices apart; FAR when it is not listed."""
    for k in range(o.item.shape[1]):
        if o.item[c, k] == item:
            return np.int64(o.gain[c, k]) + o.penalty
    return np.int64(FAR)


@inner
def _fits(b: Bench, o: Offers, tree: Tree, boxes: Int32, c: int, i: int, j: int) -> bool:
    """True when customer c may swap i for j now; i is not locked. An item that there is room for is no swap for i."""
    box, nothing = boxes[c], tree.inner.size
    if i < nothing and not _holds(box, i):
        return False
    if j == nothing:
        return True
    if _holds(box, j):
        return False
    b.group[CAP, 0] = o.size[c]
    _tally(tree, box, b.group[COUNT])
    g = _tight(tree, b.group[CAP], b.group[COUNT], j)
    return g < 0 if i == nothing else g >= 0 and tree.member[g, i]


# ---- all swaps at present prices ----


@inner
def _write(book: Book, n: int, i: int, j: int, row: int, c: int, cost: int, loss: int) -> None:
    """Enter one swap, of customer c, who is in this row of the call."""
    if book.place.size == 0:
        bits, rest = 0, loss
        while rest > 0:
            rest >>= 1
            bits += 1
        book.bits[bits] += 1
        return
    if loss == 0 and book.seen.shape[1] > 0:
        book.seen[0, i, j] += 1
        if book.seen[0, i, j] > book.limit:
            if book.seen[0, i, j] > book.limit + 1:
                return
            book.seen[1, i, j] = row
            c = np.int64(NOBODY)
    at = book.place[0]
    book.swap[0, at], book.swap[1, at], book.cost[at] = i * n + j, c, cost
    book.place[0] = at + 1


@inner
def _weigh(b: Bench, o: Offers, c: int, box: Int32) -> None:
    """Fill the WORTH of what is in a box."""
    for t in range(box.size):
        b.slot[WORTH, t] = FAR
        if box[t] >= 0 and not _holds(o.locked[c], np.int64(box[t])):
            b.slot[WORTH, t] = _worth(o, c, np.int64(box[t]))


@outer
def swaps(who: Int32, o: Offers, tree: Tree, m: Int64, boxes: Int32, reach: int, book: Book, b: Bench) -> None:
    """Count or write the swaps of some customers that lose at most `reach` at the prices of market m.

    who     int32 (.,) customers of one pool
    m       its market; the price of nothing is 0
    boxes   int32 (N, W)  everyone's box, each the best at these prices
    """
    nothing = tree.inner.size
    for row in range(who.size):
        c = np.int64(who[row])
        box = boxes[c]
        if o.item[c, 0] < 0:
            continue
        b.group[CAP, 0] = o.size[c]
        _tally(tree, box, b.group[COUNT])
        _weigh(b, o, c, box)
        floor = np.int64(FAR)
        for t in range(box.size):
            if b.slot[WORTH, t] < FAR:
                i = np.int64(box[t])
                loss = b.slot[WORTH, t] - m[PRICE, i]
                floor = min(floor, loss)
                if loss <= reach:
                    _write(book, nothing + 1, i, nothing, row, c, b.slot[WORTH, t], loss)
        if b.group[COUNT, 0] < b.group[CAP, 0]:
            floor = min(floor, np.int64(0))
        for k in range(o.item.shape[1]):
            j = np.int64(o.item[c, k])
            if j < 0:
                break
            worth = np.int64(o.gain[c, k]) + o.penalty
            net = worth - m[PRICE, j]
            if floor - net > reach or _holds(box, j):
                continue
            g = _tight(tree, b.group[CAP], b.group[COUNT], j)
            if g < 0 and -net <= reach:
                _write(book, nothing + 1, nothing, j, row, c, -worth, -net)
            for t in range(box.size):
                if g >= 0 and b.slot[WORTH, t] < FAR and tree.member[g, box[t]]:
                    loss = b.slot[WORTH, t] - m[PRICE, box[t]] - net
                    if loss <= reach:
                        _write(book, nothing + 1, np.int64(box[t]), j, row, c, b.slot[WORTH, t] - worth, loss)


# ---- heaps ----


@inner
def _before(h: Heaps, e: int, f: int) -> bool:
    """Order on a heap: by cost, then by customer."""
    return h.cost[e] < h.cost[f] or (h.cost[e] == h.cost[f] and h.link[WHO, e] < h.link[WHO, f])


@inner
def _merge(h: Heaps, e: int, f: int) -> Whole:
    """The heap of two heaps."""
    if e < 0 or f < 0:
        return max(e, f)
    if _before(h, f, e):
        e, f = f, e
    root = e
    while True:
        r = np.int64(h.link[RIGHT, e])
        h.link[RIGHT, e] = h.link[LEFT, e]
        if r < 0:
            h.link[LEFT, e] = f
            return root
        if _before(h, f, r):
            r, f = f, r
        h.link[LEFT, e] = r
        e = r


@inner
def _crown(h: Heaps, i: int, j: int, e: int) -> None:
    """Make e the top of the heap of a pair."""
    h.head[i, j] = e
    h.top[i, j] = h.cost[e] if e >= 0 else FAR


@inner
def _push(h: Heaps, i: int, j: int, c: int, cost: int) -> bool:
    """Put a swap on its heap; False when there is no room."""
    e = h.free[0]
    if e < 0:
        return False
    h.free[0] = h.link[LEFT, e]
    h.cost[e], h.link[WHO, e], h.link[LEFT, e], h.link[RIGHT, e] = cost, c, -1, -1
    _crown(h, i, j, _merge(h, np.int64(h.head[i, j]), e))
    return True


@inner
def _drop(h: Heaps, i: int, j: int) -> None:
    """Take the cheapest swap off its heap."""
    e = np.int64(h.head[i, j])
    _crown(h, i, j, _merge(h, np.int64(h.link[LEFT, e]), np.int64(h.link[RIGHT, e])))
    h.link[LEFT, e] = h.free[0]
    h.free[0] = e


@outer
def pile(h: Heaps, book: Book, start: Int64) -> None:
    """Put all swaps of the book on their heaps, which are empty.

    start  int64 (n * n + 2,) zeros, working memory
    """
    n, many = h.head.shape[0], book.place[0]
    for e in range(many):
        start[book.swap[0, e] + 2] += 1
    for p in range(n * n):
        start[p + 2] += start[p + 1]
    for e in range(many):  # into the order of pairs
        at = start[book.swap[0, e] + 1]
        start[book.swap[0, e] + 1] = at + 1
        h.cost[at], h.link[WHO, at] = book.cost[e], book.swap[1, e]
    for e in range(many):
        book.swap[0, e] = e
    for p in range(n * n):  # heaps of one swap: merge neighbours, until one of each pair is left
        first, left, step = start[p], start[p + 1] - start[p], np.int64(1)
        if left == 0:
            continue
        while step < left:
            for k in range(0, left - step, 2 * step):
                root = _merge(h, np.int64(book.swap[0, first + k]), np.int64(book.swap[0, first + k + step]))
                book.swap[0, first + k] = root
            step *= 2
        _crown(h, p // n, p % n, np.int64(book.swap[0, first]))


# ---- moving units ----


@inner
def _trade(b: Bench, o: Offers, tree: Tree, boxes: Int32, c: int, i: int, j: int) -> None:
    """Customer c gives up i for j."""
    box, at, nothing = boxes[c], np.int64(-1), tree.inner.size
    b.group[CAP, 0] = o.size[c]
    _tally(tree, box, b.group[COUNT])
    for t in range(box.size):
        b.slot[OLD, t] = box[t]
        if at < 0 and box[t] == (i if i < nothing else -1):
            at = t
    box[at] = j if j < nothing else -1
    _tally(tree, box, b.group[AFTER])
    _weigh(b, o, c, box)


@inner
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
                roomy &= _push(h, np.int64(box[t]), nothing, c, b.slot[WORTH, t])
    if b.group[AFTER, 0] < b.group[CAP, 0]:
        floor = min(floor, np.int64(0))
    for k in range(o.item.shape[1]):
        j = np.int64(o.item[c, k])
        if j < 0:
            break
        worth = np.int64(o.gain[c, k]) + o.penalty
        net = worth - m[PRICE, j] + m[PRICE, nothing]
        if floor - net > reach or _holds(box, j):
            continue
        new = _held(b, j)
        g, old = _tight(tree, b.group[CAP], b.group[AFTER], j), _tight(tree, b.group[CAP], b.group[COUNT], j)
        if g < 0 and (new or old >= 0) and -net <= reach:
            roomy &= _push(h, nothing, j, c, -worth)
        for t in range(box.size):
            i = np.int64(box[t])
            if g < 0 or b.slot[WORTH, t] == FAR or not tree.member[g, i]:
                continue
            known = not new and old >= 0 and tree.member[old, i] and _held(b, i)
            if not known and b.slot[WORTH, t] - m[PRICE, i] + m[PRICE, nothing] - net <= reach:
                roomy &= _push(h, i, j, c, b.slot[WORTH, t] - worth)
    return roomy


@inner
def _held(b: Bench, item: int) -> bool:
    """True when the item was in the box before the trade."""
    found = False
    for t in range(b.slot.shape[1]):
        found |= b.slot[OLD, t] == item
    return found


@inner
def _clean(h: Heaps, b: Bench, o: Offers, tree: Tree, boxes: Int32, i: int, j: int) -> None:
    """Take swaps off the top that their customers cannot make any more."""
    while h.head[i, j] >= 0:
        c = np.int64(h.link[WHO, h.head[i, j]])
        if c == NOBODY or _fits(b, o, tree, boxes, c, i, j):
            return
        _drop(h, i, j)


@inner
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


@inner
def _refill(h: Heaps, b: Bench, o: Offers, tree: Tree, boxes: Int32, i: int, j: int) -> bool:
    """Put the next of the swaps that were left out on the heap of a pair; False when there is no room."""
    nothing, cost, n, roomy = tree.inner.size, h.top[i, j], 0, True
    _drop(h, i, j)
    _clean(h, b, o, tree, boxes, i, j)  # what lay below was not looked at while NOBODY was on top
    for row in range(h.seen[1, i, j], h.who.size):
        c = np.int64(h.who[row])
        given = _worth(o, c, i) if i < nothing else np.int64(0)
        taken = _worth(o, c, j) if j < nothing else np.int64(0)
        if given == FAR or taken == FAR or given - taken != cost or _holds(o.locked[c], i):
            continue
        if _fits(b, o, tree, boxes, c, i, j):
            n += 1
            if n > h.limit:
                h.seen[1, i, j] = row
                return roomy & _push(h, i, j, np.int64(NOBODY), cost)
            roomy &= _push(h, i, j, c, cost)
    return roomy


@inner
def _leave_one(m: Int64, item: int) -> Whole:
    """What it costs to leave one more unit of an item in stock."""
    return np.int64(0) if m[UNUSED, item] < m[SPARE, item] else m[FEE, item]


@inner
def _pack_one(m: Int64, item: int) -> Whole:
    """What it costs to leave one unit less in stock: a fee saved is a negative cost."""
    return np.int64(0) if m[UNUSED, item] <= m[SPARE, item] else -m[FEE, item]


@inner
def _spread(way: Int64, cost: Int64, price: Int64, base: int, u: int) -> None:
    """Paths over u by swaps. Without branches, for the compiler; what is final cannot come nearer."""
    for v in range(price.size):
        far = base + HOPS * (cost[v] + price[v])
        nearer = far < way[DISTANCE, v]
        way[DISTANCE, v] = far if nearer else way[DISTANCE, v]
        way[OPEN, v] = far if nearer else way[OPEN, v]
        way[BEFORE, v] = u if nearer else way[BEFORE, v]


@inner
def _reach(way: Int64, v: int, far: int, u: int) -> None:
    """A path over u to v."""
    if far < way[DISTANCE, v]:
        way[DISTANCE, v], way[OPEN, v], way[BEFORE, v] = far, far, u


@inner
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


@inner
def _step(h: Heaps, b: Bench, o: Offers, tree: Tree, m: Int64, boxes: Int32, u: int, v: int, reach: int) -> Whole:
    """Move one unit from u to v by a swap that loses nothing; SETTLED, CROWDED, or TOO_FAR: there is none."""
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
    return np.int64(SETTLED if roomy else CROWDED)


@inner
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


@outer
def settle(
    h: Heaps, o: Offers, tree: Tree, m: Int64, boxes: Int32, reach: int, steps: int, b: Bench
) -> tuple[Whole, Whole]:
    """Move units along shortest paths until nothing is over or left.

    h       heaps of all swaps that lose at most `reach` at the prices in m; FAR = of all there are
    m       the market; boxes int32 (N, W): both changed in place, as is h
    steps   searches for paths before the caller is asked again

    Returns how it ended (SETTLED, TOO_FAR, CROWDED or PAUSED) and what is left of `reach`.
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
            if _carry(h, b, o, tree, m, boxes, b.way[SINK, k], reach) == CROWDED:
                return np.int64(CROWDED), reach
    return np.int64(PAUSED), reach
