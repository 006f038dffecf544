"""The views that readers see, and the one short transaction that turns all of them to another release.

A view takes hidden products out of its lists itself, so that no reader in any language can forget to. Views only ever
grow: one that a release has no table for is empty, and a column that it lacks is NULL, so that no right is ever lost.
"""

from __future__ import annotations

import time

import psycopg
from psycopg import sql

from jobs.faults import CheckFailed
from jobs.publishing.history import Action
from jobs.publishing.postgres_load import columns_of, table_of
from jobs.publishing.postgres_session import Connection, named
from jobs.publishing.postgres_url import Address

NEVER_FILTERED = frozenset({"boxes"})
"""A box is a promise: what is in it is sent, hidden or not."""
WAIT_MS = 100
"""What a reader may have to wait for the views because a turn waits for another reader."""
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0)
"""Between attempts, the last one again and again: readers that queued get through meanwhile."""
PATIENCE_S = 60.0

_SHOWN = sql.SQL("""
    CASE WHEN EXISTS (SELECT FROM boxwise.overrides) THEN (
        SELECT coalesce(json_agg(listed.item ORDER BY listed.place), '[]'::json)
        FROM json_array_elements(r.items::json) WITH ORDINALITY AS listed(item, place)
        WHERE NOT EXISTS (
            SELECT FROM boxwise.overrides hidden WHERE hidden.product_id = listed.item ->> 'product_id'
        )
    ) ELSE r.items::json END
""")

_TIME_LEFT = sql.SQL(
    "SELECT set_config('lock_timeout', greatest(1, {} - extract(epoch FROM clock_timestamp() - now()) * 1000)"
    "::int::text || 'ms', true)"
)
"""`LOCK TABLE` would lock what the views read, too, such as `overrides`: readers of one view would wait for another."""


def turn(
    conn: Connection,
    address: Address,
    number: int,
    tables: set[str],
    action: Action,
    *,
    patience_s: float = PATIENCE_S,
) -> None:
    """Turn every view to a release and write it down, all at once.

    tables  of this release and of the current one, without number

    The views are locked for a moment. While a reader's long transaction holds one of them, other readers wait for at
    most WAIT_MS, then the turn gives way and tries again.

    Raises CheckFailed when the views were not free for `patience_s`, or the connection is lost meanwhile.
    """
    work = _turning(conn, number, tables, action)
    until = time.monotonic() + patience_s
    attempt = 0
    while not _attempted(conn, address, work):
        pause = PAUSES_S[min(attempt, len(PAUSES_S) - 1)]
        attempt += 1
        if time.monotonic() + pause > until:
            raise CheckFailed(
                f"{address.shown}: the views were not free for {patience_s:.0f} s{_holders(conn, tables)}; "
                "readers see what they saw; the release is loaded, so publishing again only has to turn the views"
            )
        time.sleep(pause)


def _attempted(conn: Connection, address: Address, work: sql.Composed) -> bool:
    """One attempt; False when some view was not free. All is one message to the server: no round trip under a lock."""
    try:
        conn.execute(work)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        conn.execute("ROLLBACK")
        return False
    except psycopg.Error as bad:
        if not conn.broken:
            conn.execute("ROLLBACK")
            raise
        raise CheckFailed(
            f"{address.shown}: the connection was lost while the views were being turned; they show one whole release, "
            "the old or the new: publish again, it will say which"
        ) from bad
    return True


def _turning(conn: Connection, number: int, tables: set[str], action: Action) -> sql.Composed:
    """The whole transaction. Its waits for locks add up to WAIT_MS at the most, its work is not limited."""
    parts: list[sql.Composable] = [sql.SQL("BEGIN ISOLATION LEVEL READ COMMITTED")]
    for name in sorted(tables):
        parts += [_TIME_LEFT.format(WAIT_MS), view(conn, name, number)]
    parts += [
        sql.SQL(
            "UPDATE boxwise.releases SET state = CASE WHEN number = {0} THEN 'current' ELSE 'kept' END, "
            "published_at = CASE WHEN number = {0} THEN now() ELSE published_at END "
            "WHERE number = {0} OR state = 'current'"
        ).format(number),
        sql.SQL("INSERT INTO boxwise.history (number, action) VALUES ({}, {})").format(number, action),
        sql.SQL("COMMIT"),
    ]
    return sql.SQL("; ").join(parts)


def view(conn: Connection, table: str, number: int) -> sql.Composed:
    """The statement that makes the view of a table show this release, with the columns it has ever had."""
    mine = dict(columns_of(conn, f"{table}_{number}"))
    before = columns_of(conn, table)
    names = [name for name, _ in before] + [name for name in mine if name not in dict(before)]
    kinds = dict(before)
    columns = [_column(table, name, kinds.get(name), there=name in mine) for name in names]
    source = sql.SQL("FROM {} AS r").format(table_of(table, number)) if mine else sql.SQL("WHERE false")
    return sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT {} {}").format(
        named(table), sql.SQL(", ").join(columns), source
    )


def _column(table: str, name: str, kind: str | None, *, there: bool) -> sql.Composed:
    if not there:
        assert kind is not None
        type_, _, collation = kind.partition(" COLLATE ")
        empty = f"NULL::{type_}" + (f" COLLATE {collation}" if collation else "")
        return sql.SQL("{} AS {}").format(sql.SQL(empty), sql.Identifier(name))
    if name == "items":
        shown = sql.SQL("r.items::json") if table in NEVER_FILTERED else _SHOWN
        return sql.SQL("{} AS items").format(shown)
    return sql.SQL("r.{}").format(sql.Identifier(name))


def _holders(conn: Connection, tables: set[str]) -> str:
    """Who holds the views, in words."""
    query = sql.SQL("""
        SELECT a.pid, a.usename, a.application_name, min(c.relname::text),
               to_char(a.xact_start AT TIME ZONE 'UTC', 'HH24:MI:SS')
        FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a USING (pid)
        WHERE l.granted AND l.pid <> pg_backend_pid() AND c.relname::text = ANY({})
          AND c.relnamespace = to_regnamespace('boxwise') AND c.relkind = 'v'
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        GROUP BY a.pid, a.usename, a.application_name, a.xact_start ORDER BY a.xact_start, a.pid LIMIT 3
    """)
    told = [
        f"session {pid} ({user}{f', {application}' if application else ''}) holds boxwise.{relation}"
        + (f" since {since} UTC" if since else "")
        for pid, user, application, relation, since in conn.execute(query.format(sorted(tables))).fetchall()
    ]
    return f": {'; '.join(told)}" if told else ""
