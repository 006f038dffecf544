"""website.sqlite: everything the shop's website reads, one row per key, each row with the release it belongs to.

Built aside as a new file and checked before anyone sees it; a reader's single query can never mix two nights.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.faults import CheckFailed

if TYPE_CHECKING:  # a reader of the tables starts without it
    import pandas as pd

KEYS = {
    "recommendations": "customer_id",
    "similar_products": "product_id",
    "goes_with": "product_id",
    "baskets": "basket",
    "bestsellers": "segment",
    "boxes": "customer_id",
}
"""Every table of lists, and what a reader looks up in it."""
BESIDE = {"boxes": ("boxes", "box_ids")}
"""Columns of JSON that a table has after `items`: of a customer's boxes one list each, and their names."""
CATALOGUE = ("product_id", "name", "brand", "category")
"""What table `catalogue` tells of every product of the campaign, besides its release."""
PAGE_BYTES = 16384
"""A list of 20 is 2-3 KiB; SQLite keeps a row whole up to a quarter of a page, and one that overflows costs a read."""


def write_website(
    path: Path,
    release: Mapping[str, str | int],
    tables: Mapping[str, tuple[Sequence[str], Iterable[Sequence[Any]]]],
    catalogue: Sequence[tuple[str, ...]],
) -> dict[str, int]:
    """Write website.sqlite and return the rows of each table.

    release    the one row of table `release`: run_id, published_at and whatever else a reader may want to know
    tables     of every table in KEYS: its keys, and their JSON lists in that order, in portions (outputs/json_lists);
               of `boxes` a tuple for each key, as BESIDE says, or the list alone: one box without a name
    catalogue  of every product, what CATALOGUE names; an empty text where the campaign does not say

    Raises CheckFailed when what was written does not read back, ValueError when keys and lists do not match.
    """
    if set(tables) != set(KEYS):
        raise ValueError(f"expected the tables {sorted(KEYS)}, found {sorted(tables)}")
    run_id = str(release["run_id"])
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as base:
        base.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        base.execute("PRAGMA journal_mode = OFF")  # a new file nobody reads: after a crash it is made anew
        base.execute("PRAGMA synchronous = OFF")  # forced to disk once, below
        _write_release(base, release)
        for table, (keys, portions) in tables.items():
            _write_lists(base, table, keys, run_id, portions)
        _write_catalogue(base, run_id, catalogue)
        base.commit()
        rows = {table: len(keys) for table, (keys, _) in tables.items()} | {"catalogue": len(catalogue)}
        check_website(base, run_id, rows)
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    return rows


def catalogue_of(products: pd.DataFrame) -> list[tuple[str, ...]]:
    """The rows of table `catalogue`: what the campaign's products are called; an empty text where it does not say."""
    columns = [products[name].fillna("").astype("str") for name in CATALOGUE]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def check_website(base: sqlite3.Connection, run_id: str, rows: Mapping[str, int]) -> None:
    """Raise CheckFailed unless the file is sound and every table holds so many rows, all of this release."""
    faults = [f"website.sqlite: {line}" for (line,) in base.execute("PRAGMA integrity_check(5)") if line != "ok"]
    for table, expected in rows.items():
        query = f"SELECT count(*), count(*) FILTER (WHERE release = ?) FROM {table}"
        found, ours = base.execute(query, (run_id,)).fetchone()
        if found != expected or ours != expected:
            faults.append(f"website.sqlite, {table}: found {found} rows, {ours} of {run_id}, expected {expected}")
    if faults:
        raise CheckFailed(faults)


def _write_release(base: sqlite3.Connection, release: Mapping[str, str | int]) -> None:
    kinds = {str: "TEXT", int: "INTEGER"}
    columns = ", ".join(f'"{name}" {kinds[type(value)]} NOT NULL' for name, value in release.items())
    base.execute(f"CREATE TABLE release ({columns})")
    base.execute(f"INSERT INTO release VALUES ({', '.join('?' * len(release))})", tuple(release.values()))


def _write_catalogue(base: sqlite3.Connection, run_id: str, catalogue: Sequence[tuple[str, ...]]) -> None:
    product_id, *said = CATALOGUE
    columns = ", ".join(f"{name} TEXT NOT NULL" for name in ("release", *said))
    base.execute(f"CREATE TABLE catalogue ({product_id} TEXT PRIMARY KEY, {columns}) WITHOUT ROWID")
    base.executemany("INSERT INTO catalogue VALUES (?, ?, ?, ?, ?)", ((row[0], run_id, *row[1:]) for row in catalogue))


def _write_lists(
    base: sqlite3.Connection, table: str, keys: Sequence[str], run_id: str, portions: Iterable[Sequence[Any]]
) -> None:
    more = BESIDE.get(table, ())
    columns = ", ".join(f"{name} TEXT NOT NULL" for name in ("release", "items", *more))
    base.execute(f"CREATE TABLE {table} ({KEYS[table]} TEXT PRIMARY KEY, {columns}) WITHOUT ROWID")
    marks = ", ".join("?" * (3 + len(more)))
    done = 0
    for portion in portions:
        part = keys[done : done + len(portion)]
        rows = zip(part, repeat(run_id, len(portion)), *_columns(portion, len(more)), strict=True)
        base.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        done += len(portion)
    if done != len(keys):
        raise ValueError(f"{table}: expected {len(keys)} lists, found {done}")


def _columns(portion: Sequence[Any], more: int) -> Iterable[Sequence[str]]:
    """The lists of some keys, and what stands beside them, column by column."""
    if portion and isinstance(portion[0], str):
        return [portion, *([[f"[{items}]" for items in portion], ['[""]'] * len(portion)] if more else [])]
    return zip(*portion, strict=True) if portion else [()] * (1 + more)
