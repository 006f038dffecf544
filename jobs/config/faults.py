"""Pydantic's errors, put as one line each: file, line, key, what was found and what is expected.

A typo gets the nearest key of the same table. Laws of our own are raised with `law`, everything else is translated from
pydantic's error types.
"""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from jobs.config.toml_lines import Location, line_of
from jobs.faults import Fault
from jobs.words import did_you_mean, listed, printable, shown

_TYPES = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "date_type": "a date without quotes, such as 2026-12-05",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_BOUNDS = {
    "greater_than": ("gt", "a number > {}"),
    "greater_than_equal": ("ge", "a number >= {}"),
    "less_than": ("lt", "a number < {}"),
    "less_than_equal": ("le", "a number <= {}"),
    "string_too_short": ("min_length", "a text of at least {} character"),
    "string_too_long": ("max_length", "a text of at most {} characters"),
    "too_short": ("min_length", "at least {} item"),
}


def law(found: str, expected: str, *, key: str | None = None) -> PydanticCustomError:
    """An error for pydantic to collect: what was found, what is expected, and the key of the table at fault."""
    return PydanticCustomError("law", "expected {expected}", {"found": found, "expected": expected, "key": key})


def dotted(location: Location) -> str:
    """A location as a person writes it: ("group", 1, "at_most") is `group[2].at_most`."""
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return printable(text)


def config_faults(error: ValidationError, model: type[BaseModel], file: str, lines: dict[Location, int]) -> list[Fault]:
    """One fault per key at fault, in the order of the file.

    file    name of the TOML file
    model   the model of the whole file, to find the known keys of a table
    lines   line of every key (jobs.config.toml_lines.key_lines)
    """
    faults: dict[str, Fault] = {}
    for details in error.errors(include_url=False):
        location, found, expected = _said(details, model)
        faults.setdefault(dotted(location), Fault(file, line_of(location, lines), dotted(location), found, expected))
    return sorted(faults.values(), key=lambda fault: (fault.row or 0, fault.column or ""))


def _said(details: ErrorDetails, model: type[BaseModel]) -> tuple[Location, str, str]:
    """Location, found and expected of one error."""
    kind, found, context = details["type"], shown(details["input"]), details.get("ctx", {})
    location = details["loc"]
    if kind == "law":
        location += (context["key"],) if context["key"] else ()
        return location, context["found"], context["expected"]
    if kind == "missing":
        return location, "nothing", f"a value for {location[-1]}" if len(location) > 1 else f"a table [{location[0]}]"
    if kind == "extra_forbidden":
        known = known_keys(model, location[:-1])
        return location, "an unknown key", f"one of {listed(known)}{did_you_mean(str(location[-1]), known)}"
    if kind == "literal_error":
        choices = context["expected"].replace("'", '"')
        return location, found, choices + did_you_mean(str(details["input"]), choices.split('"')[1::2])
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return location, found, words.format(f"{context[name]:g}")
    return location, found, _TYPES.get(kind, details["msg"])


def known_keys(model: Any, location: Location) -> list[str]:
    """Keys that the table at `location` may hold."""
    here: Any = model
    for part in location:
        fields = getattr(here, "model_fields", None)
        if fields is None:  # inside tuple[Model, ...] or dict[str, Model]: the part is a position or a name
            here = _inner(here)
        elif part in fields:
            here = fields[part].annotation
        else:  # a table whose own keys are free, such as [signals]
            here = getattr(here, "FREE", None)
    return list(getattr(here, "model_fields", {}))


def _inner(annotation: Any) -> Any:
    """The model inside tuple[Model, ...] or dict[str, Model]."""
    inside = get_args(annotation)
    while inside and not (isinstance(inside[0], type) and issubclass(inside[0], BaseModel)):
        inside = inside[1:] if isinstance(inside[0], type) else get_args(inside[0])
    return inside[0] if inside else None
