"""Reading a run's CSVs as docs/campaign.md describes them, with the audit's own idea of what a spreadsheet would run.

Shares nothing with the writer (jobs/csv_text.py): a guard that it forgets is found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

MARK = b"\xef\xbb\xbf"
LIVE = "=+-@\t\r\n"
"""A cell that begins with one of these is run by a spreadsheet."""
GUARDED = rf"\A'('*[{re.escape(LIVE)}])"
"""A guard, then a live cell; or a guard, then a text that was written with guards of its own."""
ONE_CELL = 1 << 26
"""Bytes of the largest cell that can be read."""


def read_csv(path: Path) -> pd.DataFrame:
    """Every column as text, without the guards.

    Raises OSError or ValueError where the file is no CSV.
    """
    cells = read_cells(path)
    columns = [pc.replace_substring_regex(column, GUARDED, r"\1") for column in cells.columns]
    names = [pc.replace_substring_regex(pa.scalar(name), GUARDED, r"\1").as_py() for name in cells.column_names]
    frame: pd.DataFrame = pa.table(columns, names=names).to_pandas()
    return frame


def read_cells(path: Path) -> pa.Table:
    """Every cell as it stands in the file, as text."""
    size = max(1 << 20, min(path.stat().st_size + 1, ONE_CELL))
    read, parse = pacsv.ReadOptions(block_size=size), pacsv.ParseOptions(newlines_in_values=True)
    with path.open("rb") as file:
        names = pacsv.open_csv(file, read, parse).schema.names
    text = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False)
    return pacsv.read_csv(path, read, parse, text)


def live_cells(path: Path, columns: Iterable[str]) -> Iterator[str]:
    """A line for every text cell that a spreadsheet would run, and for a file that it would not take for UTF-8.

    columns  those that hold text; one that the file lacks is passed over
    """
    with path.open("rb") as file:
        if file.read(len(MARK)) != MARK:
            yield f"{path.name}: does not begin with a byte-order mark"
    cells = read_cells(path)
    for column in columns:
        if column in cells.column_names:
            first = pc.utf8_slice_codeunits(cells[column], 0, 1)
            live = pc.is_in(first, pa.array(list(LIVE), first.type)).to_numpy()
            for row in np.flatnonzero(live):
                found = cells[column][int(row)].as_py()
                yield f'{path.name}, row {row + 2}, column {column}: a spreadsheet would run "{found}"'


def unguard(text: str) -> str:
    """One cell without its guard: `'=1+1` is the text `=1+1`, and `''=1+1` is the text `'=1+1`."""
    rest = text.lstrip("'")
    return text[1:] if rest != text and rest[:1] and rest[0] in LIVE else text
