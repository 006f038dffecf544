"""What the kernels of swaps work on: heaps, a book to write swaps in, a bench for one box."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from optimizer.laminar.tree import Tree
from optimizer.problem import Int32, Int64

Whole = Any  # an int64 of a kernel: Python's checker sees int and np.int64 mixed

FAR = 2**48
"""Further than any path is long."""

HOPS = 2**12
"""More swaps than a path has."""

NEVER = 2**62

NOBODY = 2**31 - 1
"""Stands on a heap for the swaps of a pair that were left out for want of room."""

SETTLED, TOO_FAR, FULL, PAUSED = range(4)
"""How `settle` ends: done; no path within reach; heaps are full; enough steps for now."""

PRICE, EXCESS, UNUSED, SPARE, FEE = range(5)
"""Rows of a market, int64 (5, n). PRICE micro-points; EXCESS: units packed, or left in stock, beyond what there is
(negative: still to be packed or left); UNUSED: units left in stock; of these SPARE cost nothing, each one more its
FEE."""

WHO, LEFT, RIGHT = range(3)  # rows of Heaps.link

CAP, COUNT, AFTER = range(3)  # rows of Bench.group

OLD, WORTH = range(2)  # rows of Bench.slot

DISTANCE, OPEN, BEFORE, SINK, PATH = range(5)  # rows of Bench.way


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
