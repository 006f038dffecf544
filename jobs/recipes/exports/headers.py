"""Headers of the CSV files of a folder, whatever lies between the columns; nothing else of them is read here.

A file that is no UTF-8 text is told, not guessed at: a wrong guess turns names and ids into others.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SUFFIXES = (".csv", ".tsv")
WORKBOOKS = (".xlsx", ".xls", ".ods", ".zip")
DELIMITERS = (",", ";", "\t", "|")
MOST_IN_A_CELL = 10_000_000
"""A description in HTML may be longer than the csv module's own limit."""


@dataclass(frozen=True)
class Header:
    """The first row of a CSV.

    path       the file
    names      names of the columns as written
    delimiter  what stands between the columns
    """

    path: Path
    names: tuple[str, ...]
    delimiter: str


@dataclass(frozen=True)
class Unread:
    """A file that cannot be read as a CSV, and why, in words."""

    path: Path
    why: str


def headers(folder: Path) -> tuple[list[Header], list[Unread]]:
    """The headers of a folder's CSV files by name, and the files that have none to be read."""
    read: list[Header] = []
    unread: list[Unread] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in WORKBOOKS:
            unread.append(Unread(path, 'it is no CSV (unpack it, or in Excel save it as "CSV UTF-8")'))
        if path.suffix.lower() in SUFFIXES and path.is_file():
            found = header(path)
            if isinstance(found, Header):
                read.append(found)
            else:
                unread.append(found)
    return read, unread


def header(path: Path) -> Header | Unread:
    """The header of one file, with the delimiter that gives it the most columns."""
    try:
        start = path.open("rb").read(4)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return Unread(path, 'it is UTF-16 (in Excel: save as "CSV UTF-8")')
        if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            return Unread(path, 'it is an Excel workbook named .csv (save as "CSV UTF-8")')
        tried = {delimiter: _first_row(path, delimiter) for delimiter in DELIMITERS}
    except UnicodeDecodeError:
        return Unread(path, 'it is not UTF-8 (in Excel: save as "CSV UTF-8")')
    except (OSError, csv.Error) as error:
        return Unread(path, f"it cannot be read ({error})")
    delimiter = max(DELIMITERS, key=lambda one: len(tried[one]))
    if not any(name.strip() for name in tried[delimiter]):
        return Unread(path, "it is empty")
    return Header(path, tuple(tried[delimiter]), delimiter)


def _first_row(path: Path, delimiter: str) -> list[str]:
    with opened(path) as text:
        return next(reader(text, delimiter), [])


def opened(path: Path) -> IO[str]:
    """A CSV as text; line breaks inside cells stay."""
    return path.open(encoding="utf-8-sig", newline="")


def reader(text: IO[str], delimiter: str) -> Iterator[list[str]]:
    """The rows of a CSV, with cells of any length."""
    csv.field_size_limit(MOST_IN_A_CELL)
    return csv.reader(text, delimiter=delimiter)
