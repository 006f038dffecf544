"""Which releases a database holds, which one readers see, which came before, and which may go.

Table `releases` has a row per release that is there, `history` a row per turn, as runs/history.csv has; both change in
the transactions that load, turn and drop, so that they always tell what is.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from jobs.publishing import history
from jobs.publishing.postgres.load import table_of
from jobs.publishing.postgres.session import Connection, one

DROP_WAIT = "50ms"
"""For the locks of a release that is dropped; what somebody still reads is left for the next time."""
_OURS = {
    "overrides": """
        CREATE TABLE boxwise.overrides (
            product_id text COLLATE "C" PRIMARY KEY,
            reason text NOT NULL DEFAULT '',
            hidden_at timestamptz NOT NULL DEFAULT now()
        )""",
    "releases": """
        CREATE TABLE boxwise.releases (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            run_id text NOT NULL,
            sha256 text NOT NULL,
            state text NOT NULL DEFAULT 'loaded' CHECK (state IN ('loaded', 'current', 'kept')),
            loaded_at timestamptz NOT NULL DEFAULT now(),
            published_at timestamptz,
            rows jsonb NOT NULL
        )""",
    "history": """
        CREATE TABLE boxwise.history (
            turn bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            turned_at timestamptz NOT NULL DEFAULT now(),
            number bigint NOT NULL,
            action text NOT NULL CHECK (action IN ('publish', 'rollback'))
        )""",
}
RESERVED = frozenset(_OURS)
"""Tables of our own, which no table of a website may be called."""


@dataclass(frozen=True)
class Release:
    """A release that is there.

    number  part of its tables' names; never used twice
    state   loaded = readers have never seen it; current; kept = for going back
    rows    of each of its tables
    """

    number: int
    run_id: str
    sha256: str
    state: str
    rows: dict[str, int]


def prepare(conn: Connection) -> None:
    """Make the schema and our own tables where they are not there; needs no right when they are."""
    with conn.transaction():
        if one(conn, sql.SQL("SELECT to_regnamespace('boxwise')"))[0] is None:
            conn.execute("CREATE SCHEMA boxwise")
        for table, create in _OURS.items():
            if one(conn, sql.SQL("SELECT to_regclass({})").format(f"boxwise.{table}"))[0] is None:
                conn.execute(create)


def is_prepared(conn: Connection) -> bool:
    """Has anything ever been published to this database?"""
    return all(
        one(conn, sql.SQL("SELECT to_regclass({})").format(f"boxwise.{table}"))[0] is not None for table in _OURS
    )


def releases(conn: Connection) -> dict[int, Release]:
    """The releases that are there, by number."""
    query = "SELECT number, run_id, sha256, state, rows FROM boxwise.releases ORDER BY number"
    return {row[0]: Release(*row) for row in conn.execute(query).fetchall()}


def standing(conn: Connection) -> list[int]:
    """The releases that stand, oldest first; the last one is what readers see. See `history.standing`."""
    return [int(number) for number in history.standing(_entries(conn))]


def disposable(conn: Connection, keep: int) -> list[Release]:
    """What lies beyond the `keep` releases published last, oldest first; the current one and the one before it stay."""
    there, entries = releases(conn), _entries(conn)
    recent = list(dict.fromkeys(int(entry.run_id) for entry in reversed(entries)))
    kept = {*[number for number in recent if number in there][: max(keep, 1)], *standing(conn)[-2:]}
    return [there[number] for number in sorted(there) if number not in kept]


def drop(conn: Connection, release: Release) -> str | None:
    """Drop a release's tables and its row; None when done, otherwise why it is left for the next time."""
    tables = sql.SQL(", ").join(table_of(table, release.number) for table in sorted(release.rows))
    try:
        with conn.transaction():
            conn.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(DROP_WAIT))
            conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(tables))
            conn.execute(sql.SQL("DELETE FROM boxwise.releases WHERE number = {}").format(release.number))
    except psycopg.errors.LockNotAvailable:
        return "somebody still reads it"
    except psycopg.errors.DependentObjectsStillExist:
        return "something that is not ours is built on it"
    return None


def _entries(conn: Connection) -> list[history.Entry]:
    """The turns, oldest first; a release is known by its number, for a run may be loaded more than once."""
    query = "SELECT turned_at::text, number::text, action FROM boxwise.history ORDER BY turn"
    return [history.Entry(*row) for row in conn.execute(query).fetchall()]
