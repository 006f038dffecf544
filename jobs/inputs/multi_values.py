"""Cells that hold several values ("dry|normal"): split once, matched as sets of small integers.

Rules, groups and segments all ask the same question: which rows hold which values? Distinct cells are few, so each is
split once and rows refer to it by code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd


def split(cell: str) -> tuple[str, ...]:
    """The values of one cell, in order, without blanks and repeats: "dry| normal|dry" -> ("dry", "normal")."""
    return tuple(dict.fromkeys(value for value in (part.strip() for part in cell.split("|")) if value))


@dataclass(frozen=True, eq=False)
class Column:
    """One text column, each distinct cell split once.

    code   int32 (n_rows,)  position of the row's cell in `cells`
    cells  the values of each distinct cell, in order of the cell's text
    """

    code: npt.NDArray[np.int32]
    cells: tuple[tuple[str, ...], ...]

    def holds(self, values: Iterable[str]) -> npt.NDArray[np.bool_]:
        """bool (n_rows,): does the row hold any of these values?"""
        wanted = set(values)
        hit = np.array([not wanted.isdisjoint(cell) for cell in self.cells], dtype=bool)
        return hit[self.code]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """bool (n_rows,): does the row hold any value at all?"""
        return np.array([bool(cell) for cell in self.cells], dtype=bool)[self.code]

    @property
    def values(self) -> tuple[str, ...]:
        """Every value that occurs, sorted."""
        return tuple(sorted({value for cell in self.cells for value in cell}))

    @property
    def is_single(self) -> bool:
        """True when no row holds more than one value."""
        return all(len(cell) <= 1 for cell in self.cells)


def column(texts: pd.Series) -> Column:
    """Split a column of text cells; of a number column, an empty cell holds nothing."""
    code, cells = pd.factorize(texts.astype("str").fillna(""), sort=True)
    return Column(code.astype(np.int32), tuple(split(cell) for cell in cells))


def matches(frame: pd.DataFrame, where: dict[str, str | list[str]]) -> npt.NDArray[np.bool_]:
    """bool (n_rows,): rows that hold one of the wanted values in every named column; {} = all rows."""
    mask = np.ones(len(frame), dtype=bool)
    for name, wanted in where.items():
        mask &= column(frame[name]).holds([wanted] if isinstance(wanted, str) else wanted)
    return mask
