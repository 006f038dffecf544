"""One column of a table, each distinct cell once: what a column is, is told from these, however many rows there are.

A cell may hold several values separated by "|". Values are compared as they are written; only spaces around them go.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.markup import plain_text

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Parts:
    """The values in the distinct cells, each once per cell.

    cell    int64 (n_parts,)  position of the cell
    value   int64 (n_parts,)  position of the value in `values`
    values  Arrow text, the distinct values, none of them empty
    """

    cell: Ints
    value: Ints
    values: pa.Array


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one column.

    distinct  Arrow text (n_distinct,), without spaces around; in order of first appearance
    code      int64 (n_rows,)  position in `distinct` of each row's cell
    """

    distinct: pa.Array
    code: Ints

    @classmethod
    def of(cls, column: pd.Series) -> Cells:
        """Cells of texts (without markup), numbers or flags; nothing (NaN) is an empty text."""
        code, found = pd.factorize(column)
        return cls.merged([*(_as_text(value) for value in found.tolist()), ""], np.where(code < 0, len(found), code))

    @classmethod
    def merged(cls, texts: list[str], code: npt.NDArray[np.integer]) -> Cells:
        """Cells of these texts; equal texts become one, and texts that no row has are left out."""
        present, place = np.unique(code, return_inverse=True)
        given = pa.array([texts[position] for position in present.tolist()], pa.large_string())
        encoded = pc.utf8_trim_whitespace(given).dictionary_encode()
        merged = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        return cls(encoded.dictionary, merged[place])

    @cached_property
    def count(self) -> Ints:
        """Rows of each distinct cell."""
        return np.bincount(self.code, minlength=len(self.distinct)).astype(np.int64)

    @cached_property
    def parts(self) -> Parts:
        """The values in the cells."""
        pieces = pc.split_pattern(self.distinct, "|")
        flat = pc.utf8_trim_whitespace(pc.list_flatten(pieces))
        filled = np.flatnonzero(as_mask(pc.not_equal(flat, "")))
        encoded = flat.take(pa.array(filled)).dictionary_encode()
        cell = pc.list_parent_indices(pieces).to_numpy(zero_copy_only=False).astype(np.int64)[filled]
        value = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        once = np.unique(cell * max(len(encoded.dictionary), 1) + value)
        return Parts(*np.divmod(once, max(len(encoded.dictionary), 1)), encoded.dictionary)

    @cached_property
    def said(self) -> Mask:
        """Distinct cells that hold a value: bool (n_distinct,)."""
        held = np.zeros(len(self.distinct), bool)
        held[self.parts.cell] = True
        return held

    def all_match(self, pattern: str) -> bool:
        """Whether there are cells that say something, and all of them match this regular expression."""
        matched = self._matched(pattern)
        return bool(len(matched) and matched.all())

    def any_match(self, pattern: str) -> bool:
        """Whether one of the cells that say something matches this regular expression."""
        return bool(self._matched(pattern).any())

    def _matched(self, pattern: str) -> Mask:
        return as_mask(pc.match_substring_regex(self.distinct, pattern))[self.said]


def as_mask(given: Any) -> Mask:
    """An Arrow array of true and false as NumPy's."""
    return np.asarray(given.to_numpy(zero_copy_only=False), bool)


def _as_text(value: Any) -> str:
    """A cell as text: 1.0 is "1", True is "true", `<b>Rose</b>` is "Rose"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value + 0.0:.15g}" if isinstance(value, float) else plain_text(str(value))
