"""Cells of any type as the text a CSV would hold: `true`, `12.5`, `2026-01-31`, and `a|b` for a list of two.

Rules and the recommender read text, whatever the shop's own column is; what has no such text is refused by type.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.reading.plain_types import in_words, is_list, is_text, unwrapped

EXPECTED = "text; several values in one cell are written a|b"


class WrongColumnError(Exception):
    """A whole column of a type that cannot be read as what it should hold; args: found, expected."""


def cell_texts(given: pa.Array) -> pa.Array:
    """Text of a plain array: large_string or a dictionary of it, null where there is none.

    Raises WrongColumnError for a type that has no text: structures, maps, bytes, lengths of months.
    """
    kind = given.type
    if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
        return given
    if is_text(kind) or pa.types.is_null(kind):
        return given.cast(pa.large_string())
    if is_list(kind):
        return _joined(given)
    if pa.types.is_decimal(kind):
        given, kind = given.cast(pa.float64(), safe=False), pa.float64()
    if pa.types.is_floating(kind):
        given = given.cast(pa.float64(), safe=False)
        return pc.if_else(pc.is_nan(given), None, given).cast(pa.large_string())
    if is_dated(kind):
        return _dated(given)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_duration(kind):
        return given.cast(pa.large_string())
    raise WrongColumnError(in_words(kind), EXPECTED)


def is_dated(kind: Any) -> bool:
    """Whether a type holds dates, moments or times of day."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind) or pa.types.is_time(kind))


def _dated(given: pa.Array) -> pa.Array:
    """`2026-01-31`, or with a time where one cell of the column has one; in UTC where the column names its zone."""
    kind = given.type
    if pa.types.is_date(kind):
        return _in_range(given.cast(pa.date32()).cast(pa.large_string()))
    if pa.types.is_time(kind):
        return _bare(given.cast(pa.large_string()))
    moments = given.cast(pa.timestamp(kind.unit, "UTC")).cast(pa.timestamp(kind.unit)) if kind.tz else given
    texts = _bare(_in_range(moments.cast(pa.large_string())))
    midnight = pc.ends_with(texts, " 00:00:00")
    return pc.utf8_slice_codeunits(texts, 0, 10) if pc.all(midnight).as_py() else texts


def _in_range(texts: pa.Array) -> pa.Array:
    """No text for a moment that no calendar holds, such as a database's infinity."""
    return pc.if_else(pc.match_substring_regex(texts, r"^\d{4}-\d\d-\d\d"), texts, None)


def _bare(texts: pa.Array) -> pa.Array:
    """Without the zeros behind a fraction of a second."""
    return pc.replace_substring_regex(texts, r"(\.\d*[1-9])0+$|\.0+$", r"\1")


def _joined(given: pa.Array) -> pa.Array:
    """The elements of each list that say something, with `|` between them."""
    if pa.types.is_nested(given.type.value_type) or is_list(given.type.value_type):
        raise WrongColumnError(in_words(given.type), EXPECTED)
    length = pc.fill_null(pc.list_value_length(given), 0).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(given)), length)
    texts = cell_texts(unwrapped(given.flatten()))
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    filled = np.flatnonzero(pc.not_equal(texts, "").to_numpy(zero_copy_only=False))
    ends = np.concatenate([[0], np.cumsum(np.bincount(row[filled], minlength=len(given)))])
    kept = pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), texts.take(pa.array(filled)))
    return pc.binary_join(kept, pa.scalar("|", pa.large_string()))
