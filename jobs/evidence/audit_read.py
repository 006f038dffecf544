"""What the audit looks at: the staged files and the night's own copy of its inputs, as plain frames, joined by ids.

Deliberately another road than the one that wrote the files: no Shop, no BoxProblem, no configuration models.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from jobs.evidence.joined import IntArray, Mask, box_keys, dropped_rows, place, who_is
from jobs.evidence.read_csv import live_of, read_cells, without_guards

Position = int | np.integer[Any]
TABLES = ("customers", "products", "inventory", "shipments", "edits")
"""The tables that a run keeps."""
MOST_LINES = 20
"""Lines about one kind of fault; the rest is counted."""
COLUMNS = {
    "assignments.csv": [
        "run_id", "customer_id", "slot", "product_id", "product_name", "brand", "category", "score", "reason",
    ],
    "boxes.csv": ["customer_id", "warehouse", "wave", "items", "box_score", "retail_value", "flags"],
    "products.csv": [
        "product_id", "name", "warehouse", "available", "packed", "left", "at_least", "short_by", "marginal_value",
        "eligible_customers", "brand", "category",
    ],
    "prices.csv": ["kind", "warehouse", "product_id", "quota", "price", "unit", "points"],
    "exceptions.csv": ["kind", "customer_id", "product_id", "warehouse", "what", "why", "fix"],
}  # fmt: skip
"""What campaign.md promises; more columns may follow."""
NUMBERS = {
    "assignments.csv": ["slot", "score"],
    "boxes.csv": ["items", "box_score", "retail_value"],
    "products.csv": ["available", "packed", "left", "at_least", "short_by", "marginal_value", "eligible_customers"],
    "prices.csv": ["price", "unit", "points"],
}
CODED = {
    "assignments.csv": [*COLUMNS["assignments.csv"], "box_id"],
    "boxes.csv": ["warehouse", "wave", "flags", "box_id"],
}
"""Columns that hold few texts many times: what is asked of them is asked of each text once."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """A run folder, read.

    files   the CSVs by name; number columns as float64, NaN where a cell is empty or no number; CODED as categories
    inputs  customers, products, inventory, shipments, edits as the night read them
    rules   campaign.toml as plain dictionaries
    run_id  what certificate.json says
    """

    folder: Path
    run_id: str
    files: Mapping[str, pd.DataFrame]
    inputs: Mapping[str, pd.DataFrame]
    rules: Mapping[str, Any]

    @property
    def sent(self) -> pd.DataFrame:
        """assignments.csv."""
        return self.files["assignments.csv"]

    @cached_property
    def customer(self) -> IntArray:
        """int64 per row of assignments.csv: row of inputs customers, which is a box; -1 = unknown."""
        return place(box_keys(self.sent), box_keys(self.inputs["customers"]))

    @cached_property
    def people(self) -> pd.Series:
        """Every customer_id of inputs customers once, in their order."""
        return self.inputs["customers"]["customer_id"].drop_duplicates().reset_index(drop=True)

    @cached_property
    def person_of(self) -> Mapping[str, int]:
        """customer_id -> position in `people`."""
        return {customer_id: at for at, customer_id in enumerate(self.people.to_numpy(object).tolist())}

    @cached_property
    def person(self) -> IntArray:
        """int64 per row of inputs customers: whose box it is, a position in `people`."""
        return place(self.inputs["customers"]["customer_id"], self.people)

    @cached_property
    def product(self) -> IntArray:
        """int64 per row of assignments.csv: row of inputs products, -1 = unknown."""
        return place(self.sent["product_id"], self.inputs["products"]["product_id"])

    @cached_property
    def known(self) -> IntArray:
        """Rows of assignments.csv whose customer and product both exist."""
        return np.flatnonzero((self.customer >= 0) & (self.product >= 0))

    @cached_property
    def box_items(self) -> IntArray:
        """int64 per row of inputs customers: items in that box."""
        found = self.customer[self.customer >= 0]
        return np.bincount(found, minlength=len(self.inputs["customers"])).astype(np.int64)

    @cached_property
    def dropped(self) -> Mask:
        """bool per row of inputs customers: an edit took the customer, or this box of hers, out of the campaign."""
        return dropped_rows(self.inputs["customers"], self.inputs["edits"])

    @cached_property
    def gone(self) -> set[str]:
        """Customers none of whose boxes is left in the campaign."""
        ids = self.inputs["customers"]["customer_id"]
        off = set(ids[self.dropped])
        return off - set(ids[~self.dropped & ids.isin(off).to_numpy()])

    def of_customer(self, column: str) -> npt.NDArray[Any]:
        """A customers column, per known row of assignments.csv."""
        return self.inputs["customers"][column].to_numpy(dtype=object)[self.customer[self.known]]

    def of_product(self, column: str) -> npt.NDArray[Any]:
        """A products column, per known row of assignments.csv."""
        return self.inputs["products"][column].to_numpy(dtype=object)[self.product[self.known]]

    def coded(self, table: str, column: str) -> tuple[IntArray, list[str]]:
        """An input column as positions among its distinct cells as text, "" where empty, per row of the table."""
        code, cells = pd.factorize(self.inputs[table][column].astype("str").fillna(""))
        return code.astype(np.int64), [str(cell) for cell in cells]

    def row(self, row: Position) -> str:
        """Where a row of assignments.csv stands: `assignments.csv, row 7: customer 12, product P3`."""
        line = self.sent.iloc[int(row)]
        who = who_is(line["customer_id"], line.get("box_id", ""))
        return f"assignments.csv, row {row + 2}: customer {who}, product {line['product_id']}"

    def customer_id(self, position: Position) -> str:
        """The customer at a row of inputs customers, and the box where it has a name."""
        line = self.inputs["customers"].iloc[int(position)]
        return who_is(line["customer_id"], line.get("box_id", ""))

    def product_id(self, position: Position) -> str:
        """The product at a row of inputs products."""
        return str(self.inputs["products"]["product_id"].iloc[int(position)])


def read_evidence(folder: Path) -> tuple[Evidence | None, list[str]]:
    """The run's files, and what is wrong with them as files; no evidence when they cannot be judged further."""
    files: dict[str, pd.DataFrame] = {}
    faults: list[str] = []
    for name, columns in COLUMNS.items():
        try:
            numbers = NUMBERS.get(name, [])
            cells = read_cells(folder / name, [one for one in CODED.get(name, []) if one not in numbers])
            frame = without_guards(cells)
        except (OSError, ValueError) as bad:
            faults.append(f"{name}: cannot be read: {bad}")
            continue
        if list(frame.columns[: len(columns)]) != columns:
            faults.append(f"{name}: found columns {', '.join(frame.columns)}, expected first {', '.join(columns)}")
            continue
        files[name] = frame
        faults += capped(live_of(folder / name, cells, [column for column in columns if column not in numbers]))
        for column in numbers:
            faults += capped(_to_number(frame, name, column))
    try:
        run_id = str(json.loads((folder / "certificate.json").read_text(encoding="utf-8"))["run_id"])
        rules = read_rules(folder / "inputs" / "campaign.toml")
        rules["campaign"]["name"]
        inputs = read_tables(folder)
    except (OSError, ValueError, KeyError) as bad:
        return None, [*faults, f"the run's copy of its inputs cannot be read: {bad}"]
    if len(files) < len(COLUMNS):
        return None, faults
    return Evidence(folder, run_id, files, inputs, rules), faults


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of a run's own copy, by name; before boxes could have names, none had one."""
    tables = {table: pd.read_parquet(folder / "inputs" / f"{table}.parquet") for table in TABLES}
    for name in ("customers", "edits"):
        if "box_id" not in tables[name].columns:
            tables[name]["box_id"] = pd.Series("", index=tables[name].index, dtype="str")
    return tables


def read_rules(path: Path) -> dict[str, Any]:
    """campaign.toml as plain dictionaries."""
    return rules_of(path.read_bytes())


def rules_of(campaign_toml: bytes) -> dict[str, Any]:
    """The same of its text, as bytes."""
    return tomllib.loads(campaign_toml.decode("utf-8-sig"))


def _to_number(frame: pd.DataFrame, name: str, column: str) -> Iterator[str]:
    """Turn a column into numbers in place; say which cells are none."""
    text = frame[column]
    number = _numbers(text)
    for row in np.flatnonzero(np.isnan(number) & (text != "").to_numpy(bool)):
        yield f'{name}, row {row + 2}, column {column}: found "{text.iloc[row]}", expected a number'
    frame[column] = number


def _numbers(text: pd.Series) -> npt.NDArray[np.float64]:
    """float64 per cell, NaN where it is empty or no number."""
    cells = pa.array(text.where(text != "", None), from_pandas=True)
    try:
        return np.asarray(cells.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowInvalid:  # something that is no number, or is written in a way that only pandas reads
        return pd.to_numeric(text.where(text != "", None), errors="coerce").to_numpy(np.float64)


class Capped:
    """The first lines of one kind, and how many more there are."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._more = 0

    def add(self, lines: Iterable[str]) -> None:
        """Count more lines of this kind."""
        found = iter(lines)
        self._first += islice(found, MOST_LINES - len(self._first))
        self._more += sum(1 for _ in found)

    @property
    def told(self) -> list[str]:
        """The lines, and one about those that are left out."""
        return [*self._first, f"... and {self._more:,} more like the last"] if self._more else [*self._first]


def capped(lines: Iterable[str]) -> list[str]:
    """The first lines of one kind, and how many more there are."""
    kind = Capped()
    kind.add(lines)
    return kind.told


def separators(rules: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """(table, column) to what separates its values, as the eligibility rules of a campaign.toml give it."""
    found: dict[tuple[str, str], str] = {}
    for rule in rules.get("eligibility", []):
        given = rule.get("separator", {})
        for side in ("product", "customer"):
            sign = given if isinstance(given, str) else given.get(side)
            if sign is not None:
                found[f"{side}s", rule[side]] = sign if sign.strip(" ") == "" else sign.strip(" ")
    return found


def reader(rules: Mapping[str, Any], table: str, column: str) -> Callable[[str], frozenset[str]]:
    """What reads a cell of a column: the values in it, between "|" or the column's own separator."""
    sign = separators(rules).get((table, column), "|")
    return lambda cell: frozenset(part.strip() for part in cell.replace(sign, "|").split("|")) - {""}


def holds(rules: Mapping[str, Any], table: str, frame: pd.DataFrame, where: Mapping[str, str | list[str]]) -> Mask:
    """bool per row of a table: does it hold one of the wanted values in every named column?"""
    hit = np.ones(len(frame), dtype=bool)
    for column, wanted in where.items():
        any_of, read = {wanted} if isinstance(wanted, str) else set(wanted), reader(rules, table, column)
        code, cells = pd.factorize(frame[column].astype("str").fillna(""))
        hit &= np.array([bool(read(cell) & any_of) for cell in cells], dtype=bool)[code]
    return hit


def millionths(amounts: pd.Series | float) -> Any:
    """Amounts in whole millionths, so that sums of decimals are exact."""
    if isinstance(amounts, pd.Series):
        return np.rint(amounts.to_numpy(np.float64) * 1e6).astype(np.int64)
    return round(float(amounts) * 1e6)


def plain(amount: int) -> str:
    """Millionths as a person writes them: 25500000 -> "25.5"."""
    return f"{amount / 1e6:.6f}".rstrip("0").rstrip(".")
