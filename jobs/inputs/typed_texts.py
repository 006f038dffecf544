"""Texts, ids and flags of a column: encoded as distinct values and codes, so that a check costs as little as possible.

An id stays the text it is: whole numbers become their digits, spaces around are refused, nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.reading.schemas import Column

Mask = npt.NDArray[np.bool_]
MOST_CHARACTERS = {"id": 200, "text": 10_000}
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Problem:
    """Cells of one column with one fault in common.

    bad       bool (n_rows,)
    expected  what they should hold
    """

    bad: Mask
    expected: str


class WrongColumnError(Exception):
    """A whole column of a type that cannot be read as what it should hold; args: found, expected."""


def is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def in_words(kind: Any) -> str:
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


def texts(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """Ids and texts, each distinct value checked once. Spaces around texts go; ids with spaces are refused."""
    codes, values = _encoded(as_text(given, spec))
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
    problems = [Problem(mask_of(mask)[codes], expected) for mask, expected in bad if pc.any(mask).as_py()]
    return pa.DictionaryArray.from_arrays(pa.array(codes), values), problems


def as_text(given: pa.Array, spec: Column) -> pa.Array:
    """Text of an array of any type a text column may come in."""
    kind = given.type
    if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
        return given
    if pa.types.is_integer(kind):
        return given.cast(pa.large_string())
    if spec.kind == "id":
        raise WrongColumnError(in_words(kind), "text: an id is kept as it is written")
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_nan(given), None, given).cast(pa.large_string())
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return given.cast(pa.large_string())
    if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and is_text(kind.value_type):
        cells = ["|".join(value for value in cell or () if value) for cell in given.to_pylist()]
        return pa.array(cells, pa.large_string())
    raise WrongColumnError(in_words(kind), "text; several values in one cell are written a|b")


def mask_of(array: pa.Array) -> Mask:
    """bool mask of an Arrow boolean array; null is False."""
    return np.asarray(pc.fill_null(array, False).to_numpy(zero_copy_only=False), dtype=bool)


def flags(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """bool; an empty cell is the default."""
    what = "true or false (or yes, no, 1, 0)"
    if pa.types.is_boolean(given.type):
        return pc.fill_null(given, bool(spec.default)), []
    if pa.types.is_integer(given.type) or pa.types.is_floating(given.type):
        given = given.cast(pa.large_string())
    if not (pa.types.is_dictionary(given.type) or pa.types.is_large_string(given.type)):
        raise WrongColumnError(in_words(given.type), what)
    codes, cells = _encoded(given)
    meant = [_FLAGS.get(cell.strip().lower()) for cell in cells.to_pylist()]
    empty = np.array([not cell.strip() for cell in cells.to_pylist()], dtype=bool)
    wrong = np.array([value is None for value in meant], dtype=bool) & ~empty
    values = np.array([bool(spec.default) if value is None else value for value in meant], dtype=bool)
    return pa.array(values[codes]), [Problem(wrong[codes], what)]
