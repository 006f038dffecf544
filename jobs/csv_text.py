"""CSV as a spreadsheet can open it safely: UTF-8 with a byte-order mark, "\\n", RFC 4180 quotes, no live formulas.

A text cell that a spreadsheet would run gets a leading `'`; reading takes it off again, so text survives both ways.
pyarrow's own writer quotes every text cell, so the lines are joined by pyarrow's kernels here instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

BOM = b"\xef\xbb\xbf"
ROWS_AT_ONCE = 250_000
"""Lines joined in memory at a time, so that a large file needs little."""

_LIVE = r"\A('*[=+\-@\t\r\n])"
"""What must be guarded: a formula's first character, also behind guards that were already part of the text."""
_GUARDED = r"\A'('*[=+\-@\t\r\n])"
_QUOTED = r"[\",\r\n]"
_live, _guarded = re.compile(_LIVE), re.compile(_GUARDED)


def guard(text: str) -> str:
    """`=1+1` becomes `'=1+1` and `'=1+1` becomes `''=1+1`; any other text, also `'n Sync`, stays as it is."""
    return _live.sub(r"'\1", text)


def unguard(text: str) -> str:
    """Take off what `guard` put on: `unguard(guard(text)) == text` for every text."""
    return _guarded.sub(r"\1", text)


def guard_array(texts: pa.Array) -> pa.Array:
    """`guard` over a whole Arrow text column."""
    return pc.replace_substring_regex(texts, _LIVE, r"'\1")


def unguard_array(texts: pa.Array) -> pa.Array:
    """`unguard` over a whole Arrow text column (chunked or not)."""
    return pc.replace_substring_regex(texts, _GUARDED, r"\1")


def to_arrow(table: pa.Table | pd.DataFrame) -> pa.Table:
    """An Arrow table of the frame's columns, without its index."""
    return table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)


def write_csv(path: Path, table: pa.Table | pd.DataFrame, columns: Sequence[str] | None = None) -> None:
    """Write `table` to `path`, its `columns` in this order (None = all, as they are).

    Text is guarded and quoted only where it must be; numbers are written as the shortest text that reads back as the
    same number of the column's own width; NaN and null are empty; booleans are true and false.

    Raises KeyError when a column is missing.
    """
    data = to_arrow(table)
    if columns is not None:
        data = data.select(list(columns))
    lonely = data.num_columns == 1  # an empty line would be read as no line at all
    with path.open("wb") as file:
        file.write(BOM + ",".join(_quote(guard(name)) for name in data.column_names).encode() + b"\n")
        encoded = [_encode_dictionary(column) for column in data.columns]
        for start in range(0, data.num_rows, ROWS_AT_ONCE):
            cells = [_cells(column.slice(start, ROWS_AT_ONCE), lonely) for column in encoded]
            file.write(_lines(cells))


def read_csv(path: Path, numbers: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Read a CSV written by `write_csv`: every column as text with its guard taken off, ids kept as they are.

    numbers   dtype of the columns that are numbers, e.g. {"slot": "int64", "score": "float32"}; an empty cell is NaN

    Raises ValueError when a cell of a number column is no number, KeyError when such a column is missing.
    """
    with path.open("rb") as file:
        names = pacsv.open_csv(file, parse_options=_PARSE, read_options=_read_options(path)).schema.names
    convert = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False)
    table = pacsv.read_csv(path, read_options=_read_options(path), parse_options=_PARSE, convert_options=convert)
    columns: dict[str, Any] = {unguard(name): unguard_array(table[name]) for name in table.column_names}
    frame: pd.DataFrame = pa.table(columns).to_pandas()
    for name, dtype in (numbers or {}).items():
        text = frame[name]
        try:
            frame[name] = text.where(text != "", "nan" if dtype.startswith("float") else "").astype(dtype)
        except ValueError as bad:
            raise ValueError(f"{path.name}, column {name}: expected numbers, {bad}") from bad
    return frame


_PARSE = pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=True)


def _read_options(path: Path) -> pacsv.ReadOptions:
    """Blocks large enough for the largest cell: a cell may not span more than two."""
    return pacsv.ReadOptions(block_size=max(1 << 20, min(path.stat().st_size + 1, 1 << 26)))


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(_QUOTED, text) else text


def _encode_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Guard and quote the few distinct values of a dictionary column once, not once per row."""
    if not pa.types.is_dictionary(column.type):
        return column
    return pa.chunked_array(
        [pa.DictionaryArray.from_arrays(chunk.indices, _text_cells(chunk.dictionary)) for chunk in column.chunks],
        type=pa.dictionary(column.type.index_type, pa.large_string()),
    )


def _cells(column: pa.ChunkedArray, lonely: bool) -> pa.Array:
    """One column's cells as they stand in the file, large_string."""
    if pa.types.is_dictionary(column.type):
        cells = pc.cast(column, pa.large_string())
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        cells = _text_cells(column)
    else:
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        cells = pc.cast(column, pa.large_string())
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    return pc.if_else(pc.equal(pc.fill_null(cells, ""), ""), '""', cells) if lonely else cells


def _text_cells(texts: pa.Array) -> pa.Array:
    """Guarded, and quoted where a quote, comma or line end asks for it."""
    cells = guard_array(pc.cast(texts, pa.large_string()))
    special = pc.match_substring_regex(cells, _QUOTED)
    if not pc.any(special).as_py():
        return cells
    mark = pa.scalar('"', pa.large_string())
    quoted = pc.binary_join_element_wise(mark, pc.replace_substring(cells, '"', '""'), mark, pa.scalar("", mark.type))
    return pc.if_else(special, quoted, cells)


def _lines(cells: Sequence[pa.Array]) -> memoryview:
    """The bytes of the lines made of these cells."""

    def text(value: str) -> pa.Scalar:
        return pa.scalar(value, pa.large_string())

    rows = pc.binary_join_element_wise(*cells, text(","), null_handling="replace", null_replacement="")
    ended = pc.binary_join_element_wise(rows, text(""), text("\n"))
    ends = np.frombuffer(ended.buffers()[1], np.int64, count=len(ended) + 1)
    return memoryview(ended.buffers()[2])[ends[0] : ends[-1]]
