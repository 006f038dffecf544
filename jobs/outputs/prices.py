"""prices.csv: the price of every scarce thing, which is all it takes to recompute the certificate's upper bound.

Prices are whole numbers of 1/unit micro-points, so the bound is integer arithmetic; `points` says the same readably.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.csv_text import read_csv, write_csv
from jobs.posing.priced_limits import SIDES, priced_limits
from optimizer.problem import POINTS, Prices, Quota

COLUMNS = ("kind", "warehouse", "product_id", "quota", "price", "unit", "points")


def write_prices(
    path: Path, prices: Prices, warehouses: Sequence[str], product_ids: Sequence[str], quotas: Sequence[Quota]
) -> None:
    """Write prices.csv: kind "stock" for every warehouse and product, then "at_least" and "at_most" for every quota."""
    rows = [
        ("stock", warehouse, product_id, "", int(price))
        for warehouse, line in zip(warehouses, prices.stock, strict=True)
        for product_id, price in zip(product_ids, line, strict=True)
    ]
    rows += [(side, "", "", name, int(getattr(prices, side)[number])) for side, number, name in priced_limits(quotas)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS[:5])).astype(dict.fromkeys(COLUMNS[:4], "str"))
    frame["price"] = frame["price"].astype("int64")
    frame["unit"] = prices.unit
    frame["points"] = (frame["price"] / prices.unit / POINTS).round(12)
    write_csv(path, frame, COLUMNS)


def read_prices(path: Path, warehouses: Sequence[str], product_ids: Sequence[str], quotas: Sequence[Quota]) -> Prices:
    """The prices of a file, in the positions of these warehouses, products and quotas.

    Raises ValueError when a row is missing, repeated, unknown or no whole number: one message with every fault.
    """
    frame = read_csv(path)
    keys = ["kind", "warehouse", "product_id", "quota"]
    wanted: dict[tuple[Any, ...], tuple[str, Any]] = {
        ("stock", warehouse, product_id, ""): ("stock", (pool, item))
        for pool, warehouse in enumerate(warehouses)
        for item, product_id in enumerate(product_ids)
    }
    wanted |= {(side, "", "", name): (side, number) for side, number, name in priced_limits(quotas)}
    arrays: dict[str, npt.NDArray[np.int64]] = {"stock": np.zeros((len(warehouses), len(product_ids)), np.int64)}
    arrays |= {side: np.zeros(len(quotas), np.int64) for side in SIDES}
    faults, seen = [], set()
    units = set(frame["unit"])
    found = zip(frame[keys].itertuples(index=False, name=None), frame["price"], strict=True)
    for row, (key, text) in enumerate(found, start=2):
        where = f"prices.csv, row {row}, {_named(key)}"
        if key not in wanted:
            faults.append(f"{where}: not a product, warehouse or quota of this run")
        elif key in seen:
            faults.append(f"{where}: found twice")
        elif not text.isdecimal() or int(text) > np.iinfo(np.int64).max:
            faults.append(f'{where}: found price "{text}", expected a whole number >= 0 that fits 64 bits')
        else:
            name, position = wanted[key]
            arrays[name][position] = int(text)
        seen.add(key)
    faults += [f"prices.csv: no row for {_named(key)}" for key in wanted if key not in seen]
    if len(units) != 1 or not min(units).isdecimal() or int(min(units)) < 1:
        faults.append(f"prices.csv, column unit: found {sorted(units)}, expected one whole number >= 1")
    if faults:
        raise ValueError("\n".join(faults))
    return Prices(arrays["stock"], arrays["at_least"], arrays["at_most"], int(min(units)))


def _named(key: tuple[Any, ...]) -> str:
    kind, warehouse, product_id, quota = key
    if kind != "stock":
        return f"{kind} of quota {quota}"
    return f"product {product_id}" + (f" in {warehouse}" if warehouse else "")
