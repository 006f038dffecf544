"""Cells become ids, texts, numbers, flags and moments; every cell that cannot is found, not only the first.

Texts are encoded once (distinct values and codes), so that a check costs as much as there are distinct values. Nothing
is guessed: an id stays the text it is, and a date that can be read two ways is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.schemas import Column
from jobs.words import shown

Mask = npt.NDArray[np.bool_]
MOST_CHARACTERS = {"id": 200, "text": 10_000}
_NUMBER = r"^[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,2})?$"
_MOMENT = r"^(19|20|21)\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d:?\d\d))?)?$"
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Problem:
    """Cells of one column with one fault in common.

    bad       bool (n_rows,)
    expected  what they should hold
    """

    bad: Mask
    expected: str


@dataclass(frozen=True)
class Typed:
    """One column, converted.

    values    Arrow array (n_rows,): dictionary of strings for ids and texts, float64, int64, bool or timestamp[us]
    problems  what is wrong with it; cells at fault hold the default
    found     the cell at a position, in words
    """

    values: pa.Array
    problems: tuple[Problem, ...]
    found: Callable[[int], str]


class WrongColumn(Exception):
    """A whole column of a type that cannot be read as what it should hold; args: found, expected."""


def convert(column: pa.ChunkedArray, spec: Column) -> Typed:
    """Convert one column.

    Raises WrongColumn when its Arrow type cannot hold what the column should.
    """
    given = _plain(column)
    values, problems = _CONVERTERS[spec.kind](given, spec)
    return Typed(values, tuple(problem for problem in problems if problem.bad.any()), lambda at: _found(given, at))


def absent(n_rows: int, spec: Column) -> pa.Array:
    """A column that the table does not have: every cell its default."""
    return convert(
        pa.chunked_array([pa.nulls(n_rows, pa.string())]), Column(spec.name, spec.kind, default=spec.default)
    ).values


def _found(given: pa.Array, position: int) -> str:
    value = given[position].as_py()
    return "an empty cell" if value is None or value == "" else shown(value)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """One array, its type one of: large_string, dictionary of large_string, integer, float64, bool, timestamp, null..."""
    kind = column.type
    if pa.types.is_dictionary(kind) and not _is_text(kind.value_type):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_dictionary(kind):
        column = column.cast(pa.dictionary(pa.int32(), pa.large_string())).unify_dictionaries()
    elif _is_text(kind):
        column = column.cast(pa.large_string())
    elif pa.types.is_null(kind):
        column = column.cast(pa.large_string())
    elif pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        column = column.cast(pa.float64(), safe=False)
    elif pa.types.is_date(kind):
        column = column.cast(pa.timestamp("us"))
    array = column.combine_chunks()
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def _is_text(kind: Any) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _said(kind: Any) -> str:
    """An Arrow type in words."""
    for test, words in (
        (pa.types.is_integer, "whole numbers"),
        (pa.types.is_floating, "numbers with decimals"),
        (pa.types.is_boolean, "true and false"),
        (pa.types.is_temporal, "dates"),
        (pa.types.is_nested, "lists or structures"),
        (lambda given: pa.types.is_binary(given) or pa.types.is_large_binary(given), "bytes"),
    ):
        if test(kind):
            return f"a column of {words} ({kind})"
    return f"a column of {kind}"


def _encoded(given: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Codes and distinct values of a text array; null and empty are one."""
    if pa.types.is_dictionary(given.type):
        if given.null_count or given.dictionary.null_count:
            given = pc.fill_null(given.cast(pa.large_string()), "").dictionary_encode()
    else:
        given = pc.fill_null(given, "").dictionary_encode()
    return given.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False), given.dictionary


def _texts(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """Ids and texts: encoded, checked value by value. Texts lose spaces around them; ids with such spaces are refused."""
    codes, values = _encoded(_as_text(given, spec))
    trimmed = pc.utf8_trim_whitespace(values)
    length = pc.utf8_length(values)
    most = MOST_CHARACTERS[spec.kind]
    bad: list[tuple[pa.Array, str]] = [(pc.greater(length, most), f"at most {most:,} characters")]
    if spec.kind == "id":
        bad.append((pc.not_equal(trimmed, values), "an id without spaces around it"))
        bad.append((pc.match_substring_regex(trimmed, r"[\x00-\x1f\x7f]"), "an id without control characters"))
    else:
        bad.append(
            (pc.match_substring_regex(values, r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"), "text without control characters")
        )
        values = trimmed
    if spec.filled:
        what = "an id" if spec.kind == "id" else f"a {spec.name}"
        bad.append((pc.equal(trimmed, ""), what))
    problems = [Problem(_mask(mask)[codes], expected) for mask, expected in bad if pc.any(mask).as_py()]
    return pa.DictionaryArray.from_arrays(pa.array(codes), values), problems


def _as_text(given: pa.Array, spec: Column) -> pa.Array:
    """Text of an array of any type a text column may come in."""
    kind = given.type
    if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
        return given
    if pa.types.is_integer(kind):
        return given.cast(pa.large_string())
    if spec.kind == "id":
        raise WrongColumn(_said(kind), "text: an id is kept as it is written")
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_nan(given), None, given).cast(pa.large_string())
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return given.cast(pa.large_string())
    if pa.types.is_list(kind) and _is_text(kind.value_type):
        return pc.binary_join(given.cast(pa.list_(pa.large_string())), "|")
    raise WrongColumn(_said(kind), "text; several values in one cell are written a|b")


def _mask(array: pa.Array) -> Mask:
    """bool mask of an Arrow boolean array; null is False."""
    return np.asarray(pc.fill_null(array, False).to_numpy(zero_copy_only=False), dtype=bool)


def _trimmed(given: pa.Array) -> tuple[pa.Array, Mask]:
    """Trimmed text of a text array, and which cells are empty."""
    text = pc.fill_null(pc.utf8_trim_whitespace(given.cast(pa.large_string())), "")
    return text, _mask(pc.equal(text, ""))


def _floats(given: pa.Array, what: str) -> tuple[npt.NDArray[np.float64], Mask, Mask]:
    """Values (NaN where there is none), which cells are empty, and which hold no number."""
    kind = given.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        empty = _mask(pc.is_null(given))
        values = pc.fill_null(given.cast(pa.float64(), safe=False), np.nan).to_numpy(zero_copy_only=False)
        return values, empty, ~np.isfinite(values) & ~empty
    if not (pa.types.is_dictionary(kind) or pa.types.is_large_string(kind)):
        raise WrongColumn(_said(kind), what)
    text, empty = _trimmed(given)
    number = pc.match_substring_regex(text, _NUMBER)
    values = pc.if_else(number, text, None).cast(pa.float64())
    return pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False), empty, ~_mask(number) & ~empty


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


def _flags(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """bool; an empty cell is the default."""
    what = "true or false (or yes, no, 1, 0)"
    if pa.types.is_boolean(given.type):
        return pc.fill_null(given, bool(spec.default)), []
    if pa.types.is_integer(given.type) or pa.types.is_floating(given.type):
        given = given.cast(pa.large_string())
    if not (pa.types.is_dictionary(given.type) or pa.types.is_large_string(given.type)):
        raise WrongColumn(_said(given.type), what)
    codes, cells = _encoded(given)
    meant = [_FLAGS.get(cell.strip().lower()) for cell in cells.to_pylist()]
    empty = np.array([not cell.strip() for cell in cells.to_pylist()], dtype=bool)
    wrong = np.array([value is None for value in meant], dtype=bool) & ~empty
    values = np.array([bool(spec.default) if value is None else value for value in meant], dtype=bool)
    return pa.array(values[codes]), [Problem(wrong[codes], what)]


def _moments(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """timestamp[us] in UTC without a zone; a moment that names its zone is converted."""
    what = "a date or time written like 2026-12-31 or 2026-12-31 18:30:00, from 1900 to 2199"
    if pa.types.is_timestamp(given.type):
        values = given.cast(pa.timestamp("us", given.type.tz), safe=False).cast(pa.timestamp("us"))
        empty = _mask(pc.is_null(given))
        wrong = ~_mask(pc.and_(pc.greater_equal(pc.year(values), 1900), pc.less(pc.year(values), 2200))) & ~empty
    elif pa.types.is_dictionary(given.type) or pa.types.is_large_string(given.type):
        text, empty = _trimmed(given)
        written = pc.if_else(pc.match_substring_regex(text, _MOMENT), text, None)
        parsed = pd.to_datetime(pd.Series(written.to_pandas()), format="ISO8601", utc=True, errors="coerce")
        wrong = parsed.isna().to_numpy() & ~empty
        values = pa.array(parsed.dt.tz_localize(None).dt.as_unit("us"), from_pandas=True)
    else:
        raise WrongColumn(_said(given.type), what)
    return values, [Problem(wrong, what), Problem(empty & spec.filled, what)]


_CONVERTERS: dict[str, Callable[[pa.Array, Column], tuple[pa.Array, list[Problem]]]] = {
    "id": _texts,
    "text": _texts,
    "number": _numbers,
    "whole": _wholes,
    "flag": _flags,
    "moment": _moments,
}
