"""Which boxes cannot have changed since they were found, although prices have: their customers need no new search.

A search also tells what no other box is worth more than. Prices that move can lift another box by no more than the
largest falls of as many items as it has slots, of listed ones or, with an item off the list, of all; a box that is
still worth more than that stays the best one.
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
AHEAD = 4
"""Boxes are told apart that are worth less than the best by up to so many times what the last move of prices lifted
others by, on average: the next moves may reach as far."""


@dataclass(eq=False)
class Standing:
    """What is known of everyone's best box, in 1/unit micro-points. N customers, S segments.

    own      int64 (N,)  worth of the box before prices
    rival    int64 (N,)  no other box of listed items is worth more than this at the prices of the last round
    outside  int64 (N,)  no box with an item off the list is worth more than this plus `all_rise` of the segment
    table    the prices of the last round, int64 (S, M); None = no round yet
    fall     int64 (S, M)  by how much each price has fallen since the round before, while `unsearched` reads it
    jitter   of the last round
    reach    a search tells boxes apart that are worth up to so much less than the best
    all_rise, all_table   of the last pass over all pairs: int64 (S,) by how much any box may have gained by prices that
             fell since counting began, and its prices
    """

    own: Int64
    rival: Int64
    outside: Int64
    all_rise: Int64
    table: Int64 | None = None
    all_table: Int64 | None = None
    fall: Int64 | None = None
    jitter: int = 0
    reach: int = 0

    @classmethod
    def unknown(cls, n_customers: int) -> Standing:
        """Nothing is known yet."""
        unknown, none = np.full(n_customers, UNKNOWN), np.zeros(0, np.int64)
        return cls(np.zeros(n_customers, np.int64), unknown, unknown.copy(), none)

    def move(self, table: Int64, jitter: int) -> None:
        """Prices of a round over shortlists are these."""
        fall = np.zeros_like(table) if self.table is None else self.table - table
        if self.table is None or jitter != self.jitter or fall.max(initial=0) > FARTHEST:
            self.rival[:] = UNKNOWN
            fall, self.reach = np.zeros_like(table), 0
        self.table, self.fall, self.jitter = table.copy(), fall, jitter

    def move_all(self, table: Int64, width: int) -> None:
        """Prices of a pass over all pairs are these; boxes have up to `width` items."""
        self.move(table, 0)
        if self.all_table is None or self.all_rise.max(initial=0) > FARTHEST:
            self.outside[:] = UNKNOWN
            self.all_rise = np.zeros(table.shape[0], np.int64)
        else:
            self.all_rise = self.all_rise + most_gained(self.all_table, table, width)
        self.all_table = table.copy()

    def beyond(self, segment: Int32) -> Int64:
        """int64 (N,) no box with an item off the list is worth more than this, just after `move_all`."""
        limit: Int64 = self.outside + self.all_rise[segment]
        return limit

    def look_ahead(self, gained: int, n_customers: int) -> None:
        """Other boxes may have gained so much by the last move, added up over all customers: how far to tell apart."""
        self.reach = max(AHEAD * gained // max(1, n_customers), self.reach // 4)  # the next step may be longer again

    def keep(self, who: Int32 | Int64, segment: Int32, own: Int64, rival: Int64, outside: Int64 | None = None) -> None:
        """What a search has found for some customers, int64 (n,) each; `outside` after a pass over all pairs."""
        self.own[who], self.rival[who] = own, rival
        if outside is not None:
            self.outside[who] = outside - self.all_rise[segment]

    def forget(self, who: Int64) -> None:
        """The lists of these customers have changed."""
        self.rival[who] = self.outside[who] = UNKNOWN

    def least_losses(self, last: Int32, segment: Int32, table: Int64) -> Int64 | None:
        """int64 (N,): by how much, at least, any other box of listed items is worse than `last`; 0 = not known.

        None where these are not the prices of the last round.
        """
        if self.table is None or self.jitter or (table != self.table).any():
            return None
        prices = np.concatenate([table, np.zeros((table.shape[0], 1), np.int64)], axis=1)
        worth = self.own.copy()
        for k in range(last.shape[1]):
            worth -= prices[segment, last[:, k]]
        least: Int64 = np.where(self.rival < KNOWN, np.maximum(0, worth - self.rival), 0)
        return least


def most_gained(before: Int64, after: Int64, width: int) -> Int64:
    """int64 (S,) what a box of `width` items may have gained at the most by prices that fell."""
    gained: Int64 = np.sort(np.maximum(0, before - after), axis=1)[:, -width:].sum(axis=1)
    return gained


@plain_door
def weigh_standing(
    segment: Int32,
    last: Int32,
    item: Int32,
    own: Int64,
    beyond: Int64,
    fall: Int64,
    price: Int64,
    top: Int64,
    usage: Int64,
    rival: Int64,
    gained: Int64,
    worth: Int64,
    stands: Bool,
) -> None:
    """Which last boxes are surely still the best at new prices, bool (n,); their worth int64 (n,), 0 of all others.

    item    int32 (n, L)  shortlists, -1 = no more
    beyond  int64 (n,) what no box with an item off the list is worth more than, or (0,): these do not matter
    fall    int64 (S, M) by how much each price has fallen since `rival` was true
    top     int64 (W,) to work with
    usage   int64 (S, M)  added to: units in these boxes
    rival   int64 (n,) of other boxes of listed items; made true of the new prices
    gained  int64 (n,) by how much that rose
    """
    width = last.shape[1]
    for c in range(segment.size):
        t = segment[c]
        total, lift = own[c], np.int64(0)
        for w in range(width):
            top[w] = 0
            if last[c, w] >= 0:
                total -= price[t, last[c, w]]
        for a in range(item.shape[1] if width else 0):
            if item[c, a] < 0:
                break
            fell = fall[t, item[c, a]]
            if fell > top[width - 1]:
                at = width - 1
                while at > 0 and top[at - 1] < fell:
                    top[at] = top[at - 1]
                    at -= 1
                top[at] = fell
        for w in range(width):
            lift += top[w]
        gained[c] = lift
        rival[c] = rival[c] + lift if rival[c] < KNOWN else UNKNOWN
        limit = max(rival[c], beyond[c]) if beyond.size else rival[c]
        stands[c] = limit < KNOWN and total > limit
        worth[c] = total if stands[c] else 0
        if stands[c]:
            for w in range(width):
                if last[c, w] >= 0:
                    usage[t, last[c, w]] += 1


def exact_sum(worth: Int64) -> int:
    """The sum as a Python int, whatever its size."""
    return (int((worth >> 32).sum()) << 32) + int((worth & 0xFFFFFFFF).sum())


def unsearched(
    runner: Runner, last: Int32, item: Int32, segment: Int32, standing: Standing, beyond: Int64 | None = None
) -> tuple[Bool, tuple[int, Int64]]:
    """Whose last box is surely still the best at the prices of this round, and what these boxes are worth and use.

    item    int32 (N, L) shortlists
    beyond  of boxes with an item off the list, see `Standing.beyond`; None = these do not matter
    """
    n, table, fall, width = segment.size, standing.table, standing.fall, last.shape[1]
    assert table is not None
    assert fall is not None
    stands, none = np.zeros(n, np.bool_), np.zeros(0, np.int64)

    def one(lo: int, hi: int) -> tuple[int, Int64, int]:
        usage, room = np.zeros_like(table), np.empty((2, hi - lo), np.int64)
        rows = (array[lo:hi] for array in (segment, last, item, standing.own))
        given = (*rows, none if beyond is None else beyond[lo:hi], fall, table)
        top = np.empty(width, np.int64)
        weigh_standing(*map(sealed, given), top, usage, standing.rival[lo:hi], room[0], room[1], stands[lo:hi])
        return exact_sum(room[1]), usage, exact_sum(room[0])

    parts = runner.each(n, one, runner.shared(n, 65_536))
    usage = np.zeros_like(table)
    for _, part, _ in parts:
        usage += part
    standing.look_ahead(sum(gained for _, _, gained in parts), n)
    return stands, (sum(worth for worth, _, _ in parts), usage)
