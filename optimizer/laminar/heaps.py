"""The cheapest swap of every pair of items on top of a heap: skew heaps in one pool of links."""

from __future__ import annotations

import numpy as np

from optimizer.kernels import kernel, plain_door
from optimizer.laminar.workbench import FAR, LEFT, RIGHT, WHO, Book, Heaps, Whole
from optimizer.problem import Int64


@kernel
def _before(h: Heaps, e: int, f: int) -> bool:
    """Order on a heap: by cost, then by customer."""
    return h.cost[e] < h.cost[f] or (h.cost[e] == h.cost[f] and h.link[WHO, e] < h.link[WHO, f])


@kernel
def merge_heaps(h: Heaps, e: int, f: int) -> Whole:
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


@kernel
def crown_cheapest(h: Heaps, i: int, j: int, e: int) -> None:
    """Make e the top of the heap of a pair."""
    h.head[i, j] = e
    h.top[i, j] = h.cost[e] if e >= 0 else FAR


@kernel
def push_swap(h: Heaps, i: int, j: int, c: int, cost: int) -> bool:
    """Put a swap on its heap; False when there is no room."""
    e = h.free[0]
    if e < 0:
        return False
    h.free[0] = h.link[LEFT, e]
    h.cost[e], h.link[WHO, e], h.link[LEFT, e], h.link[RIGHT, e] = cost, c, -1, -1
    crown_cheapest(h, i, j, merge_heaps(h, np.int64(h.head[i, j]), e))
    return True


@kernel
def drop_top(h: Heaps, i: int, j: int) -> None:
    """Take the cheapest swap off its heap."""
    e = np.int64(h.head[i, j])
    crown_cheapest(h, i, j, merge_heaps(h, np.int64(h.link[LEFT, e]), np.int64(h.link[RIGHT, e])))
    h.link[LEFT, e] = h.free[0]
    h.free[0] = e


@plain_door
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
                root = merge_heaps(h, np.int64(book.swap[0, first + k]), np.int64(book.swap[0, first + k + step]))
                book.swap[0, first + k] = root
            step *= 2
        crown_cheapest(h, p // n, p % n, np.int64(book.swap[0, first]))
