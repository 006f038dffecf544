"""A made-up shop of any size: the same tables and rules as a real campaign, drawn from hidden tastes.

Customers and events are drawn and written in blocks; 300,000 customers and nine million events need no more memory
than twenty thousand. The same numbers and seed write the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from jobs.datasets.demo import refuse_foreign, write_csv
from jobs.datasets.synth_people import BLOCK, make_block
from jobs.datasets.synth_products import make_products, products_table
from jobs.datasets.synth_rules import make_edits, make_inventory, make_rules
from jobs.faults import UsageRefused

SHIP_DATE = date(2026, 12, 5)
WAREHOUSES = ("central", "east", "west")
FEWEST = (10, 12)


def write_synth(
    folder: Path, *, customers: int, products: int, seed: int = 0, progress: Callable[..., Any] | None = None
) -> None:
    """Write a campaign of `customers` and `products`, all of them boxable.

    progress  called with a few words, customers done and customers in all

    Raises UsageRefused for fewer than 10 customers or 12 products, or when the folder holds another campaign.
    """
    if customers < FEWEST[0] or products < FEWEST[1]:
        raise UsageRefused(
            f"expected at least {FEWEST[0]} customers and {FEWEST[1]} products, got {customers} and {products}"
        )
    refuse_foreign(folder, "boxwise synth")
    tell = progress or (lambda *_: None)
    sizes = box_sizes(products)
    catalogue = make_products(products, sizes[0], seed)
    warehouses = WAREHOUSES if customers >= 1000 else WAREHOUSES[1:]
    demand = np.zeros(len(warehouses), np.int64)
    newcomers: list[int] = []
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        writers: dict[str, pq.ParquetWriter] = {}
        for lo in range(0, customers, BLOCK):
            hi = min(lo + BLOCK, customers)
            block = make_block(lo, hi, customers, catalogue, warehouses, sizes, SHIP_DATE, seed)
            for name in ("customers", "events", "shipments"):
                table = getattr(block, name)
                if name not in writers:
                    writers[name] = files.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", table.schema))
                writers[name].write_table(table)
            demand += np.bincount(block.pool, weights=block.slots, minlength=len(warehouses)).astype(np.int64)
            newcomers += [] if lo else np.flatnonzero(~block.sent_any).tolist()
            tell("customers and their events", hi, customers)
    inventory = make_inventory(catalogue, warehouses, demand, seed)
    write_csv(folder / "products.csv", products_table(catalogue).to_pandas())
    write_csv(folder / "inventory.csv", inventory.to_pandas())
    write_csv(folder / "edits.csv", make_edits(catalogue, newcomers, customers).to_pandas())
    rules = make_rules(catalogue, inventory, int(demand.sum()), sizes, SHIP_DATE)
    (folder / "campaign.toml").write_text(rules, encoding="utf-8", newline="\n")


def box_sizes(products: int) -> tuple[int, int]:
    """Slots of a standard and of a mini box: 5 and 3; less where there are few products to vary them with."""
    size = 5 if products >= 40 else 4 if products >= 24 else 3
    return size, max(2, size - 2)
