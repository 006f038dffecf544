"""Reading scores.parquet as docs/campaign.md describes it, for the audit: by blocks, in the order of the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_AT_ONCE = 4_096


@dataclass(frozen=True, eq=False)
class WrittenScores:
    """The scores of a run's folder; customers and products as the file names them."""

    path: Path
    customer_ids: pa.Array
    product_ids: list[str]

    def blocks(self) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        """First row, and float32 (some rows, n_products), until the end of the file."""
        lo, width = 0, len(self.product_ids)
        for batch in pq.ParquetFile(self.path).iter_batches(ROWS_AT_ONCE, columns=["scores"]):
            scores = batch.column(0).flatten().to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
            yield lo, scores.reshape(batch.num_rows, width)
            lo += batch.num_rows


def written_scores(path: Path) -> WrittenScores:
    """Open scores.parquet. Raises OSError or ValueError where it is none."""
    file = pq.ParquetFile(path)
    listed = (file.schema_arrow.metadata or {}).get(b"products")
    if listed is None:
        raise ValueError("expected a JSON list `products` in the file's metadata, found none")
    customer_ids = file.read(columns=["customer_id"])["customer_id"].combine_chunks()
    return WrittenScores(path, customer_ids, json.loads(listed))
