"""Which locks are kept: as many as there are units and limits, and none that would cost a customer her whole box.

The edits may ask for more than there is. Nobody's box may pay for that: locks too many are taken back before packing,
each with its reason, and what no plan could keep is taken back after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jobs.packing.asked_locks import Asked, Words
from jobs.packing.lock_words import own_box_words, plan_words, quota_words, stock_words, stop_words
from jobs.posing.lock_boxes import by_row
from jobs.posing.problem import quota_scale
from jobs.posing.shop import Shop
from optimizer.problem import Bool, BoxProblem, Int32, Int64, Plan, Termination

FEW = 64
"""Up to so many customers whose locks want each other's units give up one at a time; of more, a share."""


@dataclass(frozen=True)
class TakenBack:
    """A lock that is not kept, in the positions of the shop, and in words why and what would help."""

    customer_idx: int
    item_idx: int
    why: str
    fix: str


@dataclass(frozen=True, eq=False)
class Granted:
    """The locks of a night.

    problem     the problem with the locks that are kept
    taken_back  those that are not, in the order of customers and items
    """

    problem: BoxProblem
    taken_back: tuple[TakenBack, ...] = ()

    def revised(self, plan: Plan) -> Granted | None:
        """The locks in the light of a plan; None where nothing is to be changed.

        A customer whom the plan leaves without a box gives up her locks; all do where no plan fills every box, as
        [short] asks. A lock that was given up is a lock again where its product is in the box all the same.
        """
        locked, boxes = self.problem.locked, plan.boxes
        if plan.termination is Termination.INFEASIBLE and locked is not None:
            return self._without(zip(*(side.tolist() for side in _rows_and_items(locked)), strict=True), stop_words())
        if boxes is None:
            return None
        again = [one for one in self.taken_back if one.item_idx in boxes[one.customer_idx]]
        lost: list[TakenBack] = []
        if locked is not None:
            boxless = (boxes < 0).all(axis=1) & (self.problem.sizes > 0) & (locked >= 0).any(axis=1)
            whose = np.flatnonzero(boxless).tolist()
            lost = [TakenBack(c, int(i), *plan_words()) for c in whose for i in locked[c] if i >= 0]
        if not lost and not again:
            return None
        problem = taken_from(self.problem, _pairs(lost)) if lost else self.problem
        kept = [one for one in self.taken_back if one not in again]
        return Granted(_with(problem, _pairs(again)), _sorted((*kept, *lost)))

    def _without(self, locks: Iterable[tuple[int, int]], words: Words) -> Granted:
        """The locks less these, for one reason."""
        lost = [TakenBack(c, i, *words) for c, i in locks]
        return Granted(taken_from(self.problem, _pairs(lost)), _sorted((*self.taken_back, *lost)))


def taken_from(problem: BoxProblem, lost: Iterable[tuple[int, int]]) -> BoxProblem:
    """The problem without these locks: positions of customers and items."""
    assert problem.locked is not None
    locked = np.array(problem.locked)
    for customer_idx, item_idx in lost:
        row = locked[customer_idx]
        row[row == item_idx] = -1
    return _locking(problem, *_rows_and_items(locked))


def _with(problem: BoxProblem, more: list[tuple[int, int]]) -> BoxProblem:
    """The problem with these locks beside its own."""
    if not more:
        return problem
    own = np.full((problem.n_customers, 0), -1, np.int32) if problem.locked is None else problem.locked
    rows, items = _rows_and_items(own)
    added = np.array(more, np.int64).reshape(-1, 2)
    return _locking(problem, np.append(rows, added[:, 0]), np.append(items, added[:, 1]))


def _rows_and_items(locked: Int32) -> tuple[Int64, Int64]:
    row, nth = np.nonzero(locked >= 0)
    return row.astype(np.int64), locked[row, nth].astype(np.int64)


def _locking(problem: BoxProblem, rows: Int64, items: Int64) -> BoxProblem:
    return replace(problem, locked=by_row(problem.n_customers, rows, items) if rows.size else None)


def _pairs(locks: Iterable[TakenBack]) -> list[tuple[int, int]]:
    return [(one.customer_idx, one.item_idx) for one in locks]


def grant_locks(shop: Shop, problem: BoxProblem) -> Granted:
    """Keep what can be kept of the locks in a problem.

    A customer's own locks come first: those that no box can hold together give way, the one she scores lowest first.
    Then units: where more customers have a lock on a product than there are units, those who score it highest keep it;
    quotas with an `at_most` likewise. Ties go to the first in the order of ids.
    """
    if problem.locked is None:
        return Granted(problem)
    asked = Asked.of(problem)
    while any(step(shop, asked) for step in (_own_boxes, _stock, _quotas)) or _try_again(asked):
        pass
    lost = [TakenBack(int(asked.customers[row]), item, *words) for (row, item), words in asked.lost.items()]
    return Granted(taken_from(problem, _pairs(lost)), _sorted(tuple(lost))) if lost else Granted(problem)


def _sorted(lost: tuple[TakenBack, ...]) -> tuple[TakenBack, ...]:
    return tuple(sorted(lost, key=lambda one: (one.customer_idx, one.item_idx)))


def _own_boxes(shop: Shop, asked: Asked) -> bool:
    """Give up locks that no box of the customer can hold; True when there were any.

    First those that her own other locks leave no room for, whatever others have; then those that want units which other
    locks hold, a few at a time, the lowest score first: each that gives up leaves its units to the others.
    """
    everything = np.asarray((asked.whole.stock > 0)[asked.few.pools] | asked.keep)
    for usable, all_at_once in ((everything, True), (asked.usable(), False)):
        failed = asked.boxless(asked.everyone, asked.keep, usable) & asked.keep.any(axis=1)
        rows = np.flatnonzero(failed)
        if rows.size:
            if not all_at_once:
                dearest = np.where(asked.keep[rows], asked.score[rows].astype(np.int64), np.iinfo(np.int64).min).max(
                    axis=1
                )
                rows = rows[np.lexsort((-rows, dearest))][: max(1, rows.size // FEW)]
            _make_room(shop, asked, rows, usable)
            return True
    return False


def _make_room(shop: Shop, asked: Asked, which: Int64, usable: Bool) -> None:
    """Of the locks of these customers, keep those that one box can hold, from the highest score to the lowest."""
    kept = np.zeros_like(asked.keep)
    rows, items = np.nonzero(asked.keep[which])
    rows = which[rows]
    order = asked.by_score(rows, items)
    turns = nth(rows[order])  # how many of the same customer's locks came before each
    for turn in range(int(turns.max()) + 1):
        row, item = rows[order][turns == turn], items[order][turns == turn]
        tried = kept.copy()
        tried[row, item] = True
        cannot = asked.boxless(row.astype(np.int32), tried, usable)
        gone, what = row[cannot].astype(np.int32), item[cannot]
        told = own_box_words(shop, asked, gone, what, kept, usable) if gone.size else []
        for r, i, words in zip(gone.tolist(), what.tolist(), told, strict=True):
            asked.take_back(r, i, words)
        kept[row[~cannot], item[~cannot]] = True


def _try_again(asked: Asked) -> bool:
    """Keep one lock after all, which gave way to what has since been given up itself; True when there is one."""
    left = [(row, item) for row, items in asked.gave_way.items() for item in items]
    if not left or len(left) > FEW:
        return False
    rows, items = (np.array(side, np.int64) for side in zip(*left, strict=True))
    for at in asked.by_score(rows, items):
        row, item = int(rows[at]), int(items[at])
        pool, locks = int(asked.few.pools[row]), asked.keep.copy()
        locks[row, item] = True
        held = int(asked.keep[asked.few.pools == pool, item].sum())
        if held < asked.whole.stock[pool, item] and asked.quotas_hold(locks) and asked.all_hold(locks):
            asked.keep_after_all(row, item)
            return True
    return False


def _stock(shop: Shop, asked: Asked) -> bool:
    """Give up the locks for which there is no unit; True when there were any."""
    rows, items = np.nonzero(asked.keep)
    cell = asked.few.pools[rows].astype(np.int64) * asked.few.n_items + items
    order = asked.by_score(rows, items)
    over = np.zeros(rows.size, np.bool_)
    over[order] = nth(cell[order]) >= asked.whole.stock.flat[cell[order]]
    demand = np.bincount(cell, minlength=asked.whole.stock.size)
    words = {
        at: stock_words(shop, at % asked.few.n_items, at // asked.few.n_items, int(demand[at]), int(units))
        for at, units in ((at, asked.whole.stock.flat[at]) for at in np.unique(cell[over]).tolist())
    }
    for row, item, at in zip(rows[over].tolist(), items[over].tolist(), cell[over].tolist(), strict=True):
        asked.take_back(row, item, words[at], room=True)
    return bool(over.any())


def _quotas(shop: Shop, asked: Asked) -> bool:
    """Give up the locks beyond what a quota allows; True when there were any."""
    changed = False
    for number, quota in enumerate(asked.whole.quotas):
        if quota.at_most is None:
            continue
        scale = quota_scale(shop, shop.campaign.quotas[number])  # promises come after these, and have no at_most
        for row, item, demand in _beyond(asked, quota.amount, quota.customers, quota.at_most):
            asked.take_back(row, item, quota_words(quota.name, demand / scale, quota.at_most / scale), room=True)
            changed = True
    return changed


def _beyond(asked: Asked, amount: Int64, segment: Bool | None, at_most: int) -> Iterator[tuple[int, int, int]]:
    """Row and item of the locks that a quota has no room for, and how much the locks ask of it in all."""
    rows, items = np.nonzero(asked.keep & (amount > 0)[None, :])
    if segment is not None:
        inside = segment[asked.customers[rows]]
        rows, items = rows[inside], items[inside]
    demand, left = int(amount[items].sum()), at_most
    if demand <= at_most:
        return
    for at in asked.by_score(rows, items):
        if amount[items[at]] <= left:
            left -= int(amount[items[at]])
        else:
            yield int(rows[at]), int(items[at]), demand


def nth(codes: Int64) -> Int64:
    """How many of the same code came before each."""
    return np.asarray(pd.Series(codes).groupby(codes).cumcount(), np.int64)
