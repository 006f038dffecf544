"""What the boxes of a plan take from stock and quotas, kept exactly while single boxes change.

Every change of a plan goes through `Ledger.move_all`, which refuses to overdraw: so a legal plan stays legal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizer.kernels import door
from optimizer.oracle.coupling import Coupling
from optimizer.problem import NO_LIMIT, Bool, Int32, Int64

LEAVE_STOCK, LEAVE_QUOTA, GAIN = 0, 1, 2
"""Which boxes to change: those that hold an overdrawn item; those that count for an exceeded quota, as long as one is
exceeded; those that gain."""


class _Plan(NamedTuple):
    """What a move changes: boxes int32 (N, W), stock left int64 (P, M), amounts used int64 (Q,)."""

    boxes: Int32
    left: Int64
    used: Int64


class _Rows(NamedTuple):
    """The coupling rows for the kernel: see `Coupling`."""

    segment: Int32
    pool_of: Int32
    member: Bool
    amount: Int64
    at_least: Int64
    at_most: Int64
    penalty: Int64


class Ledger:
    """Stock left (P, M) and amounts used (Q,) for the boxes of a plan; left may be negative before a repair."""

    def __init__(self, coupling: Coupling, boxes: Int32) -> None:
        self.coupling, self.boxes = coupling, boxes
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

    def amounts(self, customers: Int32, boxes: Int32) -> Int64:
        """What boxes of these customers count for each quota, int64 (n, Q)."""
        padded = np.concatenate([self.coupling.amount.T, np.zeros((1, self.used.size), np.int64)])
        amounts = np.zeros((customers.size, self.used.size), np.int64)
        for k in range(boxes.shape[1]):
            amounts += padded[boxes[:, k]]
        return amounts * self.coupling.member[self.coupling.segment[customers]]

    def move_all(self, customers: Int32, new: Int32, rise: Int64, why: int) -> int:
        """Give customers, in this order, new boxes where that does not overdraw anything further; how many moved.

        new   int32 (n, W);  rise  int64 (n,) micro-points that a new box is worth more, quota penalties aside
        why   LEAVE_STOCK, LEAVE_QUOTA or GAIN
        """
        c = self.coupling
        rows = _Rows(c.segment, c.pool_of, c.member, c.amount, c.at_least, c.at_most, c.penalty)
        return int(_move_all(customers, new, rise, _Plan(self.boxes, self.left, self.used), rows, why))

    def room(self) -> Bool:
        """bool (S, M): one more unit of the item fits, as far as stock and each capped quota alone are concerned."""
        coupling = self.coupling
        room: Bool = (self.left > 0)[coupling.pool_of]
        for q in np.flatnonzero(coupling.at_most < NO_LIMIT):
            heavy = coupling.amount[q] > coupling.at_most[q] - self.used[q]
            room &= ~(coupling.member[:, q, None] & heavy & (coupling.amount[q] > 0))
        return room


@door
def _move_all(customers: Int32, new: Int32, rise: Int64, plan: _Plan, rows: _Rows, why: int) -> int:
    boxes, left, used = plan
    segment, pool_of, member, amount, at_least, at_most, penalty = rows
    moved, n_quotas = 0, used.size
    change = np.zeros(n_quotas, np.int64)
    for n in range(customers.size):
        c = customers[n]
        t = segment[c]
        p = pool_of[t]
        over, fits, same = False, True, True
        for w in range(boxes.shape[1]):
            held, came = False, new[n, w]
            for k in range(boxes.shape[1]):
                held |= came >= 0 and boxes[c, k] == came
            if came >= 0 and not held:
                same = False
                fits &= left[p, came] > 0
            over |= boxes[c, w] >= 0 and left[p, boxes[c, w]] < 0
            same &= (boxes[c, w] >= 0) == (came >= 0)
        if same or not fits or (why == LEAVE_STOCK and not over):
            continue
        gain, exceeded, eases = rise[n], False, False
        for q in range(n_quotas):
            change[q] = 0
            if not member[t, q]:
                continue
            for w in range(boxes.shape[1]):
                if new[n, w] >= 0:
                    change[q] += amount[q, new[n, w]]
                if boxes[c, w] >= 0:
                    change[q] -= amount[q, boxes[c, w]]
            fits &= change[q] <= 0 or used[q] + change[q] <= at_most[q]
            if used[q] > at_most[q]:
                exceeded = True
                eases |= change[q] < 0
            short = max(0, at_least[q] - used[q])
            gain += penalty[q] * (short - max(0, at_least[q] - used[q] - change[q]))
        if not fits or (why == LEAVE_QUOTA and not (exceeded and eases)) or (why == GAIN and gain <= 0):
            continue
        for w in range(boxes.shape[1]):
            if boxes[c, w] >= 0:
                left[p, boxes[c, w]] += 1
        for w in range(boxes.shape[1]):
            boxes[c, w] = new[n, w]
            if new[n, w] >= 0:
                left[p, new[n, w]] -= 1
        for q in range(n_quotas):
            used[q] += change[q]
        moved += 1
    return moved


def usage_of(coupling: Coupling, boxes: Int32) -> Int64:
    """Units int64 (S, M) of each item in the boxes of each segment."""
    n_items = coupling.stock.shape[1]
    table = np.zeros((coupling.n_segments, n_items), np.int64)
    _count(coupling.segment, np.ascontiguousarray(boxes), table)
    return table


@door
def _count(segment: Int32, boxes: Int32, table: Int64) -> None:
    for c in range(boxes.shape[0]):
        for w in range(boxes.shape[1]):
            if boxes[c, w] >= 0:
                table[segment[c], boxes[c, w]] += 1
