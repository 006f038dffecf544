"""Arrow's many ways to hold one thing become one way each: text is large_string, a number with decimals float64.

Tables come from databases, lakes and data frames, and each of them picks a type of its own for the same column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

UUID_BYTES = 16
_HEX = np.array([f"{byte:02x}".encode() for byte in range(256)], "S2")
_DASHES = (8, 13, 18, 23)


def plain_array(column: pa.ChunkedArray) -> pa.Array:
    """One array without views, runs and extensions; dictionaries are of large_string.

    Raises pa.ArrowException for a type that pyarrow itself cannot unfold.
    """
    chunks = [unwrapped(chunk) for chunk in column.chunks] or [unwrapped(pa.nulls(0, column.type))]
    kind = chunks[0].type
    column = pa.chunked_array(chunks, kind)
    if pa.types.is_dictionary(kind) and any(chunk.dictionary.null_count for chunk in chunks):
        column = column.cast(pa.large_string())  # dictionaries with an empty entry cannot be made one
    elif pa.types.is_dictionary(kind):
        column = column.cast(pa.dictionary(pa.int32(), pa.large_string())).unify_dictionaries()
    elif is_text(kind) or pa.types.is_null(kind):
        column = column.cast(pa.large_string())
    array = column.combine_chunks()
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def unwrapped(array: pa.Array) -> pa.Array:
    """The array without what only says how it is stored."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        storage = array.storage
        return uuid_texts(storage) if kind.extension_name == "arrow.uuid" else unwrapped(storage)
    if pa.types.is_run_end_encoded(kind):
        return unwrapped(pc.run_end_decode(array))
    if pa.types.is_dictionary(kind) and not is_text(kind.value_type):
        return unwrapped(array.dictionary.take(array.indices))
    if pa.types.is_string_view(kind):
        return array.cast(pa.large_string())
    if pa.types.is_binary_view(kind):
        return array.cast(pa.large_binary())
    return array


def uuid_texts(given: pa.Array) -> pa.Array:
    """16 bytes each as a UUID is written: 550e8400-e29b-41d4-a716-446655440000."""
    encoded = given.dictionary_encode()
    raw = b"".join(encoded.dictionary.to_pylist())
    digits = _HEX[np.frombuffer(raw, np.uint8)].view(np.uint8).reshape(-1, 2 * UUID_BYTES)
    written = np.full((len(digits), 2 * UUID_BYTES + len(_DASHES)), ord("-"), np.uint8)
    written[:, [at for at in range(written.shape[1]) if at not in _DASHES]] = digits
    ends = np.arange(len(written) + 1, dtype=np.int64) * written.shape[1]
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(written.tobytes())]
    texts = pa.Array.from_buffers(pa.large_string(), len(written), buffers)
    return pa.DictionaryArray.from_arrays(encoded.indices.cast(pa.int32()), texts)


def is_text(kind: Any) -> bool:
    """Whether a type holds text, in any of Arrow's ways."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_bytes(kind: Any) -> bool:
    """Whether a type holds bytes that nobody calls text."""
    kinds = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(test(kind) for test in kinds)


def is_list(kind: Any) -> bool:
    """Whether a type holds a list in every cell, in any of Arrow's ways."""
    tests = (
        pa.types.is_list,
        pa.types.is_large_list,
        pa.types.is_fixed_size_list,
        pa.types.is_list_view,
        pa.types.is_large_list_view,
    )
    return any(test(kind) for test in tests)


def in_words(kind: Any) -> str:
    """An Arrow type in words."""
    for test, words in (
        (pa.types.is_integer, "whole numbers"),
        (lambda given: pa.types.is_floating(given) or pa.types.is_decimal(given), "numbers with decimals"),
        (pa.types.is_boolean, "true and false"),
        (lambda given: pa.types.is_duration(given) or pa.types.is_interval(given), "lengths of time"),
        (pa.types.is_temporal, "dates or times"),
        (lambda given: pa.types.is_nested(given) or is_list(given), "lists or structures"),
        (is_bytes, "bytes"),
    ):
        if test(kind):
            return f"a column of {words} ({kind})"
    return f"a column of {kind}"
