"""Texts, ids and flags of a column: encoded as distinct values and codes, so that a check costs as little as possible.

An id stays the text it is: whole numbers become their digits, spaces around are refused, nothing is guessed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.cell_texts import WrongColumnError, cell_texts, is_dated
from jobs.cells.id_texts import id_texts, utf8
from jobs.cells.problems import Problem, mask_of
from jobs.reading.plain_types import in_words, is_bytes
from jobs.reading.schemas import Column
from jobs.words import shown

MOST_CHARACTERS = 200
"""Longest id."""
_FLAGS = {
    **dict.fromkeys(("true", "yes", "t", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "f", "n", "0", "0.0"), False),
}


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
    plain, told = id_texts(given, spec.name) if spec.kind == "id" else (given, [])
    codes, values = _encoded(plain)
    trimmed = pc.utf8_trim_whitespace(values)
    length = pc.utf8_length(values)
    bad: list[tuple[pa.Array, str]] = []
    if spec.kind == "id":
        bad.append((pc.greater(length, MOST_CHARACTERS), f"at most {MOST_CHARACTERS:,} characters"))
        bad.append((pc.not_equal(trimmed, values), "an id without spaces around it"))
        bad.append((pc.match_substring_regex(trimmed, r"[\x00-\x1f\x7f]"), "an id without control characters"))
    else:
        bad.append(
            (pc.match_substring_regex(values, r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"), "text without control characters")
        )
        values = _folded(trimmed) if spec.folded else trimmed
    if spec.filled:
        what = "an id" if spec.kind == "id" else f"a {spec.name}"
        bad.append((pc.equal(trimmed, ""), what))
    problems = [Problem(mask_of(mask)[codes], expected) for mask, expected in bad if pc.any(mask).as_py()]
    return _each_once(codes, values), [*problems, *told]


def _folded(texts: pa.Array) -> pa.Array:
    """Words of our own, however they are written: `Ban everywhere` is `ban_everywhere`."""
    return pc.replace_substring_regex(pc.utf8_lower(texts), r"[\s-]+", "_")


def _each_once(codes: npt.NDArray[np.int32], values: pa.Array) -> pa.DictionaryArray:
    """A dictionary that holds every text once, also those that only differed in the spaces around them."""
    again = values.dictionary_encode()
    if len(again.dictionary) < len(values):
        codes, values = again.indices.to_numpy(zero_copy_only=False)[codes], again.dictionary
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), values)


def as_text(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """Text of an array of any type a text column may come in, and what is to be said about it."""
    if is_bytes(given.type) and not spec.own:
        text = utf8(given)
        if text is None:
            raise WrongColumnError(in_words(given.type), "text")
        words = f"cells of {spec.name} read from bytes"
        return text, [Problem(mask_of(pc.is_valid(given)), words, harmless=True)]
    text = cell_texts(given)
    if not is_dated(given.type):
        return text, []
    filled = mask_of(pc.is_valid(text))
    first = text[int(np.argmax(filled))].as_py() if filled.any() else ""
    words = f"cells of {spec.name}, dates or times, read as text like {shown(first)}"
    return text, [Problem(filled, words, harmless=True)]


def flags(given: pa.Array, spec: Column) -> tuple[pa.Array, list[Problem]]:
    """bool; an empty cell is the default."""
    what = "true or false (or yes, no, t, f, y, n, 1, 0)"
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
