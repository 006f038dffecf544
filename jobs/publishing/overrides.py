"""overrides.sqlite: products that are hidden from the website now, without a new night.

Beside website.sqlite, never in it: a published run does not change, and a new night does not forget. The file is small
and is replaced whole, like everything that a live shop reads.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jobs.faults import CheckFailed
from jobs.publishing.disk import told_in_a_line
from jobs.words import printable

FILE, LOCK, ASIDE = "overrides.sqlite", ".overrides.lock", ".overrides-new"


@dataclass(frozen=True)
class Hidden:
    """A product that no list of the website shows, by whose word, and since when (UTC)."""

    product_id: str
    reason: str
    hidden_at: str

    @property
    def words(self) -> str:
        """The product and why, on one line."""
        return printable(f"{self.product_id} ({self.reason})" if self.reason else self.product_id)


def hidden(folder: Path) -> list[Hidden]:
    """What is hidden in this folder of runs, by product_id; nothing where there is no such file.

    Raises CheckFailed when it cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        return []
    query = "SELECT product_id, reason, hidden_at FROM overrides ORDER BY 1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            return [Hidden(*row) for row in base.execute(query)]
    except sqlite3.Error as bad:
        how = "move it away, then hide again what must not be shown"
        raise CheckFailed(f"{path}: cannot be read: {bad}; {how}") from bad


def hide(folder: Path, product_ids: Iterable[str], reason: str) -> list[Hidden]:
    """Hide products, or say a new reason for those that are hidden; returns all that are hidden now."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    with _only_writer(folder):
        rows = {row.product_id: row for row in hidden(folder)}
        for product in product_ids:
            rows[product] = Hidden(product, reason, rows[product].hidden_at if product in rows else now)
        return _replace(folder, list(rows.values()))


def show(folder: Path, product_ids: Iterable[str]) -> list[Hidden]:
    """Show products again; returns all that are hidden now."""
    again = set(product_ids)
    with _only_writer(folder):
        return _replace(folder, [row for row in hidden(folder) if row.product_id not in again])


def make_sure(folder: Path) -> None:
    """Make an empty overrides.sqlite where there is none, so that a reader need not ask whether it is there.

    Raises CheckFailed where there is one that no reader can read.
    """
    if not (folder / FILE).exists():
        show(folder, [])
    hidden(folder)


def _replace(folder: Path, rows: Sequence[Hidden]) -> list[Hidden]:
    """Write the file aside, force it to disk, and put it in the place of the old one in one step."""
    rows = sorted(rows, key=lambda row: row.product_id)
    aside = folder / ASIDE
    aside.unlink(missing_ok=True)
    with closing(sqlite3.connect(aside)) as base:
        base.execute("PRAGMA journal_mode = OFF")  # a new file nobody reads: after a crash it is made anew
        base.execute(
            "CREATE TABLE overrides (product_id TEXT PRIMARY KEY, reason TEXT NOT NULL, hidden_at TEXT NOT NULL)"
        )
        base.executemany(
            "INSERT INTO overrides VALUES (?, ?, ?)", [(row.product_id, row.reason, row.hidden_at) for row in rows]
        )
        base.commit()
    for path in (aside, folder):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        if path == aside:
            aside.replace(folder / FILE)
    return rows


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """One writer at a time: what two of them hide is all hidden. The system frees the lock when a process ends.

    Raises CheckFailed when the disk refuses what is done meanwhile.
    """
    refusing = told_in_a_line("change what is hidden", folder / FILE, "the website shows what it showed")
    with refusing, (folder / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
