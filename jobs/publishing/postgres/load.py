"""A release's tables are loaded into PostgreSQL: new tables beside the old ones, which no reader sees yet.

All of it is one transaction. A publisher that is cut leaves nothing; one that is through leaves a whole release.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from psycopg import sql
from psycopg.types.json import Json

from jobs.faults import CheckFailed
from jobs.outputs.website import BESIDE
from jobs.publishing.postgres.session import Connection, named, one
from jobs.publishing.targets import Say
from jobs.publishing.website_source import Cell, Column, Table, Website

TYPES = {"TEXT": 'text COLLATE "C"', "INTEGER": "bigint", "REAL": "double precision"}
"""Texts sort by character, as in website.sqlite: fast, and no new version of the system's language tables can break an
index."""
NEVER_SQUEEZED = "toast_tuple_target = 8160"
"""Without lz4 a list of 2 to 8 KiB stays as it is: PostgreSQL's older method costs six times the rest of the load."""
PORTION_BYTES = 1 << 18
HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""Beginning and end of a binary COPY (PostgreSQL's manual, COPY, "Binary Format")."""


def table_of(table: str, number: int) -> sql.Identifier:
    """The table of a release."""
    return named(f"{table}_{number}")


def load(conn: Connection, website: Website, say: Say) -> int:
    """Load every table of the website as a new release, and return its number. Readers still see what they saw.

    Raises CheckFailed when a table does not hold what the run does, psycopg.Error when PostgreSQL refuses.
    """
    lz4 = one(conn, sql.SQL("SELECT coalesce(bool_or('lz4' = ANY(enumvals)), false) FROM pg_settings {}").format(
        sql.SQL("WHERE name = 'default_toast_compression'")
    ))[0]  # fmt: skip
    rows = {table.name: table.rows for table in website.tables}
    with conn.transaction():
        insert = sql.SQL("INSERT INTO boxwise.releases (run_id, sha256, rows) VALUES ({}, {}, {}) RETURNING number")
        number = int(one(conn, insert.format(website.run_id, website.sha256, Json(rows)))[0])
        for table in website.tables:
            say(f"{table.name}, {table.rows:,} rows")
            _create(conn, table, number, lz4=lz4)
            _copy(conn, table, number, website)
            _finish(conn, table, number)
        check_rows(conn, number, website.run_id, rows)
    return number


def check_rows(conn: Connection, number: int, run_id: str, rows: dict[str, int]) -> None:
    """Raise CheckFailed unless every table of the release is there with so many rows, all of this run."""
    faults, there = [], relations(conn)
    for table, expected in rows.items():
        columns = there.get(f"{table}_{number}")
        if columns is None:
            faults.append(f"{table}_{number}: is missing")
            continue
        release = next((name for name in ("release", "run_id") if name in columns), None)
        ours = sql.SQL("true") if release is None else sql.SQL("{} = {}").format(sql.Identifier(release), run_id)
        query = sql.SQL("SELECT count(*), count(*) FILTER (WHERE {}) FROM {}").format(ours, table_of(table, number))
        found, mine = one(conn, query)
        if (found, mine) != (expected, expected):
            faults.append(f"{table}_{number}: found {found} rows, {mine} of {run_id}, expected {expected}")
    if faults:
        raise CheckFailed(faults)


def relations(conn: Connection) -> dict[str, dict[str, str]]:
    """Every table and view of our schema, with the names and types of its columns in order."""
    query = """
        SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attcollation IN (0, 'pg_catalog."default"'::regcollation) THEN ''
                       ELSE ' COLLATE ' || a.attcollation::regcollation::text END
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = to_regnamespace('boxwise') AND c.relkind IN ('r', 'v')
          AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attrelid, a.attnum
    """
    found: dict[str, dict[str, str]] = {}
    for relation, column, kind in conn.execute(query).fetchall():
        found.setdefault(relation, {})[column] = kind
    return found


def _create(conn: Connection, table: Table, number: int, *, lz4: bool) -> None:
    def column(spec: Column) -> sql.Composed:
        is_list = spec.name in ("items", *BESIDE.get(table.name, ()))
        kind = ("text COMPRESSION lz4" if lz4 else "text") if is_list else TYPES[spec.kind]
        return sql.SQL("{} {} {}").format(
            sql.Identifier(spec.name), _sql(kind), sql.SQL("NOT NULL" if spec.required else "NULL")
        )

    columns = sql.SQL(", ").join(column(spec) for spec in table.columns)
    storage = sql.SQL("" if lz4 else f"WITH ({NEVER_SQUEEZED})")
    conn.execute(sql.SQL("CREATE TABLE {} ({}) {}").format(table_of(table.name, number), columns, storage))


def _copy(conn: Connection, table: Table, number: int, website: Website) -> None:
    """Send the rows. FREEZE: a reader whose transaction is older than the load sees them too, never an empty table."""
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE)").format(table_of(table.name, number), names)
    with conn.cursor() as cursor:
        with cursor.copy(query) as copy:
            copy.write(HEADER)
            for portion in binary_rows(website.cells(table), table.columns):
                copy.write(portion)
            copy.write(TRAILER)
        if cursor.rowcount != table.rows:
            raise CheckFailed(f"{table.name}: PostgreSQL took {cursor.rowcount} rows, expected {table.rows}")


def binary_rows(rows: Iterator[tuple[Cell, ...]], columns: tuple[Column, ...]) -> Iterator[bytes]:
    """Rows in PostgreSQL's binary format, in portions: a row is its number of cells, a cell its length and bytes.

    Raises CheckFailed for a value that is not of its column's kind.
    """
    start = struct.pack("!h", len(columns))
    pack = struct.Struct("!i").pack
    numbers = {"INTEGER": struct.Struct("!iq").pack, "REAL": struct.Struct("!id").pack}
    kinds = [(numbers.get(column.kind), column) for column in columns]
    portion: list[bytes] = []
    size = 0
    for row in rows:
        portion.append(start)
        for cell, (number, column) in zip(row, kinds, strict=True):
            if cell is None:
                portion.append(b"\xff\xff\xff\xff")
            elif number is None and isinstance(cell, bytes):
                portion += (pack(len(cell)), cell)
                size += len(cell)
            elif number is not None and not isinstance(cell, bytes):
                portion.append(number(8, cell))
            else:
                raise CheckFailed(f"website.sqlite: found {cell!r} in {column.name}, expected {column.kind}")
        size += 16
        if size > PORTION_BYTES:
            yield b"".join(portion)
            portion.clear()
            size = 0
    yield b"".join(portion)


def _finish(conn: Connection, table: Table, number: int) -> None:
    """The key, and what the planner must know; of the lists it needs to know nothing."""
    target = table_of(table.name, number)
    if table.key:
        key = sql.SQL(", ").join(map(sql.Identifier, table.key))
        conn.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(target, key))
    lists = ("items", *BESIDE.get(table.name, ()))
    known = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns if column.name not in lists)
    conn.execute(sql.SQL("ANALYZE {} ({})").format(target, known))


def _sql(text: str) -> sql.SQL:
    """A piece of SQL that this module wrote itself."""
    assert re.fullmatch(r'[A-Za-z0-9 "]+', text)
    return sql.SQL(text)
