"""Which boxes cannot have changed since they were found, although prices have: their customers need no new search.

A search also tells what no other box is worth more than. Prices that move can lift another box by no more than the
largest falls of as many prices as it has slots; a box that is still worth more than that stays the best one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.kernels import plain_door
from optimizer.problem import Bool, Int32, Int64

UNKNOWN = 2**61
"""Nothing is known of other boxes: search again."""
KNOWN = 2**60
FARTHEST = 2**57
"""Prices that have moved further than this are too far from where the boxes were found, and sums must fit int64."""


@dataclass(eq=False)
class Standing:
    """What is known of everyone's best box, in 1/unit micro-points. N customers, S segments.

    own      int64 (N,)  worth of the box before prices, a missing slot counting 0
    rival    int64 (N,)  no other box of listed items is worth more than this plus `rise` of the segment
    outside  int64 (N,)  the same of boxes that hold an item off the list
    rise     int64 (S,)  by how much any box may have gained by prices that fell, since counting began
    table    the prices of the last round, int64 (S, M); None = no round yet
    jitter   of the last round
    reach    a search tells boxes apart that are worth up to so much less than the best: what the next prices may change
    """

    own: Int64
    rival: Int64
    outside: Int64
    rise: Int64
    table: Int64 | None = None
    jitter: int = 0
    reach: int = 0

    @classmethod
    def unknown(cls, n_customers: int) -> Standing:
        """Nothing is known yet."""
        unknown = np.full(n_customers, UNKNOWN)
        return cls(np.zeros(n_customers, np.int64), unknown, unknown.copy(), np.zeros(0, np.int64))

    def move(self, table: Int64, jitter: int, width: int) -> None:
        """Prices are now these; boxes have up to `width` items."""
        if self.table is None or jitter != self.jitter or self.rise.max(initial=0) > FARTHEST:
            self.rival[:] = self.outside[:] = UNKNOWN
            self.rise, self.reach = np.zeros(table.shape[0], np.int64), 0
        else:
            fallen = np.sort(np.maximum(0, self.table - table), axis=1)[:, -width:].sum(axis=1)
            self.rise, self.reach = self.rise + fallen, int(fallen.max(initial=0)) // 2
        self.table, self.jitter = table.copy(), jitter


@plain_door
def weigh_standing(
    segment: Int32,
    last: Int32,
    own: Int64,
    limit: Int64,
    rise: Int64,
    price: Int64,
    usage: Int64,
    worth: Int64,
    stands: Bool,
) -> None:
    """Which last boxes are surely still the best at new prices, bool (n,); their worth int64 (n,), 0 of all others.

    limit   int64 (n,) of other boxes, see `Standing.rival`
    usage   int64 (S, M)  added to: units in these boxes
    """
    for c in range(segment.size):
        t = segment[c]
        total = own[c]
        for w in range(last.shape[1]):
            if last[c, w] >= 0:
                total -= price[t, last[c, w]]
        stands[c] = limit[c] < KNOWN and total > limit[c] + rise[t]
        worth[c] = total if stands[c] else 0
        if stands[c]:
            for w in range(last.shape[1]):
                if last[c, w] >= 0:
                    usage[t, last[c, w]] += 1


def exact_sum(worth: Int64) -> int:
    """The sum as a Python int, whatever its size."""
    return (int((worth >> 32).sum()) << 32) + int((worth & 0xFFFFFFFF).sum())
