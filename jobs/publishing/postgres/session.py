"""A connection to PostgreSQL that fails in one line and never waits for ever, and the lock of the only publisher."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql

from jobs.faults import AnotherNight, CheckFailed
from jobs.publishing.postgres.url import Address

Connection = psycopg.Connection[tuple[Any, ...]]
SCHEMA = "boxwise"
LOCK = int.from_bytes(b"boxwise", "big")
"""Key of the advisory lock: one publisher per database."""
LOCK_PATIENCE_S = 3.0
"""The server notices within a second that a publisher was killed; two live ones take longer."""
DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "client_encoding": "UTF8",
}
"""What the address does not say: a server that is gone is noticed within half a minute."""
SETTINGS = (
    "SET search_path = pg_catalog; SET statement_timeout = 0; SET lock_timeout = '10s'; "
    "SET idle_in_transaction_session_timeout = 0; SET default_transaction_isolation = 'read committed'"
)
KNOWN_TO_SOME = (
    "SET transaction_timeout = 0",
    "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3",
    "SET client_connection_check_interval = '500ms'",
)
"""A load takes as long as it takes, and the server drops the work of a publisher that was killed; older servers and
some systems know only part of it."""
HINTS = {
    "42501": " (docs/operating.md, Publishing to PostgreSQL, says which rights are needed)",
    "25006": " (this server only reads: publish to the one it follows)",
}
NAME = "boxwise publish"


@contextmanager
def session(address: Address, doing: str) -> Iterator[Connection]:
    """An open connection, each statement a transaction of its own unless `conn.transaction()` says otherwise.

    doing  what is being done, for the line of a failure: "publishing", "hiding products"

    Raises CheckFailed in one line when there is no connection, it is lost, or PostgreSQL refuses something.
    """
    consequence = f"{doing} was not done, what readers see is as it was"
    try:
        conn = open_connection(address)
    except psycopg.Error as bad:
        what = address.scrub(str(bad)).removeprefix("connection failed: ")
        raise CheckFailed(f"{address.shown}: no connection: {what}; {consequence}") from bad
    try:
        yield conn
    except psycopg.Error as bad:
        raise CheckFailed(f"{address.shown}: {words(address, conn, bad)}; {consequence}") from bad
    finally:
        with suppress(psycopg.Error):
            conn.close()


def words(address: Address, conn: Connection, bad: psycopg.Error) -> str:
    """What went wrong, in one line, and the hint that helps."""
    what = address.scrub(bad.diag.message_primary or str(bad) or type(bad).__name__)
    return (f"the connection was lost ({what})" if conn.broken else what) + HINTS.get(bad.sqlstate or "", "")


def open_connection(address: Address) -> Connection:
    """Connect and set what a publisher needs. Raises psycopg.Error."""
    given: dict[str, Any] = {**DEFAULTS, "application_name": NAME, **address.conninfo}
    conn = psycopg.connect("", autocommit=True, prepare_threshold=None, **given)
    try:
        conn.execute(SETTINGS)
        for setting in KNOWN_TO_SOME:
            with suppress(psycopg.errors.UndefinedObject, psycopg.errors.InvalidParameterValue):
                conn.execute(setting)
    except BaseException:
        conn.close()
        raise
    return conn


@contextmanager
def only_publisher(conn: Connection, address: Address) -> Iterator[None]:
    """Be the only publisher of this database; the server frees the lock when the connection ends, however it ends.

    Raises AnotherNight: who, since when.
    """
    until = time.monotonic() + LOCK_PATIENCE_S
    while not one(conn, sql.SQL("SELECT pg_try_advisory_lock({})").format(LOCK))[0]:
        if time.monotonic() > until:
            raise AnotherNight(f"another publish is running on {address.shown}: {_holder(conn)}")
        time.sleep(0.1)
    yield  # the lock goes with the connection


def become_owner(conn: Connection, address: Address) -> None:
    """Go on as the role that owns what has been published so far, whoever connected.

    A view reads its tables with its owner's rights. Tables of another role's making, an administrator's for instance,
    would be refused to every reader.

    Raises CheckFailed when we may not become that role.
    """
    query = """
        SELECT pg_get_userbyid(coalesce(c.relowner, n.nspowner)), c.relowner IS NOT NULL
        FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'releases'
        WHERE n.nspname = 'boxwise' AND pg_get_userbyid(coalesce(c.relowner, n.nspowner)) <> current_user
    """
    for owner, published in conn.execute(query).fetchall():
        try:
            conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
        except psycopg.errors.InsufficientPrivilege as bad:
            if published:  # before the first time we may be who makes the tables, in a schema of somebody else
                raise CheckFailed(
                    f"{address.shown}: what is published there belongs to {owner}, expected that role, or one that may "
                    f"become it{HINTS['42501']}; nothing was done, what readers see is as it was"
                ) from bad


def _holder(conn: Connection) -> str:
    query = """
        SELECT l.pid, a.usename, to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
        FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.classid::bigint << 32 | l.objid::bigint) = {}
    """
    found = conn.execute(sql.SQL(query).format(LOCK)).fetchone()
    if found is None:
        return "a session that has ended meanwhile"
    pid, user, since = found
    return f"session {pid}" + (f" of {user}" if user else "") + (f", since {since} UTC" if since else "")


def one(conn: Connection, query: sql.Composed | sql.SQL) -> tuple[Any, ...]:
    """The first row of a query that always has one."""
    row = conn.execute(query).fetchone()
    assert row is not None
    return row


def named(table: str) -> sql.Identifier:
    """The table or view in our schema."""
    return sql.Identifier(SCHEMA, table)
