"""One raw table to one typed table: every listed column there, every cell converted, every bad cell found.

Columns that only rules name (a band over `height_mm`) become numbers here too; all other extra columns stay text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.collect import Collected, Raw
from jobs.schemas import Column, TableSchema
from jobs.typed import WrongColumn, absent, convert
from jobs.words import did_you_mean, nearest, printable, shown


@dataclass(frozen=True, eq=False)
class TypedTable:
    """A table whose cells are what they should be, in the order of its file.

    raw     where it comes from
    table   Arrow table; ids and texts as dictionaries, "" = unknown
    bad     columns that have faults or are missing: further checks leave them alone
    given   columns that the file itself has
    """

    raw: Raw
    table: pa.Table
    bad: frozenset[str]
    given: frozenset[str]

    def texts(self, name: str) -> tuple[npt.NDArray[np.int32], list[str]]:
        """Codes of the rows and the texts they stand for, of an id or text column."""
        encoded = self.table.column(name).combine_chunks()
        return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()


def type_table(raw: Raw, schema: TableSchema, numbers: tuple[str, ...], collected: Collected) -> TypedTable:
    """Convert a table.

    numbers  extra columns that rules add up, to be read as numbers
    """
    given = raw.table.column_names
    bad: set[str] = set()
    arrays: dict[str, pa.Array] = {}
    extra = tuple(name for name in given if name not in schema.names) if schema.keeps else ()
    for spec in (*schema.columns, *(_extra(name, numbers) for name in extra)):
        if spec.name in given:
            array, is_sound = _column(raw, spec, collected)
        else:
            array, is_sound = absent(raw.table.num_rows, spec), not spec.required
            if spec.required:
                _missing(raw, spec.name, given, collected)
            else:
                _resembling(raw, spec.name, schema, given, collected)
        arrays[spec.name] = array
        if not is_sound:
            bad.add(spec.name)
    if not raw.table.num_rows and not schema.hollow:
        collected.fault(raw.file, None, None, "a header and no rows", f"at least one row of {schema.name}")
    return TypedTable(raw, pa.table(arrays), frozenset(bad), frozenset(given))


def _extra(name: str, numbers: tuple[str, ...]) -> Column:
    return Column(name, "number", low=0) if name in numbers else Column(name, "text")


def _column(raw: Raw, spec: Column, collected: Collected) -> tuple[pa.Array, bool]:
    """One column of the file, and whether it is free of faults."""
    try:
        typed = convert(raw.table.column(spec.name), spec)
    except WrongColumn as wrong:
        found, expected = wrong.args
        collected.fault(raw.file, None, printable(spec.name), found, expected)
        return absent(raw.table.num_rows, spec), False
    for problem in typed.problems:
        collected.cells(raw, printable(spec.name), problem.bad, typed.found, problem.expected)
    return typed.values, not typed.problems


def _missing(raw: Raw, name: str, given: list[str], collected: Collected) -> None:
    known = ", ".join(shown(column) for column in given[:12]) + (" ..." if len(given) > 12 else "")
    hint = did_you_mean(name, given)
    collected.fault(raw.file, raw.header or None, name, f"no such column among {known}", f"a column {name}{hint}")


def _resembling(raw: Raw, name: str, schema: TableSchema, given: list[str], collected: Collected) -> None:
    """An extra column whose name is nearly that of an absent one is allowed, and said."""
    other = nearest(name, [column for column in given if column not in schema.names], close=0.85)
    if other is not None:
        collected.note(raw.file, 1, None, f"column {shown(other)} is not one of the listed ones; did you mean {name}?")
