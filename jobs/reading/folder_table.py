"""A table that is a folder of part files, as Spark, Dask and Hive write it: `events.parquet/month=2026-10/part-0.pq`.

Parts are read in the order of their names. What begins with `_` or `.` is their writer's own, such as `_SUCCESS`; a
folder named `column=value` gives its rows that value, as text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from jobs.reading.collect import Collected, Raw
from jobs.reading.file_kinds import kind_of_part
from jobs.reading.plain_types import in_words, is_text, plain_array
from jobs.words import listed, shown

EMPTY_VALUE = "__HIVE_DEFAULT_PARTITION__"
PartReader = Callable[[str, Path], Raw | None]


def part_files(folder: Path) -> list[Path]:
    """The part files below a folder, in the order of their names, without what their writer keeps for itself."""
    found = []
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts):
        names = path.relative_to(folder).parts
        if path.is_file() and not any(name.startswith(".") or _is_own(name) for name in names):
            found.append(path)
    return found


def _is_own(name: str) -> bool:
    return name.startswith("_") and "=" not in name


def read_folder(
    name: str, file: str, folder: Path, wanted: tuple[str, ...] | None, collected: Collected, read: PartReader
) -> Raw | None:
    """Read all parts as one table; None when one of them cannot be read, or they do not fit together.

    wanted  columns to read; None = all
    read    reads one part, called with its name in messages and its path
    """
    paths = part_files(folder)
    strange = [path for path in paths if kind_of_part(path) is None]
    kinds = {kind_of_part(path) for path in paths}
    if not paths or strange or len(kinds) > 1:
        found = "a folder without part files" if not paths else "part files of two kinds"
        found = f"a part file {shown(strange[0].name)}" if strange else found
        collected.fault(file, None, None, found, "parts that all end in .parquet, or all in .csv")
        return None
    raws = [read(f"{file}/{path.relative_to(folder).as_posix()}", path) for path in paths]
    parts = [raw for raw in raws if raw is not None]
    if len(parts) < len(raws) or not _fit(file, parts, kinds == {"csv"}, collected):
        return None
    tables = [_with_values(raw, path.relative_to(folder), wanted) for raw, path in zip(parts, paths, strict=True)]
    table = _one(file, tables, collected)
    if table is None:
        return None
    digest = hashlib.sha256()
    for raw, path in zip(parts, paths, strict=True):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{raw.sha256}\n".encode())
    names = tuple(
        dict.fromkeys(
            name for raw, table in zip(parts, tables, strict=True) for name in (*raw.names, *table.column_names)
        )
    )
    return Raw(name, file, folder, digest.hexdigest(), table, names, parts=tuple(parts))


def _fit(file: str, parts: list[Raw], is_csv: bool, collected: Collected) -> bool:
    """Whether all parts have the same columns: a CSV must, of a Parquet file it is told."""
    everywhere = dict.fromkeys(name for raw in parts for name in raw.names)
    lacking = [(raw, [name for name in everywhere if name not in raw.names]) for raw in parts]
    short = [(raw, names) for raw, names in lacking if names]
    if is_csv:
        for raw, names in short:
            collected.fault(raw.file, 1, None, f"no column {listed(names, most=5)}", "the columns of the other parts")
        return not short
    if short:
        lacked = listed(dict.fromkeys(name for _, names in short for name in names), most=5)
        collected.note(
            file, len(short), None, f"part file{'s' * (len(short) > 1)} without column {lacked}: empty there"
        )
    return True


def _with_values(raw: Raw, path: Path, wanted: tuple[str, ...] | None) -> pa.Table:
    """The part with a column for every folder named `column=value` that it lies in."""
    table = raw.table
    for folder in path.parts[:-1]:
        column, equals, value = folder.partition("=")
        column = unquote(column)
        if not equals or column in raw.names or (wanted is not None and column not in wanted):
            continue
        text = pa.array([None if value == EMPTY_VALUE else unquote(value)], pa.large_string())
        codes = pa.array(np.zeros(table.num_rows, np.int32))
        table = table.append_column(column, pa.DictionaryArray.from_arrays(codes, text))
    return table


def _one(file: str, tables: list[pa.Table], collected: Collected) -> pa.Table | None:
    """The parts below each other; None, with a fault each, where a column is of two types that do not go together."""
    columns: dict[str, pa.ChunkedArray] = {}
    names = dict.fromkeys(name for table in tables for name in table.column_names)
    for name in names:
        pieces = [
            plain_array(table.column(name)) if name in table.column_names else pa.nulls(table.num_rows)
            for table in tables
        ]
        kinds = {piece.type for piece in pieces}
        if len(kinds) > 1 and all(_holds_text(kind) for kind in kinds):
            pieces = [piece.cast(pa.large_string()) for piece in pieces]
        try:
            one = [pa.table({name: piece}) for piece in pieces]
            columns[name] = pa.concat_tables(one, promote_options="permissive").column(0)
        except pa.ArrowException:
            found = " and ".join(sorted(in_words(kind).removeprefix("a column of ") for kind in kinds)[:3])
            collected.fault(file, None, name, f"{found} in different parts", "one type in all parts")
    return pa.table(columns) if len(columns) == len(names) else None


def _holds_text(kind: pa.DataType) -> bool:
    return is_text(kind) or pa.types.is_dictionary(kind) or pa.types.is_null(kind)
