"""Which boxes cannot have changed since they were found, although prices have: their customers need no new search.

A search also tells what no other box is worth more than. Prices that move can lift another box by no more than the
largest falls of as many prices as it has slots; a box that is still worth more than that stays the best one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.kernels import plain_door
from optimizer.oracle.runner import Runner, sealed
from optimizer.problem import Bool, Int32, Int64

UNKNOWN = 2**61
"""Nothing is known of other boxes: search again."""
KNOWN = 2**60
"""Limits from here on are not known."""
FARTHEST = 2**57
"""Prices that have moved further than this are too far from where the boxes were found, and sums must fit int64."""
AHEAD = 2
"""Boxes are told apart that are worth less than the best by up to so many times what the last move of prices changed:
the next moves may reach as far."""


@dataclass(eq=False)
class Standing:
    """What is known of everyone's best box, in 1/unit micro-points. N customers, S segments.

    own      int64 (N,)  worth of the box before prices
    rival    int64 (N,)  no other box of listed items is worth more than this plus `rise` of the segment
    outside  int64 (N,)  no box with an item off the list is worth more than this plus `all_rise` of the segment
    rise     int64 (S,)  by how much any box may have gained by prices that fell, since counting began
    table    the prices of the last round, int64 (S, M); None = no round yet
    jitter   of the last round
    reach    a search tells boxes apart that are worth up to so much less than the best
    all_rise, all_table   `rise` and `table` of the last pass over all pairs
    """

    own: Int64
    rival: Int64
    outside: Int64
    rise: Int64
    all_rise: Int64
    table: Int64 | None = None
    all_table: Int64 | None = None
    jitter: int = 0
    reach: int = 0

    @classmethod
    def unknown(cls, n_customers: int) -> Standing:
        """Nothing is known yet."""
        unknown, none = np.full(n_customers, UNKNOWN), np.zeros(0, np.int64)
        return cls(np.zeros(n_customers, np.int64), unknown, unknown.copy(), none, none)

    def move(self, table: Int64, jitter: int, width: int) -> None:
        """Prices of a round over shortlists are these; boxes have up to `width` items."""
        if self.table is None or jitter != self.jitter or self.rise.max(initial=0) > FARTHEST:
            self.rival[:] = UNKNOWN
            self.rise, self.reach = np.zeros(table.shape[0], np.int64), 0
        else:
            gained = most_gained(self.table, table, width)
            self.rise = self.rise + gained
            self.reach = max(AHEAD * int(gained.max(initial=0)), self.reach // 4)  # the next step may be longer again
        self.table, self.jitter = table.copy(), jitter

    def move_all(self, table: Int64, width: int) -> None:
        """Prices of a pass over all pairs are these."""
        self.move(table, 0, width)
        if self.all_table is None or self.all_rise.max(initial=0) > FARTHEST:
            self.outside[:] = UNKNOWN
            self.all_rise = np.zeros(table.shape[0], np.int64)
        else:
            self.all_rise = self.all_rise + most_gained(self.all_table, table, width)
        self.all_table = table.copy()

    def limit(self, segment: Int32) -> Int64:
        """int64 (N,) no other box at all is worth more than this plus `rise`, just after `move_all`."""
        limit: Int64 = np.maximum(self.rival, self.outside + (self.all_rise - self.rise)[segment])
        return limit

    def keep(self, who: Int32 | Int64, segment: Int32, own: Int64, rival: Int64, outside: Int64 | None = None) -> None:
        """What a search has found for some customers, int64 (n,) each; `outside` after a pass over all pairs."""
        self.own[who] = own
        self.rival[who] = rival - self.rise[segment]
        if outside is not None:
            self.outside[who] = outside - self.all_rise[segment]

    def forget(self, who: Int64) -> None:
        """The lists of these customers have changed."""
        self.rival[who] = self.outside[who] = UNKNOWN


def most_gained(before: Int64, after: Int64, width: int) -> Int64:
    """int64 (S,) what a box of `width` items may have gained at the most by prices that fell."""
    gained: Int64 = np.sort(np.maximum(0, before - after), axis=1)[:, -width:].sum(axis=1)
    return gained


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


def unsearched(
    runner: Runner, last: Int32, segment: Int32, standing: Standing, limit: Int64
) -> tuple[Bool, tuple[int, Int64]]:
    """Whose last box is surely still the best at the prices of this round, and what these boxes are worth and use.

    limit   of other boxes, see `weigh_standing`
    """
    n, table = segment.size, standing.table
    assert table is not None
    stands = np.zeros(n, np.bool_)

    def one(lo: int, hi: int) -> tuple[int, Int64]:
        usage, worth = np.zeros_like(table), np.empty(hi - lo, np.int64)
        rows = (array[lo:hi] for array in (segment, last, standing.own, limit))
        weigh_standing(*map(sealed, (*rows, standing.rise, table)), usage, worth, stands[lo:hi])
        return exact_sum(worth), usage

    parts = runner.each(n, one, runner.shared(n, 65_536))
    usage = np.zeros_like(table)
    for _, part in parts:
        usage += part
    return stands, (sum(worth for worth, _ in parts), usage)
