"""The storefront's pages, read without a browser: what they show is what the tables hold, less what is hidden."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from jobs.publishing import overrides
from tests.jobs.http_service import Service
from tests.jobs.published import HOSTILE, publish_hostile, publish_lists


def shelves(page: str) -> dict[str, list[str]]:
    """The product ids on each shelf of a page, by the shelf's title."""
    found = {}
    for section in re.findall(r"<section class=\"(?:shelf|box)\".*?</section>", page, re.DOTALL):
        title = html.unescape(re.findall(r"<h2 [^>]*>(.*?)</h2>", section)[0])
        links = [html.unescape(link) for link in re.findall(r"<h3><a href=\"([^\"]*)\"", section)]
        found[title] = [parse_qs(urlsplit(link).query)["id"][0] for link in links]
    return found


def listed(runs: Path, table: str, column: str, key: str) -> list[str]:
    """The product ids of a list as it stands in the file."""
    with closing(sqlite3.connect(runs / "current" / "website.sqlite")) as base:
        (items,) = base.execute(f"SELECT items FROM {table} WHERE {column} = ?", (key,)).fetchone()
    return [item["product_id"] for item in json.loads(items)]


def test_a_customer_sees_her_box_and_her_picks_with_reasons(service: Service, runs: Path) -> None:
    page = service.get("/demo/customer?id=C04").text
    assert shelves(page) == {
        "Your next box": listed(runs, "boxes", "customer_id", "C04"),
        "Picked for you": listed(runs, "recommendations", "customer_id", "C04"),
    }
    assert "because number" in page
    assert "Lip balm &#34;mint&#34; 5 g" in service.get("/demo/product?id=P11").text


def test_someone_we_do_not_know_sees_what_sells_best(service: Service, runs: Path) -> None:
    best = listed(runs, "bestsellers", "segment", "")
    page = service.get("/demo/customer?id=who%20is%20it").text
    assert shelves(page) == {"Selling best": best}
    assert "Nothing is known about this customer" in page
    assert shelves(service.get("/demo/visitor").text) == {"Bestsellers": best}
    basic = service.get("/demo/visitor?segment=plan%3Dbasic").text
    assert shelves(basic) == {"Bestsellers": listed(runs, "bestsellers", "segment", "plan=basic")}
    assert "whose plan is basic" in basic
    assert service.get("/demo/visitor?segment=plan%3Dnix").status == 404


def test_what_goes_with_a_product_is_not_said_to_be_like_it(tmp_path: Path) -> None:
    publish_lists(tmp_path / "runs", {"goes_with": ["B"], "similar_products": ["D", "B", "E"], "boxes": ["D"]})
    with Service(tmp_path / "runs") as service:
        assert shelves(service.get("/demo/product?id=A").text) == {"Goes well with": ["B"], "Similar": ["D", "E"]}
        overrides.hide(tmp_path / "runs", ["B", "D", "E"], "all gone")
        assert "Nothing like it is on sale" in service.get("/demo/product?id=A").text
        assert "Nothing is on sale" in service.get("/demo/visitor").text
        alone = service.get("/demo/customer?id=C").text
        assert "What is in your next box is not shown in the shop just now" in alone
        assert "Nothing is picked for you" in alone
        assert "Nothing is known yet about what completes" in service.get("/demo/basket?in=A").text


def test_a_product_shows_what_goes_with_it(service: Service, runs: Path) -> None:
    page = service.get("/demo/product?id=P01").text
    assert shelves(page) == {"Goes well with": listed(runs, "goes_with", "product_id", "P01")}
    assert "<h1>Foam cleanser</h1>" in page
    assert "Acme" in page


def test_a_basket_is_completed_and_what_is_in_it_is_not_offered(service: Service, runs: Path) -> None:
    basket = service.get("/demo/basket?in=P01&in=P02").text
    assert shelves(basket) == {"Completes your basket": listed(runs, "baskets", "basket", '["P01","P02"]')}
    one = shelves(service.get("/demo/basket?in=P03&for=C04").text)
    assert one["Completes your basket"] == listed(runs, "goes_with", "product_id", "P03")
    assert one.get("Picked for you", []) == [
        own for own in listed(runs, "recommendations", "customer_id", "C04") if own not in {"P03", "P04", "P06"}
    ]
    assert shelves(service.get("/demo/basket?in=P14&in=nix").text)["Completes your basket"]
    assert "It is empty" in service.get("/demo/basket").text
    assert "The shop does not show this product now" in service.get("/demo/basket?in=nix").text


def test_who_is_looked_for_is_found_by_how_the_id_begins(service: Service) -> None:
    found = service.get("/demo?q=C0").text
    assert re.findall(r"customer\?id=(\w+)\">", found) == ["C01", "C02", "C03", "C04", "C05", "C06", "C09"]
    assert "No customer's id begins with “x y”" in html.unescape(service.get("/demo?q=x%20y").text)
    whole = service.get("/demo?q=C05&in=P01")
    assert (whole.status, whole.headers["location"]) == (303, "/demo/customer?id=C05&in=P01")
    assert whole.headers["cache-control"] == "no-store"


def test_what_is_hidden_is_on_no_page(service: Service, runs: Path) -> None:
    box = listed(runs, "boxes", "customer_id", "C04")
    targets = ["/demo", "/demo/customer?id=C04", "/demo/visitor", "/demo/product?id=P01", "/demo/basket?in=P01&in=P02"]
    overrides.hide(runs, [box[0], "P03"], "sold out")
    try:
        for target in targets:
            for title, products in shelves(service.get(target).text).items():
                assert products, title
                assert not {box[0], "P03"} & set(products), (target, title)
        page = service.get("/demo/customer?id=C04").text
        assert shelves(page)["Your next box"] == [own for own in box if own not in {box[0], "P03"}]
        assert "not shown in the shop just now" in page
        gone = service.get("/demo/product?id=P03")
        assert gone.status == 404
        assert "We could not find that" in gone.text
        assert "The shop does not show this product now" in service.get("/demo/basket?in=P03&in=P01").text
    finally:
        overrides.show(runs, [box[0], "P03"])
    assert shelves(service.get("/demo/customer?id=C04").text)["Your next box"] == box


def test_a_wrong_address_is_a_page_that_says_what_is_wrong(service: Service) -> None:
    for status, target, words in (
        (400, "/demo/product", "id: found nothing, expected an id"),
        (400, "/demo/customer?id=%FF", "expected UTF-8"),
        (400, "/demo/basket?" + "&".join(f"in=P{n}" for n in range(13)), "at most 12"),
        (404, "/demo/nix", 'found "/demo/nix"'),
    ):
        answer = service.get(target)
        assert answer.status == status
        assert answer.headers["content-type"].startswith("text/html")
        assert words in html.unescape(answer.text)
    assert service.get("/demo?utm_source=newsletter").status == 200


def test_ids_of_any_kind_stay_text_and_lead_to_their_pages(tmp_path: Path) -> None:
    publish_hostile(tmp_path / "runs")
    with Service(tmp_path / "runs") as service:
        for key in HOSTILE:
            page = service.get(f"/demo/customer?id={quote(key, safe='')}&in={quote(key, safe='')}").text
            assert "<script" not in page
            assert [html.unescape(title) for title in re.findall("<h1>(.*)</h1>", page)] == [f"Customer {key}"]
            assert not re.search("<h1>.*[<>\"'].*</h1>", page)
            (product,) = set(re.findall(r"<h3><a href=\"([^\"]*)\"", page))
            assert service.get(html.unescape(product)).status == 200
            for target in (
                f"/demo/product?id={quote(key, safe='')}",
                f"/demo/visitor?segment=plan%3D{quote(key, safe='')}",
            ):
                assert service.get(target).status == 200
