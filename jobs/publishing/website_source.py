"""What is published: the tables of a run's website.sqlite, checked before anyone else gets to see them.

Tables are taken as the file describes them, so that one that a later night adds comes along by itself.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from jobs.faults import CheckFailed
from jobs.outputs.manifest import sha256_of
from jobs.outputs.rebuild import find_run
from jobs.outputs.website import KEYS

FILE = "website.sqlite"
KINDS = {"TEXT": "TEXT", "INTEGER": "INTEGER", "INT": "INTEGER", "REAL": "REAL"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,44}")
Cell = bytes | int | float | None
"""A value as the file holds it; a text as the bytes of its UTF-8."""


@dataclass(frozen=True)
class Column:
    """A column: name; kind, one of TEXT, INTEGER and REAL; and whether it may be empty."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Table:
    """A table of the file.

    key   names of the columns that name a row, in order; empty = it has none
    rows  how many rows there are
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Website:
    """A run's website.sqlite, sound and all of one release; tables in text order of their names."""

    path: Path
    run_id: str
    sha256: str
    tables: tuple[Table, ...]

    def cells(self, table: Table) -> Iterator[tuple[Cell, ...]]:
        """The rows of a table, in the order of its key."""
        with closing(_open(self.path)) as base:
            base.text_factory = bytes
            order = f" ORDER BY {', '.join(map(_quoted, table.key))}" if table.key else ""
            yield from base.execute(f"SELECT {_names(table)} FROM {_quoted(table.name)}{order}")


def open_website(run: Path) -> tuple[Path, Website]:
    """The run's own folder, and its website's tables, checked.

    The file has the SHA-256 of the manifest, so its bytes are those that the night wrote and read back; every table is
    there; every row is of this run.

    Raises UsageRefused where there is no run, CheckFailed when the file is not what the run says it is.
    """
    folder, manifest = find_run(run)
    path, run_id = folder / FILE, str(manifest["run_id"])
    told = manifest["outputs"].get(FILE, {}).get("sha256")
    if not path.is_file():
        raise CheckFailed(f"{path}: is missing")
    sha256 = sha256_of(path)
    if sha256 != told:
        raise CheckFailed(f"{path}: was changed after the night wrote it; nothing was published")
    try:
        with closing(_open(path)) as base:
            tables = tuple(_table(base, name) for name in _table_names(base))
            faults = [*_missing(tables), *_strange(tables), *_of_other_runs(base, tables, run_id)]
    except sqlite3.Error as bad:
        raise CheckFailed(f"{path}: cannot be read: {bad}") from bad
    if faults:
        raise CheckFailed(faults)
    return folder, Website(path, run_id, sha256, tables)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)  # a run is never changed


def _table_names(base: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
    return [name for (name,) in base.execute(query)]


def _table(base: sqlite3.Connection, name: str) -> Table:
    told = list(base.execute(f"PRAGMA table_info({_quoted(name)})"))
    columns = tuple(
        Column(column, KINDS.get(kind.upper(), kind), bool(required or key))
        for _, column, kind, required, _, key in told
    )
    key = tuple(column for place, column in sorted((row[5], row[1]) for row in told) if place)
    (rows,) = base.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()
    return Table(name, columns, key, rows)


def _missing(tables: tuple[Table, ...]) -> Iterator[str]:
    there = {table.name for table in tables}
    for name in ("release", *KEYS):
        if name not in there:
            yield f"{FILE}: has no table {name}"


def _strange(tables: tuple[Table, ...]) -> Iterator[str]:
    for table in tables:
        for name in (table.name, *(column.name for column in table.columns)):
            if not _NAME.fullmatch(name) or re.search(r"_\d+$", table.name):
                yield f"{FILE}, {table.name}: found the name {name!r}, expected small letters, digits and _"
        for column in table.columns:
            if column.kind not in KINDS.values():
                yield f"{FILE}, {table.name}.{column.name}: found {column.kind or 'no type'}, expected a known type"


def _of_other_runs(base: sqlite3.Connection, tables: tuple[Table, ...], run_id: str) -> Iterator[str]:
    for table in tables:
        column = "run_id" if table.name == "release" else "release"
        if column not in {mine.name for mine in table.columns}:
            continue
        query = f"SELECT count(*) FROM {_quoted(table.name)} WHERE {column} IS NOT ?"
        (others,) = base.execute(query, (run_id,)).fetchone()
        if others:
            yield f"{FILE}, {table.name}: found {others} rows of another run, expected all of {run_id}"
        if table.name == "release" and table.rows != 1:
            yield f"{FILE}, release: found {table.rows} rows, expected 1"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _names(table: Table) -> str:
    return ", ".join(_quoted(column.name) for column in table.columns)
