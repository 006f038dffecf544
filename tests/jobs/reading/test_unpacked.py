"""Small files that unpack to far more than a table is are refused in one line, before they fill the memory."""

from __future__ import annotations

import gzip
import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.inputs.tables import look
from jobs.reading import unpacked
from tests.jobs.small_campaign import EVENTS, write_small_campaign

MIB = 2**20


def faults(folder: Path, name: str, data: bytes) -> list[str]:
    looked = look(write_small_campaign(folder, files={"events.csv": None, name: data}))
    return [str(fault) for fault in looked.faults]


def rows_of_one(folder: Path, n_rows: int, text: str) -> bytes:
    """A Parquet table of events that all say the same."""
    words = {"customer_id": "C01", "product_id": "P01", "kind": "view", "occurred_at": "2026-02-02", "note": text}
    codes = pa.array([0], pa.int32()).take(pa.array([0] * 1_000, pa.int32()))
    part = pa.table({name: pa.DictionaryArray.from_arrays(codes, [word]) for name, word in words.items()})
    path = folder / "made.parquet"
    with pq.ParquetWriter(path, part.schema, compression="zstd") as file:
        whole = pa.concat_tables([part] * (n_rows // 1_000))
        file.write_table(whole, row_group_size=n_rows)
    return path.read_bytes()


def test_a_parquet_of_rows_without_end_is_refused(tmp_path: Path) -> None:
    data = rows_of_one(tmp_path, 20_000_000, "x")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    (line,) = faults(tmp_path / "shop", "events.parquet", data)

    assert line == (
        f"events.parquet: found {len(data):,} bytes that unpack to 320,000,000 or more, "
        "expected a table that unpacks to at most 500 times its size"
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_long_text_repeated_without_end_is_refused(tmp_path: Path) -> None:
    text = "a" * 2 * MIB
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), [text])
    pq.write_table(pa.table({"product_id": words}), tmp_path / "made.parquet", compression="zstd")

    looked = look(
        write_small_campaign(
            tmp_path / "shop",
            files={"products.csv": None, "products.parquet": (tmp_path / "made.parquet").read_bytes()},
        )
    )

    assert f"bytes that unpack to {1_000 * len(text):,} or more" in str(looked.faults[0])


def test_a_gzip_without_end_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(EVENTS.encode() + b"\n" * 300 * MIB, 6, mtime=0)

    (line,) = faults(tmp_path / "shop", "events.csv.gz", data)

    assert line.startswith(f"events.csv.gz: found {len(data):,} bytes that unpack to 272,")


@pytest.mark.parametrize("name", ["events.csv.gz", "events.parquet"])
def test_a_table_that_packs_well_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the floor: half of an ordinary table says again what the other half says."""
    monkeypatch.setattr(unpacked, "ALWAYS", 0)
    head, *rows = EVENTS.splitlines(keepends=True)
    data = (
        gzip.compress((head + "".join(rows) * 50).encode()) if name.endswith("gz") else rows_of_one(tmp_path, 1_000, "")
    )

    assert faults(tmp_path / "shop", name, data) == []
