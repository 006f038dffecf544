"""Customers under laminar rules, as optimizer/laminar/pack.py wants them: who they are, and passes over their pairs.

Customers keep the order of the rounds, so that a plan does not change when they come in another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from optimizer.laminar.tree import Promises, Tree, laminar_rules, promises_of
from optimizer.oracle.oracle import Oracle
from optimizer.problem import Bool, Int32

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class LaminarCustomers:
    """Customers under rules that nest. N customers, M items, P pools, K locks at most.

    oracle    whose order the customers keep
    place     int32 (N,)  number in that order of each of the problem's customers
    pool      int32 (N,)  row of stock that serves the customer
    size      int32 (N,)  slots
    locked    int32 (N, K)  items that a box must hold, -1 = none
    tree      the rules of one box
    promises  the rules across boxes
    """

    oracle: Oracle
    place: Int32
    pool: Int32
    size: Int32
    locked: Int32
    tree: Tree
    promises: Promises

    @classmethod
    def of(cls, oracle: Oracle) -> LaminarCustomers | None:
        """The customers of a problem; None when its rules do not nest."""
        tree, promises = laminar_rules(oracle.problem, oracle.rules), promises_of(oracle.coupling)
        return None if tree is None or promises is None else cls._made(oracle, tree, promises)

    @classmethod
    def _made(cls, oracle: Oracle, tree: Tree, promises: Promises) -> LaminarCustomers:
        place = np.empty(oracle.n_customers, np.int32)
        place[oracle.order] = np.arange(oracle.n_customers, dtype=np.int32)
        pool = oracle.coupling.pool_of[oracle.coupling.segment]
        return cls(oracle, place, pool, oracle.sizes, oracle.locked, tree, promises)

    def sample(self, n: int) -> LaminarCustomers:
        """The first n customers, with their share of everything."""
        few = self.oracle.sample(n)
        pools = np.arange(self.promises.stock.shape[0])
        mine = few.coupling.pool_of[few.coupling.segment]
        share = (mine[:, None] == pools).sum(axis=0) / np.maximum(1, (self.pool[:, None] == pools).sum(axis=0))
        stock, spare = (np.rint(x * share[:, None]).astype(np.int64) for x in self.promises[:2])
        return LaminarCustomers._made(few, self.tree, Promises(stock, np.minimum(stock, spare), self.promises.fee))

    @property
    def n(self) -> int:
        """How many customers."""
        return int(self.size.size)

    @property
    def n_items(self) -> int:
        """How many items."""
        return int(self.tree.inner.size)

    def over_pairs(self, one: Callable[[Int32, Int32, Bool], T]) -> list[T]:
        """Results of one(who, utility, allowed) over blocks of all pairs.

        Raises Late when the deadline passes on the way.
        """

        def block(lo: int, hi: int) -> T:
            return one(self.place[lo:hi], *self.oracle.problem.block(lo, hi))

        rows = max(64, min(8192, self.oracle.effort.block_pairs // self.n_items))
        return self.oracle.runner.each(self.n, block, rows)

    def each(self, n: int, one: Callable[[int, int], T], rows: int) -> list[T]:
        """Results of one(lo, hi) over parts of 0..n-1, in order, by threads; the deadline does not end it."""
        return self.oracle.runner.each(n, one, rows, timed=False)

    def late(self) -> bool:
        """True when the deadline has passed."""
        return self.oracle.runner.late()
