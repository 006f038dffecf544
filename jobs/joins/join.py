"""One reference between two tables, counted: how many rows and ids find what they name, and what the others look like.

On distinct ids and codes, never row by row; the files' order counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.joins.counterparts import Counterparts, counterparts
from jobs.joins.spelling import Spelling, looks_like, spelling

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reference:
    """Which column names what of which other table, and how that is said.

    table, column  where ids are written; other, key: where they should stand
    rows, names    "events", "name a product": `12 of 880 events name a product of this campaign`
    counts_ids     an id may stand in many rows, so that distinct ones are told, too
    """

    table: str
    column: str
    other: str
    key: str
    rows: str
    names: str
    counts_ids: bool = True

    @property
    def name(self) -> str:
        """As [limits.joins] calls it: `events.product_id`."""
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Join:
    """A reference, counted. Empty cells name nothing and count nowhere.

    file, other_file  the two tables as their writers know them
    rows, matched     rows that name something, and those that find it; ids, matched_ids: distinct ids likewise
    spelling          the rows that would find it under another spelling; None = none would
    last              share of the rows in the last published run of this campaign; None = nothing to compare with
    hint              what the ids look like where nothing else explains them, in words; ""
    """

    reference: Reference
    file: str
    other_file: str
    rows: int
    matched: int
    ids: int
    matched_ids: int
    spelling: Spelling | None = None
    hint: str = ""
    last: float | None = None

    @property
    def share(self) -> float:
        """Share of the rows that find what they name; 1 where there are none."""
        return self.matched / self.rows if self.rows else 1.0

    @property
    def respelled(self) -> float:
        """Share of the rows that would find it under another spelling."""
        return self.spelling.rows / self.rows if self.spelling is not None else 0.0

    @property
    def counts(self) -> dict[str, Any]:
        """What manifest.json and joins.json tell."""
        told = self.spelling
        return {
            "table": self.reference.table,
            "column": self.reference.column,
            "names": f"{self.reference.other}.{self.reference.key}",
            "rows": self.rows,
            "matched": self.matched,
            "ids": self.ids,
            "matched_ids": self.matched_ids,
            "respelled": 0 if told is None else told.rows,
            "respelled_ids": 0 if told is None else told.ids,
        }


@dataclass(frozen=True, eq=False)
class Counted:
    """A join, and where each distinct text of the column would be found.

    known      bool (n_texts,): the text stands in the other table
    would_be   text -> the id it would be under another spelling
    """

    join: Join
    known: npt.NDArray[np.bool_]
    would_be: Mapping[str, str] = field(default_factory=dict)


def count(
    reference: Reference,
    files: tuple[str, str],
    texts: Sequence[str],
    n_rows: Ints,
    ids: Sequence[str],
    columns: Callable[[], Mapping[str, Sequence[str]]],
) -> Counted:
    """Count one reference.

    files   file of the table, file of the other one
    texts   distinct texts of the column; n_rows: int64 (n_texts,) sound rows of each
    ids     ids of the other table; columns: other columns of it, cell by cell in the order of `ids`,
            where they may stand instead; asked for where fewer than half of the rows find what they name
    """
    names = set(ids) - {""}
    known = np.fromiter((text in names for text in texts), dtype=bool, count=len(texts))
    used = (n_rows > 0) & np.fromiter((text != "" for text in texts), dtype=bool, count=len(texts))
    found = used & known
    lost = {texts[at]: int(n_rows[at]) for at in np.flatnonzero(used & ~known).tolist()}
    join = Join(reference, *files, int(n_rows[used].sum()), int(n_rows[found].sum()), int(used.sum()), int(found.sum()))
    if not lost or not names:
        return Counted(join, known)
    pairs = counterparts(list(lost), ids, columns() if 2 * join.matched < join.rows else {})
    told = spelling(pairs, lost)
    hint = looks_like(pairs, files[1], some=join.matched > 0) if 2 * join.matched < join.rows else ""
    complete = Join(**{**vars(join), "spelling": told, "hint": hint})
    return Counted(complete, known, would_be(pairs))


def would_be(pairs: Counterparts) -> dict[str, str]:
    """Text -> the id it would be under another spelling."""
    hit = np.flatnonzero(pairs.at >= 0)
    mine, theirs = pairs.unknown.to_pylist(), pairs.known.to_pylist()
    return {mine[at]: theirs[pairs.at[at]] for at in hit}
