"""A shop of 40 customers and 12 products whose tables name each other in full; tests respell the ids of one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

TOML = """\
[campaign]
name = "joined"
ship_date = 2026-11-15
box_size = 3

[signals]
purchase = 4.0
view = 0.5

[limits.events]
max_age = 90
"""
Frames = dict[str, pd.DataFrame]


def frames(customer: str = "C{:03d}", product: str = "P{:02d}") -> Frames:
    """The tables, every cell text; 440 events, 120 shipments, 8 edits.

    customer, product  how the ids are written, of the numbers 1 to 40 and 1 to 12
    """
    people, things = [customer.format(n) for n in range(1, 41)], [product.format(n) for n in range(1, 13)]
    events = [
        (person, things[(at * 5 + step) % 12], "purchase" if step % 3 else "view", f"2026-{1 + step % 9:02d}-11")
        for at, person in enumerate(people)
        for step in range(11)
    ]
    shipments = [
        (person, things[(at + step) % 12], f"2026-{7 + step:02d}-01")
        for at, person in enumerate(people)
        for step in range(3)
    ]
    edits = [(people[at], things[(at + 7) % 12], "ban", "") for at in range(8)]
    return {
        "customers": pd.DataFrame({"customer_id": people, "plan": "basic"}),
        "products": pd.DataFrame({"product_id": things, "name": "A soap", "category": ["skin", "hair"] * 6}),
        "inventory": pd.DataFrame({"product_id": things, "on_hand": "90"}),
        "events": pd.DataFrame(events, columns=["customer_id", "product_id", "kind", "occurred_at"]),
        "shipments": pd.DataFrame(shipments, columns=["customer_id", "product_id", "shipped_on"]),
        "edits": pd.DataFrame(edits, columns=["customer_id", "product_id", "action", "reason"]),
    }


def respelled(tables: Frames, table: str, column: str, change: Callable[[str], str], *, rows: float = 1.0) -> Frames:
    """The tables, with one column changed in this share of its rows, evenly spread."""
    changed = tables[table].copy()
    hit = [int((at + 1) * rows) > int(at * rows) for at in range(len(changed))]
    changed[column] = [change(cell) if one else cell for cell, one in zip(changed[column], hit, strict=True)]
    return {**tables, table: changed}


def write_shop(folder: Path, tables: Mapping[str, pd.DataFrame], limits: str = "") -> Path:
    """Write the campaign; the folder.

    limits  more lines of campaign.toml
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "campaign.toml").write_text(TOML + limits, encoding="utf-8")
    return folder
