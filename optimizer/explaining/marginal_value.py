"""What things are worth to a plan, from its prices: one more unit of stock, one less, and what an item costs a box.

By weak duality (optimizer/problem/plan.py) a price is an upper estimate for units that come and a lower one for
units that go, for any number of units and whatever the rules; how sharp it is, the plan's gap tells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import BoxProblem, Int32, Int64, Plan, Prices


@dataclass(frozen=True)
class OneMore:
    """What units of an item are worth where they lie, in micro-points.

    price     what a unit is worth in other boxes, rounded up
    adds      with `units` more no plan is better than this one by more
    costs     with `units` fewer the best plan is worse by at least so much; 0 where nothing is certain
    exact     True where the plan is proved optimal: no tolerance is added or taken off
    """

    units: int
    price: int
    adds: int
    costs: int
    exact: bool


def one_more(plan: Plan, pool: int, item: int, units: int = 1) -> OneMore:
    """What `units` more, or fewer, of a pool's item would change. Let V(s) be the value of the best plan at stock s:

        V(s + n) - value     <=  n * price + tolerance
        V(s)     - V(s - n)  >=  n * price - tolerance, and >= 0

    with tolerance = upper_bound - value: 0 where the plan is proved optimal, and then value = V(s). n * price is
    rounded to whole micro-points, up in the first line, down in the second.

    Raises ValueError when the plan proves nothing.
    """
    if plan.prices is None or plan.value is None or plan.upper_bound is None:
        raise ValueError("expected a plan with prices and a bound, found none")
    price, unit = int(plan.prices.stock[pool, item]), plan.prices.unit
    tolerance = plan.upper_bound - plan.value
    up = -(-units * price // unit)
    return OneMore(
        units=units,
        price=-(-price // unit),
        adds=up + tolerance,
        costs=max(0, units * price // unit - tolerance),
        exact=tolerance == 0,
    )


def price_row(problem: BoxProblem, prices: Prices, customer_idx: int) -> Int64:
    """int64 (n_items,): what each item costs the customer's box, in 1/unit micro-points: its stock, and quotas."""
    pool = 0 if problem.pool is None else int(problem.pool[customer_idx])
    row: Int64 = prices.stock[pool].copy()
    for quota, least, most in zip(problem.quotas, prices.at_least.tolist(), prices.at_most.tolist(), strict=True):
        if least != most and (quota.customers is None or quota.customers[customer_idx]):
            row += quota.amount * (most - least)
    return row


def price_rows(problem: BoxProblem, prices: Prices, customers: Int32) -> tuple[Int32, Int64]:
    """Price rows of many: (which row is each customer's, int32 (n,); the distinct rows, int64 (rows, n_items))."""
    keys = [problem.pools[customers].astype(np.int64)]
    for quota, least, most in zip(problem.quotas, prices.at_least.tolist(), prices.at_most.tolist(), strict=True):
        if least != most and quota.customers is not None:
            keys.append(quota.customers[customers].astype(np.int64))
    _, first, row = np.unique(np.stack(keys, axis=1), axis=0, return_index=True, return_inverse=True)
    rows = [price_row(problem, prices, int(c)) for c in customers[first]]
    return row.reshape(-1).astype(np.int32), np.array(rows, np.int64).reshape(len(rows), problem.n_items)


def box_worth(
    problem: BoxProblem, prices: Prices, customers: Int32, boxes: Int32, utility: Int32, row: Int32, rows: Int64
) -> Int64:
    """int64 (n,): each box at unit * utility - prices, less its missing slots; `row`, `rows` as from `price_rows`."""
    held, items = boxes >= 0, np.maximum(boxes, 0)
    if not problem.n_items:
        held, gain = np.zeros(boxes.shape, np.bool_), np.zeros(boxes.shape, np.int64)
    else:
        gain = prices.unit * np.take_along_axis(utility, items, axis=1).astype(np.int64) - rows[row[:, None], items]
    missing = problem.sizes[customers].astype(np.int64) - held.sum(axis=1)
    worth: Int64 = np.where(held, gain, 0).sum(axis=1) - prices.unit * problem.rules.short_penalty * missing
    return worth
