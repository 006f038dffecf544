"""Proofs that something cannot be done: slots that stay empty, promised units that stay unsent, whatever the plan.

A cut is nothing but prices on the question "how full can these boxes be?", in its simplest form 1 for some stock and 0
for the rest; `price_bound`, the second opinion, turns it into a number that holds for every plan. No solver code here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from optimizer.problem import Bool, BoxProblem, Cut, Int32, Prices, Quota
from optimizer.verify.bound import price_bound


def empty_slots(problem: BoxProblem, cut: Cut) -> int:
    """Slots of the cut's customers that stay empty in every plan: those of the cut, and those their own rules empty.

        slots - sum over customers of the best legal box at 1 - weight per item - sum of stock and caps * weight

    Recomputed by `price_bound` from the problem, the cut's customers and its items alone.
    """
    return -price_bound(_question(problem, cut.customers, cut.caps), cut.prices(problem))


def unsent_units(problem: BoxProblem, quota_idx: int, pool: npt.ArrayLike, item: npt.ArrayLike) -> int:
    """Units of a promise that stay unsent in every plan, even if all stock of some items went to it; <= 0: no proof.

        at_least - sum over these items of stock * amount
                 - sum over customers of the most that a legal box of theirs counts with all other items

    pool, item   int (m,) the items of whose stock all is counted; of the others, what the customers may take
    """
    quota = problem.quotas[quota_idx]
    customers = np.arange(problem.n_customers, dtype=np.int32)
    if quota.customers is not None:
        customers = np.flatnonzero(quota.customers).astype(np.int32)
    asked = _question(problem, customers, ())
    asked = replace(
        asked,
        rules=replace(asked.rules, short_penalty=0),
        quotas=(Quota(quota.name, quota.amount, at_least=quota.at_least or 0, penalty=1),),
    )
    stock = np.zeros((problem.n_pools, problem.n_items), np.int64)
    items = np.asarray(item, np.int64)
    stock[np.asarray(pool, np.int64), items] = quota.amount[items]
    return -price_bound(asked, Prices(stock, np.ones(1, np.int64), np.zeros(1, np.int64)))


def _question(problem: BoxProblem, customers: Int32, caps: tuple[int, ...]) -> BoxProblem:
    """How full can the boxes of these customers be, if nobody else took anything? Every slot left empty costs 1."""
    quotas = []
    for quota in (problem.quotas[cap] for cap in caps):
        members = None if quota.customers is None else quota.customers[customers]
        quotas.append(replace(quota, at_least=None, customers=members))
    stop = problem.rules.short == "stop"
    return BoxProblem(
        utility=SomePairs(problem, customers),
        allowed=None,
        stock=problem.stock,
        rules=replace(problem.rules, short_penalty=1, short="no_box" if stop else problem.rules.short),
        pool=problem.pools[customers],
        quotas=tuple(quotas),
        locked=None if problem.locked is None else problem.locked[customers],
        slots=problem.sizes[customers],
    )


@dataclass(frozen=True, eq=False)
class SomePairs:
    """The allowed pairs of some customers, all worth nothing: `optimizer.problem.UtilityBlocks`.

    customers  int32 (n,) ascending
    """

    problem: BoxProblem
    customers: Int32

    @property
    def shape(self) -> tuple[int, int]:
        """(n customers, n_items)."""
        return len(self.customers), self.problem.n_items

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """As `UtilityBlocks.block`, of the lo-th to the hi-th of these customers."""
        allowed = np.zeros((hi - lo, self.problem.n_items), np.bool_)
        for at, _, rows in self.problem.pairs.portions(self.customers[lo:hi]):
            allowed[at] = rows
        return np.zeros(allowed.shape, np.int32), allowed
