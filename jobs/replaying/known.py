"""What was known on the day of a night: the campaign's tables and settings as that night reads them.

Events up to the day itself, shipments before it (that day's boxes are what the night decides), edits made by then.
Customers, products and stock have no past: they are as the campaign has them now.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.csv_text import read_csv
from jobs.inputs.tables import Tables
from jobs.outputs.inputs import write_parquet
from jobs.replaying.toml_text import as_toml

KEEP_ALL = 100_000
"""[publish] keep_runs of a replay: every night of it is kept."""
SHIPMENTS = ("customer_id", "product_id", "shipped_on")


def settings_of(campaign_toml: bytes, day: date) -> str:
    """campaign.toml of the night of a day: its ship date and place of runs, its tables beside it, the rest as it is."""
    told: dict[str, Any] = tomllib.loads(campaign_toml.decode("utf-8-sig"))
    told.pop("inputs", None)
    told["campaign"] |= {"ship_date": day, "runs": "../runs"}
    told["publish"] = told.get("publish", {}) | {"keep_runs": KEEP_ALL}
    return as_toml(told)


def known_on(tables: Tables, day: date, *, own: date, first: date | None = None) -> dict[str, pd.DataFrame]:
    """The tables as the night of a day reads them; shipments of earlier nights of the replay are not among them.

    own    the campaign's own ship date: edits that do not say when they were made are of its night only
    first  the first night of the replay, from which on nothing is known to have been sent; None = what really was
    """
    end = pd.Timestamp(day + timedelta(days=1))
    made = tables.edits["made_on"]
    sent_before = pd.Timestamp(day if first is None else min(first, day))
    return {
        "customers": _without_empty(tables.customers, "box_id"),
        "products": tables.products,
        "inventory": tables.inventory,
        "events": tables.events[tables.events["occurred_at"] < end],
        "shipments": _of_campaign(tables, tables.shipments[tables.shipments["shipped_on"] < sent_before]),
        "edits": tables.edits[(made < end) | (made.isna() & (day == own))],
    }


def write_known(folder: Path, frames: Mapping[str, pd.DataFrame], campaign_toml: str) -> None:
    """Write a campaign folder; shipments and edits without rows are left away, as a shop without any would."""
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        if len(frame) or name not in ("shipments", "edits"):
            write_parquet(folder / f"{name}.parquet", frame)
    (folder / "campaign.toml").write_text(campaign_toml, encoding="utf-8")


def add_sent(folder: Path, sent: Sequence[tuple[date, Path]]) -> int:
    """Add what earlier nights of the replay sent to the shipments in a campaign folder; how many locks it leaves out.

    A lock of what the replay has sent before is left out: whoever made it knew of the real boxes, and not of these.

    sent  ship date and assignments.csv of each, in order
    """
    if not sent:
        return 0
    parts = [
        read_csv(assignments)[["customer_id", "product_id"]].assign(shipped_on=pd.Timestamp(day).as_unit("us"))
        for day, assignments in sent
    ]
    path = folder / "shipments.parquet"
    before = [pd.read_parquet(path)] if path.exists() else []
    write_parquet(path, pd.concat([*before, *parts], ignore_index=True)[list(SHIPMENTS)])
    return _drop_locks(folder, pd.concat(parts, ignore_index=True))


def _drop_locks(folder: Path, sent: pd.DataFrame) -> int:
    """Take out the locks of a product of whose family the customer has been sent one."""
    path = folder / "edits.parquet"
    if not path.exists():
        return 0
    edits, products = pd.read_parquet(path), pd.read_parquet(folder / "products.parquet")
    family = products.set_index("product_id")["family"]
    had = pd.MultiIndex.from_arrays([sent["customer_id"], sent["product_id"].map(family)])
    asked = pd.MultiIndex.from_arrays([edits["customer_id"], edits["product_id"].map(family)])
    idle = (edits["action"] == "lock").to_numpy() & asked.isin(had)
    if idle.all():
        path.unlink()
    elif idle.any():
        write_parquet(path, edits[~idle])
    return int(idle.sum())


def _without_empty(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Without a column that says nothing: boxes without names need none."""
    return frame if (frame[column] != "").any() else frame.drop(columns=column)


def _of_campaign(tables: Tables, shipments: pd.DataFrame) -> pd.DataFrame:
    """Shipments of its customers and products: others keep nothing out of a box, and early on may be the only ones.

    Whether ids are understood has been asked of the whole table; of its first rows it would be asked in vain.
    """
    ours = shipments["customer_id"].isin(tables.customers["customer_id"])
    return shipments[ours & shipments["product_id"].isin(tables.products["product_id"])]
