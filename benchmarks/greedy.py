"""The packer that anyone writes first: customers in turn, each takes the best legal items that are left.

It obeys every rule and looks at nobody else's box: promises are not steered for, and the last customers get the rest.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.instance_scores import ROWS, Bool, Int32, Int64
from benchmarks.peers import Found
from optimizer.problem import NO_LIMIT, BoxProblem

Float = npt.NDArray[np.float64]


def pack_in_turn(problem: BoxProblem, seconds: float) -> Found:
    """Boxes of everyone who was reached in time; the others' stay empty."""
    started, packer = perf_counter(), Packer(problem)
    boxes = np.full((problem.n_customers, problem.width), -1, np.int32)
    for lo in range(0, problem.n_customers, ROWS):
        utility, allowed = problem.block(lo, min(lo + ROWS, problem.n_customers))
        for row in range(utility.shape[0]):
            if not row % 256 and perf_counter() - started > seconds:
                return _ended(problem, boxes, "out of time")
            box = packer.box(lo + row, utility[row], allowed[row])
            boxes[lo + row, : len(box)] = box
    return _ended(problem, boxes, "packed")


def _ended(problem: BoxProblem, boxes: Int32, status: str) -> Found:
    if problem.rules.short == "stop" and ((boxes >= 0).sum(axis=1) < problem.sizes).any():
        return Found("some box cannot be filled")
    return Found(status, boxes)


class Packer:
    """The rules in the form the greedy needs, and what is left of stock and budgets.

    Items that go together are one parcel; every other item is a parcel of its own. T parcels, R limits.

    parcels  item positions of each parcel
    holds    int64 (R, T)  what a parcel adds to each limit on a box: items of a label, amount of a band
    least, most  int64 (R,)  limits, 0 and NO_LIMIT where there is none
    apart    bool (T, T)  may not share a box
    left     int64 (n_pools, M) units in stock; room int64 (Q,) left under each budget
    counts   int64 (Q, T), amount int64 (Q, M)  what a parcel and an item take of each budget
    """

    def __init__(self, problem: BoxProblem) -> None:
        self.problem, self.parcels = problem, _parcels(problem)
        self.n_of = np.array([len(items) for items in self.parcels], np.int64)
        self.single = len(self.parcels) == problem.n_items
        self.member = np.zeros((len(self.parcels), problem.n_items), np.int64)
        for parcel, items in enumerate(self.parcels):
            self.member[parcel, items] = 1
        self.holds, self.least, self.most = self._limits()
        self.apart = self._apart()
        self.impossible = (self.holds > self.most[:, None]).any(axis=0)
        if self.apart.size:
            self.impossible |= self.apart.diagonal()
        budgets = [quota for quota in problem.quotas if quota.at_most is not None]
        everyone = np.ones(problem.n_customers, bool)
        self.counted = [everyone if quota.customers is None else quota.customers for quota in budgets]
        self.amount = np.array([quota.amount for quota in budgets], np.int64).reshape(-1, problem.n_items)
        self.counts = self.amount @ self.member.T
        self.left, self.room = problem.stock.copy(), np.array([quota.at_most for quota in budgets], np.int64)

    def _apart(self) -> Bool:
        """bool (T, T), or (0, 0) when no items stay apart."""
        rules = [rule for rule in self.problem.rules.pairs if rule.kind == "apart"]
        apart = np.zeros((len(self.parcels) if rules else 0,) * 2, bool)
        for rule in rules:
            one, two = (int(np.flatnonzero(self.member[:, item])[0]) for item in (rule.i, rule.j))
            apart[one, two] = apart[two, one] = True
        return apart

    def _limits(self) -> tuple[Int64, Int64, Int64]:
        holds, least, most = [], [], []
        for group in self.problem.rules.groups:
            for label in range(group.n_groups):
                holds.append(self.member @ (group.labels == label))
                least.append(int(group.least[label]))
                most.append(int(group.most[label]))
        for band in self.problem.rules.bands:
            holds.append(self.member @ band.amount)
            least.append(band.low or 0)
            most.append(NO_LIMIT if band.high is None else band.high)
        rows = np.array(holds, np.int64).reshape(-1, len(self.parcels))
        return rows, np.array(least, np.int64), np.array(most, np.int64)

    def box(self, c: int, utility: Int32, allowed: Bool) -> list[int]:
        """The items of customer c's box, taken from stock; empty where no legal box was found."""
        rules, slots, pool = self.problem.rules, int(self.problem.sizes[c]), int(self.problem.pools[c])
        usable = (self._of_parcels(allowed & (self.left[pool] > 0)) == self.n_of) & ~self.impossible
        gain = (self._of_parcels(utility) + rules.short_penalty * self.n_of) / self.n_of
        inside = np.array([who[c] for who in self.counted], bool)
        search = Search(self, usable, gain, slots, np.where(inside, self.room, NO_LIMIT))
        items = [item for parcel in search.parcels(self._locked(c)) for item in self.parcels[parcel]]
        if rules.short != "ship_short" and len(items) < slots:
            return []
        self.left[pool, items] -= 1
        self.room -= np.where(inside, self.amount[:, items].sum(axis=1), 0)
        return items

    def _of_parcels(self, values: npt.NDArray[Any]) -> Int64:
        """int64 (T,): sum over the items of each parcel."""
        return values.astype(np.int64) if self.single else self.member @ values.astype(np.int64)

    def _locked(self, c: int) -> list[int]:
        """Parcels of the items that customer c's box must hold."""
        if self.problem.locked is None:
            return []
        items = self.problem.locked[c][self.problem.locked[c] >= 0]
        return [int(parcel) for parcel in np.flatnonzero(self.member[:, items].any(axis=1))]


class Search:
    """One customer's box: usable bool (T,), gain float (T,) per slot, slots, and room under the budgets."""

    def __init__(self, packer: Packer, usable: Bool, gain: Float, slots: int, room: Int64) -> None:
        self.packer, self.usable, self.gain, self.slots, self.room = packer, usable, gain, slots, room

    def parcels(self, locked: list[int]) -> list[int]:
        """The locked parcels, then the best that fit, swapped until no at-least side lacks; none if that fails."""
        legal = all(self._fits([other for other in locked if other != one])[one] for one in locked)
        if not legal:
            return []
        chosen = self._mended(self._filled(locked), len(locked))
        return self._filled(chosen) if chosen else []

    def _filled(self, chosen: list[int]) -> list[int]:
        """`chosen` and as many more as fit, the best first."""
        box = list(chosen)
        while (fits := self._fits(box)).any():
            best = int(np.where(fits, self.gain, -np.inf).argmax())
            if self.gain[best] < 0 and self.packer.problem.rules.short == "ship_short":
                break
            box.append(best)
        return box

    def _fits(self, chosen: list[int]) -> Bool:
        """bool (T,): usable parcels that may join the chosen ones without breaking an upper limit."""
        rules = self.packer
        fits: Bool = self.usable & (rules.n_of + rules.n_of[chosen].sum() <= self.slots)
        fits[chosen] = False
        total = rules.holds[:, chosen].sum(axis=1)
        for limit in np.flatnonzero(total):
            fits &= rules.holds[limit] + total[limit] <= rules.most[limit]
        for q, room in enumerate(self.room.tolist()):
            fits &= rules.counts[q] + rules.counts[q, chosen].sum() <= room
        if rules.apart.size and chosen:
            fits &= ~rules.apart[chosen].any(axis=0)
        return fits

    def _lack(self, total: Int64) -> Float:
        """Share of all at-least sides that is missing, summed: total int64 (R, any) held of each limit -> (any,)."""
        least = self.packer.least[:, None]
        lack: Float = (np.maximum(0, least - total) / np.maximum(1, least)).sum(axis=0)
        return lack

    def _mended(self, chosen: list[int], kept: int) -> list[int]:
        """Swap or add one parcel at a time, the cheapest per lack made good; [] if it gets stuck.

        kept   so many of the first parcels are locked
        """
        holds = self.packer.holds
        while chosen and (lack := float(self._lack(holds[:, chosen].sum(axis=1, keepdims=True))[0])) > 0:
            best: tuple[float, list[int]] = np.inf, []
            for out in [None, *range(kept, len(chosen))]:
                rest = [parcel for place, parcel in enumerate(chosen) if place != out]
                fits = np.flatnonzero(self._fits(rest))
                less = lack - self._lack(holds[:, rest].sum(axis=1, keepdims=True) + holds[:, fits])
                lost = (0 if out is None else self.gain[chosen[out]]) - self.gain[fits]
                price = np.where(less > 1e-12, np.maximum(lost, 0) / np.maximum(less, 1e-12), np.inf)
                if price.size and price.min() < best[0]:
                    best = float(price.min()), [*rest, int(fits[price.argmin()])]
            chosen = best[1]
        return chosen


def _parcels(problem: BoxProblem) -> list[list[int]]:
    """Items joined by "together" rules, directly or by way of others; every item is in one parcel."""
    parcel = np.arange(problem.n_items)
    for rule in problem.rules.pairs:
        if rule.kind == "together":
            parcel[parcel == parcel[rule.j]] = parcel[rule.i]
    return [np.flatnonzero(parcel == one).tolist() for one in np.unique(parcel)]
