"""What is said about products and customers, as one-hot columns: the recommender's only view of rows without events.

A cell may hold several values separated by "|". An empty cell of a profile is the value "not answered". Numbers are cut
into bins of equal count. Values that almost nobody shares are left out: nothing can be learned from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

N_BINS = 8
"""Bins of a numeric column."""
MOST_VALUES = 3_000
"""Columns of the matrix at most; the most frequent values are kept."""
NOT_ANSWERED = ""

PRODUCT_PLAIN = frozenset({"product_id", "name", "boxable", "on_site", "repurchasable", "unit_cost"})
"""Product columns that say nothing about taste."""
CUSTOMER_PLAIN = frozenset({"customer_id", "warehouse", "wave", "slots"})
"""Customer columns that are logistics, not a profile."""


@dataclass(frozen=True, eq=False)
class Attributes:
    """One-hot attributes of some rows.

    matrix  CSR float32 (n_rows, n_values); a cell with k values that are kept gives each 1 / sqrt(k)
    column  column of each value, e.g. "for_hair"; value likewise, e.g. "curly", or "" = not answered
    """

    matrix: sp.csr_matrix
    column: tuple[str, ...]
    value: tuple[str, ...]


def product_attributes(products: pd.DataFrame, rows: npt.NDArray[np.integer], n_rows: int) -> Attributes:
    """Attributes of products; empty cells say nothing.

    rows    position of each row of the frame in the result, (n_products,)
    n_rows  rows of the result; those without a product are empty
    """
    names = [name for name in products.columns if name not in PRODUCT_PLAIN]
    return one_hot(products, names, rows, n_rows, keep_empty=False)


def customer_attributes(customers: pd.DataFrame, rows: npt.NDArray[np.integer], n_rows: int) -> Attributes:
    """Profile answers of customers; an empty cell is the answer "not answered"."""
    names = [name for name in customers.columns if name not in CUSTOMER_PLAIN]
    return one_hot(customers, names, rows, n_rows, keep_empty=True)


def one_hot(
    frame: pd.DataFrame, names: Sequence[str], rows: npt.NDArray[np.integer], n_rows: int, *, keep_empty: bool
) -> Attributes:
    """One column per (column, value) that at least two rows share and not all rows have."""
    least = 2
    at, cells, labels = [], [], []
    offset = 0
    for name in names:
        codes, row, values = _values(frame[name], keep_empty)
        count = np.bincount(codes, minlength=len(values))
        useful = (count >= least) & (count < len(frame))
        new = np.where(useful, np.cumsum(useful) - 1 + offset, -1)[codes]
        at.append(np.asarray(rows)[row[new >= 0]])
        cells.append(new[new >= 0])
        labels += [(name, value) for value, use in zip(values, useful, strict=True) if use]
        offset = len(labels)
    return _limited(_matrix(at, cells, n_rows, offset), labels)


def _matrix(
    at: list[npt.NDArray[np.integer]],
    cells: list[npt.NDArray[np.integer]],
    n_rows: int,
    width: int,
) -> sp.csr_matrix:
    """Cells to CSR, each 1 / sqrt(number of values in the same cell of the table)."""
    values = [1 / np.sqrt(np.bincount(row, minlength=n_rows)[row]) for row in at]
    joined = np.concatenate(values) if values else np.zeros(0)
    row, col = (np.concatenate(x) if x else np.zeros(0, np.int64) for x in (at, cells))
    matrix = sp.csr_matrix(sp.coo_matrix((joined.astype(np.float32), (row, col)), shape=(n_rows, width)))
    matrix.sort_indices()
    return matrix


def _limited(matrix: sp.csr_matrix, labels: list[tuple[str, str]]) -> Attributes:
    """At most MOST_VALUES columns: the most frequent, ties by column and value as read."""
    count = np.bincount(matrix.indices, minlength=matrix.shape[1])
    keep = np.sort(np.lexsort((np.arange(len(count)), -count))[:MOST_VALUES])
    kept = [labels[position] for position in keep]
    cut = sp.csr_matrix(matrix[:, keep])
    cut.sort_indices()
    return Attributes(cut, tuple(name for name, _ in kept), tuple(value for _, value in kept))


def _values(column: pd.Series, keep_empty: bool) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[str]]:
    """Value codes, their rows, and the sorted distinct values of one column."""
    text = _binned(column)
    codes, found = pd.factorize(text)
    distinct = found.tolist()
    parts = [sorted({part.strip() for part in cell.split("|")} - {""}) or [""] for cell in distinct]
    values = sorted({part for cell in parts for part in cell if part or keep_empty})
    place = {value: position for position, value in enumerate(values)}
    cells = [[place[part] for part in cell if part in place] for cell in parts]
    length = np.array([len(cell) for cell in cells], np.int64)
    starts = np.concatenate(([0], np.cumsum(length)))
    flat = np.array([code for cell in cells for code in cell], np.int64)
    row = np.repeat(np.arange(len(codes)), length[codes])
    within = np.arange(len(row)) - np.repeat(np.cumsum(length[codes]) - length[codes], length[codes])
    return flat[starts[codes][row] + within], row, values


def _binned(column: pd.Series) -> pd.Series:
    """Numbers with many distinct values become "low to high" ranges of equal count; anything else stays text."""
    text = column.astype("str").fillna("") if not pd.api.types.is_numeric_dtype(column) else column
    number = pd.to_numeric(text.replace("", None) if text is not column else text, errors="coerce")
    empty = number.isna()
    said = (text != "") if text is not column else ~empty
    if bool((empty & said).any()) or number.nunique() <= 2 * N_BINS:
        return column.map(lambda x: "" if pd.isna(x) else f"{x:g}") if text is column else text
    edges = np.unique(np.quantile(number[~empty], np.linspace(0, 1, N_BINS + 1)))
    place = np.clip(np.searchsorted(edges, number.fillna(edges[0]), side="right") - 1, 0, len(edges) - 2)
    names = np.array([f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges.tolist())], dtype=object)
    return pd.Series(np.where(empty, "", names[place]), index=column.index).astype("str")
