"""The OpenAPI 3.1 document of the service, made from the table of addresses in `described`."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from jobs.serving.requests import MOST_CHARACTERS, MOST_IN_BASKET
from jobs.serving.routes import DOORS, PAGES, SCHEMAS, Door, Parameter

Json = dict[str, Any]
ALWAYS_REFUSES = {
    400: "The address is not understood: an unknown or repeated parameter, an id that is no id, a broken encoding.",
    405: "Another method than GET or HEAD.",
    500: "A bug.",
    503: "Nothing is published yet. Ask again later.",
}
"""Error answers that every address has."""


def document() -> Json:
    """The whole document, for `/openapi.json`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "boxwise",
            "version": version("boxwise"),
            "summary": "What the shop's website shows: the lists of the last published night, by key.",
            "description": "Read only. Every answer names its release, and a new release is served at once. "
            "An error is one line of JSON that says what was found and what is expected.",
        },
        "paths": {
            **{door.path: {"get": _operation(door)} for door in DOORS},
            "/openapi.json": {"get": _this()},
            **{path: {"get": _page(path)} for path in PAGES},
        },
        "components": {
            "schemas": SCHEMAS,
            "responses": {f"Error{status}": _error(words) for status, words in ALWAYS_REFUSES.items()},
            "headers": {
                "ETag": {
                    "description": "Changes with the release, with what is hidden, and with the question.",
                    "schema": {"type": "string"},
                }
            },
        },
    }


def _operation(door: Door) -> Json:
    answers: Json = {"200": _answer(door)}
    if door.kept:
        answers["304"] = {
            "description": "The answer is the one you have (If-None-Match).",
            "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        }
    answers |= {str(status): _error(words) for status, words in door.refuses.items()}
    answers |= {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in ALWAYS_REFUSES}
    return {
        "operationId": door.name,
        "summary": door.title,
        "description": door.words,
        "parameters": [
            *([_in_path(door.key)] if door.key else []),
            *(_in_query(parameter, required=parameter.many) for parameter in door.parameters),
            *([_IF_NONE_MATCH] if door.kept else []),
        ],
        "responses": dict(sorted(answers.items())),
    }


def _answer(door: Door) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{door.gives}"}}}
    told: Json = {"description": door.title, "content": content}
    return told | ({"headers": {"ETag": {"$ref": "#/components/headers/ETag"}}} if door.kept else {})


def _error(words: str) -> Json:
    return {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _in_path(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": "path",
        "required": True,
        "description": parameter.words,
        "schema": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS},
    }


def _in_query(parameter: Parameter, required: bool) -> Json:
    told: Json = {"name": parameter.name, "in": "query", "required": required, "description": parameter.words}
    text: Json = {"type": "string"}
    if not parameter.many:
        return {**told, "schema": text}
    many = {"type": "array", "items": text, "minItems": int(required), "maxItems": MOST_IN_BASKET}
    return {**told, "style": "form", "explode": True, "schema": many}


_IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an answer you have: 304 where it still holds.",
    "schema": {"type": "string"},
}


def _this() -> Json:
    """The document about itself."""
    return {
        "operationId": "openapi",
        "summary": "This document",
        "parameters": [_IF_NONE_MATCH],
        "responses": {
            "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
            "304": {"description": "The document is the one you have."},
            "400": {"$ref": "#/components/responses/Error400"},
            "405": {"$ref": "#/components/responses/Error405"},
            "500": {"$ref": "#/components/responses/Error500"},
        },
    }


def _page(path: str) -> Json:
    """A page for people; what is wrong is told as a page, too."""
    title, parameters = PAGES[path]
    html = {"text/html": {"schema": {"type": "string"}}}
    wrong = {400: "An id that is no id, or a broken encoding.", 404: "The shop does not show it.", 500: "A bug.",
             503: "Nothing is published yet."}  # fmt: skip
    return {
        "operationId": path.strip("/").replace("/", "-") or "api",
        "summary": title,
        "parameters": [*(_in_query(one, required=one.name == "id") for one in parameters), _IF_NONE_MATCH],
        "responses": {
            "200": {"description": title, "content": html},
            "304": {"description": "The page is the one you have."},
            **{str(status): {"description": words, "content": html} for status, words in wrong.items()},
            "405": {"$ref": "#/components/responses/Error405"},
        },
    }
