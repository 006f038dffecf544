"""The first part of every query: the columns that count, under plain names, whatever the files call them.

One SELECT per file, or per group of files that are alike; personal columns have no name here and so are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from jobs.recipes.exports.kinds import Holds, Kind
from jobs.recipes.scan import Seen

DIALECT = "all_varchar = true, header = true, delim = {delim}, quote = '\"', skip = 0, comment = ''"
"""Said in full, so that DuckDB guesses nothing: a guess may skip rows."""
NOTHING = "CAST(NULL AS VARCHAR)"
INDENT = " " * 9


def text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


def column(name: str) -> str:
    """A column's name in SQL. DuckDB reads the header without the spaces around a name."""
    return '"' + name.strip().replace('"', '""') + '"'


def file_name(name: str) -> str:
    """A file's name as a pattern that fits this file only."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in name)


def rows_sql(name: str, seen: list[Seen], roles: Iterable[str], *, source: bool = False, extras: bool = True) -> str:
    """A common table expression that holds the rows of exports of one table.

    name    what it is called
    roles   which columns, by role; absent ones are empty
    extras  with the columns beyond the roles
    source  with a column `source`, the name of the file
    """
    more = dict.fromkeys(extra for one in seen for extra in (*one.extra, *one.attributes)) if extras else {}
    wanted = [*roles, *more]
    groups: dict[tuple[str, str], list[str]] = {}
    for one in seen:
        columns = [f"{_read(one, role)} AS {role}" for role in wanted]
        if source:
            columns.append(f"{text(one.export.name)} AS source")
        dialect = DIALECT.format(delim=text(one.export.header.delimiter))
        groups.setdefault((f",\n{INDENT}".join(columns), dialect), []).append(text(file_name(one.export.name)))
    selects = []
    for (columns_sql, dialect), files in groups.items():
        these = files[0] if len(files) == 1 else "[" + ", ".join(files) + "]"
        selects.append(f"  SELECT {columns_sql}\n  FROM read_csv({these}, {dialect})")
    return f"{name} AS (\n" + "\n  UNION ALL\n".join(selects) + "\n)"


def _read(seen: Seen, role: str) -> str:
    """How a role is read from a file."""
    export = seen.export
    if role == "item" and seen.unnested:
        return _items(seen.unnested)
    if role in seen.constants:
        return text(seen.constants[role])
    if role in seen.attributes:
        return _attribute(seen.attributes[role], export.header.names)
    if role in seen.extra:
        return several(column(seen.extra[role]))
    if role not in export.columns:
        return NOTHING
    name = column(export.columns[role])
    if role in seen.amounts:
        return seen.amounts[role].sql(name)
    if role in seen.moments:
        return seen.moments[role].sql(name)
    return _cell(name, _holds(export.kind, role))


def _holds(kind: Kind, role: str) -> Holds:
    return next((one.holds for one in kind.roles if one.name == role), "text")


def _cell(name: str, holds: Holds) -> str:
    if holds == "mail" or (holds == "id" and "mail" in name.casefold()):
        return f"nullif(lower(trim({name})), '')"
    if holds == "id":  # a ' in front is how platforms keep spreadsheets from counting with an id
        return f"nullif(trim(ltrim({name}, chr(39))), '')"
    if holds == "html":
        bare = f"regexp_replace({name}, '<[^>]*>', ' ', 'g')"
        return f"left(trim(regexp_replace({bare}, '(&[a-z]+;|\\s)+', ' ', 'g')), 9000)"
    if holds == "several":
        return several(name)
    return f"nullif(trim({name}), '')"


def several(name: str) -> str:
    """A cell with several values, separated by commas or semicolons or written as a list, with | between them."""
    plain = f"regexp_replace({name}, '[\\[\\]\"]', '', 'g')"
    return f"nullif(trim(regexp_replace({plain}, '\\s*[,;]\\s*', '|', 'g')), '')"


def _attribute(name: str, header: tuple[str, ...]) -> str:
    """The value of an attribute, in whichever of its pairs of columns a row names it."""
    pairs = attribute_pairs(header)
    cases = [f"CASE WHEN {column(names)} = {text(name)} THEN {several(column(values))} END" for names, values in pairs]
    return cases[0] if len(cases) == 1 else f"coalesce({', '.join(cases)})"


def _items(columns: tuple[str, ...]) -> str:
    """A row per item, of one cell with items between semicolons or of several columns with an item each."""
    if len(columns) == 1 and columns[0] == "line_items":
        return f"unnest(string_split(coalesce({column(columns[0])}, ''), ';'))"
    return f"unnest([{', '.join(map(column, columns))}])"


def attribute_pairs(header: tuple[str, ...]) -> list[tuple[str, str]]:
    """The pairs of columns of a WooCommerce export that hold an attribute's name and its values."""
    found: dict[str, dict[str, str]] = {}
    for name in header:
        if pair := re.fullmatch(r"Attribut[eo]? (\d+) (name|value|wert)[^ ]*", name.strip(), re.IGNORECASE):
            found.setdefault(pair[1], {})["name" if pair[2].casefold() == "name" else "values"] = name
    return [(pair["name"], pair["values"]) for pair in found.values() if len(pair) == 2]


def columns_of(seen: list[Seen]) -> set[str]:
    """Roles that any of the files has."""
    return {role for one in seen for role in one.export.columns}
