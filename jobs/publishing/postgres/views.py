"""The views that readers see, and the one short transaction that turns all of them to another release.

A view takes hidden products out of its lists itself, so that no reader in any language can forget to. Views only ever
grow: one that a release has no table for is empty, and a column that it lacks is NULL, so that no right is ever lost.
"""

from __future__ import annotations

import time

import psycopg
from psycopg import sql

from jobs.faults import CheckFailed
from jobs.outputs.website import BESIDE
from jobs.publishing.history import Action
from jobs.publishing.postgres.load import relations, table_of
from jobs.publishing.postgres.session import Connection, named
from jobs.publishing.postgres.url import Address

NEVER_FILTERED = frozenset({"boxes"})
"""A box is a promise: what is in it is sent, hidden or not."""
WAIT_MS = 100
"""What a reader may have to wait for the views because a turn waits for other readers."""
WAIT_MORE_MS = 20
"""Of that, for each view after the first. A longer wait is most likely a circle: a reader holds the view that we wait
for, and waits for one that we hold."""
PAUSES_S = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0)
"""Between attempts, the last one again and again: readers that queued get through meanwhile."""
PATIENCE_S = 60.0

Relations = dict[str, dict[str, str]]
"""Columns with their types, by table or view."""

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
    "PERFORM set_config('lock_timeout', "
    "greatest(1, least({}, {} - extract(epoch FROM clock_timestamp() - now()) * 1000))::int::text, true)"
)
"""Milliseconds that are left. (`LOCK TABLE` would lock what the views read as well, and readers of one view would wait
for another's.)"""


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
    most WAIT_MS, then the turn gives way and tries again, beginning with the view that was not free: where every reader
    asks for it first, the circle is broken.

    Raises CheckFailed when the views were not free for `patience_s`, or the connection is lost meanwhile.
    """
    there = relations(conn)
    order = sorted(tables)
    until = time.monotonic() + patience_s
    attempt = 0
    while (held := _attempted(conn, address, _turning(there, number, order, action), order)) is not None:
        order = [held, *(name for name in order if name != held)]
        pause = PAUSES_S[min(attempt, len(PAUSES_S) - 1)]
        attempt += 1
        if time.monotonic() + pause > until:
            raise CheckFailed(
                f"{address.shown}: the views were not free for {patience_s:.0f} s{_holders(conn, tables)}; "
                "readers see what they saw; the release is loaded, so publishing again only has to turn the views"
            )
        time.sleep(pause)


def _attempted(conn: Connection, address: Address, work: sql.Composed, order: list[str]) -> str | None:
    """One attempt; None when the views were turned, otherwise the view that was not free."""
    try:
        conn.execute(work)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as bad:
        context = bad.diag.context or ""
        at = {name: context.find(named(name).as_string()) for name in order}
        return min((name for name in order if at[name] >= 0), key=lambda name: at[name], default=order[0])
    except psycopg.Error as bad:
        if not conn.broken:
            raise
        raise CheckFailed(
            f"{address.shown}: the connection was lost while the views were being turned; they show one whole release, "
            "the old or the new: publish again, it will say which"
        ) from bad
    return None


def _turning(there: Relations, number: int, order: list[str], action: Action) -> sql.Composed:
    """The whole transaction as one statement, so that no lock is held for a round trip to the server.

    Its waits for locks add up to WAIT_MS at the most; its work is not limited.
    """
    parts: list[sql.Composable] = []
    for name in order:
        most = WAIT_MORE_MS if parts else WAIT_MS
        parts += [_TIME_LEFT.format(most, WAIT_MS), view(there, name, number)]
    parts += [
        sql.SQL(
            "UPDATE boxwise.releases SET state = CASE WHEN number = {0} THEN 'current' ELSE 'kept' END, "
            "published_at = CASE WHEN number = {0} THEN now() ELSE published_at END "
            "WHERE number = {0} OR state = 'current'"
        ).format(number),
        sql.SQL("INSERT INTO boxwise.history (number, action) VALUES ({}, {})").format(number, action),
    ]
    return sql.SQL("DO $turn$ BEGIN {}; END $turn$").format(sql.SQL("; ").join(parts))


def view(there: Relations, table: str, number: int) -> sql.Composed:
    """The statement that makes the view of a table show this release, with the columns it has ever had.

    there  the tables and views as they are
    """
    mine, before = there.get(f"{table}_{number}", {}), there.get(table, {})
    columns = [_column(table, name, before.get(name), there=name in mine) for name in {**before, **mine}]
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
    if name in BESIDE.get(table, ()):
        return sql.SQL("r.{0}::json AS {0}").format(sql.Identifier(name))
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
