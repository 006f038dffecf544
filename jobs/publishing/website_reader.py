"""The website's tables as a live shop reads them: always of the newest release, never of two, without hidden products.

The one trap is handled here: a file that is open stays the old night for ever, so it is opened anew when it changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jobs.basket_rule import basket_list
from jobs.faults import CheckFailed, UsageRefused
from jobs.outputs.website import CATALOGUE, KEYS
from jobs.publishing import overrides
from jobs.publishing.exposed import CURRENT

WEBSITE = "website.sqlite"
NEVER_HIDDEN = frozenset({"boxes"})
"""A box is on its way: what is in it is told, whatever the website hides."""
MAPPED_BYTES = 2**31
"""So much of the file is read without asking the system page by page: 5 microseconds a row instead of 13."""
Identity = tuple[int, int, int] | None
LAST_CHARACTER = "\U0010ffff"


class NothingPublished(UsageRefused):
    """There is no release to read, or it was taken away by hand."""


@dataclass(frozen=True)
class Found:
    """One list, and the release that it is of; items hold product_id, score and reason, best first."""

    release: str
    items: list[dict[str, Any]]


@dataclass(frozen=True)
class FoundBoxes:
    """A customer's boxes, in the order of box_id, and the release that they are of.

    items    what is in all of them, box after box
    boxes    what is in each
    box_ids  their names, "" = none
    """

    release: str
    items: list[dict[str, Any]]
    boxes: list[list[dict[str, Any]]]
    box_ids: list[str]


@dataclass(frozen=True)
class State:
    """What a reader sees now.

    run_id        the release
    published_at  when it was made, UTC
    hidden        how many products the website hides
    stamp         a text that changes with the release and with what is hidden: the same stamp, the same answers
    """

    run_id: str
    published_at: str
    hidden: int
    stamp: str


class WebsiteReader:
    """Reads website.sqlite and overrides.sqlite of a folder of runs, or of any folder that holds copies of them.

    For one thread. Every call looks whether the files changed since the last one (two `stat`, some 3 microseconds).
    """

    def __init__(self, folder: Path) -> None:
        """Remember where; nothing is opened before the first call."""
        self._folder = folder
        self._in_runs = str(folder / CURRENT / WEBSITE)
        self._copied = str(folder / WEBSITE)
        self._overrides = str(folder / overrides.FILE)
        self._base: sqlite3.Connection | None = None
        self._seen: tuple[Identity, Identity] | None = None
        self._hidden: frozenset[str] = frozenset()
        self._state = State("", "", 0, "")
        self._tables: frozenset[str] = frozenset()
        self._named_boxes = False

    def read(self, table: str, key: str) -> Found | None:
        """The list of a key in one of the tables of `KEYS`; None where there is no such key."""
        row = self._now().execute(f"SELECT items FROM {table} WHERE {KEYS[table]} = ?", (key,)).fetchone()
        if row is None:
            return None
        items: list[dict[str, Any]] = json.loads(row[0])
        return Found(self._state.run_id, items if table in NEVER_HIDDEN else self._shown(items))

    def boxes(self, customer_id: str) -> FoundBoxes | None:
        """What is in each box of a customer; None where there is no such customer. Nothing is hidden in a box."""
        base = self._now()
        more = ", boxes, box_ids" if self._named_boxes else ""  # a run from before there could be several has one
        row = base.execute(f"SELECT items{more} FROM boxes WHERE customer_id = ?", (customer_id,)).fetchone()
        if row is None:
            return None
        items, *rest = map(json.loads, row)
        return FoundBoxes(self._state.run_id, items, *(rest or ([items], [""])))

    def basket(self, product_ids: Sequence[str]) -> Found:
        """What completes a basket of any size; an empty list where nothing is known about its products."""
        items = basket_list(self._now(), product_ids)
        return Found(self._state.run_id, self._shown(items))

    def product(self, product_id: str) -> dict[str, str] | None:
        """What table `catalogue` tells of a product; None where the campaign does not have it."""
        return self.products([product_id]).get(product_id)

    def products(self, product_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """The same of several products at once; those that the campaign does not have are left out."""
        base, ids = self._now(), list(product_ids)
        if "catalogue" not in self._tables:  # a run from before there was one
            return {}
        marks = ", ".join("?" * len(ids))
        rows = base.execute(f"SELECT {', '.join(CATALOGUE)} FROM catalogue WHERE product_id IN ({marks})", ids)
        return {row[0]: dict(zip(CATALOGUE, row, strict=True)) for row in rows}

    def names(self) -> dict[str, str]:
        """Every product_id of the release, and what the product is called."""
        base = self._now()
        return dict(base.execute("SELECT product_id, name FROM catalogue")) if "catalogue" in self._tables else {}

    def is_hidden(self, product_id: str) -> bool:
        """Does the website hide this product now?"""
        self._now()
        return product_id in self._hidden

    def customers(self, prefix: str = "", limit: int = 20) -> list[str]:
        """The first customer ids that begin so, by character."""
        query = "SELECT customer_id FROM recommendations WHERE customer_id >= ? AND customer_id < ? ORDER BY 1 LIMIT ?"
        return [row[0] for row in self._now().execute(query, (prefix, prefix + LAST_CHARACTER, limit))]

    def segments(self) -> list[str]:
        """The segments that have bestsellers of their own; '' = everyone."""
        return [row[0] for row in self._now().execute("SELECT segment FROM bestsellers ORDER BY 1")]

    def state(self) -> State:
        """The release that is read now, and what is hidden."""
        self._now()
        return self._state

    def _shown(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        hidden = self._hidden
        return [item for item in items if item["product_id"] not in hidden] if hidden else items

    def _now(self) -> sqlite3.Connection:
        """The release of this moment; opened anew when one of the files is no longer the one that was opened."""
        website = self._in_runs
        there = _identity(website)
        if there is None:
            website = self._copied
            there = _identity(website)
        seen = (there, _identity(self._overrides))
        if self._base is None or seen != self._seen:
            self._open(website)
            self._seen = seen  # looked at before opening: what changed meanwhile is noticed by the next call
        assert self._base is not None
        return self._base

    def _open(self, website: str) -> None:
        nothing = f"nothing is published in {self._folder} that can be read"
        try:
            base = sqlite3.connect(f"file:{quote(website)}?mode=ro&immutable=1", uri=True)
            base.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
            run_id, published_at = base.execute("SELECT run_id, published_at FROM release").fetchone()
            hidden = frozenset(row.product_id for row in overrides.hidden(self._folder))
        except sqlite3.Error as bad:
            raise NothingPublished(f"{nothing}: {WEBSITE}: {bad}") from bad
        except CheckFailed as bad:
            raise NothingPublished(f"{nothing}: {bad}") from bad
        digest = hashlib.sha256(json.dumps(sorted(hidden)).encode()).hexdigest()[:8]
        self._tables = frozenset(name for (name,) in base.execute("SELECT name FROM sqlite_master"))
        self._named_boxes = any(row[1] == "box_ids" for row in base.execute("PRAGMA table_info(boxes)"))
        self._hidden, self._state = hidden, State(run_id, published_at, len(hidden), f"{run_id}.{digest}")
        if self._base is not None:
            self._base.close()
        self._base = base


def _identity(path: str) -> Identity:
    """What tells a file from another that takes its place; None = there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - the answer to every request waits for it
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
