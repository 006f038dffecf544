"""Cells become ids, texts, numbers, flags and moments; every cell that cannot is found, not only the first.

Nothing is guessed: a number has a point and no thousands, and a date that can be read two ways is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.cell_texts import WrongColumnError
from jobs.cells.moments import moments
from jobs.cells.problems import Mask, Problem, mask_of
from jobs.cells.typed_texts import as_text, flags, texts
from jobs.cells.written_empty import Emptied, without_written
from jobs.reading.plain_types import in_words, plain_array
from jobs.reading.schemas import Column
from jobs.words import shown

_NUMBER = r"^[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,2})?$"


@dataclass(frozen=True)
class Typed:
    """One column, converted.

    values    Arrow array (n_rows,): dictionary of strings for ids and texts, float64, int64, bool or timestamp[us]
    problems  what is wrong with it; cells at fault hold the default
    found     the cell at a position, in words
    remarks   what is not wrong and must be said
    emptied   the cells that a program wrote for nothing, such as NULL; None = it has none
    """

    values: pa.Array
    problems: tuple[Problem, ...]
    found: Callable[[int], str]
    remarks: tuple[Problem, ...] = ()
    emptied: Emptied | None = None


def convert(column: pa.ChunkedArray, spec: Column) -> Typed:
    """Convert one column.

    Raises WrongColumnError when its Arrow type cannot hold what the column should.
    """
    try:
        given = plain_array(column)
        return _converted(given, spec)
    except MemoryError:
        raise
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as bad:  # a type that nobody thought of
        raise WrongColumnError(in_words(column.type), f"a column of another type ({str(bad)[:80]})") from bad


def _converted(given: pa.Array, spec: Column) -> Typed:
    """A plain array, without the cells that a program wrote for nothing."""
    text, said = as_text(given, spec) if spec.kind == "text" else (given, [])
    cleaned, emptied = without_written(text, spec) if spec.kind == "text" else (given, None)
    values, problems = _CONVERTERS[spec.kind](cleaned, spec)
    if spec.kind != "text" and any(
        one.bad.any() and not one.harmless for one in problems
    ):  # what is sound is read once
        cleaned, emptied = without_written(given, spec)
        values, problems = (values, problems) if emptied is None else _CONVERTERS[spec.kind](cleaned, spec)
    found = [problem for problem in (*problems, *said) if problem.bad.any()]
    wrong, told = (tuple(one for one in found if one.harmless == harmless) for harmless in (False, True))
    return Typed(values, wrong, lambda at: _found(given, at), told, emptied)


def absent(n_rows: int, spec: Column) -> pa.Array:
    """A column that the table does not have: every cell its default."""
    return convert(
        pa.chunked_array([pa.nulls(n_rows, pa.string())]), Column(spec.name, spec.kind, default=spec.default)
    ).values


def _found(given: pa.Array, position: int) -> str:
    try:
        value = given[position].as_py()
    except (OverflowError, ValueError):  # a moment that no calendar holds
        return "a date out of range"
    return "an empty cell" if value is None or value == "" else shown(value)


def _trimmed(given: pa.Array) -> tuple[pa.Array, Mask]:
    """Trimmed text of a text array, and which cells are empty."""
    text = pc.fill_null(pc.utf8_trim_whitespace(given.cast(pa.large_string())), "")
    return text, mask_of(pc.equal(text, ""))


def _floats(given: pa.Array, what: str) -> tuple[npt.NDArray[np.float64], Mask, Mask]:
    """Values (NaN where there is none), which cells are empty, and which hold no number."""
    kind = given.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        empty = mask_of(pc.is_null(given))
        values = pc.fill_null(given.cast(pa.float64(), safe=False), np.nan).to_numpy(zero_copy_only=False)
        return values, empty, ~np.isfinite(values) & ~empty
    if not (pa.types.is_dictionary(kind) or pa.types.is_large_string(kind)):
        raise WrongColumnError(in_words(kind), what)
    text, empty = _trimmed(given)
    number = pc.match_substring_regex(text, _NUMBER)
    values = pc.if_else(number, text, None).cast(pa.float64())
    return pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False), empty, ~mask_of(number) & ~empty


def _numbers(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """float64, NaN = unknown."""
    what = "a number" if spec.low != 0 else "a number >= 0"
    values, empty, wrong = _floats(given, what)
    values = np.where(wrong, np.nan, values)
    problems = [Problem(wrong, what + ", written like 1234.5"), *_outside(values, spec, what)]
    if spec.filled:
        problems.append(Problem(empty, what))
    return pa.array(values), problems


def _outside(values: npt.NDArray[np.float64], spec: Column, what: str) -> list[Problem]:
    """Numbers below the least or above the most allowed."""
    with np.errstate(invalid="ignore"):
        low = what if spec.low == 0 else f"{what} >= {spec.low:,.0f}"
        below = Problem(values < spec.low, spec.below, harmless=True)
        return [
            below if spec.below else Problem(values < spec.low, low),
            Problem(values > spec.high, f"{what}, at most {spec.high:,.0f}"),
        ]


def _wholes(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """int64; an empty cell is the default. `12.0` is a whole number, `12.5` is not."""
    what = "a whole number" if spec.low != 0 else "a whole number >= 0"
    values, empty, wrong = _floats(given, what)
    wrong |= ~empty & (values != np.floor(values))
    values = np.where(wrong, np.nan, values)
    problems = [Problem(wrong, what), *_outside(values, spec, what)]
    if spec.below:
        values = np.maximum(values, spec.low)
    if spec.filled:
        problems.append(Problem(empty, what))
    within = np.isfinite(values) & (np.abs(values) <= 2**53)
    return pa.array(np.where(within, np.where(within, values, 0), float(spec.default or 0)).astype(np.int64)), problems


_CONVERTERS: dict[str, Callable[[pa.Array, Column], tuple[pa.Array, list[Problem]]]] = {
    "id": texts,
    "text": texts,
    "number": _numbers,
    "whole": _wholes,
    "flag": flags,
    "moment": moments,
}
