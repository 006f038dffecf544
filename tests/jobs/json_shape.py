"""Does a JSON value have the shape of a schema? Of JSON Schema, the few words that our documents use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "array": list, "object": dict, "null": type(None), "integer": int, "number": (int, float),
    "boolean": bool,
}  # fmt: skip
WORDS_ONLY = {"description", "format"}


def faults(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "$") -> list[str]:
    """Where the value is not as the schema says; raises AssertionError for a schema word that is not known here."""
    return list(_faults(value, schema, document, at))


def _faults(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str) -> Iterator[str]:
    for word, said in schema.items():
        if word in WORDS_ONLY:
            continue
        if word == "$ref":
            yield from _faults(value, resolved(said, document), document, at)
        elif word == "type":
            names = [said] if isinstance(said, str) else said
            wrong = isinstance(value, bool) and "boolean" not in names  # True is an int to Python, and none to JSON
            if wrong or not any(isinstance(value, TYPES[name]) for name in names):
                yield f"{at}: {value!r} is no {said}"
        elif word == "enum":
            if value not in said:
                yield f"{at}: {value!r} is none of {said}"
        elif word == "required":
            yield from (f"{at}: no {name}" for name in said if isinstance(value, dict) and name not in value)
        elif word == "properties":
            for name, of in said.items():
                if isinstance(value, dict) and name in value:
                    yield from _faults(value[name], of, document, f"{at}.{name}")
        elif word == "additionalProperties":
            more = [name for name in value or () if name not in schema.get("properties", {})]
            if said is False:
                yield from (f"{at}: {name} is not told" for name in more)
            else:
                for name in more:
                    yield from _faults(value[name], said, document, f"{at}.{name}")
        elif word == "items":
            for place, one in enumerate(value if isinstance(value, list) else ()):
                yield from _faults(one, said, document, f"{at}[{place}]")
        elif word in ("minLength", "minItems"):
            if hasattr(value, "__len__") and len(value) < said:
                yield f"{at}: shorter than {said}"
        elif word in ("maxLength", "maxItems"):
            if hasattr(value, "__len__") and len(value) > said:
                yield f"{at}: longer than {said}"
        elif word == "minimum":
            if value is not None and value < said:
                yield f"{at}: {value} is below {said}"
        else:
            raise AssertionError(f"{at}: the schema says {word}, which this reader does not know")


def resolved(reference: str, document: dict[str, Any]) -> dict[str, Any]:
    """What a reference like #/components/schemas/Item stands for."""
    assert reference.startswith("#/"), reference
    found: Any = document
    for name in reference[2:].split("/"):
        found = found[name]
    assert isinstance(found, dict)
    return found
