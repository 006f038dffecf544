"""Ids of any type as the text they are: 7 and 7.0 are "7", a UUID of 16 bytes is written as one.

Only what lost nothing becomes an id: a number with decimals is none, nor one too large for a float to hold exactly.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.cell_texts import WrongColumnError
from jobs.cells.problems import Mask, Problem, mask_of
from jobs.reading.plain_types import UUID_BYTES, in_words, is_bytes, uuid_texts

EXACT = {16: 2**11, 32: 2**24, 64: 2**53}
"""By the bits of a float: below this, every whole number is held exactly."""
EXPECTED = "text: an id is kept as it is written"


def id_texts(given: pa.Array, name: str) -> tuple[pa.Array, list[Problem]]:
    """Text of a plain array of ids, and what is to be said about it.

    Raises WrongColumnError for a type that holds no ids.
    """
    kind = given.type
    if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
        return given, []
    if pa.types.is_integer(kind):
        return given.cast(pa.large_string()), []
    if pa.types.is_decimal(kind):
        return _of_decimals(given)
    if pa.types.is_floating(kind):
        return _of_floats(given, name)
    if is_bytes(kind):
        return _of_bytes(given, name)
    raise WrongColumnError(in_words(kind), EXPECTED)


def _of_decimals(given: pa.Array) -> tuple[pa.Array, list[Problem]]:
    """12 and 12.00 are "12"; a column that holds 12.5 has no ids."""
    encoded = given.dictionary_encode()
    written = encoded.dictionary.cast(pa.large_string())
    whole = mask_of(pc.match_substring_regex(written, r"^-?\d+(\.0*)?$"))
    _refuse(given.type, written, ~whole)
    texts = pc.replace_substring_regex(written, r"\.0*$", "")
    return pa.DictionaryArray.from_arrays(encoded.indices, texts), []


def _of_floats(given: pa.Array, name: str) -> tuple[pa.Array, list[Problem]]:
    """7.0 is "7", as data frames write whole numbers beside empty cells; a column that holds 7.5 has no ids."""
    exact = EXACT[given.type.bit_width]
    values = pc.fill_null(given.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    filled = ~np.isnan(values)
    whole = filled & (np.abs(values) < exact) & (np.floor(values) == values)
    _refuse(given.type, given, filled & ~whole)
    texts = pa.array(np.where(whole, values, 0).astype(np.int64), mask=~whole).cast(pa.large_string())
    first = int(values[whole][0]) if whole.any() else 0
    said = f'ids of {name} read from numbers with decimals: {first}.0 is "{first}"'
    return texts, [Problem(whole, said, harmless=True)]


def _refuse(kind: pa.DataType, cells: pa.Array, wrong: Mask) -> None:
    """Raise WrongColumnError, with an example, where a number is not whole or too large to be exact."""
    if wrong.any():
        raise WrongColumnError(f"{in_words(kind)} such as {cells[int(np.argmax(wrong))].as_py()}", EXPECTED)


def _of_bytes(given: pa.Array, name: str) -> tuple[pa.Array, list[Problem]]:
    """Bytes that are UTF-8 text are that text, as older lakes keep text; other 16 bytes are a UUID."""
    texts = utf8(given)
    if texts is None and given.type == pa.binary(UUID_BYTES):
        texts = uuid_texts(given)
    if texts is None:
        raise WrongColumnError(in_words(given.type), EXPECTED)
    filled = mask_of(pc.is_valid(given))
    first = texts[int(np.argmax(filled))].as_py() if filled.any() else ""
    return texts, [Problem(filled, f'ids of {name} read from bytes, such as "{first}"', harmless=True)]


def utf8(given: pa.Array) -> pa.Array | None:
    """The text that bytes hold; None where they are no UTF-8, or no text that a person could have written."""
    try:
        texts = given.cast(pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return None
    return None if pc.any(pc.match_substring_regex(texts, r"[\x00-\x08\x0e-\x1f\x7f]")).as_py() else texts
