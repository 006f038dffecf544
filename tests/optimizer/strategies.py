"""Hypothesis strategies: tiny packing problems with every rule mixed in, and prices that fit them.

Small numbers on purpose: ties, empty stock, crossing groups and impossible boxes must be common, not rare.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from optimizer.problem import POINTS, Band, BoxProblem, BoxRules, GroupLimit, PairRule, Prices, Quota


def _array(draw: st.DrawFn, elements: st.SearchStrategy[int], n: int, dtype: type) -> np.ndarray:
    return np.array(draw(st.lists(elements, min_size=n, max_size=n)), dtype=dtype)


@st.composite
def group_limits(draw: st.DrawFn, n_items: int, name: str) -> GroupLimit:
    labels = _array(draw, st.integers(-1, draw(st.integers(0, 3))), n_items, np.int32)
    n_groups = int(labels.max()) + 1 if n_items else 0
    sides = draw(st.sampled_from(["at_most", "at_most", "at_most", "at_most", "at_least", "both"]))
    most = st.one_of(st.integers(1, 2), st.lists(st.integers(1, 3), min_size=n_groups, max_size=n_groups))
    few = st.sampled_from([0, 0, 0, 1])
    least = few | st.lists(few, min_size=n_groups, max_size=n_groups)
    return GroupLimit(
        name,
        labels,
        at_most=draw(most) if sides != "at_least" else None,
        at_least=draw(least) if sides != "at_most" else None,
    )


@st.composite
def bands(draw: st.DrawFn, n_items: int, name: str) -> Band:
    amount = _array(draw, st.integers(0, 6), n_items, np.int64)
    low = draw(st.none() | st.integers(0, 8))
    high = draw(st.integers(3, 16) if low is None else st.none() | st.integers(low + 2, 18))
    return Band(name, amount, low, high)


@st.composite
def quotas(draw: st.DrawFn, n_customers: int, n_items: int, name: str) -> Quota:
    sides = draw(st.sampled_from(["at_least", "at_least", "at_most", "both"]))
    customers = None
    if draw(st.booleans()):
        customers = np.array(draw(st.lists(st.booleans(), min_size=n_customers, max_size=n_customers)), dtype=bool)
    return Quota(
        name,
        _array(draw, st.integers(0, 3), n_items, np.int64),
        at_least=draw(st.integers(0, 6)) if sides != "at_most" else None,
        at_most=draw(st.integers(0, 8)) if sides != "at_least" else None,
        customers=customers,
        penalty=draw(st.sampled_from([0, 1, 300_000, POINTS, 10 * POINTS])),
    )


@st.composite
def tiny_problems(draw: st.DrawFn, max_customers: int = 5, max_items: int = 7) -> BoxProblem:
    """Problems that brute force solves in milliseconds."""
    n = draw(st.sampled_from([*range(max_customers + 1), *range(2, max_customers + 1)]))
    m = draw(st.sampled_from([*range(1, max_items + 1), *range(3, max_items + 1)]))
    values = draw(st.sampled_from([(0, POINTS), (-POINTS, 500_000, POINTS), (400_000, 500_000, POINTS), None, None]))
    utilities = st.integers(-POINTS, 3 * POINTS) if values is None else st.sampled_from(values)
    n_pools = draw(st.integers(1, 2))
    size = draw(st.integers(1, 3))
    items = st.integers(0, m - 1)
    kinds = st.sampled_from(["apart", "together"])
    pairs = st.builds(PairRule, kinds, items, st.just(-1)) if m < 2 else _pairs(m)
    rules = BoxRules(
        size=size,
        groups=tuple(draw(group_limits(m, f"group {g}")) for g in range(draw(st.integers(0, 3)))),
        bands=tuple(draw(bands(m, f"band {b}")) for b in range(draw(st.sampled_from([0, 0, 1, 1, 2])))),
        pairs=tuple(draw(st.lists(pairs, max_size=2))) if m > 1 else (),
        short_penalty=draw(st.sampled_from([0, 1, 700_000, 10 * POINTS])),
        short=draw(st.sampled_from(["ship_short", "ship_short", "no_box", "stop"])),
    )
    allowed = np.array(draw(st.lists(st.sampled_from([True] * 5 + [False]), min_size=n * m, max_size=n * m)), bool)
    locked = None
    if draw(st.sampled_from([False, False, True])):
        width = draw(st.integers(1, 2))
        locked = _array(draw, st.sampled_from([-1] * 2 * m + [*range(m)]), n * width, np.int32).reshape(n, width)
    return BoxProblem(
        utility=_array(draw, utilities, n * m, np.int32).reshape(n, m),
        allowed=allowed.reshape(n, m),
        stock=_array(draw, st.sampled_from([0, 1, 1, 2, 3]), n_pools * m, np.int64).reshape(n_pools, m),
        rules=rules,
        pool=draw(st.none() | st.just(_array(draw, st.integers(0, n_pools - 1), n, np.int32))),
        quotas=tuple(draw(quotas(n, m, f"quota {q}")) for q in range(draw(st.sampled_from([0, 0, 1, 2])))),
        locked=locked,
        slots=draw(st.none() | st.just(_array(draw, st.integers(0, 3), n, np.int32))),
    )


def _pairs(m: int) -> st.SearchStrategy[PairRule]:
    two = st.tuples(st.integers(0, m - 1), st.integers(1, m - 1))
    kinds = st.sampled_from(["apart", "apart", "together"])
    return st.builds(lambda kind, ij: PairRule(kind, ij[0], (ij[0] + ij[1]) % m), kinds, two)


@st.composite
def prices(draw: st.DrawFn, problem: BoxProblem) -> Prices:
    """Prices that obey their signs and limits for `problem`."""
    unit = draw(st.sampled_from([1, 1, 3, 1000]))
    price = st.sampled_from([0, 0, 1, 400_000 * unit, POINTS * unit, 2 * POINTS * unit]) | st.integers(
        0, 3 * POINTS * unit
    )
    stock = _array(draw, price, problem.stock.size, np.int64).reshape(problem.stock.shape)
    least, most = [], []
    for quota in problem.quotas:
        top = min(quota.penalty * unit, 2 * POINTS * unit)
        least.append(draw(st.sampled_from([0, top]) | st.integers(0, top)) if quota.at_least is not None else 0)
        most.append(draw(price) if quota.at_most is not None else 0)
    return Prices(stock, np.array(least, np.int64), np.array(most, np.int64), unit)


def random_problem(n_customers: int, n_items: int, seed: int, **rules: object) -> BoxProblem:
    """A middling shop with every rule at once, from a seed; at least 6 items."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, max(6, n_items // 5), (3, n_items)).astype(np.int32)
    labels[:, :6] = np.arange(6)
    amount = rng.integers(1, 30, n_items)
    mixed = {
        "size": 5,
        "groups": (
            GroupLimit("category", labels[0] % 6, at_most=2, at_least=[1, 0, 0, 0, 0, 0]),
            GroupLimit("brand", labels[1], at_most=1),
            GroupLimit("format", labels[2] % 3, at_most=[2, 3, 4]),
        ),
        "bands": (Band("value", amount, low=60, high=110),),
        "pairs": (PairRule("apart", 0, 1), PairRule("apart", 1, 2), PairRule("together", 3, 4)),
    }
    shape = (n_customers, n_items)
    locked = rng.integers(0, n_items, (n_customers, 2)).astype(np.int32)
    return BoxProblem(
        utility=rng.integers(-POINTS // 2, 2 * POINTS, shape).astype(np.int32),
        allowed=rng.random(shape) < 0.9,
        stock=rng.integers(0, 1 + 8 * n_customers // n_items, (2, n_items)),
        rules=BoxRules(**{**mixed, **rules}),  # type: ignore[arg-type]
        pool=rng.integers(0, 2, n_customers).astype(np.int32),
        quotas=(
            Quota("brand", rng.integers(0, 3, n_items), at_least=n_customers, customers=rng.random(n_customers) < 0.5),
        ),
        locked=np.where(rng.random((n_customers, 2)) < 0.1, locked, -1).astype(np.int32),
        slots=rng.integers(3, 6, n_customers).astype(np.int32),
    )
