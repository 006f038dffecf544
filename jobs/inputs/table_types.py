"""One raw table to one typed table: every listed column there, every cell converted, every bad cell found.

Columns that only rules name (a band over `height_mm`) become numbers here too; all other extra columns stay text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.cells.cell_texts import WrongColumnError
from jobs.cells.typed import Typed, absent, convert
from jobs.cells.written_empty import Emptied, say_emptied
from jobs.reading.collect import Collected, Raw
from jobs.reading.schemas import Column, TableSchema
from jobs.words import did_you_mean, nearest, shown


@dataclass(frozen=True, eq=False)
class TypedTable:
    """A table whose cells are what they should be, in the order of its file.

    raw     where it comes from
    table   Arrow table; ids and texts as dictionaries, "" = unknown
    bad     columns that are required and missing, or of a wrong type: further checks leave them alone
    faulty  bool (n_rows,) cells at fault, of the columns that have any
    given   columns that the file itself has
    left    columns of the shop's own that were left out, for nothing reads them and they hold no text
    """

    raw: Raw
    table: pa.Table
    bad: frozenset[str]
    faulty: dict[str, npt.NDArray[np.bool_]]
    given: frozenset[str]
    left: frozenset[str] = frozenset()

    def sound(self, *names: str) -> npt.NDArray[np.bool_]:
        """bool (n_rows,): rows without a fault in these columns."""
        sound = np.ones(self.table.num_rows, dtype=bool)
        for name in names:
            if name in self.faulty:
                sound &= ~self.faulty[name]
        return sound

    def texts(self, name: str) -> tuple[npt.NDArray[np.int32], list[str]]:
        """Codes of the rows and the texts they stand for, of an id or text column."""
        encoded = self.table.column(name).combine_chunks()
        return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()


def type_table(
    raw: Raw,
    schema: TableSchema,
    numbers: tuple[str, ...],
    collected: Collected,
    *,
    named: frozenset[str] = frozenset(),
) -> TypedTable:
    """Convert a table.

    numbers  extra columns that rules add up, to be read as numbers
    named    extra columns that campaign.toml reads: of these, one that holds no text is a fault
    """
    given = raw.table.column_names
    bad: set[str] = set()
    faulty: dict[str, npt.NDArray[np.bool_]] = {}
    arrays: dict[str, pa.Array] = {}
    emptied: dict[str, Emptied] = {}
    extra = tuple(name for name in given if name not in schema.names) if schema.keeps else ()
    left: dict[str, str] = {}
    for spec in (*schema.columns, *(_extra(name, numbers) for name in extra)):
        typed = None
        try:
            typed = _column(raw, spec, collected) if spec.name in given else None
        except WrongColumnError as wrong:
            found, expected = wrong.args
            if spec.own and spec.name not in named:
                left[spec.name] = found.removeprefix("a column of ").partition(" (")[0]
                continue
            collected.fault(raw.file, None, spec.name, found, expected)
        if typed is None and (spec.name in given or spec.required):
            bad.add(spec.name)
        elif typed is not None and typed.problems:
            faulty[spec.name] = np.logical_or.reduce([problem.bad for problem in typed.problems])
        if typed is not None and typed.emptied is not None:
            emptied[spec.name] = typed.emptied
        arrays[spec.name] = absent(raw.table.num_rows, spec) if typed is None else typed.values
        if spec.name not in given:
            _say_absent(raw, spec, schema, collected)
    say_emptied(raw, emptied, collected)
    if not raw.table.num_rows and not schema.hollow:
        collected.fault(raw.file, None, None, "no rows", f"at least one row of {schema.name}")
    _say_left(raw, left, collected)
    return TypedTable(raw, pa.table(arrays), frozenset(bad), faulty, frozenset(given), frozenset(left))


def _extra(name: str, numbers: tuple[str, ...]) -> Column:
    return Column(name, "number", low=0, own=True) if name in numbers else Column(name, "text", own=True)


def _column(raw: Raw, spec: Column, collected: Collected) -> Typed:
    """One column of the file. Raises WrongColumnError when it is of a wrong type altogether."""
    typed = convert(raw.table.column(spec.name), spec)
    for problem in typed.problems:
        collected.cells(raw, spec.name, problem.bad, typed.found, problem.expected)
    for remark in typed.remarks:
        positions = np.flatnonzero(remark.bad)
        many, _, rest = remark.expected.partition(" ")
        words = f"{many.removesuffix('s') if len(positions) == 1 else many} {rest}"
        collected.note(raw.file, len(positions), raw.row(int(positions[0])), words)
    return typed


def _say_left(raw: Raw, left: dict[str, str], collected: Collected) -> None:
    """A note on the columns that nothing reads and that hold no text: a structure, a picture."""
    names = ", ".join(f"{shown(name)} ({kind})" for name, kind in list(left.items())[:12])
    more = f" and {len(left) - 12} more" if len(left) > 12 else ""
    many = "s" * (len(left) > 1)
    collected.note(raw.file, len(left), None, f"column{many} left out, for nothing reads them: {names}{more}")


def _say_absent(raw: Raw, spec: Column, schema: TableSchema, collected: Collected) -> None:
    """A fault for a required column; a note when another column looks like a misspelling of an optional one."""
    others = [column for column in raw.names if column not in schema.names]
    if spec.required:
        found = (
            "no such column among "
            + ", ".join(shown(column) for column in raw.names[:12])
            + " ..." * (len(raw.names) > 12)
        )
        collected.fault(raw.file, raw.header or None, spec.name, found, f"it{did_you_mean(spec.name, others)}")
        return
    other = nearest(spec.name, others, close=0.85)
    if other is not None:
        words = f"column {shown(other)} is taken for a column of your own; did you mean {spec.name}?"
        collected.note(raw.file, 1, None, words)
