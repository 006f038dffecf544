"""What a stage depends on, as digests: the cells of the columns that it is handed, and the code that it runs."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.learning.weights import BoxAndListWeights
from jobs.outputs.manifest import versions
from jobs.starting.named_prices import NamedPrices
from jobs.starting.named_weights import weights_as_json

PACKAGES = ("jobs", "optimizer", "recsys")


def frame_digest(frame: pd.DataFrame) -> str:
    """SHA-256 over names, types and cells of every column, and the labels of the rows."""
    digest = hashlib.sha256(repr([(str(name), str(frame[name].dtype)) for name in frame]).encode())
    index = frame.index
    digest.update(
        b"0, 1, ..."
        if index.equals(pd.RangeIndex(len(index)))
        else np.ascontiguousarray(index.to_numpy(np.int64)).tobytes()
    )
    for name in frame:
        _add_column(digest, frame[name])
    return digest.hexdigest()


def _add_column(digest: Any, column: pd.Series) -> None:
    if column.dtype.kind in "biufmM":
        digest.update(np.ascontiguousarray(column.to_numpy()).view(np.uint8))
        return
    texts = pa.array(column, pa.large_string())
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        lengths = pc.binary_length(chunk).fill_null(-1)
        digest.update(np.ascontiguousarray(lengths.to_numpy(zero_copy_only=False)).view(np.uint8))
        offsets = np.frombuffer(chunk.buffers()[1], np.int64, len(chunk) + 1, chunk.offset * 8) if len(chunk) else [0]
        if int(offsets[-1]) > int(offsets[0]):
            digest.update(memoryview(chunk.buffers()[2])[int(offsets[0]) : int(offsets[-1])])


def json_digest(told: Any) -> str:
    """SHA-256 of what JSON can hold."""
    return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()


def weights_digest(weights: BoxAndListWeights | None) -> str:
    """SHA-256 over all that a run keeps of weights."""
    return json_digest(None if weights is None else weights_as_json(weights))


def prices_digest(prices: NamedPrices | None) -> str:
    """SHA-256 over prices by name."""
    return json_digest(None if prices is None else prices.as_json())


@cache
def code_digest() -> str:
    """SHA-256 over the sources of boxwise, the versions of what it calls, and what this processor can do.

    By content, as compiled code is stamped: the dates of files tell nothing.
    """
    digest = hashlib.sha256(repr((sys.version, sys.byteorder, versions(), platform.machine(), _processor())).encode())
    root = Path(__file__).parents[2]
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            digest.update(f"{file.relative_to(root).as_posix()} {file.stat().st_size}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def _processor() -> Any:
    """What decides how NumPy and its BLAS add: their last bits are those of this kind of processor."""
    told: Any = np.show_config(mode="dicts")
    return told.get("SIMD Extensions", {}).get("found", [])
