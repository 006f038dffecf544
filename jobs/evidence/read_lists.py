"""Reading the lists of website.sqlite back, thousands at once, for whoever checks them."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from jobs.evidence.audit_read import IntArray

SHAPE = pa.schema(
    {"items": pa.list_(pa.struct({"product_id": pa.string(), "score": pa.float32(), "reason": pa.string()}))}
)
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, eq=False)
class Portion:
    """Some rows of a table of lists, their items one below the other.

    items   frame product_id, score (float32), reason
    row     int64 per item: position in keys and releases; place: its rank in the list, from 0
    """

    keys: list[str]
    releases: list[str]
    items: pd.DataFrame
    row: IntArray
    place: IntArray


def portions(base: sqlite3.Connection, table: str, key: str) -> Iterator[Portion]:
    """The rows of a table; Arrow reads the JSON of thousands of lists at once."""
    rows = base.execute(f"SELECT {key}, release, items FROM {table}")
    while some := rows.fetchmany(ROWS_AT_ONCE):
        keys, releases, texts = (list(column) for column in zip(*some, strict=True))
        lines = "".join(f'{{"items": {text}}}\n' for text in texts).encode()
        options = pajson.ReadOptions(block_size=len(lines) + 1)
        lists = pajson.read_json(io.BytesIO(lines), options, pajson.ParseOptions(explicit_schema=SHAPE))
        column = lists["items"].combine_chunks()
        if len(column) != len(keys):
            raise ValueError(f"{table}: found {len(column)} lists in {len(keys)} rows")
        counts = pc.list_value_length(column).to_numpy(zero_copy_only=False)
        row = np.repeat(np.arange(len(keys)), counts)
        first = np.concatenate([[0], np.cumsum(counts)[:-1]])
        items = pa.table(pc.list_flatten(column).flatten(), names=["product_id", "score", "reason"]).to_pandas()
        yield Portion(keys, releases, items, row, np.arange(len(row)) - first[row])
