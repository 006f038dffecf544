"""`boxwise serve` over a real port: every list by its key, whatever the key; one-line refusals; nothing goes stale."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from jobs.basket_rule import basket_list
from jobs.outputs.website import KEYS
from jobs.publishing import overrides
from jobs.telling.metrics import metrics_text
from tests.jobs.http_service import Service, ask
from tests.jobs.open_metrics import read_metrics, value
from tests.jobs.published import HOSTILE, items_of, publish_hostile


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    runs = tmp_path_factory.mktemp("hostile") / "runs"
    publish_hostile(runs)
    with Service(runs, "--max-age", "30") as service:
        yield service


def test_every_list_of_a_night_is_served_as_it_stands(service: Service, runs: Path) -> None:
    connection = service.connect()
    with closing(sqlite3.connect(runs / "current" / "website.sqlite")) as base:
        (release,) = base.execute("SELECT run_id FROM release").fetchone()
        lists = {table: dict(base.execute(f"SELECT {key}, items FROM {table}")) for table, key in KEYS.items()}
        paths = {"similar_products": "similar", "goes_with": "goes-with", "recommendations": "recommendations"}
        for table, path in {**paths, "boxes": "box"}.items():
            for key, items in lists[table].items():
                found = ask(connection, f"/{path}/{quote(key, safe='')}").json
                assert (found["release"], found[KEYS[table]], found["items"]) == (release, key, json.loads(items))
        for segment, items in lists["bestsellers"].items():
            found = ask(connection, f"/bestsellers?{urlencode({'segment': segment})}").json
            assert found == {
                "release": release, "source": "bestsellers", "segment": segment, "items": json.loads(items),
            }  # fmt: skip
        for ids in (["P01", "P02"], ["P14", "P02", "P01"], ["P06"], ["P06", "P03", "P08", "P06"]):
            found = ask(connection, f"/basket?{urlencode([('product_id', own) for own in ids])}").json
            assert found["items"] == basket_list(base, ids)
            assert found["product_ids"] == list(dict.fromkeys(ids))
            assert found["unknown_product_ids"] == []
    connection.close()


def test_who_is_not_known_gets_bestsellers_and_is_told_so(service: Service) -> None:
    known = service.get("/recommendations/C01?segment=plan=basic").json
    assert (known["source"], known["segment"]) == ("recommendations", None)
    asked = (("", ""), ("?segment=", ""), ("?segment=plan=basic", "plan=basic"), ("?segment=plan=gold", ""))
    for query, segment in asked:  # nobody of plan=gold bought anything: everyone's, marked as such
        found = service.get(f"/recommendations/nobody{query}").json
        assert (found["customer_id"], found["source"], found["segment"]) == ("nobody", "bestsellers", segment)
        assert found["items"] == service.get(f"/bestsellers?segment={segment}").json["items"]


def test_products_that_nobody_knows_are_named_and_add_nothing(service: Service) -> None:
    found = service.get("/basket?product_id=P06&product_id=gift%20card&product_id=P03").json
    assert found["unknown_product_ids"] == ["gift card"]
    assert found["items"] == service.get("/basket?product_id=P06&product_id=P03").json["items"]


@pytest.mark.parametrize("key", HOSTILE)
def test_an_id_may_be_anything_that_the_tables_allow(hostile: Service, key: str) -> None:
    path = quote(key, safe="")
    for address, name in (("recommendations", "customer_id"), ("box", "customer_id"), ("similar", "product_id"),
                          ("goes-with", "product_id")):  # fmt: skip
        found = hostile.get(f"/{address}/{path}").json
        assert (found[name], found["items"]) == (key, items_of(key))
    segment = f"plan={key}"
    found = hostile.get(f"/bestsellers?{urlencode({'segment': segment})}").json
    assert (found["segment"], found["items"]) == (segment, items_of(segment))
    basket = hostile.get(f"/basket?{urlencode({'product_id': key})}").json
    assert (basket["product_ids"], basket["unknown_product_ids"]) == ([key], [])


def test_slashes_and_dots_need_no_encoding(hostile: Service) -> None:
    for path, key in (("a/b", "a/b"), ("../x", "../x"), ("a//b", "a//b"), ("/", "/"), ("a+b", "a+b"), ("..", "..")):
        assert hostile.get(f"/box/{path}").json["customer_id"] == key


def test_two_ids_that_look_alike_are_two(hostile: Service) -> None:
    assert hostile.get("/box/Zo%C3%AB").json["items"] == items_of("Zoë")
    assert hostile.get("/box/Zoe%CC%88").json["items"] == items_of("Zoe\u0308")
    assert hostile.get("/box/%252F").json["items"] == items_of("%2F")
    assert hostile.get("/box/zo%C3%AB").status == 404


REFUSED = [
    (404, "/similar/nix", 'product_id: found "nix", expected a product of {release}'),
    (404, "/goes-with/nix", 'product_id: found "nix", expected a product of {release}'),
    (404, "/similar/P01%20", 'product_id: found "P01 ", expected a product of {release}'),
    (404, "/basket?product_id=nix&product_id=P1", 'product_id: found "nix" or "P1", expected a product of {release}'),
    (404, "/box/nix", 'customer_id: found "nix", expected a customer with a box in {release}'),
    (404, "/bestsellers?segment=plan=basics",
     'segment: found "plan=basics", expected none, or plan=basic or plan=deluxe (did you mean "plan=basic"?)'),
    (404, "/bestsellers?segment=x", 'segment: found "x", expected none, or plan=basic or plan=deluxe'),
    (404, "/nix", 'address: found "/nix", expected /recommendations/{{customer_id}}, /similar/{{product_id}}, '
     "/goes-with/{{product_id}}, /basket, /bestsellers, /box/{{customer_id}}, /healthz, /openapi.json, "
     "/metrics, /demo or /"),
    (404, "/bestsellers/", None),
    (404, "//box/C01", None),
    (404, "/box%2FC01", 'found no customer_id, expected one after a slash: "/box%2FC01"/...'),
    (400, "/box/", "customer_id: found nothing, expected an id"),
    (400, "/box/C01%0A", 'customer_id: found "C01\\n", expected an id without control characters'),
    (400, "/box/C01%00", 'customer_id: found "C01\\x00", expected an id without control characters'),
    (400, "/box/%FF", 'customer_id: found "%FF", expected UTF-8 that is percent-encoded'),
    (400, "/box/%ED%A0%80", 'customer_id: found "%ED%A0%80", expected UTF-8 that is percent-encoded'),
    (400, f"/similar/{'x' * 5000}",
     f'product_id: found "{"x" * 60}..." (5,000 characters), expected at most 200 characters'),
    (400, "/box/C01?segment=plan=basic", 'parameters: found "segment", expected none'),
    (400, "/bestsellers?segmnet=x", 'parameters: found "segmnet", expected segment (did you mean "segment"?)'),
    (400, "/bestsellers?segment=a&segment=b", "parameter segment: found it 2 times, expected it once or not at all"),
    (400, "/bestsellers?segment=%FF",
     "parameters: found bytes that are no UTF-8, expected UTF-8 that is percent-encoded"),
    (400, "/bestsellers?" + "&".join("a=b" for _ in range(300)), "parameters: found too many, expected at most 200"),
    (400, "/basket", "parameter product_id: found none, expected one for each product: ?product_id=A&product_id=B"),
    (400, "/basket?product_id=", "product_id: found nothing, expected an id"),
    (400, "/basket?" + "&".join(f"product_id={n}" for n in range(51)),
     "parameter product_id: found 51 products, expected at most 50"),
    (400, "/openapi.json?x", 'parameters: found "x", expected none'),
]  # fmt: skip


@pytest.mark.parametrize(("status", "target", "line"), REFUSED)
def test_what_cannot_be_answered_is_one_line(
    service: Service, runs: Path, status: int, target: str, line: str | None
) -> None:
    answer = service.get(target)
    assert answer.status == status
    assert answer.text.count("\n") == 1
    assert list(answer.json) == ["error"]
    assert line is None or answer.json["error"] == line.format(release=(runs / "current").readlink().name)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FROB"])
@pytest.mark.parametrize("target", ["/box/C01", "/", "/demo", "/healthz"])
def test_other_methods_are_refused(service: Service, method: str, target: str) -> None:
    answer = service.get(target, method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.json["error"] == f'method: found "{method}", expected GET, HEAD'


EVERYTHING = ["/recommendations/C01", "/similar/P01", "/goes-with/P01", "/basket?product_id=P01", "/bestsellers",
              "/box/C01", "/openapi.json", "/", "/demo", "/demo/customer?id=C01"]  # fmt: skip


@pytest.mark.parametrize("target", EVERYTHING)
def test_an_answer_that_is_there_already_is_not_sent_again(service: Service, target: str) -> None:
    first = service.get(target)
    etag = first.headers["etag"]
    assert first.status == 200
    assert first.headers["cache-control"] == "no-cache"
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = service.get(target, if_none_match=sent)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == "no-cache"
    for sent in ('"other"', etag[:-2] + '"', etag.strip('"')):
        assert service.get(target, if_none_match=sent).body == first.body
    head = service.get(target, "HEAD")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", etag)
    assert int(head.headers["content-length"]) == len(first.body)


def test_no_two_answers_share_a_tag(service: Service) -> None:
    targets = [*EVERYTHING, "/box/C02", "/similar/P02", "/bestsellers?segment=plan=basic", "/recommendations/nobody"]
    assert len({service.get(target).headers["etag"] for target in targets}) == len(targets)


@pytest.mark.parametrize("target", [*EVERYTHING, "/healthz", "/nix", "/demo/product?id=nix"])
def test_no_answer_can_be_turned_into_something_else(service: Service, target: str) -> None:
    headers = service.get(target).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "server" not in headers


def test_what_is_hidden_is_gone_at_once_and_back_at_once(service: Service, runs: Path) -> None:
    before = {target: service.get(target) for target in EVERYTHING[:6]}
    health = service.get("/healthz").json
    overrides.hide(runs, ["P03"], "sold out")
    try:
        for target, was in before.items():
            now = service.get(target, if_none_match=was.headers["etag"])
            left = [item for item in was.json["items"] if item["product_id"] != "P03" or target.startswith("/box")]
            assert now.json["items"] == left
            assert now.headers["etag"] != was.headers["etag"]
        assert service.get("/healthz").json["hidden_products"] == health["hidden_products"] + 1 == 1
    finally:
        overrides.show(runs, ["P03"])
    for target, was in before.items():
        assert service.get(target, if_none_match=was.headers["etag"]).status == 304


def test_the_operator_may_let_lists_be_kept(hostile: Service) -> None:
    for target, said in (("/box/%2F", "private, max-age=30"), ("/bestsellers", "private, max-age=30"),
                         ("/healthz", "no-store"), ("/box/nix", "no-store"), ("/demo", "no-cache")):  # fmt: skip
        assert hostile.get(target).headers["cache-control"] == said


def test_a_request_that_is_no_http_hurts_nobody(hostile: Service) -> None:
    for raw in (b"\x00\xff\x00\xff\r\n\r\n", b"GET /box/\xff HTTP/1.1\r\nHost: x\r\n\r\n", b"GET " + b"x" * 100_000):
        with socket.create_connection(("127.0.0.1", hostile.port), timeout=30) as line:
            line.sendall(raw)
            assert line.recv(100).startswith(b"HTTP/1.1 400")
    assert hostile.get("/healthz").status == 200


def test_metrics_are_those_that_a_night_writes(service: Service, runs: Path) -> None:
    found = service.get("/metrics")

    assert found.body.decode() == metrics_text(runs)
    assert value(read_metrics(metrics_text(runs)), "boxwise_current_run") == 1
    assert found.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert service.get("/metrics?x").status == 400
