"""A campaign.toml as text again, after some of its keys were changed: what the night of one ship date reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

DELETE = "\x7f"
"""The one character that JSON writes as it is and TOML must not have."""


def as_toml(tables: Mapping[str, Any]) -> str:
    """The text of a TOML file; `tomllib.loads(as_toml(tables)) == tables`.

    tables  what tomllib reads from a file: its tables, lists of tables and keys, by name
    """
    lines = [f"{_key(name)} = {_value(told)}" for name, told in tables.items() if not _is_table(told)]
    for name, told in tables.items():
        if not _is_table(told):
            continue
        for one in told if isinstance(told, list) else [told]:
            lines += ["", f"[[{_key(name)}]]" if isinstance(told, list) else f"[{_key(name)}]"]
            lines += [f"{_key(key)} = {_value(value)}" for key, value in one.items()]
    return "\n".join(lines).lstrip("\n") + "\n"


def _is_table(told: Any) -> bool:
    """A table, or a list of tables: these get lines of their own, whatever is in them stands behind its key."""
    return isinstance(told, dict) or (isinstance(told, list) and bool(told) and all(isinstance(x, dict) for x in told))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(told: str) -> str:
    return json.dumps(told, ensure_ascii=False).replace(DELETE, "\\u007f")


def _value(told: Any) -> str:
    if isinstance(told, bool):
        return "true" if told else "false"
    if isinstance(told, str):
        return _text(told)
    if isinstance(told, (date, time)):  # a datetime is a date, too
        return told.isoformat()
    if isinstance(told, list):
        return f"[{', '.join(map(_value, told))}]"
    if isinstance(told, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(value)}" for key, value in told.items()) + " }"
    return repr(told)  # whole numbers and floats, also inf and nan, as TOML writes them
