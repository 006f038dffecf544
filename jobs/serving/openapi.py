"""The OpenAPI 3.1 document of the service, made from the table of addresses in `jobs.serving.routes`."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from jobs.serving.requests import MOST_CHARACTERS, MOST_IN_BASKET
from jobs.serving.routes import PAGES, ROUTES, SCHEMAS, ListRoute, Parameter
from jobs.telling.metrics import MEDIA_TYPE

Json = dict[str, Any]
ETAG: Json = {"ETag": {"$ref": "#/components/headers/ETag"}}
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
            **{route.path: {"get": _operation(route)} for route in ROUTES},
            "/openapi.json": {"get": _this()},
            "/metrics": {"get": _metrics()},
            **{path: {"get": _page(path)} for path in PAGES},
        },
        "components": {
            "schemas": SCHEMAS,
            "responses": {f"Error{status}": _json(words, "Error") for status, words in ALWAYS_REFUSES.items()},
            "headers": {
                "ETag": {
                    "description": "Changes with the release, with what is hidden, and with the question.",
                    "schema": {"type": "string"},
                }
            },
        },
    }


def _operation(route: ListRoute) -> Json:
    """A list, and how it may be refused."""
    headers: Json = {"headers": ETAG} if route.kept else {}
    said: Json = {"200": _json(route.title, route.gives) | headers}
    if route.kept:
        said["304"] = {"description": "The answer is the one you have (If-None-Match).", "headers": ETAG}
    said |= {str(status): _json(words, "Error") for status, words in route.refuses.items()} | _refuses(*ALWAYS_REFUSES)
    return {
        "operationId": route.name,
        "summary": route.title,
        "description": route.words,
        "parameters": [
            *([_in_path(route.key)] if route.key else []),
            *(_in_query(parameter, required=parameter.many) for parameter in route.parameters),
            *([_IF_NONE_MATCH] if route.kept else []),
        ],
        "responses": dict(sorted(said.items())),
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
            **_refuses(400, 405, 500),
        },
    }


def _metrics() -> Json:
    """How the nights went, for a monitor."""
    text = {MEDIA_TYPE.partition(";")[0]: {"schema": {"type": "string"}}}
    return {
        "operationId": "metrics",
        "summary": "Metrics of the nights, as OpenMetrics text",
        "parameters": [],
        "responses": {"200": {"description": "OpenMetrics 1.0", "content": text}, **_refuses(400, 405, 500)},
    }


def _page(path: str) -> Json:
    """A page for people; what is wrong is told as a page, too."""
    title, parameters = PAGES[path]
    said = {200: title, 304: "The page is the one you have.", 400: "An id that is no id, or a broken encoding.",
            404: "The shop does not show it.", 500: "A bug.", 503: "Nothing is published yet."}  # fmt: skip
    html = {"content": {"text/html": {"schema": {"type": "string"}}}}
    return {
        "operationId": path.strip("/").replace("/", "-") or "api",
        "summary": title,
        "parameters": [*(_in_query(one, required=one.name == "id") for one in parameters), _IF_NONE_MATCH],
        "responses": {
            **{
                str(status): {"description": words, **(html if status != 304 else {})} for status, words in said.items()
            },
            **_refuses(405),
        },
    }


def _json(words: str, schema: str) -> Json:
    """A response in JSON of a shape in SCHEMAS."""
    return {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _refuses(*statuses: int) -> Json:
    return {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in statuses}


def _in_path(parameter: Parameter) -> Json:
    schema = {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS}
    return {"name": parameter.name, "in": "path", "required": True, "description": parameter.words, "schema": schema}


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
