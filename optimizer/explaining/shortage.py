"""Why boxes are short: every one of them gets one reason, all of them in one go.

Asked in this order: could its own rules let it be full at all; could what is in stock; does the customer share too
little with others (a cut, proved); is what would fill it worth more in other boxes (prices); else the plan left it
within its gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from optimizer.explaining.cuts import Ground, find_cuts
from optimizer.explaining.fullest_box import AllowedBits, best_of, fullest
from optimizer.explaining.inner_cuts import inner_cuts
from optimizer.explaining.marginal_value import box_worth, price_rows
from optimizer.explaining.refill import refill
from optimizer.problem import Bool, BoxProblem, BoxRules, Cut, Int32, Int64, Plan, Prices


class Reason(Enum):
    """Why a box is not full."""

    RULES = "rules"  # no fuller box obeys the customer's own rules, whatever is in stock
    STOCK = "stock"  # no fuller box of items that have any stock at all
    SHARED = (
        "shared"  # the customer shares too little with others: a cut that explains at least half of its empty slots
    )
    WORTH = "worth"  # what would fill it is worth more in other boxes
    TOLERANCE = "tolerance"  # nothing is proved: within the plan's gap


REASONS = tuple(Reason)


@dataclass(frozen=True, eq=False)
class Shortages:
    """The short boxes of a plan, n in all, in the order of the customers; every array is (n,).

    customers     int32  whose boxes
    reason        int8  position in REASONS
    packed, slots int64  items in the box, and how many it should hold
    n_allowed     int64  items that may be packed for the customer; n_stocked: those with stock in the pool
    most_legal    int64  items of the largest legal box if stock were endless; most_stocked: of items in stock
    cut           int32  position in `cuts` (SHARED), else -1
    fuller        int32 (n, width)  the best fuller box at the plan's prices (WORTH, TOLERANCE), else -1
    cost          int64  micro-points that a slot more would cost other boxes, less what it is worth to this one (WORTH)
    gain          int64  micro-points that the fuller box would add at the plan's prices (TOLERANCE)
    cuts          those that empty most slots first; then, inside them, smaller ones of customers who lack even more
    tolerance     micro-points by which a better plan could be better at the most; None = not known
    """

    customers: Int32
    reason: np.ndarray[tuple[int], np.dtype[np.int8]]
    packed: Int64
    slots: Int64
    n_allowed: Int64
    n_stocked: Int64
    most_legal: Int64
    most_stocked: Int64
    cut: Int32
    fuller: Int32
    cost: Int64
    gain: Int64
    cuts: tuple[Cut, ...] = field(repr=False)
    tolerance: int | None

    def of(self, reason: Reason) -> Int64:
        """Positions (in these arrays) of the boxes with that reason."""
        return np.flatnonzero(self.reason == REASONS.index(reason))


def shortages(problem: BoxProblem, plan: Plan, pairs: AllowedBits | None = None) -> Shortages:
    """Why each short box of a plan is short.

    pairs   `AllowedBits.of(problem)` where it is at hand
    """
    assert plan.boxes is not None
    pairs = AllowedBits.of(problem) if pairs is None else pairs
    held, slots = (plan.boxes >= 0).sum(axis=1).astype(np.int64), problem.sizes.astype(np.int64)
    who = np.flatnonzero(held < slots).astype(np.int32)
    packed, wanted = held[who], slots[who]
    n_allowed, n_stocked, most_legal, most_stocked = _most(problem, pairs, who)
    partial = problem.rules.short == "ship_short"
    legal = most_legal if partial else np.where(most_legal >= wanted, wanted, 0)
    stocked = most_stocked if partial else np.where(most_stocked >= wanted, wanted, 0)
    reason = np.full(who.size, REASONS.index(Reason.TOLERANCE), np.int8)
    want = held.copy()
    want[who] = legal
    cuts = _cuts(problem, plan, pairs, want, held)
    cut = np.full(who.size, -1, np.int32)
    for number, found in enumerate(cuts):  # a box is explained by the last, smallest one
        mine = np.isin(who, found.customers) & (packed < stocked)
        if 2 * found.missing >= (legal - packed)[mine].sum():  # else something else explains more of these boxes
            cut[mine] = number
    fuller, loss = _fuller(problem, plan.prices, plan.boxes, pairs, who, (packed < stocked) & (cut < 0))
    unit = 1 if plan.prices is None else plan.prices.unit
    grows = np.maximum(1, (fuller >= 0).sum(axis=1) - packed)
    known = (fuller >= 0).any(axis=1)
    reason[known & (loss > -unit)] = REASONS.index(Reason.WORTH)
    reason[cut >= 0] = REASONS.index(Reason.SHARED)
    reason[packed >= stocked] = REASONS.index(Reason.STOCK)
    reason[packed >= legal] = REASONS.index(Reason.RULES)
    proved = plan.value is not None and plan.upper_bound is not None
    return Shortages(
        who, reason, packed, wanted, n_allowed, n_stocked, most_legal, most_stocked, cut, fuller,
        cost=np.where(known, np.maximum(loss, 0) // unit // grows + problem.rules.short_penalty, 0),
        gain=np.where(known, np.maximum(-loss, 0) // unit, 0),
        cuts=tuple(cuts),
        tolerance=(plan.upper_bound or 0) - (plan.value or 0) if proved else None,
    )  # fmt: skip


def _cuts(problem: BoxProblem, plan: Plan, pairs: AllowedBits, want: Int64, held: Int64) -> list[Cut]:
    """The cuts behind boxes that could hold more by their own rules, then smaller ones inside them."""
    if not (want > held).any():
        return []
    assert plan.boxes is not None
    reach = refill(problem, pairs, plan.boxes, want)
    ground = Ground(problem, pairs, want)
    cuts = find_cuts(ground, reach, plan.prices)
    return [*cuts, *inner_cuts(ground, plan.boxes, cuts)]


def _most(problem: BoxProblem, pairs: AllowedBits, who: Int32) -> tuple[Int64, Int64, Int64, Int64]:
    """n_allowed, n_stocked, most_legal, most_stocked of `Shortages`."""
    found = np.zeros((4, who.size), np.int64)
    ones, partly = np.ones(problem.n_items, np.int64), replace(problem.rules, short="ship_short")
    pools = problem.pools[who]
    for pool in np.unique(pools):
        mine, stocked = np.flatnonzero(pools == pool), problem.stock[pool] > 0
        for lo in range(0, mine.size, 65_536):
            some = mine[lo : lo + 65_536]
            rows = pairs.rows(who[some])
            found[0, some], found[1, some] = rows.sum(axis=1), (rows & stocked).sum(axis=1)
        found[2, mine] = fullest(problem, pairs, who[mine], ones, rules=partly)
        found[3, mine] = fullest(problem, pairs, who[mine], ones, rules=partly, usable=stocked)
    return found[0], found[1], found[2], found[3]


def _fuller(
    problem: BoxProblem, prices: Prices | None, boxes: Int32, pairs: AllowedBits, who: Int32, asked: Bool
) -> tuple[Int32, Int64]:
    """The best fuller box of stocked items at these prices (n, width), and how much more they are worth, in 1/unit."""
    best = np.full((who.size, max(1, problem.width)), -1, np.int32)
    loss = np.full(who.size, np.iinfo(np.int64).max)
    if prices is None:
        return best, loss
    full = replace(problem.rules, short="no_box")
    for at, utility, _ in problem.pairs.portions(who[asked]):
        mine = np.flatnonzero(asked)[at]
        some = who[mine]
        row, rows = price_rows(problem, prices, some)
        now = box_worth(problem, prices, some, boxes[some], utility, row, rows)
        size = (boxes[some] >= 0).sum(axis=1)
        for number in range(len(rows)):
            for slots in range(1, problem.width + 1):
                fits = (row == number) & (size < slots) & (slots <= problem.sizes[some])
                if problem.rules.short != "ship_short":
                    fits &= slots == problem.sizes[some]
                part = np.flatnonzero(fits)
                if part.size:
                    found = _full(problem, prices, pairs, some[part], slots, utility[part], rows[number], full)
                    new = box_worth(problem, prices, some[part], found, utility[part], row[part], rows)
                    better = (found >= 0).any(axis=1) & (now[part] - new < loss[mine[part]])
                    best[mine[part[better]]] = found[better]
                    loss[mine[part[better]]] = (now[part] - new)[better]
    return best, loss


def _full(
    problem: BoxProblem,
    prices: Prices,
    pairs: AllowedBits,
    who: Int32,
    slots: int,
    utility: Int32,
    price: Int64,
    full: BoxRules,
) -> Int32:
    """Each customer's best legal box of exactly `slots` items in stock, whatever its worth; -1 = there is none."""
    pool = problem.pools[who[0]]
    bonus = prices.unit * int(np.abs(utility.astype(np.int64)).max(initial=0)) + int(np.abs(price).max(initial=0)) + 1
    sizes = np.full(who.size, slots, np.int32)
    return best_of(
        problem, pairs, who, bonus - price, usable=problem.stock[pool] > 0, rules=full, slots=sizes, utility=utility,
        unit=prices.unit,
    )  # fmt: skip
