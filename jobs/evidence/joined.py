"""How the rows of a run's files find each other: by ids, as text; no position is taken from who wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Texts: TypeAlias = pd.Series | Sequence[str] | Any
"""Texts one below the other: of pandas, which may hold them as categories, of Arrow or a list."""


def who_is(customer_id: str, box_id: str) -> str:
    """A customer's box in words: `12`, or `12 box S3`."""
    return f"{customer_id} box {box_id}" if box_id else str(customer_id)


def box_keys(frame: pd.DataFrame) -> pd.Series:
    """One text per row that tells a customer's boxes apart; without names, the customer_id itself."""
    if "box_id" not in frame.columns or not (named := (frame["box_id"] != "").to_numpy(bool)).any():
        return frame["customer_id"]
    ids, boxes = frame["customer_id"].astype("str"), frame["box_id"].astype("str")
    return ids.where(~named, ids + "\n" + boxes)


def dropped_rows(customers: pd.DataFrame, edits: pd.DataFrame) -> Mask:
    """bool per row of customers: dropped by an edit, with all boxes of the customer or this one by name."""
    drops = set(box_keys(edits[edits["action"] == "drop_customer"]))
    return (customers["customer_id"].isin(drops) | box_keys(customers).isin(drops)).to_numpy()


def place(ids: Texts, among: Texts) -> IntArray:
    """int64: row of each id in `among`, -1 where it is not there.

    Raises ValueError where `among` holds an id twice.
    """
    if isinstance(ids, pd.Series) and isinstance(ids.dtype, pd.CategoricalDtype):
        return np.append(place(distinct(ids), among), -1)[ids.cat.codes.to_numpy()]
    rows = _texts(among)
    if pc.count_distinct(rows, mode="all").as_py() < len(rows):
        raise ValueError("expected every id once among those that are looked in")
    found = pc.index_in(_texts(ids), value_set=rows)
    return np.asarray(pc.fill_null(found, -1), dtype=np.int64)


def among(pairs: pd.DataFrame, others: pd.DataFrame) -> Mask:
    """bool per row of customer_id and product_id: is the pair among the others?"""
    if not len(pairs) or not len(others):
        return np.zeros(len(pairs), dtype=bool)
    whom, what = (distinct(others[key]) for key in ("customer_id", "product_id"))
    row, column = place(pairs["customer_id"], whom), place(pairs["product_id"], what)
    there = place(others["customer_id"], whom) * len(what) + place(others["product_id"], what)
    return (row >= 0) & (column >= 0) & is_among(row * len(what) + column, there)


def distinct(texts: pd.Series) -> pd.Series:
    """Every text once; of categories, those that no row has as well."""
    coded = isinstance(texts.dtype, pd.CategoricalDtype)
    return texts.cat.categories.to_series() if coded else texts.drop_duplicates()


def is_among(keys: IntArray, others: IntArray) -> Mask:
    """bool per key: is it among the others?"""
    known = np.append(np.sort(others), -(2**62))
    return np.asarray(known[np.searchsorted(known[:-1], keys)] == keys, dtype=bool)


def _texts(given: Texts) -> Any:
    """As Arrow holds them, all with one type."""
    texts = given if isinstance(given, pa.Array) else pa.array(given, from_pandas=True)
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return whole.cast(pa.large_string())
