"""Which files are tables, by their names: Parquet, CSV, and CSV packed with gzip."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path
from typing import IO, Literal, cast

Kind = Literal["parquet", "csv"]
KINDS: dict[str, Kind] = {
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".csv.gz": "csv",
}
SUFFIXES = tuple(KINDS)
EXPECTED = "a .parquet or a .csv file, or a folder of such files"


def kind_of(path: Path) -> Kind | None:
    """What a file holds, by the end of its name; None for any other."""
    name = path.name.lower()
    return next((kind for suffix, kind in KINDS.items() if name.endswith(suffix)), None)


def kind_of_part(path: Path) -> Kind | None:
    """The same of a part file; Hive gives its parts no ending, so that their first bytes must tell."""
    if path.suffix:
        return kind_of(path)
    with path.open("rb") as file:
        return "parquet" if file.read(4) == b"PAR1" else None


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where it is packed."""
    packed = path.name.lower().endswith(".gz")
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def as_text(path: Path) -> IO[str]:
    """The file as UTF-8 text, without a byte-order mark; other bytes as replacement characters."""
    return io.TextIOWrapper(opened(path), encoding="utf-8-sig", errors="replace", newline="")


def sha256(path: Path) -> str:
    """sha256 of a file as it lies on the disk, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
