"""products.csv: where the stock went, one row per boxable product and warehouse, and what one more unit would add."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.csv_text import write_csv
from jobs.posing.scores import GRID
from optimizer.problem import POINTS, BoxProblem, Prices

COLUMNS = (
    "product_id", "name", "warehouse", "available", "packed", "left", "at_least", "short_by",
    "marginal_value", "eligible_customers", "brand", "category",
)  # fmt: skip
NUMBERS = {
    "available": "int64", "packed": "int64", "left": "int64", "at_least": "int64", "short_by": "int64",
    "marginal_value": "float64", "eligible_customers": "int64",
}  # fmt: skip
IntArray = npt.NDArray[np.int64]


def write_products(
    path: Path,
    items: pd.DataFrame,
    warehouses: Sequence[str],
    available: IntArray,
    packed: IntArray,
    promised: IntArray,
    prices: Prices | None,
    eligible: IntArray,
) -> None:
    """Write products.csv, ordered by product_id, warehouse.

    items       frame, row = item_idx: product_id, name, brand, category among the columns of products
    warehouses  (n_pools,) names; available, packed, promised, eligible int64 (n_pools, n_items)
    prices      marginal_value is the price of stock in points, 6 decimals; None leaves it empty
    eligible    customers served by the warehouse who may receive the product
    """
    n_pools, n_items = available.shape
    item, pool = np.repeat(np.arange(n_items), n_pools), np.tile(np.arange(n_pools), n_items)
    frame = items[["product_id", "name", "brand", "category"]].iloc[item].reset_index(drop=True)
    frame["warehouse"] = np.asarray(warehouses, dtype=object)[pool]
    frame["warehouse"] = frame["warehouse"].astype("str")
    frame["available"], frame["packed"] = available[pool, item], packed[pool, item]
    frame["left"] = frame["available"] - frame["packed"]
    frame["at_least"] = promised[pool, item]
    frame["short_by"] = np.maximum(frame["at_least"] - frame["packed"], 0)
    frame["marginal_value"] = np.nan if prices is None else (prices.stock[pool, item] / prices.unit / POINTS).round(6)
    frame["eligible_customers"] = eligible[pool, item]
    write_csv(path, frame, COLUMNS)


def eligible_customers(problem: BoxProblem) -> IntArray:
    """int64 (n_pools, n_items): customers with a slot who may receive the item, by stock row."""
    counts = np.zeros((problem.n_pools, problem.n_items), np.int64)
    for lo in range(0, problem.n_customers, GRID):
        hi = min(lo + GRID, problem.n_customers)
        allowed = problem.block(lo, hi)[1] & (problem.sizes[lo:hi] > 0)[:, None]
        pools = problem.pools[lo:hi]
        for pool in np.unique(pools):
            counts[pool] += allowed[pools == pool].sum(axis=0)
    return counts
