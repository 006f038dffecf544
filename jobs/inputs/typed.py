"""Cells become ids, texts, numbers, flags and moments; every cell that cannot is found, not only the first.

Nothing is guessed: a number has a point and no thousands, and a date that can be read two ways is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.inputs.typed_texts import Mask, Problem, WrongColumnError, as_text, flags, in_words, is_text, mask_of, texts
from jobs.inputs.written_empty import Emptied, without_written
from jobs.reading.schemas import Column
from jobs.words import shown

_NUMBER = r"^[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,2})?$"
_MOMENT = r"^(19|20|21)\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d:?\d\d))?)?$"


@dataclass(frozen=True)
class Typed:
    """One column, converted.

    values    Arrow array (n_rows,): dictionary of strings for ids and texts, float64, int64, bool or timestamp[us]
    problems  what is wrong with it; cells at fault hold the default
    found     the cell at a position, in words
    emptied   the cells that a program wrote for nothing, such as NULL; None = it has none
    """

    values: pa.Array
    problems: tuple[Problem, ...]
    found: Callable[[int], str]
    emptied: Emptied | None = None


def convert(column: pa.ChunkedArray, spec: Column) -> Typed:
    """Convert one column.

    Raises WrongColumnError when its Arrow type cannot hold what the column should.
    """
    given = _plain(column)
    cleaned, emptied = without_written(as_text(given, spec), spec) if spec.kind == "text" else (given, None)
    values, problems = _CONVERTERS[spec.kind](cleaned, spec)
    if spec.kind != "text" and any(problem.bad.any() for problem in problems):  # what is sound is read once only
        cleaned, emptied = without_written(given, spec)
        values, problems = (values, problems) if emptied is None else _CONVERTERS[spec.kind](cleaned, spec)
    told = tuple(problem for problem in problems if problem.bad.any())
    return Typed(values, told, lambda at: _found(given, at), emptied)


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


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """One array; every kind of text is large_string, or a dictionary of it, and every number with decimals float64."""
    kind = column.type
    if pa.types.is_dictionary(kind) and not is_text(kind.value_type):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_dictionary(kind):
        column = column.cast(pa.dictionary(pa.int32(), pa.large_string())).unify_dictionaries()
    elif is_text(kind) or pa.types.is_null(kind):
        column = column.cast(pa.large_string())
    elif pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        column = column.cast(pa.float64(), safe=False)
    elif pa.types.is_date(kind):
        column = column.cast(pa.timestamp("us"))
    array = column.combine_chunks()
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def _trimmed(given: pa.Array) -> tuple[pa.Array, Mask]:
    """Trimmed text of a text array, and which cells are empty."""
    text = pc.fill_null(pc.utf8_trim_whitespace(given.cast(pa.large_string())), "")
    return text, mask_of(pc.equal(text, ""))


def _floats(given: pa.Array, what: str) -> tuple[npt.NDArray[np.float64], Mask, Mask]:
    """Values (NaN where there is none), which cells are empty, and which hold no number."""
    kind = given.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
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
        return [
            Problem(values < spec.low, f"{what}" if spec.low == 0 else f"{what} >= {spec.low:,.0f}"),
            Problem(values > spec.high, f"{what}, at most {spec.high:,.0f}"),
        ]


def _wholes(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """int64; an empty cell is the default. `12.0` is a whole number, `12.5` is not."""
    what = "a whole number" if spec.low != 0 else "a whole number >= 0"
    values, empty, wrong = _floats(given, what)
    wrong |= ~empty & (values != np.floor(values))
    values = np.where(wrong, np.nan, values)
    problems = [Problem(wrong, what), *_outside(values, spec, what)]
    if spec.filled:
        problems.append(Problem(empty, what))
    within = np.isfinite(values) & (np.abs(values) <= 2**53)
    return pa.array(np.where(within, np.where(within, values, 0), float(spec.default or 0)).astype(np.int64)), problems


def _moments(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """timestamp[us] in UTC without a zone; a moment that names its zone is converted."""
    what = "a date or time written like 2026-12-31 or 2026-12-31 18:30:00, from 1900 to 2199"
    if pa.types.is_timestamp(given.type):
        values = given.cast(pa.timestamp("us", given.type.tz), safe=False).cast(pa.timestamp("us"))
        empty = mask_of(pc.is_null(given))
        wrong = ~mask_of(pc.and_(pc.greater_equal(pc.year(values), 1900), pc.less(pc.year(values), 2200))) & ~empty
    elif pa.types.is_dictionary(given.type) or pa.types.is_large_string(given.type):
        text, empty = _trimmed(given)
        written = pc.if_else(pc.match_substring_regex(text, _MOMENT), text, None)
        parsed = pd.to_datetime(pd.Series(written.to_pandas()), format="ISO8601", utc=True, errors="coerce")
        wrong = parsed.isna().to_numpy() & ~empty
        values = pa.array(parsed.dt.tz_localize(None).dt.as_unit("us"), from_pandas=True)
    else:
        raise WrongColumnError(in_words(given.type), what)
    return values, [Problem(wrong, what), Problem(empty & spec.filled, what)]


_CONVERTERS: dict[str, Callable[[pa.Array, Column], tuple[pa.Array, list[Problem]]]] = {
    "id": texts,
    "text": texts,
    "number": _numbers,
    "whole": _wholes,
    "flag": flags,
    "moment": _moments,
}
