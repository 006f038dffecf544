"""scores.parquet: the score of every customer and boxable product, written and read block by block."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.cells.arrow_texts import texts
from jobs.posing.scores import GRID, Scores


def write_scores(path: Path, customer_ids: pd.Series, product_ids: Sequence[str], scores: Scores) -> None:
    """Write customer_id and scores (fixed-size list of float32, in the order of the metadata's JSON list `products`).

    customer_ids  (n_customers,) sorted; product_ids (n_items,) sorted; scores (n_customers, n_items)
    """
    n_customers, n_items = scores.shape
    schema = pa.schema(
        [pa.field("customer_id", pa.string()), pa.field("scores", pa.list_(pa.float32(), n_items))],
        metadata={"products": json.dumps(list(product_ids), ensure_ascii=False)},
    )
    ids = texts(customer_ids).cast(pa.string())
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False, write_statistics=False) as writer:
        for lo in range(0, n_customers, GRID):
            hi = min(lo + GRID, n_customers)
            block = np.ascontiguousarray(scores.block(lo, hi), np.float32)
            lists = pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1)), n_items)
            writer.write_batch(pa.record_batch([ids.slice(lo, hi - lo), lists], schema=schema))


class ScoresFile:
    """The scores of a run folder, read by blocks: `jobs.posing.scores.Scores`.

    customer_ids  (n_customers,) in file order
    product_ids   (n_items,) in the order of the lists
    """

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        metadata = self._file.schema_arrow.metadata or {}
        if b"products" not in metadata:
            raise ValueError(f"{path.name}: expected a JSON list `products` in the file's metadata, found none")
        self.product_ids: tuple[str, ...] = tuple(json.loads(metadata[b"products"]))
        self.customer_ids: list[str] = self._file.read(columns=["customer_id"])["customer_id"].to_pylist()
        groups = [self._file.metadata.row_group(number).num_rows for number in range(self._file.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(groups)]).astype(np.int64)
        self._held: tuple[int, npt.NDArray[np.float32]] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return len(self.customer_ids), len(self.product_ids)

    def block(self, lo: int, hi: int) -> npt.NDArray[np.float32]:
        """float32 (hi - lo, n_items) of the rows lo..hi-1."""
        out = np.empty((hi - lo, self.shape[1]), np.float32)
        first = int(np.searchsorted(self._starts, lo, side="right")) - 1
        for group in range(first, len(self._starts) - 1):
            start, stop = int(self._starts[group]), int(self._starts[group + 1])
            if start >= hi:
                break
            cut_lo, cut_hi = max(start, lo), min(stop, hi)
            out[cut_lo - lo : cut_hi - lo] = self._group(group)[cut_lo - start : cut_hi - start]
        return out

    def _group(self, group: int) -> npt.NDArray[np.float32]:
        """One row group; the last one read is kept, as readers go through the file in order."""
        if self._held is None or self._held[0] != group:
            column: Any = self._file.read_row_group(group, columns=["scores"])["scores"].combine_chunks()
            if isinstance(column, pa.ChunkedArray):
                column = column.chunk(0)
            values = column.values.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
            self._held = group, values.reshape(-1, self.shape[1])
        return self._held[1]
