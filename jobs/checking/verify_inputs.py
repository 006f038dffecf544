"""Are the campaign's own files still what the night read? Where they are not: which cell differs, what hangs on it.

The SHA-256 tells that a file changed; the night's own reader (jobs/inputs/tables.py) only helps to say which cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jobs.config.load import load
from jobs.evidence.audit_read import capped, read_tables
from jobs.evidence.raw_cells import sha256_of_input
from jobs.evidence.read_csv import read_csv
from jobs.faults import Refusal
from jobs.inputs.tables import read

MAY_BE_ABSENT = ("box_id", "made_on")
"""Columns of tables without a key that most shops do not have: told where there is anything in them."""
KEYS = {
    "customers": ["customer_id", "box_id"],
    "products": ["product_id"],
    "inventory": ["product_id", "warehouse"],
}
"""Tables with one row per key, whose cells are compared one by one; of the others, whole rows are."""


def sha256_of(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def changed_inputs(folder: Path, manifest: dict[str, Any]) -> tuple[list[str], str]:
    """Faults where an input is no longer the one of the night, and in words what was compared.

    folder  the run's folder; paths in the manifest are told from the folder above it
    """
    runs = folder.parent
    told = {"campaign": manifest["campaign"], **manifest["inputs"]}
    files = {name: runs / source["file"] for name, source in told.items() if source["file"]}
    absent = [name for name, file in files.items() if not file.exists()]
    if len(absent) == len(files):
        return [], "the campaign's own files are not here any more; the run's copy of its inputs was used"
    changed = [
        name for name, file in files.items() if name not in absent and sha256_of_input(file) != told[name]["sha256"]
    ]
    faults = [f"{files[name].name}: was there when the night read it, and is gone" for name in absent]
    faults += [f"{files[name].name}: was changed after the night read it" for name in changed]
    if "campaign" in changed:
        faults += capped(_lines(folder / "inputs" / "campaign.toml", files["campaign"]))
    tables = [name for name in changed if name not in ("campaign", "events")]
    if tables and "campaign" in files and "campaign" not in absent:
        faults += _cells(folder, files, tables)
    queries = sorted(name for name, source in told.items() if not source["file"] and source["sha256"])
    asked = f"; not asked again: the query of {', '.join(queries)}" if queries else ""
    return faults, f"the campaign's {len(files)} input files are still those of the night{asked}"


def _lines(kept: Path, now: Path) -> Iterator[str]:
    """The lines of campaign.toml that the night did not read."""
    before = kept.read_text(encoding="utf-8", errors="replace").splitlines()
    after = now.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(after, start=1):
        if line not in before:
            yield f'{now.name}, line {number}: "{line.strip()}" was not in the file that the night read'
    for line in dict.fromkeys(before):
        if line not in after:
            yield f'{now.name}: "{line.strip()}" was in the file that the night read'


def _cells(folder: Path, files: dict[str, Path], tables: list[str]) -> list[str]:
    """The cells of the changed tables that differ; or why the tables of today cannot be read."""
    try:
        now = read(load(files["campaign"]))
    except Refusal as refused:
        return [f"today's inputs would be refused: {line}" for line in refused.lines]
    kept = read_tables(folder)
    packed = read_csv(folder / "products.csv").astype({"packed": "int64"})
    faults: list[str] = []
    for name in tables:
        today: pd.DataFrame = getattr(now, name)
        file = files[name].name
        lines = _by_key(file, name, kept[name], today, packed) if name in KEYS else _by_row(file, kept[name], today)
        faults += capped(lines)
    return faults


def _by_key(file: str, name: str, kept: pd.DataFrame, today: pd.DataFrame, packed: pd.DataFrame) -> Iterator[str]:
    """Rows that came or went, and cells that differ, of a table with one row per key."""
    keys = KEYS[name]
    sides = kept[keys].merge(today[keys], on=keys, how="outer", indicator=True)
    for row, side in zip(sides[keys].itertuples(index=False), sides["_merge"], strict=True):
        if side != "both":
            words = "the night did not read it" if side == "right_only" else "the night read it, today it is not there"
            yield f"{file}: {_named(name, row)}: {words}"
    both = kept.merge(today, on=keys, suffixes=("", "\0now"))
    for column in kept.columns.difference(keys, sort=False):
        if column not in today.columns:
            yield f"{file}: column {column}: the night read it, today it is not there"
            continue
        before, after = both[column], both[f"{column}\0now"]
        for at in np.flatnonzero((before != after) & ~(before.isna() & after.isna())):
            key = both[keys].iloc[at]
            tail = _packed(packed, key) if name == "inventory" else ""
            yield f"{file}: {_named(name, key)} {column} is {after[at]}, the night read {before[at]}{tail}"


def _by_row(file: str, kept: pd.DataFrame, today: pd.DataFrame) -> Iterator[str]:
    """Rows that came or went, of a table without a key."""
    sides = [frame.astype("str").fillna("") for frame in (kept, today)]
    told = [
        name for name in kept.columns if name not in MAY_BE_ABSENT or any((side[name] != "").any() for side in sides)
    ]
    texts = [pd.Series(side[told].agg(", ".join, axis=1), dtype="str") for side in sides]
    counts = pd.concat([texts[0].value_counts(), texts[1].value_counts()], axis=1).fillna(0)
    for row, (before, after) in zip(counts.index, counts.to_numpy(), strict=True):
        if before != after:
            yield f'{file}: "{row}" is there {after:.0f} times, the night read it {before:.0f} times'


def _named(name: str, row: Any) -> str:
    ids = list(row)
    word = "box" if name == "customers" else "in"
    return f"{KEYS[name][0].removesuffix('_id')} {ids[0]}" + (f" {word} {ids[1]}" if len(ids) > 1 and ids[1] else "")


def _packed(packed: pd.DataFrame, row: Any) -> str:
    """How many units of the product the night packed from that warehouse."""
    here = (packed["product_id"] == row["product_id"]) & (packed["warehouse"] == row["warehouse"])
    return f"; {packed.loc[here, 'packed'].sum():,} are packed" if here.any() else ""
