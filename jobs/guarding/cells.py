"""Columns against last night's, cell by cell where a row was there before: lost, changed, unknown, out of scale.

Rows are matched by their ids, so that a column that was sorted by itself, or emptied in part, shows though its counts
look as always.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.guard import ColumnLimit, TableLimit
from jobs.guarding.change import Change

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pair:
    """One table of both nights.

    keys   columns that name a row
    used   columns that rules, the warehouse and the lists go by: what is wrong there is sent wrongly
    """

    name: str
    file: str
    tonight: pd.DataFrame
    last: pd.DataFrame
    keys: tuple[str, ...]
    used: frozenset[str]
    limit: TableLimit
    fewest: int

    def matched(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Positions, tonight and last night, of the rows that are in both."""
        now, before = (_keys(frame, self.keys) for frame in (self.tonight, self.last))
        at = before.get_indexer(now)
        here = np.flatnonzero(at >= 0)
        return here.astype(np.int64), at[here].astype(np.int64)

    def of(self, column: str) -> ColumnLimit:
        """The limits of a column, the table's filled in."""
        own, table = self.limit.columns.get(column, ColumnLimit()), self.limit
        lost = table.used if column in self.used else table.lost
        return ColumnLimit(
            filled=table.filled if own.filled is None else own.filled,
            lost=lost if own.lost is None else own.lost,
            changed=table.changed if own.changed is None else own.changed,
            known=table.known if own.known is None else own.known,
            times=table.times if own.times is None else own.times,
        )


def column_changes(pair: Pair) -> Iterator[Change]:
    """Every column of the table that is not what it was."""
    if min(len(pair.tonight), len(pair.last)) == 0:
        return
    here, there = pair.matched()
    for column in (name for name in pair.last.columns if name not in pair.keys):
        if column not in pair.tonight.columns:
            if column in pair.used or _filled(pair.last[column]).any():
                yield _gone(pair, column)
            continue
        now, before = pair.tonight[column], pair.last[column]
        if pd.api.types.is_numeric_dtype(now) != pd.api.types.is_numeric_dtype(before):
            continue  # read otherwise since a rule names it, or no longer
        cells = _Cells(pair, column, now, before, here, there)
        yield from cells.changes()


def _gone(pair: Pair, column: str) -> Change:
    n = int(_filled(pair.last[column]).sum())
    found = f"no such column ({n:,} filled cells last night)"
    return Change(f"{pair.name}.{column}.filled", pair.file, column, found, "it, as last night")


@dataclass(frozen=True, eq=False)
class _Cells:
    """One column of both nights, and the rows that are in both."""

    pair: Pair
    column: str
    now: pd.Series
    before: pd.Series
    here: npt.NDArray[np.int64]
    there: npt.NDArray[np.int64]

    def changes(self) -> Iterator[Change]:
        """The first of what is wrong: a column that is empty is not told to have unknown values, too."""
        is_number = pd.api.types.is_numeric_dtype(self.now) and not pd.api.types.is_bool_dtype(self.now)
        checks = (
            (self._filled, self._lost, self._scale)
            if is_number
            else (self._filled, self._lost, self._changed, self._known)
        )
        for check in checks:
            change = check()
            if change is not None:
                yield change
                return

    def _change(self, what: str, found: str, expected: str) -> Change:
        pair, column = self.pair, self.column
        key = f"[limits] {pair.name}.columns.{column}.{what}"
        return Change(f"{pair.name}.{column}.{what}", pair.file, column, found, f"{expected} ({key})")

    def _filled(self) -> Change | None:
        now, before = _filled(self.now), _filled(self.before)
        share, was, most = now.mean(), before.mean(), self.pair.of(self.column).filled or 0.0
        if before.sum() < min(self.pair.fewest, len(before)) or share >= was * (1 - most):
            return None
        found = f"{int(now.sum()):,} of {len(now):,} cells filled ({int(before.sum()):,} of {len(before):,} last night)"
        return self._change("filled", found, f"a share that is at most {_percent(most)} lower")

    def _lost(self) -> Change | None:
        had = _filled(self.before)[self.there]
        lost = had & ~_filled(self.now)[self.here]
        most = self.pair.of(self.column).lost or 0.0
        if not had.sum() or lost.sum() <= most * had.sum() or lost.sum() < min(2, had.sum()):
            return None
        row = self.pair.tonight.iloc[int(self.here[np.flatnonzero(lost)[0]])]
        first = f"(first: {row[self.pair.keys[0]]})"
        found = f"{int(lost.sum()):,} of {int(had.sum()):,} rows without the value that they had last night {first}"
        return self._change("lost", found, f"at most {_percent(most)} of them")

    def _changed(self) -> Change | None:
        if self.column not in self.pair.used:
            return None
        now, before = self.now.iloc[self.here], self.before.iloc[self.there]
        both = _filled(now) & _filled(before)
        changed = both & (now.to_numpy() != before.to_numpy())
        most = self.pair.of(self.column).changed or 0.0
        if both.sum() < self.pair.fewest or changed.sum() <= most * both.sum():
            return None
        found = f"{int(changed.sum()):,} of {int(both.sum()):,} rows with another value than last night"
        return self._change("changed", found, f"at most {_percent(most)} of them")

    def _known(self) -> Change | None:
        if self.column not in self.pair.used:
            return None
        now, before = (side[_filled(side)] for side in (self.now, self.before))
        if min(len(now), len(before)) < self.pair.fewest:
            return None
        known = int(now.isin(pd.unique(before)).sum())
        least = self.pair.of(self.column).known or 0.0
        if known >= least * len(now):
            return None
        found = f"{known:,} of {len(now):,} cells with a value that occurred last night"
        return self._change("known", found, f"at least {_percent(least)} of them")

    def _scale(self) -> Change | None:
        now, before = (side[side > 0].dropna() for side in (self.now, self.before))
        if min(len(now), len(before)) < self.pair.fewest:
            return None
        middle, was = float(now.median()), float(before.median())
        most = self.pair.of(self.column).times or 1.0
        if was / most <= middle <= was * most:
            return None
        found = f"{middle:,.6g} in the middle ({was:,.6g} last night)"
        return self._change("times", found, f"no more than {most:g} times as much, or as little")


def _filled(cells: pd.Series) -> BoolArray:
    """Which cells hold something; whether something is true or false is always filled."""
    filled = cells.notna()
    if not pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        filled &= cells.astype(str) != ""
    return np.asarray(filled, bool)


def _keys(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.Index:
    """What names each row, as one index; a column that an older run does not have is empty."""
    texts = frame[names[0]].astype(str)
    for name in names[1:]:
        if name in frame and (frame[name] != "").any():
            texts = texts + "\x00" + frame[name].astype(str)
    index = pd.Index(texts)
    return index if index.is_unique else pd.Index(pd.Series(texts).where(~texts.duplicated(), "\x00twice"))


def _percent(share: float) -> str:
    return f"{100 * share:,.3g} %"
