"""Why a promise is not kept: too few may receive it, too little is in stock, or other boxes would lose more by it.

How much could be sent at most is proved (`verify.unsent_units`); what the missing units would cost is told from
prices, by packing them into the boxes that would lose least.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from optimizer.explaining.fullest_box import AllowedBits, fullest
from optimizer.explaining.missed_promise_cost import cost_each
from optimizer.explaining.sent import quotas_missing
from optimizer.problem import Bool, BoxProblem, Int32, Int64, Plan, Termination

LOOKED_AT = 300_000
"""Customers up to whom the rules of their boxes are asked how much of a promise they could take, over all promises."""


ROUNDING = 2
"""Micro-points that whole prices may be off."""


class Hindrance(Enum):
    """What keeps a promise from being kept."""

    CUSTOMERS = "customers"  # those who may receive it cannot take so much
    STOCK = "stock"  # there is too little of it
    BOTH = "both"  # too little of some of its items, too few customers for the others
    WORTH = "worth"  # other boxes would lose more than its penalty
    TOLERANCE = "tolerance"  # nothing is proved: within the plan's gap


@dataclass(frozen=True, eq=False)
class Unsent:
    """Why a quota's at_least is missed. Amounts are in the quota's own unit.

    quota          its position
    at_least, sent what was promised, what the plan sends
    most           no plan sends more
    in_stock       part of `most`: the stock of the items `pool`, `item` (int32), all of it
    takes          part of `most`: what the customers could take of its other items
    n_customers    customers of its segment who may receive any of its items
    cost           micro-points that the missing units would cost other boxes, each, about; None = could not be told
    """

    quota: int
    hindrance: Hindrance
    at_least: int
    sent: int
    most: int
    in_stock: int
    takes: int
    pool: Int32
    item: Int32
    n_customers: int
    cost: int | None

    @property
    def missing(self) -> int:
        """What is missing of the promise."""
        return self.at_least - self.sent


def unsent(problem: BoxProblem, plan: Plan, pairs: AllowedBits | None = None, only: int | None = None) -> list[Unsent]:
    """Why each missed quota of a plan is missed, in their order.

    pairs   `AllowedBits.of(problem)` where it is at hand
    only    position of the one quota to look at; None = all
    """
    assert plan.boxes is not None
    missed = [(q, gap) for q, gap in enumerate(quotas_missing(problem, plan.boxes)) if gap and only in (None, q)]
    if not missed:
        return []
    pairs = AllowedBits.of(problem) if pairs is None else pairs
    limits = [_Most.of(problem, pairs, q, LOOKED_AT // len(missed)) for q, _ in missed]
    asked = [(q, gap) for (q, gap), most in zip(missed, limits, strict=True) if most.most >= _least(problem, q)]
    costs = cost_each(problem, plan, pairs, dict(asked))
    return [_told(problem, plan, q, gap, most, costs.get(q)) for (q, gap), most in zip(missed, limits, strict=True)]


def _least(problem: BoxProblem, q: int) -> int:
    return problem.quotas[q].at_least or 0


@dataclass(frozen=True, eq=False)
class _Most:
    """The most that can be sent of a quota: the stock of some of its items, and what customers take of the others."""

    in_stock: int
    takes: int
    cells: Bool
    n_customers: int

    @property
    def most(self) -> int:
        return self.in_stock + self.takes

    @classmethod
    def of(cls, problem: BoxProblem, pairs: AllowedBits, q: int, budget: int) -> _Most:
        quota = problem.quotas[q]
        who = np.arange(problem.n_customers, dtype=np.int32)
        who = who[(problem.sizes > 0) & (True if quota.customers is None else quota.customers)]
        takers, able = _takers(problem, pairs, who, quota.amount > 0)
        who = who[able]
        counted = np.zeros(problem.stock.shape, np.bool_)
        counted[np.unique(problem.pools[who])] = quota.amount > 0
        scarce = counted & (problem.stock <= takers)
        tried = [_with(problem, pairs, quota.amount, who, scarce, counted)]
        if scarce.any() and who.size <= budget:
            tried.append(_with(problem, pairs, quota.amount, who, np.zeros_like(scarce), counted))
        if not (scarce == counted).all():
            tried.append(_with(problem, pairs, quota.amount, who, counted, counted))
        return min(tried, key=lambda found: found.most)


def _with(problem: BoxProblem, pairs: AllowedBits, amount: Int64, who: Int32, cells: Bool, counted: Bool) -> _Most:
    """All stock of `cells` is sent; of the other counted items as much as boxes can hold."""
    takes, pools = 0, problem.pools[who]
    for pool in np.unique(pools):
        others = counted[pool] & ~cells[pool]
        if others.any():
            some = who[pools == pool]
            takes += int(fullest(problem, pairs, some, np.where(cells[pool], 0, amount)).sum())
    in_stock = sum(int(problem.stock[p, i]) * int(amount[i]) for p, i in np.argwhere(cells))
    return _Most(in_stock, takes, cells, int(who.size))


def _takers(problem: BoxProblem, pairs: AllowedBits, who: Int32, counted: Bool) -> tuple[Int64, Bool]:
    """int64 (n_pools, n_items): how many may receive each item; bool (n,): who may receive any that is counted."""
    takers, able = np.zeros(problem.stock.shape, np.int64), np.zeros(who.size, np.bool_)
    for lo in range(0, who.size, 65_536):
        some = who[lo : lo + 65_536]
        rows, pools = pairs.rows(some) & counted, problem.pools[some]
        able[lo : lo + 65_536] = rows.any(axis=1)
        for pool in np.unique(pools):
            takers[pool] += rows[pools == pool].sum(axis=0)
    return takers, able


def _told(problem: BoxProblem, plan: Plan, q: int, gap: int, most: _Most, cost: int | None) -> Unsent:
    quota, least = problem.quotas[q], _least(problem, q)
    if most.most < least:
        part = Hindrance.BOTH if most.in_stock and most.takes else Hindrance.CUSTOMERS
        hindrance = Hindrance.STOCK if not most.takes and most.cells.any() else part
    else:
        dear = plan.termination is Termination.OPTIMAL or (cost is not None and cost + ROUNDING >= quota.penalty)
        hindrance = Hindrance.WORTH if dear else Hindrance.TOLERANCE
    pool, item = np.nonzero(most.cells)
    return Unsent(
        q, hindrance, least, least - gap, most.most, most.in_stock, most.takes, pool.astype(np.int32),
        item.astype(np.int32), most.n_customers, cost,
    )  # fmt: skip
