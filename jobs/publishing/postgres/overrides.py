"""Products that no list shows, whatever the night says: the table `overrides`, which every view asks.

It belongs to no release and outlives them all; a row counts for the next query of any reader.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from jobs.faults import UsageRefused
from jobs.publishing.overrides import Hidden
from jobs.publishing.postgres.releases import is_prepared
from jobs.publishing.postgres.session import Connection, session
from jobs.publishing.postgres.url import Address, parse
from jobs.words import shown

LONGEST_ID = 200


def hide(url: str, product_ids: Iterable[str], reason: str) -> tuple[str, ...]:
    """Hide products from every list but the boxes; those that were not hidden before, in text order.

    A product that is hidden already keeps its hidden_at and gets the new reason.
    """
    address, ids = parse(url), _checked(product_ids)
    query = sql.SQL("""
        INSERT INTO boxwise.overrides AS o (product_id, reason) SELECT unnest({}::text[]), {}
        ON CONFLICT (product_id) DO UPDATE SET reason = excluded.reason
        RETURNING o.product_id, o.xmax = 0
    """)
    with session(address, "hiding products") as conn:
        _refuse_unprepared(conn, address)
        rows = conn.execute(query.format(ids, _text(reason, "reason"))).fetchall()
    return tuple(sorted(product_id for product_id, new in rows if new))


def unhide(url: str, product_ids: Iterable[str]) -> tuple[str, ...]:
    """Show products again; those that were hidden, in text order."""
    address, ids = parse(url), _checked(product_ids)
    query = sql.SQL("DELETE FROM boxwise.overrides WHERE product_id = ANY({}::text[]) RETURNING product_id")
    with session(address, "showing products again") as conn:
        _refuse_unprepared(conn, address)
        return tuple(sorted(product_id for (product_id,) in conn.execute(query.format(ids)).fetchall()))


def hidden(url: str) -> tuple[Hidden, ...]:
    """The hidden products, in text order of their ids."""
    address = parse(url)
    moment = """to_char(hidden_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
    query = f"SELECT product_id, reason, {moment} FROM boxwise.overrides ORDER BY product_id"
    with session(address, "listing hidden products") as conn:
        _refuse_unprepared(conn, address)
        return tuple(Hidden(*row) for row in conn.execute(query).fetchall())


def names(url: str) -> dict[str, str]:
    """Every product_id of the release that readers see, and what the product is called."""
    address = parse(url)
    with session(address, "listing products") as conn:
        _refuse_unprepared(conn, address)
        return dict(conn.execute("SELECT product_id, name FROM boxwise.catalogue").fetchall())


def _checked(product_ids: Iterable[str]) -> list[str]:
    """Distinct ids in text order: two who hide the same products at once never wait for each other in a circle."""
    ids = sorted(set(product_ids))
    for product_id in ids:
        if not product_id or len(product_id) > LONGEST_ID or product_id != product_id.strip():
            raise UsageRefused(f"found {shown(product_id)}, expected a product_id without spaces around it")
    return [_text(product_id, "product_id") for product_id in ids]


def _text(text: str, what: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise UsageRefused(f"found {shown(text)}, expected a {what} without control characters")
    return text


def _refuse_unprepared(conn: Connection, address: Address) -> None:
    if not is_prepared(conn):
        raise UsageRefused(f"nothing is published to {address.shown} yet: publish a run first")
