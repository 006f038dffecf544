"""What the boxes of a plan take from stock and quotas, kept exactly while single boxes change.

Every change of a plan goes through `Ledger.move`, which refuses to overdraw: so a legal plan stays legal.
"""

from __future__ import annotations

import numpy as np

from optimizer.compiled import Bool, Int32, Int64
from optimizer.coupling import Coupling
from optimizer.problem import NO_LIMIT


class Ledger:
    """Stock left (P, M) and amounts used (Q,) for the boxes of a plan; left may be negative before a repair."""

    def __init__(self, coupling: Coupling, boxes: Int32) -> None:
        self.coupling = coupling
        usage = usage_of(coupling, boxes)
        self.left = coupling.stock - coupling.stock_used(usage)
        self.used = coupling.amount_used(usage)

    def overdrawn_stock(self) -> Bool:
        """bool (P, M): more units are packed than there are."""
        return self.left < 0

    def overdrawn_quotas(self) -> Int64:
        """Positions of the at-most quotas that are exceeded."""
        return np.flatnonzero(self.used > self.coupling.at_most)

    def legal(self) -> bool:
        """True when nothing is overdrawn."""
        return not self.overdrawn_stock().any() and self.overdrawn_quotas().size == 0

    def amounts(self, segment: int, box: Int32) -> Int64:
        """What a box of this segment counts for each quota, int64 (Q,)."""
        items = box[box >= 0]
        amounts: Int64 = self.coupling.amount[:, items].sum(axis=1) * self.coupling.member[segment]
        return amounts

    def gain(self, segment: int, old: Int32, new: Int32) -> int:
        """Micro-points of at-least penalties that replacing a box saves (negative: costs)."""
        if not self.coupling.at_least.any():
            return 0
        after = self.used + self.amounts(segment, new) - self.amounts(segment, old)
        short = np.maximum(0, self.coupling.at_least - self.used) - np.maximum(0, self.coupling.at_least - after)
        return int((short * self.coupling.penalty).sum())

    def move(self, segment: int, old: Int32, new: Int32) -> bool:
        """Replace a box unless that overdraws stock or a quota further; rows already overdrawn may only get better."""
        pool = self.coupling.pool_of[segment]
        came = new[(new >= 0) & ~np.isin(new, old)]
        went = old[(old >= 0) & ~np.isin(old, new)]
        if (self.left[pool, came] < 1).any():
            return False
        change = self.amounts(segment, new) - self.amounts(segment, old)
        if ((change > 0) & (self.used + change > self.coupling.at_most)).any():
            return False
        self.left[pool, came] -= 1
        self.left[pool, went] += 1
        self.used += change
        return True

    def room(self) -> Bool:
        """bool (S, M): one more unit of the item fits, as far as stock and each capped quota alone are concerned."""
        coupling = self.coupling
        room: Bool = (self.left > 0)[coupling.pool_of]
        for q in np.flatnonzero(coupling.at_most < NO_LIMIT):
            heavy = coupling.amount[q] > coupling.at_most[q] - self.used[q]
            room &= ~(coupling.member[:, q, None] & heavy & (coupling.amount[q] > 0))
        return room


def usage_of(coupling: Coupling, boxes: Int32) -> Int64:
    """Units int64 (S, M) of each item in the boxes of each segment."""
    n_items = coupling.stock.shape[1]
    held = boxes >= 0
    flat = (coupling.segment[:, None].astype(np.int64) * n_items + boxes)[held]
    return np.bincount(flat, minlength=coupling.n_segments * n_items).astype(np.int64).reshape(-1, n_items)
