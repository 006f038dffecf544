"""A cut: some customers and some items, and what it says about how full boxes can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.problem.arrays import Int32
from optimizer.problem.boxes import BoxProblem
from optimizer.problem.plan import Prices


@dataclass(frozen=True, eq=False)
class Cut:
    """Customers who must share too little: their boxes cannot all be filled, in no plan.

    customers  int32 (n,) positions, ascending
    pool, item int32 (m,) the stock they share, by pool, then item
    weight     int64 (m,) how many slots a unit of each is good for, in 1/share; `share` where a unit fills one slot
    caps       positions of at-most quotas they share as well, and int64 (len(caps),) `cap_weight`, the same of each
               unit of the capped amount
    share      the unit of the weights, >= 1
    units      units of these items in stock
    needed     slots of theirs that their own rules let them fill; of a plain cut, those that only this stock can fill
    missing    slots, of those that their own rules let them fill, that stay empty in every plan, >= 1
    """

    customers: Int32
    pool: Int32
    item: Int32
    weight: npt.NDArray[np.int64]
    caps: tuple[int, ...]
    cap_weight: npt.NDArray[np.int64]
    share: int
    units: int
    needed: int
    missing: int

    @property
    def plain(self) -> bool:
        """True when the whole proof is: so many units, so many slots; then missing = needed - units."""
        return not self.caps and bool((self.weight == self.share).all())

    def prices(self, problem: BoxProblem) -> Prices:
        """The weights as prices, on the question that `empty_slots` asks."""
        stock = np.zeros((problem.n_pools, problem.n_items), np.int64)
        stock[self.pool, self.item] = self.weight
        return Prices(stock, np.zeros_like(self.cap_weight), self.cap_weight, self.share)
