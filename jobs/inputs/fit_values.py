"""The two sides of an eligibility rule as values and the rows that hold them, counted on distinct cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from jobs.config.campaign import Eligibility
from jobs.config.separators import TABLE_OF
from jobs.inputs.multi_values import split
from jobs.inputs.table_types import TypedTable
from jobs.likeness.answers import flag, is_vague, says_nothing
from jobs.words import shown

MOST_SHOWN = 3
"""Values shown of a side."""


@dataclass(frozen=True, eq=False)
class Side:
    """One column of a rule.

    key     "product" | "customer"
    file    the table's file, as its writer knows it
    rows    value to rows of the table that hold it
    first   value to the row in the file of the first of them
    """

    key: str
    column: str
    file: str
    rows: dict[str, int]
    first: dict[str, int]

    @property
    def table(self) -> str:
        """ "products" or "customers"."""
        return TABLE_OF[self.key]

    @property
    def place(self) -> str:
        """`contains of products.csv`."""
        return f"{self.column} of {self.file}"

    def only(self, values: Iterable[str]) -> dict[str, int]:
        """Rows of some values, in the order of the text."""
        return {value: self.rows[value] for value in sorted(values)}

    def told(self, value: str) -> str:
        """`"Soy" (12 products, first: row 7)`."""
        return f"{shown(value)} ({self.counted(self.rows[value])}, first: row {self.first[value]})"

    def counted(self, rows: int) -> str:
        """`12 products`, `1 customer`."""
        return f"{rows:,} {self.table if rows != 1 else self.key}"

    def some(self, values: Iterable[str]) -> str:
        """The values of most rows: `"soy" (340), "nuts" (120) and 4 more`."""
        ranked = sorted(values, key=lambda value: (-self.rows[value], value))
        said = ", ".join(f"{shown(value)} ({self.rows[value]:,})" for value in ranked[:MOST_SHOWN])
        more = len(ranked) - MOST_SHOWN
        return said + (f" and {more:,} more" if more > 0 else "")


@dataclass(frozen=True, eq=False)
class Sides:
    """Both columns of a rule, and which of their values count.

    products, customers  the columns
    """

    rule: Eligibility
    products: Side
    customers: Side

    @property
    def excludes(self) -> bool:
        """A shared value forbids: health may hang on it."""
        return self.rule.sense == "exclude"

    @cached_property
    def named(self) -> tuple[dict[str, int], dict[str, int]]:
        """Values of products and of customers that name a thing: of a rule that excludes, "none" and "other" do not."""
        sides = (self.products, self.customers)
        if not self.excludes or all(flag(value) is not None for side in sides for value in side.rows):
            return self.products.only(self.products.rows), self.customers.only(self.customers.rows)
        products, customers = (
            side.only(value for value in side.rows if not says_nothing(value) and not is_vague(value)) for side in sides
        )
        return products, customers

    @property
    def vague(self) -> list[str]:
        """Answers of customers, to a rule that excludes, which say that there is something, and not what."""
        theirs = self.customers.rows if self.excludes else ()
        return [value for value in theirs if is_vague(value) and value not in self.products.rows]


def sides_of(rule: Eligibility, tables: dict[str, TypedTable]) -> Sides | None:
    """Both sides of a rule; None where one cannot be read, which other lines tell."""
    found = [_side(key, getattr(rule, key), tables.get(table)) for key, table in TABLE_OF.items()]
    product, customer = found
    return None if product is None or customer is None else Sides(rule, product, customer)


def is_filled(typed: TypedTable | None, column: str) -> bool:
    """Is there such a column, with a value in it?"""
    side = _side("product", column, typed)
    return side is not None and bool(side.rows)


def _side(key: str, column: str, typed: TypedTable | None) -> Side | None:
    """The values of a column; None where it is missing or cannot be read."""
    if typed is None or column not in typed.table.column_names or column in typed.bad:
        return None
    codes, cells = _cells(typed, column)
    n_rows = np.bincount(codes, minlength=len(cells)).tolist()
    first_at = np.full(len(cells), -1, np.int64)
    first_at[codes[::-1]] = np.arange(len(codes))[::-1]
    rows: dict[str, int] = {}
    first: dict[str, int] = {}
    for cell, count, at in zip(cells, n_rows, first_at.tolist(), strict=True):
        for value in split(cell) if count else ():
            rows[value] = rows.get(value, 0) + count
            first[value] = min(first.get(value, at), at)
    return Side(key, column, typed.raw.file, rows, {value: typed.raw.row(at) for value, at in first.items()})


def _cells(typed: TypedTable, column: str) -> tuple[np.ndarray, list[str]]:
    """Codes of the rows and the cells they stand for, as rules read them: also of numbers, and of what an id fills."""
    array = typed.table.column(column)
    if not pa.types.is_dictionary(array.type):
        texts = array.to_pandas().astype("str").fillna("")
    elif column in ("family", "name"):  # an empty cell stands for the product's id
        texts = array.cast(pa.large_string()).to_pandas()
        texts = texts.where(texts != "", typed.table.column("product_id").cast(pa.large_string()).to_pandas())
    else:
        return typed.texts(column)
    encoded = pa.array(texts, pa.large_string()).dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
