"""Reading the lists of website.sqlite back, thousands at once, for whoever checks them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from jobs.evidence.joined import IntArray

SHAPE = pa.schema(
    {"items": pa.list_(pa.struct({"product_id": pa.string(), "score": pa.float32(), "reason": pa.string()}))}
)
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, eq=False)
class Portion:
    """Some rows of a table of lists, their items one below the other.

    counts    int64 per row: how many items its list has
    products  text per item: product_id; reasons: likewise
    scores    float32 per item, NaN where there is none
    row       int64 per item: position in keys and releases; place: its rank in the list, from 0
    """

    keys: list[str]
    releases: list[str]
    counts: IntArray
    products: pa.Array
    scores: npt.NDArray[np.float32]
    reasons: pa.Array
    row: IntArray
    place: IntArray


@contextmanager
def open_website(folder: Path) -> Iterator[sqlite3.Connection]:
    """A run's website.sqlite, to be read only, by the thread that opens it."""
    address = f"{(folder / 'website.sqlite').resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as base:
        yield base


def portions(base: sqlite3.Connection, table: str, key: str) -> Iterator[Portion]:
    """The rows of a table; Arrow reads the JSON of thousands of lists at once."""
    line = """CAST('{"items": ' || items || '}' AS BLOB)"""
    rows = base.execute(f"SELECT {key}, release, {line} FROM {table}")
    while some := rows.fetchmany(ROWS_AT_ONCE):
        keys, releases, texts = (list(column) for column in zip(*some, strict=True))
        del some
        lines = b"\n".join(texts)
        del texts
        options = pajson.ReadOptions(block_size=len(lines) + 1)
        lists = pajson.read_json(pa.BufferReader(lines), options, pajson.ParseOptions(explicit_schema=SHAPE))
        column = lists["items"].combine_chunks()
        if len(column) != len(keys) or column.null_count:
            raise ValueError(f"{table}: found {len(column) - column.null_count} lists in {len(keys)} rows")
        counts = pc.list_value_length(column).to_numpy(zero_copy_only=False).astype(np.int64)
        row = np.repeat(np.arange(len(keys)), counts)
        first = np.cumsum(counts) - counts
        products, scores, reasons = (whole(part) for part in pc.list_flatten(column).flatten()[:3])
        yield Portion(
            keys,
            releases,
            counts,
            products,
            scores.to_numpy(zero_copy_only=False).astype(np.float32, copy=False),
            reasons,
            row,
            np.arange(len(row)) - first[row],
        )


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
