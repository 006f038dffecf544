"""Shops like real campaigns, of any size, and the same shop told in another way: customers shuffled, pairs on demand.

Scores of an item's quality times taste; two warehouses; category, brand and value rules; promises; a few locks.
"""

from __future__ import annotations

from dataclasses import replace
from time import sleep

import numpy as np

from optimizer.problem import POINTS, Band, BoxProblem, BoxRules, GroupLimit, Quota
from tests.known import worths


def ruled(n_customers: int, n_items: int, seed: int = 0, *, profiles: int | None = None) -> BoxProblem:
    """A campaign with every kind of rule across and within boxes; `profiles` = so many kinds of exact doubles.

    n_items   at least 40
    """
    rng = np.random.default_rng(seed)
    kinds = profiles or n_customers
    kind = rng.integers(kinds, size=n_customers) if profiles else np.arange(n_customers)
    utility = (rng.random((kinds, n_items), np.float32) * rng.random(n_items, np.float32) * POINTS).astype(np.int32)
    locked = np.where(rng.random((kinds, 1)) < 0.02, rng.integers(n_items, size=(kinds, 1)), -1).astype(np.int32)
    stock = rng.dirichlet(np.full(n_items, 3.0), 2) * n_customers * 5 * 0.65
    price = rng.integers(5, 40, n_items)
    rules = BoxRules(
        5,
        groups=(
            GroupLimit("category", rng.integers(8, size=n_items).astype(np.int32), at_most=2),
            GroupLimit("brand", rng.integers(n_items // 3, size=n_items).astype(np.int32), at_most=1),
        ),
        bands=(Band("retail value", price, low=75, high=160),),
    )
    quotas = (
        Quota("launch", (np.arange(n_items) % 5 == 0).astype(np.int64), at_least=n_customers, penalty=POINTS // 10),
        Quota("budget", price, at_most=n_customers * 54, customers=(rng.random(kinds) < 0.5)[kind]),
    )
    return BoxProblem(
        utility[kind],
        (rng.random((kinds, n_items), np.float32) < 0.9)[kind],
        stock.astype(np.int64),
        rules=rules,
        pool=rng.integers(0, 2, kinds).astype(np.int32)[kind],
        quotas=quotas,
        locked=locked[kind],
        slots=rng.choice([4, 5, 5, 5], kinds).astype(np.int32)[kind],
    )


def shuffled(problem: BoxProblem, order: np.ndarray) -> BoxProblem:
    """The same shop, its customers in another order: place c holds the customer who was order[c]."""
    assert problem.allowed is not None
    quotas = tuple(
        quota if quota.customers is None else replace(quota, customers=quota.customers[order])
        for quota in problem.quotas
    )
    return replace(
        problem,
        utility=worths(problem)[order],
        allowed=problem.allowed[order],
        pool=None if problem.pool is None else problem.pool[order],
        quotas=quotas,
        locked=None if problem.locked is None else problem.locked[order],
        slots=None if problem.slots is None else problem.slots[order],
    )


class Blocks:
    """The pairs of a problem, made on demand; each block takes `nap_s` seconds."""

    def __init__(self, problem: BoxProblem, nap_s: float = 0.0) -> None:
        self.problem, self.shape, self.nap_s = problem, worths(problem).shape, nap_s
        self.asked: list[tuple[int, int]] = []

    def block(self, lo: int, hi: int) -> tuple[np.ndarray, np.ndarray]:
        sleep(self.nap_s)
        self.asked.append((lo, hi))
        return self.problem.block(lo, hi)


def on_demand(problem: BoxProblem, nap_s: float = 0.0) -> BoxProblem:
    """The same shop, its pairs made block by block."""
    return replace(problem, utility=Blocks(problem, nap_s), allowed=None)
