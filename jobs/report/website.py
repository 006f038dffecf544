"""What a run puts on the website, counted in website.sqlite: lists of each kind, and how many of them are empty."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

LISTS = {
    "recommendations": "lists of products for a customer",
    "similar_products": "products with what is similar to them",
    "goes_with": "products with what is bought together with them",
    "baskets": "baskets of two or three products with what completes them",
    "bestsellers": "lists of bestsellers, of everyone and by segment",
}
"""Tables of ranked lists, and what one row of each is."""


@dataclass(frozen=True)
class Counted:
    """One kind of list: what it is, how many there are, and how many of these hold nothing."""

    label: str
    count: int
    empty: int


def count_lists(run_folder: Path) -> list[Counted]:
    """Count the lists of a run; [] where it has no website.sqlite. A table of an earlier version is left out."""
    path = run_folder / "website.sqlite"
    if not path.is_file():
        return []
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        there = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
        query = "SELECT count(*), count(*) FILTER (WHERE items = '[]') FROM"
        return [
            Counted(label, *base.execute(f"{query} {table}").fetchone())
            for table, label in LISTS.items()
            if table in there
        ]
