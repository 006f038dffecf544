"""Cells in which a program wrote that they are empty: NULL, \\N, nan, None, #N/A. They are read as empty, and counted.

Only exact spellings that programs write: `none` can be an answer (allergies: none), and `NA` a country. Ids are never
emptied, for \\N can be one; nor are columns that must be filled, where such a cell is a fault as before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.problems import mask_of
from jobs.reading.collect import Collected, Raw
from jobs.reading.plain_types import is_text
from jobs.reading.schemas import Column
from jobs.words import shown

_SPELLINGS = (
    r"NULL null Null <NULL> <null> (NULL) (null) [NULL] [null] \N nan NaN NAN -nan -NaN None NaT <NA> N/A n/a "
    "undefined #N/A #NA #NULL! #REF! #VALUE! #DIV/0! #NAME? #NUM! 1.#QNAN -1.#QNAN 1.#IND -1.#IND"
)
WRITTEN_EMPTY = frozenset(_SPELLINGS.split()) | {"#N/A N/A"}
"""What databases, pandas, spreadsheets, JavaScript and C write for nothing; compared by letter, spaces around aside."""
NO_NUMBER = WRITTEN_EMPTY | {"NA"}
"""The same in columns of numbers, flags and moments, where R's NA can be nothing else."""
_CELL = rf"(?:^|\|)[\s\p{{Z}}]*(?:{'|'.join(map(re.escape, sorted(WRITTEN_EMPTY)))})[\s\p{{Z}}]*(?:\||$)"


@dataclass(frozen=True, eq=False)
class Emptied:
    """What was read as empty in one column.

    rows       positions of the cells, rising
    spellings  the distinct spellings found, sorted
    """

    rows: npt.NDArray[np.int64]
    spellings: tuple[str, ...]


def without_written(given: pa.Array, spec: Column) -> tuple[pa.Array, Emptied | None]:
    """The column without written-out empty cells; None where it has none.

    given  text (large, or a dictionary of it) or numbers; other types are left alone
    """
    if spec.kind == "id" or spec.filled:
        return given, None
    if pa.types.is_floating(given.type):
        return _without_nan(given)
    if pa.types.is_dictionary(given.type):
        return _of_dictionary(given, spec)
    if not is_text(given.type):
        return given, None
    return _of_dictionary(given.dictionary_encode(), spec)


def _without_nan(given: pa.Array) -> tuple[pa.Array, Emptied | None]:
    """Numbers whose NaN is nothing."""
    rows = np.flatnonzero(mask_of(pc.is_nan(given)))
    return (pc.if_else(pc.is_nan(given), None, given), Emptied(rows, ("NaN",))) if len(rows) else (given, None)


def _of_dictionary(given: pa.DictionaryArray, spec: Column) -> tuple[pa.Array, Emptied | None]:
    """Distinct texts, each looked at once; of a cell of several values, those that say nothing go."""
    texts = given.dictionary
    if spec.kind == "text":
        hit = mask_of(pc.match_substring_regex(texts, _CELL))
    else:
        hit = mask_of(pc.is_in(pc.utf8_trim_whitespace(texts), pa.array(sorted(NO_NUMBER), texts.type)))
    codes = pc.fill_null(given.indices, -1).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(np.append(hit, False)[codes])
    if not len(rows):
        return given, None
    known = WRITTEN_EMPTY if spec.kind == "text" else NO_NUMBER
    changed, spellings = {}, set()
    for at in np.flatnonzero(hit).tolist():
        parts = texts[at].as_py().split("|")
        changed[at] = "|".join(part for part in parts if part.strip() not in known).strip()
        spellings |= {part.strip() for part in parts} & known
    cells = [changed.get(at, text) for at, text in enumerate(texts.to_pylist())]
    cleaned = pa.DictionaryArray.from_arrays(given.indices, pa.array(cells, texts.type))
    return _once(cleaned), Emptied(rows, tuple(sorted(spellings)))


def _once(given: pa.DictionaryArray) -> pa.Array:
    """The same with every distinct text once in its dictionary."""
    return given.cast(pa.large_string()).dictionary_encode()


def say_emptied(raw: Raw, emptied: dict[str, Emptied], collected: Collected) -> None:
    """One note per table: how many cells, spelled how, in which columns."""
    if not emptied:
        return
    spelled = sorted({spelling for one in emptied.values() for spelling in one.spellings})
    columns = ", ".join(f"{name} {len(one.rows):,}" for name, one in emptied.items())
    count = sum(len(one.rows) for one in emptied.values())
    first = raw.row(min(int(one.rows[0]) for one in emptied.values()))
    listed = ", ".join(map(shown, spelled))
    plural = "s are" if count > 1 else " is"
    collected.note(raw.file, count, first, f"written-out empty cell{plural} read as empty ({listed}): {columns}")
