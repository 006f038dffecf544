"""The swaps of each customer: which item for which, at what loss, as far as the rules let it."""

from __future__ import annotations

import numpy as np

from optimizer.kernels import kernel, plain_door
from optimizer.laminar.tree import Offers, Tree
from optimizer.laminar.workbench import CAP, COUNT, FAR, NOBODY, PRICE, WORTH, Bench, Book, Whole
from optimizer.problem import Int32, Int64


@kernel
def tally_groups(tree: Tree, box: Int32, count: Int64) -> None:
    """Count the items of each group in a box."""
    for g in range(count.size):
        count[g] = 0
    for t in range(box.size):
        if box[t] >= 0:
            g = tree.inner[box[t]]
            while g >= 0:
                count[g] += 1
                g = tree.parent[g]


@kernel
def is_tight(tree: Tree, cap: Int64, count: Int64, item: int) -> Whole:
    """The smallest full group of an item: only something of that group makes room. -1 = there is room."""
    g = tree.inner[item]
    while g >= 0 and count[g] < cap[g]:
        g = tree.parent[g]
    return g


@kernel
def holds(box: Int32, item: int) -> bool:
    found = False
    for t in range(box.size):
        found |= box[t] == item
    return found


@kernel
def worth_of_item(o: Offers, c: int, item: int) -> Whole:
    """Worth of an item, prices apart; FAR when it is not listed."""
    for k in range(o.item.shape[1]):
        if o.item[c, k] == item:
            return np.int64(o.gain[c, k]) + o.penalty
    return np.int64(FAR)


@kernel
def fits_after(b: Bench, o: Offers, tree: Tree, boxes: Int32, c: int, i: int, j: int) -> bool:
    """True when customer c may swap i for j now; i is not locked. An item that there is room for is no swap for i."""
    box, nothing = boxes[c], tree.inner.size
    if i < nothing and not holds(box, i):
        return False
    if j == nothing:
        return True
    if holds(box, j):
        return False
    b.group[CAP, 0] = o.size[c]
    tally_groups(tree, box, b.group[COUNT])
    g = is_tight(tree, b.group[CAP], b.group[COUNT], j)
    return g < 0 if i == nothing else g >= 0 and tree.member[g, i]


@kernel
def write_swap(book: Book, n: int, i: int, j: int, row: int, c: int, cost: int, loss: int) -> None:
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


@kernel
def weigh_box(b: Bench, o: Offers, c: int, box: Int32) -> None:
    """Fill the WORTH of what is in a box."""
    for t in range(box.size):
        b.slot[WORTH, t] = FAR
        if box[t] >= 0 and not holds(o.locked[c], np.int64(box[t])):
            b.slot[WORTH, t] = worth_of_item(o, c, np.int64(box[t]))


@plain_door
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
        tally_groups(tree, box, b.group[COUNT])
        weigh_box(b, o, c, box)
        floor = np.int64(FAR)
        for t in range(box.size):
            if b.slot[WORTH, t] < FAR:
                i = np.int64(box[t])
                loss = b.slot[WORTH, t] - m[PRICE, i]
                floor = min(floor, loss)
                if loss <= reach:
                    write_swap(book, nothing + 1, i, nothing, row, c, b.slot[WORTH, t], loss)
        if b.group[COUNT, 0] < b.group[CAP, 0]:
            floor = min(floor, np.int64(0))
        for k in range(o.item.shape[1]):
            j = np.int64(o.item[c, k])
            if j < 0:
                break
            worth = np.int64(o.gain[c, k]) + o.penalty
            net = worth - m[PRICE, j]
            if floor - net > reach or holds(box, j):
                continue
            g = is_tight(tree, b.group[CAP], b.group[COUNT], j)
            if g < 0 and -net <= reach:
                write_swap(book, nothing + 1, nothing, j, row, c, -worth, -net)
            for t in range(box.size):
                if g >= 0 and b.slot[WORTH, t] < FAR and tree.member[g, box[t]]:
                    loss = b.slot[WORTH, t] - m[PRICE, box[t]] - net
                    if loss <= reach:
                        write_swap(book, nothing + 1, np.int64(box[t]), j, row, c, b.slot[WORTH, t] - worth, loss)
