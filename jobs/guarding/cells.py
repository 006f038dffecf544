"""Columns against last night's, cell by cell where a row was there before: lost, changed, unknown, out of scale.

Rows are matched by their ids, so that a column that was sorted by itself, or emptied in part, shows though its counts
look as always. Of what a rule excludes by, only what a cell names counts: "none" is no allergy that may be lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from jobs.guarding.change import Change, percent
from jobs.guarding.pair import Pair
from jobs.inputs.multi_values import split
from jobs.likeness.answers import flag, says_nothing
from jobs.reading.schemas import TABLES

BoolArray = npt.NDArray[np.bool_]
FAR = 2.0
"""A number so many times as large, or so small a part, is another: prices rise by a tenth, and fall by two fifths."""
FEWEST_BACK = 3
"""Rows that fall back to what an absent column stands for: one gift box may become a box like any other."""
FEWEST_LOST = {"customers": 2, "products": 1}
"""Rows that lose what a rule excludes by, where the shop sets no limit: one customer may be cured, a product with nuts
stays one with nuts."""


def column_changes(pair: Pair) -> Iterator[Change]:
    """Every column of the table that is not what it was."""
    if not len(pair.tonight) or not len(pair.last):
        return
    for column in (name for name in pair.last.columns if name not in pair.keys):
        if column in pair.tonight.columns:
            yield from _Cells(pair, column, pair.tonight[column], pair.last[column]).changes()
        elif column in pair.used or _filled(pair.last[column]).any():
            n = int(_filled(pair.last[column]).sum())
            found = f"no such column ({n:,} filled cells last night)"
            yield Change(
                f"{pair.name}.{column}.filled", pair.file, column, found, "it, as last night", column in pair.health
            )


@dataclass(frozen=True, eq=False)
class _Cells:
    """One column of both nights."""

    pair: Pair
    column: str
    now: pd.Series
    before: pd.Series

    def changes(self) -> Iterator[Change]:
        """The first of what is wrong: a column that is empty is not told to have unknown values, too."""
        alike = is_numeric_dtype(self.now) == is_numeric_dtype(self.before)  # else it is read otherwise since a rule
        is_number = is_numeric_dtype(self.now) and not is_bool_dtype(self.now)
        checks = [self._default, self._filled, self._lost]
        checks += ([self._scale, self._changed] if is_number else [self._changed, self._known]) if alike else []
        for check in checks:
            change = check()
            if change is not None:
                yield change
                return

    @cached_property
    def _rows(self) -> tuple[pd.Series, pd.Series]:
        """The cells of the rows that are in both nights."""
        if self.pair.is_aligned:
            return self.now, self.before
        here, there = self.pair.matched
        return self.now.iloc[here], self.before.iloc[there]

    @cached_property
    def _has(self) -> tuple[BoolArray, BoolArray]:
        """Which cells of either night are filled."""
        return _filled(self.now), _filled(self.before)

    @cached_property
    def _rows_have(self) -> tuple[BoolArray, BoolArray]:
        """Likewise of the rows that are in both nights."""
        (now, before), (here, there) = self._has, self.pair.matched
        return now[here], before[there]

    def _change(self, what: str, found: str, expected: str) -> Change:
        pair, column = self.pair, self.column
        key = f"[limits] {pair.name}.columns.{column}.{what}"
        name = f"{pair.name}.{column}.{what}"
        return Change(name, pair.file, column, found, f"{expected} ({key})", column in pair.health)

    def _default(self) -> Change | None:
        """A flag or number of ours that differed, and is the same in every row, as where its column is gone."""
        spec = next((one for one in TABLES[self.pair.name].columns if one.name == self.column), None)
        if spec is None or spec.kind not in ("flag", "whole") or self.column not in self.pair.used:
            return None
        if self.now.nunique() > 1 or self.before.nunique() < 2:
            return None
        now, before = self._rows
        other = int((now.to_numpy() != before.to_numpy()).sum())
        if other < FEWEST_BACK or other <= self.pair.limit.used * len(now):
            return None
        found = f"{str(self.now.iloc[0]).lower()} in every row ({other:,} of {len(now):,} rows held another last night)"
        wanted = "more than one value, as last night"
        return Change(f"{self.pair.name}.{self.column}.changed", self.pair.file, self.column, found, wanted)

    def _filled(self) -> Change | None:
        now, before = self._has
        share, was, most = now.mean(), before.mean(), self.pair.of(self.column).filled or 0.0
        if before.sum() < min(self.pair.fewest, len(before)) or share >= was * (1 - most):
            return None
        found = f"{int(now.sum()):,} of {len(now):,} cells filled ({int(before.sum()):,} of {len(before):,} last night)"
        return self._change("filled", found, f"a share that is at most {percent(most)} lower")

    def _lost(self) -> Change | None:
        if self.column in self.pair.health:
            had, lost = _named_lost(*self._rows)
            fewest, what = min(FEWEST_LOST[self.pair.name], int(had.sum())), "what they named last night"
        else:
            has, had = self._rows_have
            lost = had & ~has
            fewest, what = min(2, int(had.sum())), "the value that they had last night"
        if self.pair.asked(self.column).lost is not None:  # who says how many may be lost means every one beyond
            fewest = 1
        most = self.pair.of(self.column).lost or 0.0
        if lost.sum() <= most * had.sum() or lost.sum() < fewest:
            return None
        row = self.pair.tonight[self.pair.keys[0]].iloc[int(self.pair.matched[0][np.flatnonzero(lost)[0]])]
        found = f"{int(lost.sum()):,} of {int(had.sum()):,} rows without {what} (first: {row})"
        return self._change("lost", found, f"at most {percent(most)} of them")

    def _changed(self) -> Change | None:
        if self.column not in self.pair.used:
            return None
        now, before = self._rows
        both = np.logical_and(*self._rows_have)
        if self.column == "warehouse":
            both &= ~before.isin(self.pair.closed).to_numpy()
        changed = both & _other(now, before)
        most = self.pair.of(self.column).changed or 0.0
        if both.sum() < self.pair.fewest or changed.sum() <= most * both.sum():
            return None
        found = f"{int(changed.sum()):,} of {int(both.sum()):,} rows with another value than last night"
        return self._change("changed", found, f"at most {percent(most)} of them")

    def _known(self) -> Change | None:
        if self.column not in self.pair.keyed:
            return None
        now, before = (side[has] for side, has in zip((self.now, self.before), self._has, strict=True))
        if min(len(now), len(before)) < self.pair.fewest:
            return None
        known = int(now.isin(pd.unique(before)).sum())
        least = self.pair.of(self.column).known or 0.0
        if known >= least * len(now):
            return None
        found = f"{known:,} of {len(now):,} cells with a value that occurred last night"
        return self._change("known", found, f"at least {percent(least)} of them")

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
    """Which cells hold something; a number or flag that is there always does."""
    filled = np.asarray(cells.notna(), bool)
    if not is_numeric_dtype(cells) and not is_bool_dtype(cells):
        filled = filled & np.asarray(cells != "", bool)
    return filled


def _other(now: pd.Series, before: pd.Series) -> BoolArray:
    """Which cells hold another value; numbers only where they are far apart, or are the same in another order."""
    if is_bool_dtype(now) or not is_numeric_dtype(now):
        return np.asarray(now.reset_index(drop=True) != before.reset_index(drop=True), bool)
    left, right = now.to_numpy(), before.to_numpy()
    if np.array_equal(np.sort(left), np.sort(right), equal_nan=True):
        return np.asarray(left != right, bool)
    low, high = np.minimum(left, right), np.maximum(left, right)
    return np.asarray((high > FAR * low) & (high > 0), bool)


def _named_lost(now: pd.Series, before: pd.Series) -> tuple[BoolArray, BoolArray]:
    """Of cells that a rule excludes by: which named something last night, and which no longer name all of it.

    "None" names nothing, nor does "no" in a column of nothing but yes and no; "other" names something, and not what.
    """
    (code_now, cells_now), (code_before, cells_before) = (
        pd.factorize(side.astype(str).fillna("")) for side in (now, before)
    )
    values = {value for cells in (cells_now, cells_before) for cell in cells for value in split(cell)}
    only_flags = all(flag(value) is not None for value in values)
    named = [
        [frozenset("yes" if only_flags else one for one in split(cell) if _names(one, only_flags)) for cell in cells]
        for cells in (cells_now, cells_before)
    ]
    had = np.array([bool(one) for one in named[1]], bool)[code_before] if len(before) else np.zeros(0, bool)
    pairs, which = np.unique(code_before.astype(np.int64) * max(len(cells_now), 1) + code_now, return_inverse=True)
    gone = [bool(named[1][pair // len(cells_now)] - named[0][pair % len(cells_now)]) for pair in pairs.tolist()]
    return had, np.array(gone, bool)[which] if len(gone) else np.zeros(len(now), bool)


def _names(value: str, only_flags: bool) -> bool:
    return bool(flag(value)) if only_flags else not says_nothing(value)
