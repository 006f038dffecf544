"""Publishing to PostgreSQL: load a release beside the others, turn the views to it, drop what is too old.

Readers see the old release, whole, or the new one, whole; whatever moment a publisher is cut at, the next one goes on
from there. Why so, and what it costs, is in docs/decisions/0008.
"""

from __future__ import annotations

import time
from pathlib import Path

import psycopg

from jobs.config.load import load as load_campaign
from jobs.faults import CheckFailed, UsageRefused
from jobs.publishing.postgres.load import check_rows, load, relations
from jobs.publishing.postgres.overrides import hidden, hide, names, unhide
from jobs.publishing.postgres.releases import (
    RESERVED,
    Release,
    disposable,
    drop,
    is_prepared,
    prepare,
    releases,
    standing,
)
from jobs.publishing.postgres.session import Connection, become_owner, only_publisher, session, words
from jobs.publishing.postgres.url import Address, parse
from jobs.publishing.postgres.views import PATIENCE_S, turn
from jobs.publishing.targets import Say
from jobs.publishing.website_source import Website, open_website

__all__ = ["hidden", "hide", "names", "publish", "rollback", "unhide"]


def publish(
    run: Path,
    url: str,
    keep: int | None = None,
    *,
    patience_s: float = PATIENCE_S,
    say: Say = lambda _: None,
) -> tuple[str, ...]:
    """Make the website's tables of a run what readers of the database see; lines that say what was done.

    keep        releases kept, >= 1; None = [publish] keep_runs of the run's own campaign.toml
    patience_s  how long to try to turn the views while readers hold them
    say         hears what is being loaded

    Raises UsageRefused (no run, malformed address), CheckFailed (the run's file, PostgreSQL), AnotherNight.
    """
    address = parse(url)
    folder, website = open_website(run)
    for table in website.tables:
        if table.name in RESERVED:
            raise CheckFailed(f"website.sqlite: found a table {table.name}, a name that publishing keeps for itself")
    most = load_campaign(folder / "inputs" / "campaign.toml").publish.keep_runs if keep is None else keep
    started = time.perf_counter()
    with session(address, "publishing") as conn, only_publisher(conn, address):
        become_owner(conn, address)
        prepare(conn)
        before = _current(conn)
        release = _found(conn, website)
        if release is not None and release == before and release.rows.keys() <= relations(conn).keys():
            return (f"{website.run_id} is what readers of {address.shown} see already: nothing was done.",)
        how = "its release was still there"
        if release is None:
            number = load(conn, website, say)
            release = releases(conn)[number]
            how = f"{sum(release.rows.values()):,} rows in {len(release.rows)} tables"
        _turn(conn, address, release, before, rollback=False, patience_s=patience_s)
        say("readers see it")
        took = time.perf_counter() - started
        done = f"{website.run_id} is published to {address.shown} as release {release.number}: {how}, {took:.1f} s."
        return (done, *_tidied(conn, address, before if before != release else None, most))


def rollback(url: str, *, patience_s: float = PATIENCE_S) -> tuple[str, ...]:
    """Turn the views back to the release published before; repeated, it goes further back.

    Raises UsageRefused when there is none, or it has been dropped; CheckFailed, AnotherNight as `publish` does.
    """
    address = parse(url)
    with session(address, "going back") as conn, only_publisher(conn, address):
        become_owner(conn, address)
        stack = standing(conn) if is_prepared(conn) else []
        if not stack:
            raise UsageRefused(f"nothing is published to {address.shown}: nothing to go back to")
        there = releases(conn)
        now = there[stack[-1]]
        if len(stack) < 2:
            raise UsageRefused(f"{now.run_id} is the first release that was published: there is no earlier one")
        back = there.get(stack[-2])
        if back is None:
            raise UsageRefused(f"the release before {now.run_id} has been dropped (--keep): nothing to go back to")
        check_rows(conn, back.number, back.run_id, back.rows)
        _turn(conn, address, back, now, rollback=True, patience_s=patience_s)
        told = f"{back.run_id} (release {back.number}) is what readers of {address.shown} see again"
        return (f"{told}; {now.run_id} (release {now.number}) is kept.",)


def _current(conn: Connection) -> Release | None:
    stack = standing(conn)
    return releases(conn).get(stack[-1]) if stack else None


def _found(conn: Connection, website: Website) -> Release | None:
    """The release of this very file, if it is there whole. What a cut publisher left, or is not whole, is dropped."""
    found = None
    shown = set(standing(conn)[-1:])
    for release in releases(conn).values():
        ours = (release.run_id, release.sha256) == (website.run_id, website.sha256)
        if ours and found is None and _is_whole(conn, release):
            found = release
        elif release.state == "loaded" or (ours and release.number not in shown):
            drop(conn, release)
    return found


def _is_whole(conn: Connection, release: Release) -> bool:
    try:
        check_rows(conn, release.number, release.run_id, release.rows)
    except CheckFailed:
        return False
    return True


def _turn(
    conn: Connection, address: Address, to: Release, before: Release | None, *, rollback: bool, patience_s: float
) -> None:
    tables = {*to.rows, *(before.rows if before is not None else ())}
    turn(conn, address, to.number, tables, "rollback" if rollback else "publish", patience_s=patience_s)


def _tidied(conn: Connection, address: Address, before: Release | None, keep: int) -> list[str]:
    """Drop what is beyond `keep`; lines about what is there now. The new release is seen already: nothing may fail."""
    lines = []
    if before is not None:
        lines.append(f"Before it: {before.run_id} (release {before.number}); --rollback goes back there.")
    gone: list[str] = []
    left: list[str] = []
    try:
        for release in disposable(conn, keep):
            why = drop(conn, release)
            name = f"{release.run_id} (release {release.number})"
            (gone if why is None else left).append(name if why is None else f"{name}: {why}")
    except psycopg.Error as bad:
        left.append(f"older releases: {words(address, conn, bad)}")
    if gone:
        lines.append(f"Dropped: {', '.join(gone)}.")
    if left:
        lines.append(f"Left for the next time: {', '.join(left)}.")
    return lines
