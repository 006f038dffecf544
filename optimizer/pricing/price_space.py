"""Prices as one vector of floats, and back to whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.oracle.coupling import Coupling
from optimizer.problem import BoxProblem, Int64, Prices

Float = npt.NDArray[np.float64]

FINEST_UNIT = 1000


@dataclass(frozen=True, eq=False)
class PriceSpace:
    """Prices as one vector of floats, in 1/unit micro-points: stock (P * M), then at_least (Q), then at_most (Q).

    upper   highest sensible price of each row; 0 where the row cannot bind
    scale   price of each row that costs an item of it about one: 1 for stock, 1 / amount for quotas
    limit   right-hand side of each row: stock, -at_least, at_most (0 where there is none)
    """

    coupling: Coupling
    unit: int
    upper: Float
    scale: Float
    limit: Float

    def prices(self, x: Float) -> Prices:
        """Integer prices nearest to x."""
        whole = np.rint(np.clip(x, 0.0, self.upper)).astype(np.int64)
        n_stock, n_quotas = self.coupling.stock.size, self.coupling.at_least.size
        return Prices(
            stock=whole[:n_stock].reshape(self.coupling.stock.shape),
            at_least=whole[n_stock : n_stock + n_quotas],
            at_most=whole[n_stock + n_quotas :],
            unit=self.unit,
        )

    def vector(self, prices: Prices) -> Float:
        """The vector of given prices, rescaled to this unit and clipped to sensible values."""
        x = np.concatenate([prices.stock.ravel(), prices.at_least, prices.at_most]).astype(float)
        return np.clip(x * (self.unit / prices.unit), 0.0, self.upper)

    def used(self, usage: Int64) -> Float:
        """What a usage table takes of each row; negative for at-least rows."""
        amount = self.coupling.amount_used(usage)
        used: Float = np.concatenate([self.coupling.stock_used(usage).ravel(), -amount, amount]).astype(float)
        return used


def choose_unit(problem: BoxProblem) -> int:
    """The finest price unit, up to 1/1000 micro-point, that keeps every sum of a box within int64."""
    per_item = _highest(problem) + sum(_top(q.amount) * q.penalty for q in problem.quotas if q.at_least)
    return int(max(1, min(FINEST_UNIT, 2**58 // max(1, problem.width * per_item))))


def _top(amount: Int64) -> int:
    return int(amount.max(initial=0))


def _highest(problem: BoxProblem) -> int:
    """Micro-points above which no item is ever worth its price."""
    return 4 * max(1, problem.width) * (problem.pairs.largest + problem.rules.short_penalty) + 1


def price_space(problem: BoxProblem, coupling: Coupling, unit: int) -> PriceSpace:
    """The space in which prices of `problem` are sought."""
    top = float(_highest(problem) * unit)
    n_served = np.bincount(problem.pools, minlength=problem.n_pools)
    stock_upper = np.where(coupling.stock >= n_served[:, None], 0.0, top)
    heaviest = np.maximum(1, coupling.amount.max(axis=1, initial=0)).astype(float)
    safe = 2.0**58 / max(1, problem.width * max(1, heaviest.size)) / heaviest
    at_least = np.where(coupling.at_least > 0, np.minimum(coupling.penalty.astype(float) * unit, safe), 0.0)
    has_cap = np.array([q.at_most is not None for q in problem.quotas], bool)
    subsidy = float((at_least * heaviest).sum())
    at_most = np.where(has_cap, np.minimum((top + subsidy) / 1.0, safe), 0.0)
    typical = np.array([a[a > 0].mean() if (a > 0).any() else 1.0 for a in coupling.amount])
    return PriceSpace(
        coupling,
        unit,
        upper=np.floor(np.concatenate([stock_upper.ravel(), at_least, at_most])),
        scale=np.concatenate([np.ones(coupling.stock.size), 1.0 / typical, 1.0 / typical]),
        limit=np.concatenate(
            [coupling.stock.ravel(), -coupling.at_least, np.where(has_cap, coupling.at_most, 0)]
        ).astype(float),
    )
