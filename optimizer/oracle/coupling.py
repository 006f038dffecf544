"""The rules across boxes as rows over one table: usage[segment, item]. Prices in, price table out; usage in, slack out.

A segment is one combination of pool and quota membership, so all its customers see the same price for an item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import NO_LIMIT, Bool, BoxProblem, Int32, Int64, Prices


@dataclass(frozen=True, eq=False)
class Coupling:
    """The coupling rows of a problem. S segments, P pools, Q quotas, M items.

    segment          int32 (n_customers,)  segment of each customer
    pool_of          int32 (S,)  pool of each segment
    member           bool (S, Q)  whether a segment's boxes count for a quota
    stock            int64 (P, M)
    amount           int64 (Q, M)
    at_least, at_most  int64 (Q,)  0 and NO_LIMIT where there is none
    penalty          int64 (Q,)  micro-points per missing unit of amount
    """

    segment: Int32
    pool_of: Int32
    member: Bool
    stock: Int64
    amount: Int64
    at_least: Int64
    at_most: Int64
    penalty: Int64

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return int(self.pool_of.size)

    def table(self, prices: Prices) -> Int64:
        """Price table int64 (S, M) in 1/unit micro-points: stock + at_most prices - at_least prices."""
        weight = self.member * (prices.at_most - prices.at_least)
        return np.ascontiguousarray(prices.stock[self.pool_of] + weight @ self.amount, np.int64)

    def worth(self, prices: Prices) -> int:
        """sum stock * price + sum at_most * price - sum at_least * price, exactly, in 1/unit micro-points."""
        capped = np.array([q for q in range(self.at_most.size) if prices.at_most[q]], np.intp)
        return (
            _dot(self.stock.ravel(), prices.stock.ravel())
            + _dot(self.at_most[capped], prices.at_most[capped])
            - _dot(self.at_least, prices.at_least)
        )

    def stock_used(self, usage: Int64) -> Int64:
        """Units used int64 (P, M)."""
        used = np.zeros_like(self.stock)
        np.add.at(used, self.pool_of, usage)
        return used

    def amount_used(self, usage: Int64) -> Int64:
        """Amount used of each quota int64 (Q,)."""
        per_segment: Int64 = usage @ self.amount.T
        return np.asarray((per_segment * self.member).sum(axis=0), np.int64)

    def shortfall_cost(self, usage: Int64) -> int:
        """Micro-points that missed at-least quotas cost."""
        return _dot(np.maximum(0, self.at_least - self.amount_used(usage)), self.penalty)

    def overdrawn(self, usage: Int64) -> bool:
        """True when stock or an at-most quota is exceeded."""
        return bool((self.stock_used(usage) > self.stock).any() or (self.amount_used(usage) > self.at_most).any())


def _dot(a: Int64, b: Int64) -> int:
    """Exact sum of products as a Python int."""
    return sum(int(x) * int(y) for x, y in zip(a.tolist(), b.tolist(), strict=True) if x and y)


def compile_coupling(problem: BoxProblem) -> Coupling:
    """Number the segments of `problem` and collect its coupling rows."""
    quotas = problem.quotas
    segment, pool_of = problem.pools.astype(np.int64), np.arange(problem.n_pools)
    member = np.ones((problem.n_pools, len(quotas)), bool)
    for q, quota in enumerate(quotas):
        if quota.customers is None:
            continue
        inside = np.bincount(segment, quota.customers, pool_of.size)
        if ((inside == 0) | (inside == np.bincount(segment, minlength=pool_of.size))).all():  # nothing to split
            member[:, q] = inside > 0
        else:  # split every segment in two, and number again those that somebody is in
            here, segment = np.unique(2 * segment + quota.customers, return_inverse=True)
            pool_of, member = pool_of[here // 2], member[here // 2]
            member[:, q] = here % 2 == 1
    here, segment = np.unique(segment, return_inverse=True)
    pool_of, member = pool_of[here], member[here]
    return Coupling(
        segment=segment.reshape(-1).astype(np.int32),
        pool_of=pool_of.astype(np.int32),
        member=member,
        stock=problem.stock,
        amount=np.array([quota.amount for quota in quotas], np.int64).reshape(len(quotas), problem.n_items),
        at_least=np.array([quota.at_least or 0 for quota in quotas], np.int64),
        at_most=np.array([NO_LIMIT if q.at_most is None else q.at_most for q in quotas], np.int64),
        penalty=np.array([quota.penalty for quota in quotas], np.int64),
    )
