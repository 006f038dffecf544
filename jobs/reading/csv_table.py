"""CSV tables: every cell read as text, so that `00042` stays `00042`, and every broken row found.

Rows are numbered as a spreadsheet shows them: the header is row 1, a blank row counts, and a cell that holds a line
break is still one row. Reading the file a first time gives its sha256 and tells whether its bytes are UTF-8.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from jobs.csv_text import unguard_array
from jobs.reading.collect import Collected, Raw
from jobs.reading.file_kinds import as_text, opened, sha256
from jobs.reading.unpacked import most_bytes, refuse_large
from jobs.words import shown

BLOCK = 16 * 2**20
_BROKEN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes tells."""

    sha256: str
    size: int
    is_utf8: bool
    n_lines: int
    has_quotes: bool
    odd_quotes: bool
    start: bytes


def scan(path: Path) -> Scan:
    """Hash a file, and learn whether it is UTF-8 and whether its quotes pair up."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    size, lines, quotes, is_utf8, start, last = 0, 0, 0, True, b"", b""
    packed = path.name.lower().endswith(".gz")
    most = most_bytes(path)  # of a packed file that has no end in sight, no more is read
    with opened(path) as file:
        while chunk := file.read(4 * 2**20):
            start = start or chunk[:4096]
            if not packed:
                digest.update(chunk)
            size += len(chunk)
            quotes += chunk.count(b'"')
            lines += chunk.count(b"\n")
            last = chunk[-1:]
            is_utf8 = is_utf8 and _decodes(decoder, chunk)
            if size > most:
                break
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    return Scan(
        sha256(path) if packed else digest.hexdigest(),
        size,
        is_utf8,
        lines + (last != b"\n"),
        quotes > 0,
        quotes % 2 == 1,
        start,
    )


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def read_csv(name: str, file: str, path: Path, wanted: tuple[str, ...] | None, collected: Collected) -> Raw | None:
    """Read a CSV table; None when it is too broken to look at its cells.

    wanted  columns to read; None = all
    """
    seen = scan(path)
    if refuse_large(file, path, seen.size, collected):
        return None
    header = _header(file, path, seen, collected)
    if header is None:
        return None
    columns = [column for column in header if column and (wanted is None or column in wanted)] or header[:1]
    table, ragged, trouble = _parse(path, seen, columns)
    n_lines = 1 + len(ragged) + (table.num_rows if table is not None else 0)
    is_suspect = seen.odd_quotes or (seen.has_quotes and n_lines < seen.n_lines)  # line breaks in cells: on purpose?
    if is_suspect and (wrong := _wrong_quote(path)) is not None:
        collected.fault(file, wrong[0], None, wrong[1], 'quotes in pairs; one inside a cell is written ""')
        return None
    if table is None:
        collected.fault(file, None, None, f"no CSV that can be read ({trouble})", "a table of text and numbers")
        return None
    _say_ragged(file, len(header), ragged, collected)
    raw = Raw(name, file, path, seen.sha256, table, tuple(header), 1)
    raw = _numbered(raw, [number for number, _ in ragged])
    if not seen.is_utf8:
        _say_broken_cells(raw, collected)
    bare = [unguard_array(column) for column in raw.table.columns]  # the apostrophe our own CSVs put before formulas
    return replace(raw, table=pa.table(bare, names=raw.table.column_names))


def _header(file: str, path: Path, seen: Scan, collected: Collected) -> list[str] | None:
    """Names of the columns, or None after saying why there are none to be had."""
    if seen.start.startswith((b"\xff\xfe", b"\xfe\xff")):
        collected.fault(file, None, None, "text in UTF-16", 'UTF-8 (in Excel: save as "CSV UTF-8")')
        return None
    if seen.start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1")):
        kind = "a Parquet file" if seen.start.startswith(b"PAR1") else "an Excel workbook or a zip file"
        collected.fault(file, None, None, f"{kind} named .csv", "text with commas between the columns")
        return None
    if not seen.start.removeprefix(codecs.BOM_UTF8).strip():
        collected.fault(file, None, None, "an empty file", "a header row and data")
        return None
    with as_text(path) as text, _cells_of_any_size():
        names = _first_record(text)
    if not names or any("\0" in name for name in names):
        collected.fault(file, 1, None, "no readable header", "the names of the columns, with commas between them")
        return None
    if len(names) == 1:
        for separator, words in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in names[0]:
                collected.fault(file, 1, None, f"{words} between the columns", "commas between the columns")
                return None
    for column, times in Counter(names).items():
        if times > 1 and column:
            collected.fault(file, 1, column, f"{times} columns of this name", "every column name once")
    unnamed = sum(not column for column in names)
    collected.note(file, unnamed, None, f"column{'s' * (unnamed > 1)} without a name in the header left out")
    return None if any(times > 1 for column, times in Counter(names).items() if column) else names


@contextmanager
def _cells_of_any_size() -> Iterator[None]:
    """Python's own reader refuses cells beyond 131,072 characters unless told otherwise."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _first_record(text: IO[str]) -> list[str] | None:
    try:
        return next(csv.reader(text), None)
    except csv.Error:
        return None


def _wrong_quote(path: Path) -> tuple[int, str] | None:
    """Row in which quotes go wrong, and how; None when every quote is closed, or stands inside a plain cell."""
    row = 0
    with as_text(path) as text, _cells_of_any_size():
        reader = csv.reader(text, strict=True)
        try:
            for row, _ in enumerate(reader, start=1):  # noqa: B007 - the row is wanted after the loop
                pass
        except csv.Error as error:
            if "expected after" in str(error):
                return row + 1, "a quote that closes before its cell ends"
            return row + 1, "a quote that is opened and never closed"
    return None


def _parse(path: Path, seen: Scan, columns: list[str]) -> tuple[pa.Table | None, list[tuple[int, int]], str]:
    """The table as text; (row, number of cells) of rows left out because they have too few or too many; what is wrong.

    A row must fit into one block, so the file is read again in one piece when a row does not.
    """
    ragged: list[tuple[int, int]] = []

    def skip(row: pacsv.InvalidRow) -> str:
        ragged.append((row.number, row.actual_columns))
        return "skip"

    parse = pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip)
    texts = dict.fromkeys(columns, pa.string())
    convert = pacsv.ConvertOptions(column_types=texts, include_columns=columns, strings_can_be_null=False)
    trouble = ""
    for block in (BLOCK, min(seen.size + 2, 2**31 - 1)):
        ragged.clear()
        source = path if seen.is_utf8 else io.BytesIO(opened(path).read().decode("utf-8", "replace").encode())
        try:
            options = pacsv.ReadOptions(use_threads=False, block_size=block)
            return (
                pacsv.read_csv(source, read_options=options, parse_options=parse, convert_options=convert),
                ragged,
                "",
            )
        except (pa.ArrowInvalid, KeyError) as error:
            trouble = str(error).splitlines()[0][:120]
            if "cannot infer number of columns" in trouble:  # a header without a line break after it
                return pa.table({column: pa.array([], pa.string()) for column in columns}), [], ""
    return None, ragged, trouble


def _say_ragged(file: str, n_columns: int, ragged: list[tuple[int, int]], collected: Collected) -> None:
    for row, cells in ragged[:20]:
        collected.fault(file, row, None, f"{cells:,} cell{'s' * (cells > 1)}", f"{n_columns}, as in the header")
    if len(ragged) > 20:
        more = f"{len(ragged) - 20:,} more rows of another length ({len(ragged):,} in all)"
        collected.fault(file, None, None, more, f"{n_columns} cells, as in the header")


def _numbered(raw: Raw, left_out: list[int]) -> Raw:
    """The table without blank rows, and the row of the file each of its rows comes from."""
    n_rows = raw.table.num_rows
    rows = np.arange(2, n_rows + len(left_out) + 2, dtype=np.int64)
    if left_out:
        rows = np.setdiff1d(rows, np.array(left_out))
    blank = np.ones(n_rows, dtype=bool)
    for column in raw.table.columns:
        if not blank.any():
            break
        blank &= pc.equal(column, "").to_numpy()
    table = raw.table.filter(pa.array(~blank)) if blank.any() else raw.table
    is_plain = not left_out and not blank.any()
    return replace(raw, table=table, rows=None if is_plain else rows[~blank])


def _say_broken_cells(raw: Raw, collected: Collected) -> None:
    """Name every cell with bytes that are not UTF-8; they were read as replacement characters."""
    said = len(collected.faults)
    for name, column in zip(raw.table.column_names, raw.table.columns, strict=True):
        bad = pc.match_substring(column, _BROKEN).to_numpy()
        collected.cells(
            raw,
            name,
            bad,
            lambda at, column=column: f"bytes that are not UTF-8: {shown(column[at].as_py())}",  # type: ignore[misc]
            'UTF-8 text (in Excel: save as "CSV UTF-8")',
        )
    if said == len(collected.faults):
        collected.fault(raw.file, None, None, "bytes that are not UTF-8", 'UTF-8 text (in Excel: save as "CSV UTF-8")')
