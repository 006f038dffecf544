"""One pass over an export: how many rows, how its moments and amounts are written, and whatever else is to be counted.

Rows with more or fewer cells than the header are kept apart, for the query would stop at them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.recipes.exports.headers import opened, reader
from jobs.recipes.exports.kinds import Export
from jobs.recipes.shapes import Amounts, Moments

Row = dict[str, str]
"""Role or extra column -> cell, trimmed; "" where the export has no such column."""
MOST_SHOWN = 3


@dataclass
class Seen:
    """What one pass over an export tells.

    extra      plain name -> column of the file: columns beyond the roles that the recipe wants, e.g. of metafields
    constants  role -> a value that every row has, where the file says it in its header
    attributes plain name -> what a pair of columns "Attribute N name" and "Attribute N value(s)" calls it
    unnested   columns that hold several items each; every item becomes a row, in the column "item"
    ragged     (row as a spreadsheet numbers it, cells) of the first rows that do not fit the header
    broken     why the file could not be read to its end, or None
    """

    export: Export
    extra: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    unnested: tuple[str, ...] = ()
    n_rows: int = 0
    n_ragged: int = 0
    ragged: list[tuple[int, int]] = field(default_factory=list)
    broken: str | None = None
    amounts: dict[str, Amounts] = field(default_factory=dict)
    moments: dict[str, Moments] = field(default_factory=dict)


def scan(export: Export, extra: dict[str, str], visit: Callable[[Row], None] | None = None) -> Seen:
    """Go over an export once.

    extra  plain name -> column, to be handed to `visit` as well
    visit  called with every row that fits the header; None = nobody asks
    """
    seen = Seen(export, extra)
    names = list(export.header.names)
    places = {role: names.index(column) for role, column in {**extra, **export.columns}.items()}
    kinds = {role.name: role.holds for role in export.kind.roles}
    seen.amounts = {role: Amounts() for role in places if kinds.get(role) == "amount"}
    seen.moments = {role: Moments() for role in places if kinds.get(role) == "moment"}
    absent = dict.fromkeys(kinds.keys() - places.keys(), "")
    try:
        with opened(export.header.path) as text:
            rows = reader(text, export.header.delimiter)
            next(rows)
            for number, cells in enumerate(rows, start=2):
                if not cells:
                    continue
                seen.n_rows += 1
                if len(cells) != len(names):
                    _ragged(seen, number, len(cells))
                    continue
                row = dict(absent)
                for role, place in places.items():
                    row[role] = cells[place].strip()
                for role, amounts in seen.amounts.items():
                    amounts.add(row[role])
                for role, moments in seen.moments.items():
                    moments.add(row[role])
                if visit is not None:
                    visit(row)
    except UnicodeDecodeError:
        seen.broken = 'it is not UTF-8 (in Excel: save as "CSV UTF-8")'
    except (OSError, csv.Error) as error:
        seen.broken = f"it cannot be read ({error})"
    return seen


def _ragged(seen: Seen, number: int, n_cells: int) -> None:
    seen.n_ragged += 1
    if len(seen.ragged) < MOST_SHOWN:
        seen.ragged.append((number, n_cells))
