"""The OpenAPI document tells the truth: every route is in it, and every answer has the shape it says."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from jobs.cells.typed_texts import MOST_CHARACTERS as OF_TABLES
from jobs.serving.app import make_app
from jobs.serving.openapi import document
from jobs.serving.requests import MOST_CHARACTERS
from jobs.serving.routes import PAGES, ROUTES
from tests.jobs.http_service import Service
from tests.jobs.json_shape import faults, resolved

ASKED = [
    ("/recommendations/{customer_id}", "/recommendations/C01"),
    ("/recommendations/{customer_id}", "/recommendations/nobody?segment=plan=basic"),
    ("/recommendations/{customer_id}", "/recommendations/C01?segment=nix"),
    ("/similar/{product_id}", "/similar/P01"),
    ("/similar/{product_id}", "/similar/nix"),
    ("/similar/{product_id}", "/similar/P01?x=1"),
    ("/goes-with/{product_id}", "/goes-with/P01"),
    ("/goes-with/{product_id}", "/goes-with/nix"),
    ("/basket", "/basket?product_id=P01&product_id=nix"),
    ("/basket", "/basket"),
    ("/basket", "/basket?product_id=nix"),
    ("/bestsellers", "/bestsellers"),
    ("/bestsellers", "/bestsellers?segment=nix"),
    ("/box/{customer_id}", "/box/C01"),
    ("/box/{customer_id}", "/box/nix"),
    ("/box/{customer_id}", "/box/"),
    ("/healthz", "/healthz"),
    ("/healthz", "/healthz?x"),
    ("/metrics", "/metrics"),
    ("/metrics", "/metrics?x"),
    ("/openapi.json", "/openapi.json"),
    *((path, path) for path in PAGES),
    ("/demo/customer", "/demo/customer?id=C01"),
    ("/demo/product", "/demo/product?id=P01"),
    ("/demo/product", "/demo/product?id=nix"),
]


def test_every_route_is_in_the_document_and_every_path_has_a_route(tmp_path: Path) -> None:
    routes = {route.path for route in make_app(tmp_path).routes if isinstance(route, Route)}
    assert {re.sub(r"{\w+}", "{key:path}", path) for path in document()["paths"]} == routes
    assert {path for path, _ in ASKED} == set(document()["paths"])


@pytest.fixture(scope="module")
def told(service: Service) -> dict[str, Any]:
    """The document as it is served."""
    found = service.get("/openapi.json").json
    assert found == document()
    assert isinstance(found, dict)
    return found


def response(told: dict[str, Any], path: str, status: int) -> dict[str, Any]:
    """What the document says about an answer."""
    said: dict[str, Any] = told["paths"][path]["get"]["responses"][str(status)]
    return resolved(said["$ref"], told) if "$ref" in said else said


@pytest.mark.parametrize(("path", "target"), ASKED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_answer_has_the_shape_that_the_document_says(
    service: Service, told: dict[str, Any], path: str, target: str, method: str
) -> None:
    answer = service.get(target, method)
    content = response(told, path, answer.status)["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    assert list(content) == [kind]
    schema = content[kind]["schema"]
    value = answer.json if kind == "application/json" else answer.text
    assert faults(value, schema, told) == []
    if kind == "application/json" and path != "/openapi.json":
        broken = {**answer.json, "more": 1}
        assert faults(broken, schema, told) == ["$: more is not told"]
        assert faults({}, schema, told)


def test_the_document_is_whole(told: dict[str, Any]) -> None:
    assert told["openapi"] == "3.1.0"
    operations = [path["get"] for path in told["paths"].values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    used = set()
    for text in _references(told):
        resolved(text, told)
        used.add(text)
    for group, named in told["components"].items():
        assert {f"#/components/{group}/{name}" for name in named} <= used
    for path, methods in told["paths"].items():
        parameters = methods["get"]["parameters"]
        assert [one["name"] for one in parameters if one["in"] == "path"] == re.findall(r"{(\w+)}", path)
        assert all(one["description"] and one["schema"]["type"] for one in parameters)
        assert all("description" in response(told, path, int(status)) for status in methods["get"]["responses"])


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (said for name, said in value.items() if name == "$ref")
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from _references(one)


def test_the_page_of_the_service_tells_of_every_list_and_its_examples_work(service: Service) -> None:
    page = html.unescape(service.get("/").text)
    for route in ROUTES:
        assert f"<span>GET</span> {route.path}" in page
        assert route.title in page
    examples = re.findall(r'class="try"><a href="([^"]+)"', page)
    assert len(examples) == len(ROUTES)
    assert [service.get(example).status for example in examples] == [200] * len(ROUTES)


def test_an_id_is_as_long_as_the_tables_allow() -> None:
    assert OF_TABLES == MOST_CHARACTERS
