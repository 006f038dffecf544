"""Tables by a query: DuckDB reads the customer's own files or database (the extra `sql`).

Relative paths in the query start at the campaign's folder. Ids stay text: where a query lets DuckDB guess that the ids
of a CSV are numbers, the column is refused, for `00042` would be 42 by then.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.config.campaign import InputSource
from jobs.reading.collect import Collected, Raw
from jobs.reading.schemas import TABLES

_ATTACHED = re.compile(r"^(postgres|postgresql|mysql|sqlite):(?!//)(.*)$", re.DOTALL)
_PIECE = 1_000_000
_ROW = "row of the query"


def read_sql(name: str, source: InputSource, root: Path, collected: Collected) -> Raw | None:
    """Run the query of a table; None when it fails or DuckDB is not installed."""
    file, sql = f"[inputs.{name}] sql", source.sql or ""
    try:
        import duckdb
    except ImportError:
        collected.fault(
            file, None, None, "a query, and DuckDB is not installed", "pip install 'boxwise[sql]', or a file"
        )
        return None
    try:
        with contextlib.chdir(root), _connected(duckdb, source.connect) as connection:
            with contextlib.suppress(duckdb.Error):  # the zone of the machine must not count
                connection.execute("SET TimeZone = 'UTC'")
            plan = str(connection.execute(f"EXPLAIN {sql}").fetchall())
            table, rows = _sorted_rows(connection, sql, duckdb.Error)
    except (duckdb.OutOfMemoryException, MemoryError) as bad:
        raise MemoryError(f"{file}: {bad}") from bad
    except (duckdb.Error, pa.ArrowException, OSError, KeyError, AttributeError, RuntimeError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        collected.fault(file, None, None, f"a query that fails ({said})", "one SELECT that DuckDB can run")
        return None
    if len(set(table.column_names)) < table.num_columns:
        repeated = next(column for column in table.column_names if table.column_names.count(column) > 1)
        collected.fault(file, None, repeated, "several columns of this name", "every column name once")
        return None
    if "READ_CSV" in plan and _guessed_ids(name, file, table, collected):
        return None
    return Raw(name, file, None, table_sha256(table), table, tuple(table.column_names), rows=rows)


def _sorted_rows(connection: Any, sql: str, failures: type[Exception]) -> tuple[pa.Table, npt.NDArray[np.int64] | None]:
    """The result in an order of its own, and where each row was: plans and threads decide in which order rows come."""
    result = connection.sql(sql)
    if len(set(result.columns)) < len(result.columns):
        return result.to_arrow_table(), None
    try:
        table = result.project(f'*, row_number() OVER () AS "{_ROW}"').order("ALL").to_arrow_table()
    except (failures, pa.ArrowException) as bad:  # a type without an order
        if "Memory" in type(bad).__name__:
            raise
        return connection.sql(sql).to_arrow_table(), None
    return table.drop_columns([_ROW]), table.column(_ROW).to_numpy()


def _connected(duckdb: Any, connect: str | None) -> Any:
    """A connection to what `connect` names: nothing, a DuckDB file, or another database attached read-only.

    `$NAME` stands for the environment variable, so that no password need stand in the file.
    """
    if connect and connect.startswith("$"):
        if connect[1:] not in os.environ:
            raise KeyError(f"connect: expected an environment variable {connect[1:]}, found none")
        connect = os.environ[connect[1:]]
    attached = _ATTACHED.match(connect or "")
    kind = attached[1] if attached else "postgres" if (connect or "").startswith("postgres") else None
    if connect and kind is None:
        if not Path(connect).is_file():
            raise OSError(f"connect: expected a DuckDB file, found nothing at {connect}")
        return duckdb.connect(connect, read_only=True)
    connection = duckdb.connect()
    if connect:
        target = (attached[2] if attached else connect).replace("'", "''")
        kind = "postgres" if kind == "postgresql" else kind
        connection.execute(f"ATTACH '{target}' AS source (TYPE {kind}, READ_ONLY)")
        connection.execute("USE source")
    return connection


def _guessed_ids(name: str, file: str, table: pa.Table, collected: Collected) -> bool:
    """True, with a fault each, when ids of a CSV have been read as numbers."""
    ids = [column.name for column in TABLES[name].columns if column.kind == "id" and column.name in table.column_names]
    guessed = [column for column in ids if not pa.types.is_string(table.schema.field(column).type)]
    for column in guessed:
        found = f"ids of a CSV read as {table.schema.field(column).type}, which loses zeros in front"
        collected.fault(file, None, column, found, "text: FROM read_csv('...', all_varchar = true)")
    return bool(guessed)


def table_sha256(table: pa.Table) -> str:
    """sha256 over names, types and cells of an Arrow table, column by column, however it is cut into chunks."""
    digest = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        digest.update(f"{name}\0{column.type}\0{len(column)}\0".encode())
        for start in range(0, len(column), _PIECE):
            text = pc.fill_null(_texts(column.slice(start, _PIECE)), "\0").combine_chunks()
            digest.update(np.asarray(pc.binary_length(text), dtype=np.int64).tobytes())
            digest.update("".join(text.to_pylist()).encode())
    return digest.hexdigest()


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Every cell as text, whatever the type."""
    try:
        return column.cast(pa.large_string())
    except pa.ArrowException:
        return pa.chunked_array([[_written(cell) for cell in column]], pa.large_string())


def _written(cell: pa.Scalar) -> str:
    try:
        return repr(cell.as_py())
    except (OverflowError, ValueError, pa.ArrowException):  # a moment that no calendar holds
        return f"a {cell.type} out of range"
