"""Faults gathered while a table is read and checked: every bad cell counted, the first twenty of a kind shown.

A table with a million bad cells of one kind still gets a message that a person can read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.faults import Fault
from jobs.words import SHOWN_CHARACTERS, printable

MOST_LINES = 20
"""Lines shown for one kind of fault in one column."""


@dataclass(frozen=True)
class Note:
    """Something that is no fault and yet must be said: rows left out, figures read in a certain way.

    file       the table's file as its writer knows it
    count      how many rows (or products, ...) it is about
    first_row  row of the first of them, as in `Fault`; None where a row says nothing
    words      what they are and what is done with them, in words
    is_use     it tells what something is used for, and nothing is left out or read otherwise: no exception of a night
    """

    file: str
    count: int
    first_row: int | None
    words: str
    is_use: bool = False

    def __str__(self) -> str:
        """One line: `events.csv: 3 rows dated after the ship date are left out (first: row 17)`."""
        first = "" if self.first_row is None else f" (first: row {self.first_row})"
        return f"{self.file}: {self.count:,} {self.words}{first}"


@dataclass(frozen=True, eq=False)
class Raw:
    """A table as read, before its cells are looked at.

    name    "customers", ...
    file    its file as its writer knows it, e.g. "customers.csv" or "[inputs.events] sql"
    path    the file; None for a query
    held    the night's own copy of it; None = none was made
    sha256  over the bytes of the file, or over the result of the query
    table   Arrow table; from a CSV every column is text
    names   every column of the file, also those not read
    header  row of the header: 1 in a CSV; 0 where there is none, so that the first data row is row 1
    rows    int64 (n_rows,) row in the file of every row of the table; None = in a row after the header
    parts   of a table that is a folder, its part files, in the order of their rows
    """

    name: str
    file: str
    path: Path | None
    sha256: str
    table: pa.Table
    names: tuple[str, ...]
    header: int = 0
    rows: npt.NDArray[np.int64] | None = None
    parts: tuple[Raw, ...] = ()
    held: Path | None = None

    def row(self, position: int) -> int:
        """Row in the file of a position in the table; in a folder, counted through all its parts."""
        return int(self.rows[position]) if self.rows is not None else position + self.header + 1

    def place(self, position: int) -> tuple[str, int]:
        """The file, or the part file, and the row in it."""
        for part in self.parts:
            if position < part.table.num_rows:
                return part.place(position)
            position -= part.table.num_rows
        return self.file, self.row(position)


@dataclass
class Collected:
    """Faults and notes so far; the only thing in reading that changes."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def fault(self, file: str, row: int | None, column: str | None, found: str, expected: str) -> None:
        """Add one fault."""
        name = None if column is None else printable(column[:SHOWN_CHARACTERS])
        self.faults.append(Fault(printable(file), row, name, found, expected))

    def cells(
        self,
        raw: Raw,
        column: str | None,
        bad: npt.NDArray[np.bool_] | npt.NDArray[np.int64],
        found: Callable[[int], str],
        expected: str | Callable[[int], str],
    ) -> None:
        """Add one fault per bad cell, the first twenty in full and the rest as a count.

        bad       bool mask over the rows of the table, or positions
        found     what is found at a position, in words; expected likewise, where it differs from row to row
        """
        positions = np.flatnonzero(bad) if bad.dtype == np.bool_ else bad
        for position in positions[:MOST_LINES].tolist():
            wanted = expected if isinstance(expected, str) else expected(position)
            file, row = raw.place(position)
            self.fault(file, row, column, found(position), wanted)
        more = len(positions) - MOST_LINES
        if more > 0:
            wanted = expected if isinstance(expected, str) else "as above"
            self.fault(raw.file, None, column, f"{more:,} more of these ({len(positions):,} in all)", wanted)

    def note(self, file: str, count: int, first_row: int | None, words: str, *, is_use: bool = False) -> None:
        """Add a note, unless it is about nothing. Rows of a query have no fixed place, so none is named."""
        if count:
            first_row = None if file.startswith("[inputs.") else first_row
            self.notes.append(Note(printable(file), count, first_row, words, is_use))
