"""Does the run's copy of its inputs say what the campaign's own files say? Read again, by another reader, cell by cell.

The night reads with pyarrow and its own conversions; here pandas reads text, so that a fault of the reading cannot hide
in both. Queries are not asked twice, and events, which are not kept, only taught the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.evidence.audit_read import TABLES, read_rules, read_tables, reader, separators
from jobs.evidence.raw_cells import moments_of, of_each, raw_cells

Mask = npt.NDArray[np.bool_]
YES, NO = {"true", "yes", "t", "y", "1", "1.0"}, {"false", "no", "f", "n", "0", "0.0"}
DATES = {"shipments": "shipped_on"}
ORDER = {"customers": ["customer_id", "box_id"], "products": ["product_id"]}
NAMED = ("customer_id", "product_id", "box_id")
"""Ids, which mean what they say whatever it is."""
NOTHING = re.compile(
    r"(?:NULL|[Nn]ull|[(<\[](?:NULL|null)[)>\]]|\\N|-?nan|-?NaN|NAN|None|undefined|NaT|<NA>|N/A|n/a"
    r"|#(?:NA|N/A(?: N/A)?|NULL!|REF!|VALUE!|DIV/0!|NAME\?|NUM!)|-?1\.#(?:QNAN|IND))"
)
"""How programs write that a cell is empty, by docs/campaign.md; in columns that are no texts, NA as well."""


class Source(Protocol):
    """Where a table came from: `jobs.inputs.tables.Source`; no path = a query, or no such table."""

    @property
    def path(self) -> Path | None: ...
    @property
    def held(self) -> Path | None: ...


def audit_raw(folder: Path, sources: Mapping[str, Source], ship_date: date) -> list[str]:
    """A plain line for every table whose copy in the run differs from the file it was read from.

    sources    where the night read each table: its own copy where it held one
    ship_date  later shipments are left out of the copy
    """
    kept, rules = read_tables(folder), read_rules(folder / "inputs" / "campaign.toml")
    faults: list[str] = []
    for name in TABLES:
        faults += _nothing_kept(name, kept[name])
        path = sources[name].path
        if path is not None:
            raw = _raw(sources[name].held or path, name, kept[name], ship_date)
            for table, column in separators(rules):
                if table == name and column in raw.columns:
                    _as_lists(raw, kept[name], column, rules, name)
            faults += _differences(path.name, raw, kept[name])
    return faults


def _as_lists(raw: pd.DataFrame, kept: pd.DataFrame, column: str, rules: Mapping[str, Any], table: str) -> None:
    """Cells of lists with a separator of their own, on both sides as what they hold: the copy has "|" between."""
    read = reader(rules, table, column)
    for frame in (raw, kept):
        frame[column] = of_each(frame[column], lambda cell: "|".join(sorted(read(cell))))


def _raw(path: Path, name: str, kept: pd.DataFrame, ship_date: date) -> pd.DataFrame:
    """The columns of the copy as the file has them, as text and in the order of the copy; "" where a cell is empty."""
    frame = raw_cells(path, dict.fromkeys([*kept.columns, "subscription_id"]))
    if name in DATES:
        frame = frame[(moments_of(frame[DATES[name]]).dt.normalize() <= pd.Timestamp(ship_date)).to_numpy()]
    if name == "customers" and "box_id" not in frame.columns:
        named = "subscription_id" in frame.columns
        frame["box_id"] = of_each(frame["subscription_id"], lambda cell: _said(cell, is_text=True)) if named else ""
    if name in ORDER:
        frame = frame.sort_values(ORDER[name], kind="stable")
    if "on_hand" in frame:
        units = frame["on_hand"]
        frame["on_hand"] = units.mask(units.str.startswith("-"), "0")  # more was sold than there was
    if "action" in frame:
        frame["action"] = of_each(frame["action"], lambda action: re.sub(r"[\s-]+", "_", action.lower()))
    return frame.reset_index(drop=True)


def _differences(file: str, raw: pd.DataFrame, kept: pd.DataFrame) -> Iterator[str]:
    """Rows that are missing, and the first cell of each column that is not the same."""
    if len(raw) != len(kept):
        yield f"{file}: holds {len(raw):,} rows for this night, the run's copy {len(kept):,}"
        return
    for column in (column for column in raw.columns if column in kept.columns):
        same = _same(raw[column] if column in NAMED else _blanked(raw[column], kept[column]), kept[column])
        if not same.all():
            row = int(np.flatnonzero(~same)[0])
            found = f'"{raw[column].iloc[row]}", the run\'s copy "{kept[column].iloc[row]}"'
            yield f"{file}, column {column}, {_who(kept, row)}: found {found}"


def _blanked(raw: pd.Series, kept: pd.Series) -> pd.Series:
    """The text cells with nothing where a program wrote that there is nothing, alone or among several values."""
    is_text = not (pd.api.types.is_numeric_dtype(kept) or pd.api.types.is_datetime64_any_dtype(kept))
    return of_each(raw, lambda cell: _said(cell, is_text=is_text))


def _said(cell: str, *, is_text: bool) -> str:
    """What a cell says, without the pieces that say nothing."""
    pieces = cell.split("|")
    left = [one for one in pieces if not (NOTHING.fullmatch(one.strip()) or (not is_text and one.strip() == "NA"))]
    return cell if len(left) == len(pieces) else "|".join(left).strip()


def _nothing_kept(name: str, kept: pd.DataFrame) -> Iterator[str]:
    """A line for every text column of the copy that still holds a cell written for nothing: from a query, too."""
    for column in kept.columns.difference(list(NAMED), sort=False):
        if not (pd.api.types.is_numeric_dtype(kept[column]) or pd.api.types.is_datetime64_any_dtype(kept[column])):
            own = kept["product_id"] if column in ("name", "family") else ""  # which stands where nothing was given
            cells = pd.unique(kept[column][kept[column] != own].dropna().astype("str"))
            if wrong := next((cell for cell in cells if _said(cell, is_text=True) != cell), None):
                yield f'{name}, column {column}: the run\'s copy holds "{wrong}", which is written for an empty cell'


def _same(raw: pd.Series, kept: pd.Series) -> Mask:
    """bool (n_rows,): do a text cell and a converted one say the same? An empty cell may stand for a default."""
    empty = (raw == "").to_numpy()
    if pd.api.types.is_bool_dtype(kept):
        said = raw.str.lower()
        right = np.where(kept, said.isin(YES), said.isin(NO))
    elif pd.api.types.is_numeric_dtype(kept):
        right = (pd.to_numeric(raw.where(~empty, None), errors="coerce") == kept).to_numpy()
    elif pd.api.types.is_datetime64_any_dtype(kept):
        right = (moments_of(raw) == kept).to_numpy()
    else:
        right = (raw == kept).to_numpy(dtype=bool, copy=True)
        other = np.flatnonzero(~right & ~empty)
        if len(other) and not str(raw.name).endswith("_id"):
            right[other] = _same_value(raw.iloc[other], kept.iloc[other])
    return np.asarray(right | empty, dtype=bool)


def _same_value(raw: pd.Series, kept: pd.Series) -> Mask:
    """bool (n_rows,): two ways to write one number, or midnight of one day."""
    first, second = (pd.to_numeric(column, errors="coerce") for column in (raw, kept))
    decimals = raw.str.contains(".", regex=False) | raw.str.contains("e", regex=False)
    day = kept.str.fullmatch(r"\d{4}-\d\d-\d\d") & (raw == kept + " 00:00:00")
    return np.asarray(((first == second) & decimals) | day, dtype=bool)


def _who(kept: pd.DataFrame, row: int) -> str:
    """The row by its ids."""
    keys = [column for column in ("customer_id", "box_id", "product_id", "warehouse") if column in kept.columns]
    return " ".join(str(kept[column].iloc[row]) for column in keys if kept[column].iloc[row]) or f"row {row + 1}"
