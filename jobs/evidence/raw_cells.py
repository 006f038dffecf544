"""A campaign's own table read once more, by Arrow, pandas and plain Python: every cell as text, "" where it is empty.

Shares nothing with the night's reader: a type that it reads wrongly is found by whoever compares.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.evidence.read_csv import unguard

PARQUET = b"PAR1"


def raw_cells(path: Path, columns: Iterable[str]) -> pd.DataFrame:
    """The table of a file, or of all part files of a folder one below the other.

    columns   those that are looked at; one that the file lacks is passed over
    """
    wanted = list(columns)
    if not path.is_dir():
        return _file(path, wanted)
    frames = []
    for file in part_files(path):
        frame = _file(file, wanted)
        for part in file.relative_to(path).parts[:-1]:
            name, _, value = part.partition("=")
            if name in wanted and name not in frame.columns:
                frame[name] = "" if value == "__HIVE_DEFAULT_PARTITION__" else unquote(value)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True).fillna("")


def part_files(folder: Path) -> list[Path]:
    """The files below a folder, by name; what begins with "_" or "." is not data, unless it names a value."""
    found = []
    for place, _, names in os.walk(folder):
        found += [Path(place, name).relative_to(folder).parts for name in names]
    hidden = (".", "_")
    kept = [parts for parts in found if not any(part.startswith(hidden) and "=" not in part for part in parts)]
    return [folder.joinpath(*parts) for parts in sorted(kept) if not any(part.startswith(".") for part in parts)]


def sha256_of_input(path: Path) -> str:
    """What a manifest tells: the SHA-256 of a file; of a folder, one over the names and SHA-256 of its parts."""
    if path.is_dir():
        told = "".join(f"{part.relative_to(path).as_posix()}\0{sha256_of_input(part)}\n" for part in part_files(path))
        return hashlib.sha256(told.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file(path: Path, wanted: list[str]) -> pd.DataFrame:
    with path.open("rb") as file:
        is_parquet = file.read(len(PARQUET)) == PARQUET
    if is_parquet:
        table = pq.ParquetFile(path).read()
        names = [name for name in wanted if name in table.column_names]
        return pd.DataFrame({name: _cells(table.column(name)) for name in names}, index=range(len(table)))
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=True)
    names = [name for name in wanted if name in frame.columns]
    return pd.DataFrame({name: of_each(frame[name], lambda cell: unguard(cell).strip()) for name in names})


def _cells(column: pa.ChunkedArray) -> pd.Series:
    """Every value as text, each distinct one told once: most columns hold few values many times."""
    if pa.types.is_duration(column.type):
        column = column.cast(pa.int64())
    try:
        coded = column.combine_chunks().dictionary_encode()
    except pa.ArrowNotImplementedError:  # lists, and types of other people's
        return pd.Series([text(value).strip() for value in column.to_pylist()], dtype="str")
    coded = pa.concat_arrays(coded.chunks) if isinstance(coded, pa.ChunkedArray) else coded
    told = pa.array([text(value).strip() for value in coded.dictionary.to_pylist()], pa.large_string())
    cells = told.take(coded.indices).fill_null("")
    return pd.Series(cells.to_pandas(), dtype="str")


def of_each(cells: pd.Series, told: Callable[[str], str]) -> pd.Series:
    """What is told of every text, each distinct one asked once; with the same index."""
    code, distinct = pd.factorize(cells)
    said = pd.array([told(cell) for cell in distinct.tolist()], dtype="str")
    return pd.Series(said.take(code, allow_fill=True), index=cells.index)


def text(value: Any) -> str:
    """A value as a CSV would hold it."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        whole = int(value)
        return str(whole) if value == whole and abs(whole) < 10**15 else repr(float(value))
    if isinstance(value, list | tuple):
        return "|".join(part for part in map(text, value) if part)
    if isinstance(value, bytes):
        return _of_bytes(value)
    if isinstance(value, datetime):
        moment = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return _bare(moment.isoformat(sep=" "))
    return _bare(value.isoformat()) if isinstance(value, date | time) else str(value)


def _bare(written: str) -> str:
    return written.rstrip("0").removesuffix(".") if "." in written else written


def _of_bytes(value: bytes) -> str:
    try:
        found = value.decode()
        return found if found.isprintable() else str(UUID(bytes=value))
    except ValueError:
        return str(UUID(bytes=value)) if len(value) == 16 else ""


def moments_of(written: pd.Series) -> pd.Series:
    """`moment_of` of every cell, each distinct one once: datetime64[us]."""
    code, distinct = pd.factorize(written)
    told = pd.Series([moment_of(cell) for cell in distinct], dtype="datetime64[us]").to_numpy()
    return pd.Series(told[code], index=written.index)


def moment_of(written: str) -> datetime | None:
    """A moment as people and databases write it, in UTC, to the microsecond; None where it is none."""
    plain = re.sub(r" +([+-]\d)", r"\1", written.strip().upper().replace("/", "-"))
    told = re.fullmatch(r"(.*?) *(UTC|GMT)", plain)
    if told:
        plain = told[1] if re.search(r":\d\d.*[+-]", told[1]) else told[1] + "Z"
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
