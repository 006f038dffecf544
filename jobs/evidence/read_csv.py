"""Reading a run's CSVs as docs/campaign.md describes them, with the audit's own idea of what a spreadsheet would run.

Shares nothing with the writer (jobs/csv_text.py): a guard that it forgets is found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

MARK = b"\xef\xbb\xbf"
LIVE = "=+-@\t\r\n"
"""A cell that begins with one of these is run by a spreadsheet."""
GUARDED = rf"\A'('*[{re.escape(LIVE)}])"
"""A guard, then a live cell; or a guard, then a text that was written with guards of its own."""
CODED = pa.dictionary(pa.int32(), pa.string())
ONE_CELL = 1 << 26
"""Bytes of the largest cell that can be read."""


def read_csv(path: Path) -> pd.DataFrame:
    """Every column as text, without the guards.

    Raises OSError or ValueError where the file is no CSV.
    """
    return without_guards(read_cells(path))


def read_cells(path: Path, coded: Iterable[str] = ()) -> pa.Table:
    """Every cell as it stands in the file, as text.

    coded  columns that hold few texts many times: each text is kept once
    """
    size = max(1 << 20, min(path.stat().st_size + 1, ONE_CELL))
    read, parse = pacsv.ReadOptions(block_size=size), pacsv.ParseOptions(newlines_in_values=True)
    names = _names(path, parse, size)
    types = {**dict.fromkeys(names, pa.large_string()), **{name: CODED for name in coded if name in names}}
    text = pacsv.ConvertOptions(column_types=types, strings_can_be_null=False)
    return pacsv.read_csv(path, read, parse, text)


def _names(path: Path, parse: pacsv.ParseOptions, size: int) -> list[str]:
    """The names of the columns: from the file's beginning, or its whole where the first row is longer."""
    for block in (min(size, 1 << 20), size):
        try:
            with path.open("rb") as file:
                names: list[str] = pacsv.open_csv(file, pacsv.ReadOptions(block_size=block), parse).schema.names
                return names
        except pa.ArrowInvalid:
            if block == size:
                raise
    return []


def without_guards(cells: pa.Table) -> pd.DataFrame:
    """The same as text without the guards; what is coded as categories."""
    names = [pc.replace_substring_regex(pa.scalar(name), GUARDED, r"\1").as_py() for name in cells.column_names]
    frame: pd.DataFrame = pa.table([_bare(column) for column in cells.columns], names=names).to_pandas()
    return frame


def _bare(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.DictionaryArray:
    if column.type != CODED:
        return pc.replace_substring_regex(column, GUARDED, r"\1")
    whole = one_dictionary(column)
    texts = pc.dictionary_encode(pc.replace_substring_regex(whole.dictionary, GUARDED, r"\1"))  # two may be one now
    return pa.DictionaryArray.from_arrays(texts.indices.take(whole.indices), texts.dictionary)


def one_dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A coded column in one piece."""
    whole = column.unify_dictionaries().combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def live_of(path: Path, cells: pa.Table, columns: Iterable[str]) -> Iterator[str]:
    """A line for every text cell that a spreadsheet would run, and for a file that it would not take for UTF-8.

    cells    of the file, as read by `read_cells`
    columns  those that hold text; one that the file lacks is passed over
    """
    with path.open("rb") as file:
        if file.read(len(MARK)) != MARK:
            yield f"{path.name}: does not begin with a byte-order mark"
    for column in columns:
        if column in cells.column_names:
            for row in np.flatnonzero(_live(cells[column])):
                found = cells[column][int(row)].as_py()
                yield f'{path.name}, row {row + 2}, column {column}: a spreadsheet would run "{found}"'


def _live(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """bool per cell: would a spreadsheet run it?"""
    whole = one_dictionary(column) if column.type == CODED else None
    first = pc.utf8_slice_codeunits(column if whole is None else whole.dictionary, 0, 1)
    live = np.asarray(pc.is_in(first, pa.array(list(LIVE), first.type)), dtype=bool)
    return live if whole is None else live[np.asarray(whole.indices)]


def unguard(text: str) -> str:
    """One cell without its guard: `'=1+1` is the text `=1+1`, and `''=1+1` is the text `'=1+1`."""
    rest = text.lstrip("'")
    return text[1:] if rest != text and rest[:1] and rest[0] in LIVE else text
