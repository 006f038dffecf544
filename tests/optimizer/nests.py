"""Shops whose rules nest, tiny ones drawn and middling ones from a seed, and their best plan by a linear programme.

Few different scores on purpose: ties, scarce stock, promises that cost and locks that hurt must be common, not rare.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from optimizer.effort import STANDARD, Effort
from optimizer.laminar.customers import LaminarCustomers
from optimizer.oracle.runner import Runner
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import POINTS, BoxProblem, BoxRules, GroupLimit, Quota
from tests.known import known, worths

VALUES = (
    (0, POINTS),
    (400_000, 500_000, POINTS),
    (-POINTS, -300_000, 0, 300_000, POINTS),
    tuple(range(-POINTS, 3 * POINTS, 70_000)),
)
"""Scores of a shop: from nearly all alike to nearly all different."""


def laminar_customers_of(problem: BoxProblem, effort: Effort = STANDARD) -> LaminarCustomers:
    """The customers of a problem whose rules are laminar, in the order of the oracle."""
    customers = LaminarCustomers.of(ThreadedOracle(problem, 1, effort=effort, runner=Runner(1)))
    assert customers is not None
    return customers


def laminar_groups(rng: np.random.Generator, n_items: int) -> tuple[GroupLimit, ...]:
    """Groups of groups: each finer label lies within one coarser label; some of them are equal."""
    groups, part = [], np.zeros(n_items, np.int64)
    for level in range(rng.integers(0, 4)):
        finer = rng.integers(-1, 2, n_items)
        part = 3 * part + finer + 1
        labels = np.full(n_items, -1, np.int32)
        labels[finer >= 0] = np.unique(part[finer >= 0], return_inverse=True)[1]
        most = rng.integers(1, 4, int(labels.max()) + 1)
        groups.append(GroupLimit(f"level {level}", labels, at_most=most))
    return tuple(groups)


def promises(rng: np.random.Generator, pool: np.ndarray, n_items: int, most: int) -> tuple[Quota, ...]:
    """Quotas on single items of single pools: promises of up to `most` units, caps, or both."""
    quotas = []
    for p in np.unique(pool):
        for i in np.flatnonzero(rng.random(n_items) < 0.25):
            least, cap = ((int(x) if rng.random() < 0.7 else None) for x in rng.integers(0, most + 1, 2))
            if least is None and cap is None:
                continue
            everyone = pool == p
            penalty = int(rng.choice([0, 1, 300_000, POINTS, 10 * POINTS]))
            amount = (np.arange(n_items) == i).astype(np.int64)
            quotas.append(Quota(f"{p} {i}", amount, at_least=least, at_most=cap, customers=everyone, penalty=penalty))
    return tuple(quotas)


def laminar_shop(
    n: int, m: int, number: int, *, size: int = 3, kinds: int | None = None, locks: bool = False
) -> BoxProblem:
    """A shop of n customers and m items from a seed; `kinds` = so many kinds of exact doubles."""
    rng = np.random.default_rng(number)
    kind = np.arange(n) if kinds is None else np.sort(rng.integers(0, min(kinds, n), n))
    values = VALUES[rng.integers(len(VALUES))]
    n_pools = rng.integers(1, 3)
    pool = rng.integers(0, n_pools, n).astype(np.int32)[kind]
    units = max(2, 4 * n * size // (3 * m))
    return BoxProblem(
        utility=rng.choice(values, (n, m)).astype(np.int32)[kind],
        allowed=(rng.random((n, m)) < rng.choice([0.7, 0.9, 1.0]))[kind],
        stock=rng.integers(0, units + 1, (n_pools, m)),
        rules=BoxRules(
            size, groups=laminar_groups(rng, m), short_penalty=int(rng.choice([0, 1, 700_000, 10 * POINTS]))
        ),
        pool=pool,
        quotas=promises(rng, pool, m, units) if rng.random() < 0.6 else (),
        locked=np.where(rng.random((n, 2)) < 0.15, rng.integers(0, m, (n, 2)), -1).astype(np.int32)[kind]
        if locks
        else None,
        slots=rng.integers(0, size + 1, n).astype(np.int32)[kind] if rng.random() < 0.6 else None,
    )


def flow_value(problem: BoxProblem) -> int:
    """Value of the best plan of a shop without locks: where rules nest, a linear programme over pairs is whole."""
    n, m, penalty = problem.n_customers, problem.n_items, problem.rules.short_penalty
    promised = [quota for quota in problem.quotas if quota.at_least]
    rows, limits = [], []

    def at_most(cells: np.ndarray, limit: int, spare: int | None = None) -> None:
        row = np.zeros(n * m + len(promised))
        row[: n * m] = cells.ravel() * (1 if spare is None else -1)
        if spare is not None:
            row[n * m + spare] = -1
        rows.append(row)
        limits.append(limit if spare is None else -limit)

    customer, item = np.arange(n)[:, None], np.arange(m)[None, :]
    for c in range(n):
        at_most((customer == c) & (item >= 0), int(problem.sizes[c]))
        for group in problem.rules.groups:
            for label in range(group.n_groups):
                at_most((customer == c) & (group.labels[None, :] == label), int(group.most[label]))
    for (p, i), units in np.ndenumerate(problem.stock):
        at_most((problem.pools[:, None] == p) & (item == i), int(units))
    for quota in problem.quotas:
        everyone = np.ones(n, bool) if quota.customers is None else quota.customers
        if quota.at_most is not None:
            at_most(everyone[:, None] & (quota.amount[None, :] > 0), quota.at_most)
    for k, quota in enumerate(promised):
        everyone = np.ones(n, bool) if quota.customers is None else quota.customers
        at_most(everyone[:, None] & (quota.amount[None, :] > 0), int(quota.at_least or 0), k)
    worth = np.append((worths(problem).astype(np.int64) + penalty).ravel(), [-quota.penalty for quota in promised])
    bounds = [(0, int(a)) for a in known(problem.allowed).ravel()] + [(0, None)] * len(promised)
    found = linprog(-worth / POINTS, np.array(rows), np.array(limits), bounds=bounds, method="highs")
    x = known(found.x)
    whole = np.rint(x).astype(np.int64)
    assert np.abs(x - whole).max() < 1e-6
    return int(worth @ whole) - penalty * int(problem.sizes.sum())
