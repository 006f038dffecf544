"""Where in a TOML text each key stands, so that a fault in the configuration can name its line.

tomllib reads values but forgets lines. The text is known to be valid TOML here, so each statement is handed to tomllib
by itself: what it makes of the statement tells which key it sets.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

Location = tuple[str | int, ...]
_MAY_END = re.compile(r"""(\]|\}|\"{3}|'{3})\s*(\#.*)?$""")


def key_lines(text: str) -> dict[Location, int]:
    """Line (1-based) of every table header and key of a valid TOML text.

    Keys are locations as pydantic writes them: ("group", 1, "at_most") is `at_most` of the second [[group]].
    Keys inside an inline table have no entry; `line_of` falls back to the line of the inline table.
    """
    lines: dict[Location, int] = {}
    here: Location = ()
    arrays: dict[Location, int] = {}
    number, rows = 0, text.splitlines()
    while number < len(rows):
        start, row = number, rows[number].strip()
        number += 1
        if not row or row.startswith("#"):
            continue
        if row.startswith("["):
            here = _header(row, arrays)
            lines.setdefault(here, start + 1)
            continue
        number, parsed = _statement(rows, start)
        for location in _paths(parsed):
            lines.setdefault(here + location, start + 1)
    return lines


def line_of(location: Location, lines: dict[Location, int]) -> int | None:
    """Line of a key, or of the nearest table around it; None when it stands nowhere in the file."""
    for length in range(len(location), 0, -1):
        if location[:length] in lines:
            return lines[location[:length]]
    return None


def _header(row: str, arrays: dict[Location, int]) -> Location:
    """Location that a `[table]` or `[[array]]` line opens, counting the array's items."""
    value: Any = tomllib.loads(row)
    location: Location = ()
    while isinstance(value, dict) and value:
        name, value = next(iter(value.items()))
        location += (name,)
        if isinstance(value, list):  # the last part of a [[header]]
            arrays[location] = arrays.get(location, -1) + 1
            return (*location, arrays[location])
        if location in arrays:
            location += (arrays[location],)
    return location


def _statement(rows: list[str], start: int) -> tuple[int, dict[str, Any]]:
    """The statement that begins at `start`: position of the row after it, and what it sets."""
    end = start + 1
    while end <= len(rows):
        if end == start + 1 or _MAY_END.search(rows[end - 1]):
            try:
                return end, tomllib.loads("\n".join(rows[start:end]))
            except tomllib.TOMLDecodeError:
                pass
        end += 1
    return start + 1, {}


def _paths(parsed: dict[str, Any]) -> list[Location]:
    """The dotted key of one statement and every table on its way."""
    paths: list[Location] = []
    location: Location = ()
    value: Any = parsed
    while isinstance(value, dict) and len(value) == 1:
        name, value = next(iter(value.items()))
        location += (name,)
        paths.append(location)
    return paths
