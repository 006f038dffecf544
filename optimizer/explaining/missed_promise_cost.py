"""What more of a promise would cost the boxes that would lose least by it, from a plan's prices.

The boxes are found by a rough guess in one pass over everyone (what goes out for what comes in), then asked exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.explaining.fullest_box import AllowedBits, best_of
from optimizer.explaining.marginal_value import box_worth, price_rows
from optimizer.problem import GRID, BoxProblem, Int32, Int64, Plan, Prices

KEPT = 1_000
"""Boxes asked exactly, of those that seem to lose least."""
FAR = 2**61


@dataclass
class _Cheapest:
    """The customers who seem to lose least so far: positions, their guesses, their utilities."""

    who: Int32
    guess: Int64
    utility: Int32

    def offer(self, who: Int32, guess: Int64, utility: Int32) -> None:
        guesses = np.concatenate([self.guess, guess])
        customers = np.concatenate([self.who, who])
        kept = np.lexsort((customers, guesses))[:KEPT]
        old, new = kept[kept < self.who.size], kept[kept >= self.who.size] - self.who.size
        self.utility = np.concatenate([self.utility[old], utility[new]])
        kept = np.concatenate([old, new + self.who.size])
        self.who, self.guess = customers[kept], guesses[kept]


def cost_each(problem: BoxProblem, plan: Plan, pairs: AllowedBits, missing: dict[int, int]) -> dict[int, int]:
    """Micro-points per unit of amount, for each quota: the mean over the boxes that could take the missing amount for
    least; a quota that no box could take more of is left out.

    missing   quota position -> amount missing
    """
    if plan.prices is None or plan.boxes is None:
        return {}
    without = {q: _without(plan.prices, q) for q in missing}
    found = {
        q: _Cheapest(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros((0, problem.n_items), np.int32))
        for q in missing
    }
    for lo in range(0, problem.n_customers if missing else 0, GRID):
        hi = min(lo + GRID, problem.n_customers)
        utility, allowed = problem.block(lo, hi)
        for q in missing:
            quota = problem.quotas[q]
            who = np.arange(lo, hi, dtype=np.int32)
            if quota.customers is not None:
                who = who[quota.customers[lo:hi]]
            if who.size:
                some = utility[who - lo]
                guess = _guess(problem, without[q], q, who, plan.boxes[who], some, allowed[who - lo])
                able = guess < FAR // 2
                found[q].offer(who[able], guess[able], some[able])
    costs = {q: _exactly(problem, without[q], plan.boxes, pairs, q, gap, found[q]) for q, gap in missing.items()}
    return {q: cost for q, cost in costs.items() if cost is not None}


def _without(prices: Prices, q: int) -> Prices:
    """The prices without what the promise pays for its own units."""
    least = prices.at_least.copy()
    least[q] = 0
    return replace(prices, at_least=least)


def _guess(
    problem: BoxProblem, prices: Prices, q: int, who: Int32, boxes: Int32, utility: Int32, allowed: np.ndarray
) -> Int64:
    """int64 (n,): the least that the box loses when one counted item comes in and one other goes out; rules aside."""
    amount = problem.quotas[q].amount
    row, rows = price_rows(problem, prices, who)
    items = np.maximum(boxes, 0)
    held = prices.unit * np.take_along_axis(utility, items, axis=1).astype(np.int64) - rows[row[:, None], items]
    alike = np.unique(amount[amount > 0]).size == 1
    stays = (boxes < 0) | (alike & (amount[items] > 0))
    goes = np.where(stays, FAR, held).min(axis=1, initial=FAR)
    free = (boxes >= 0).sum(axis=1) < problem.sizes[who]
    goes = np.where(free, np.minimum(goes, -prices.unit * problem.rules.short_penalty), goes)
    best = np.full(who.size, -FAR)
    for item in np.flatnonzero(amount):
        comes = prices.unit * utility[:, item].astype(np.int64) - rows[row, item]
        able = allowed[:, item] & (problem.stock[problem.pools[who], item] > 0) & ~(boxes == item).any(axis=1)
        best = np.where(able, np.maximum(best, comes), best)
    guess: Int64 = np.minimum(goes - best, FAR)
    return guess


def _exactly(
    problem: BoxProblem, prices: Prices, boxes: Int32, pairs: AllowedBits, q: int, missing: int, near: _Cheapest
) -> int | None:
    """The mean cost of a unit over the cheapest boxes, together as much as is missing (or as there is)."""
    amount, who = problem.quotas[q].amount, near.who
    if not who.size:
        return None
    row, rows = price_rows(problem, prices, who)
    now = box_worth(problem, prices, who, boxes[who], near.utility, row, rows)
    highest = prices.unit * (int(np.abs(near.utility.astype(np.int64)).max()) + problem.rules.short_penalty)
    bonus = 2 * (problem.width + 1) * (highest + int(np.abs(rows).max()) + 1)
    if bonus * int(amount.max()) * (problem.width + 1) >= 2**61:
        return None
    loss, more = np.zeros(who.size, np.int64), np.zeros(who.size, np.int64)
    for number, price in enumerate(rows):
        mine = np.flatnonzero(row == number)
        stocked = problem.stock[problem.pools[who[mine[0]]]] > 0
        counts = bonus * amount - price + prices.unit * problem.rules.short_penalty
        new = best_of(problem, pairs, who[mine], counts, usable=stocked, utility=near.utility[mine], unit=prices.unit)
        loss[mine] = now[mine] - box_worth(problem, prices, who[mine], new, near.utility[mine], row[mine], rows)
        counted = np.append(amount, 0)
        more[mine] = counted[new].sum(axis=1) - counted[boxes[who[mine]]].sum(axis=1)
    useful = np.flatnonzero(more > 0)
    if not useful.size:
        return None
    order = useful[np.lexsort((who[useful], loss[useful] / more[useful]))]
    enough = order[: int(np.searchsorted(np.cumsum(more[order]), missing)) + 1]
    return -(-int(loss[enough].sum()) // (int(more[enough].sum()) * prices.unit))
