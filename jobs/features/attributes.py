"""What is said about products and customers, as columns of a matrix: all the recommender sees of rows without events.

Every column is read as what it is: values (several in a cell, separated by "|"), numbers and dates, free text, or names
and codes, which say nothing. An empty cell of a profile is the value "not answered".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from jobs.features.blocks import Block, value_block
from jobs.features.cells import Cells
from jobs.features.numbers import FEW, canonical, measured, range_block
from jobs.features.texts import MOST_WORDS, is_free_text, word_block
from jobs.reading.schemas import CUSTOMER_PLAIN, CUSTOMERS, PRODUCT_LISTS, PRODUCT_PLAIN, PRODUCTS, TableSchema

MOST_VALUES = 3_000
"""Values of all columns together, words not counted; the most frequent are kept."""

PRODUCT_TEXT = frozenset({"name", "description"})
"""Product columns that are free text, however few words they have."""

Reading = Literal["text", "values", "looks", "private"]
"""How a column is read: "text" as free text; "values" as values; "looks" as what its cells look like (numbers, dates,
free text, values); "private" the same, but what looks like free text is not read."""


@dataclass(frozen=True, eq=False)
class Attributes:
    """Attributes of some rows.

    matrix  CSR float32 (n_rows, n_values) >= 0; in each row, the values of one column have Euclidean length 1, those of
            a text column TEXT_LENGTH; or there are none
    column  column of each value, e.g. "for_hair"; value likewise: "curly", "12 to 18", a word, or "" = not answered
    texts   the columns whose values are words of a free text
    unsaid  the columns that no reason may name to a shopper, those without a value here among them
    """

    matrix: sp.csr_matrix
    column: tuple[str, ...]
    value: tuple[str, ...]
    texts: frozenset[str] = frozenset()
    unsaid: frozenset[str] = frozenset()

    @property
    def muted(self) -> npt.NDArray[np.bool_]:
        """The values that no reason may name, "" among them: bool (n_values,)."""
        told = zip(self.column, self.value, strict=True)
        return np.array([value == "" or column in self.unsaid for column, value in told], bool)


def product_attributes(
    products: pd.DataFrame,
    rows: npt.NDArray[np.integer],
    n_rows: int,
    text: Collection[str] = (),
    ignore: Collection[str] = (),
    most_read: int | None = None,
) -> Attributes:
    """Attributes of products; empty cells say nothing, and neither does a family of one.

    rows    position of each row of the frame in the result, (n_products,)
    n_rows  rows of the result; those without a product are empty
    text    columns that are free text, besides name, description and those that look it
    ignore  columns that say nothing
    most_read  characters of one free text that are read, its beginning; None = all
    """
    names = [name for name in _in_order(products, PRODUCTS) if name not in PRODUCT_PLAIN and name not in ignore]
    if "family" in products:  # a product without a family was given its own id
        own = products["family"].astype("str") == products["product_id"].astype("str")
        products = products.assign(family=products["family"].where(~own, ""))
    reading: dict[str, Reading] = {
        **dict.fromkeys(PRODUCT_LISTS, "values"),
        **dict.fromkeys(PRODUCT_TEXT, "text"),
        **dict.fromkeys(text, "text"),
    }
    blocks = [_block(name, Cells.of(products[name]), reading.get(name, "looks"), most_read) for name in names]
    return gathered(blocks, rows, n_rows)


def customer_attributes(
    customers: pd.DataFrame,
    rows: npt.NDArray[np.integer],
    n_rows: int,
    text: Collection[str] = (),
    ignore: Collection[str] = (),
    most_read: int | None = None,
) -> Attributes:
    """Profile answers of customers; an empty cell is the answer "not answered".

    What customers are called and what they wrote is read only where `text` names the column.
    """
    names = [name for name in _in_order(customers, CUSTOMERS) if name not in CUSTOMER_PLAIN and name not in ignore]
    blocks = [
        _block(name, Cells.of(customers[name]), "text" if name in text else "private", most_read, keep_empty=True)
        for name in names
    ]
    return gathered(blocks, rows, n_rows)


def _in_order(frame: pd.DataFrame, schema: TableSchema) -> list[str]:
    """The columns we list as we list them, then the others by name: their order in the file counts for nothing."""
    place = {name: at for at, name in enumerate(schema.names)}
    return sorted(frame.columns, key=lambda name: (place.get(name, len(place)), name))


def _block(
    name: str, cells: Cells, reading: Reading, most_read: int | None, *, keep_empty: bool = False
) -> Block | None:
    """What one column says; None = nothing."""
    if reading == "text":
        return word_block(name, cells, keep_empty=keep_empty, most_read=most_read)
    measure = None if reading == "values" else measured(cells)
    if measure is not None:
        if np.unique(measure.value[cells.said]).size > FEW:
            return range_block(name, cells, measure, keep_empty=keep_empty)
        return value_block(name, canonical(cells, measure), keep_empty=keep_empty)
    if reading != "values" and is_free_text(cells):
        return None if reading == "private" else word_block(name, cells, keep_empty=keep_empty, most_read=most_read)
    return value_block(name, cells, keep_empty=keep_empty)


def gathered(blocks: Sequence[Block | None], rows: npt.NDArray[np.integer], n_rows: int) -> Attributes:
    """Blocks side by side, values before words, each kind cut to its most frequent ones, on one scale."""
    useful = [block.told_apart() for block in blocks if block is not None]
    values = _limited([block for block in useful if not block.text], MOST_VALUES)
    words = _limited([block for block in useful if block.text], MOST_WORDS)
    kept = [block.scaled() for block in (*values, *words) if block.values]
    cells = sp.coo_matrix(sp.hstack([block.matrix for block in kept])) if kept else sp.coo_matrix((len(rows), 0))
    placed = sp.coo_matrix((cells.data, (np.asarray(rows)[cells.row], cells.col)), shape=(n_rows, cells.shape[1]))
    matrix = sp.csr_matrix(placed, dtype=np.float32)
    matrix.sort_indices()
    return Attributes(
        matrix,
        tuple(block.name for block in kept for _ in block.values),
        tuple(value for block in kept for value in block.values),
        frozenset(block.name for block in kept if block.text),
    )


def _limited(blocks: list[Block], most: int) -> list[Block]:
    """At most so many values of all blocks: the most frequent, ties by their order."""
    count = np.concatenate([block.count for block in blocks]) if blocks else np.zeros(0, np.int64)
    keep = np.zeros(len(count), bool)
    keep[np.lexsort((np.arange(len(count)), -count))[:most]] = True
    ends = np.cumsum([len(block.values) for block in blocks])
    parts = np.split(keep, ends[:-1]) if blocks else []
    return [block.cut(part) for block, part in zip(blocks, parts, strict=True)]
