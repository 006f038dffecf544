"""report.html: complete, standalone, and every number on it counted again from the run's files."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.outputs.website import KEYS
from jobs.report.page import render
from jobs.report.website import count_lists
from jobs.report.words import at_most_percent, gap_sentence, percent
from tests.jobs.report_run import ASSIGNMENTS, BOXES, CHANGES, EXCEPTIONS, PRODUCTS, table, write_small_run

VOID = {"meta", "br", "link", "img", "hr", "input"}
NUMBER = re.compile(r"(?<![\w.#-])\d[\d,]*(?:\.\d+)?")
HEADINGS = [
    "2026-12-glow",
    "How full the boxes are",
    "Stock used",
    "What ran out, and what one more unit would be worth",
    "Promises to brands",
    "What could not be done, and why",
    "How well the boxes fit",
    "How good the plan is",
    "On the website",
    "How good the recommender is",
    "What changed since the last run",
]


class Page(HTMLParser):
    """A strict reading of the page: every tag closed in turn, and what a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.facts: dict[str, str] = {}
        self.headings: list[str] = []
        self.references: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1][0] == tag, f"</{tag}> closes <{self.open[-1][0]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _ in self.open]
        if "style" in inside or "svg" in inside or "title" in inside or "code" in inside:
            return
        self.text.append(data)
        if inside and inside[-1] in ("h1", "h2"):
            self.headings.append(data)
        if inside and (fact := self.open[-1][1].get("data-fact")):
            self.facts[fact] = data


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a CSV, read by the csv module."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small run."""
    return write_small_run(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    """Its report."""
    return render(folder)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    """The report, read."""
    return Page(html)


def test_every_section_is_there_in_order_and_every_tag_is_closed(page: Page) -> None:
    assert page.headings == HEADINGS
    assert page.open == []


def test_the_headline_figures_are_those_of_the_files(folder: Path, page: Page) -> None:
    boxes, products = rows(folder, "boxes.csv"), rows(folder, "products.csv")
    by_product: dict[str, list[int]] = {}
    for row in products:
        units = by_product.setdefault(row["product_id"], [0, 0])
        units[0] += int(row["available"])
        units[1] += int(row["packed"])
    packed, stock = (sum(int(row[name]) for row in products) for name in ("packed", "available"))

    assert page.facts == {
        "n_sent": str(sum(int(row["items"]) > 0 for row in boxes)),
        "n_items": str(len(rows(folder, "assignments.csv"))),
        "n_short": str(sum("short" in row["flags"] or "no box" in row["flags"] for row in boxes)),
        "share_used": f"{round(100 * packed / stock)} %",
        "n_used_up": str(sum(used >= there > 0 for there, used in by_product.values())),
        "n_broken": str(sum(int(row["short_by"]) > 0 for row in products)),
        "gap": "No plan could be more than 0.022 % better.",
    }


def test_every_number_on_the_page_is_in_the_files_or_counted_from_them(folder: Path, page: Page) -> None:
    names = ("assignments.csv", "boxes.csv", "products.csv", "exceptions.csv", "changes.csv")
    cells = [cell for name in names for row in rows(folder, name) for cell in row.values()]
    cells += [(folder / name).read_text() for name in ("certificate.json", "evaluation.json", "inputs/campaign.toml")]
    known = {float(found.replace(",", "")) for cell in cells for found in NUMBER.findall(cell)}
    known |= counted(folder)
    prose = {1.0, 0.0, 95.0, 100.0}  # "1 would be ...", "0 none in it", the 95 % interval, the axis

    seen = {float(found.replace(",", "")) for text in page.text for found in NUMBER.findall(text)}

    assert len(seen) > 30
    assert seen - prose - known == set()


def counted(folder: Path) -> set[float]:
    """What the page counts, counted again: sums, means, shares, tallies, and the plan's value in points."""
    boxes = [row for row in rows(folder, "boxes.csv") if row["flags"] != "dropped"]
    items, products = rows(folder, "assignments.csv"), rows(folder, "products.csv")
    sent = [row for row in boxes if int(row["items"])]
    scores = [float(row["score"]) for row in items]
    numbers: list[float] = [len(items), len(boxes), len(sent), len(boxes) - len(sent)]
    numbers.append(round(float(np.median(scores)), 3))
    for column, values in (("items", boxes), ("category", items)):
        labels = [row[column] for row in values]
        numbers += [labels.count(label) for label in labels]
    variety = [len({row["category"] for row in items if row["customer_id"] == box["customer_id"]}) for box in sent]
    numbers += [variety.count(different) for different in variety]
    for warehouse in {row["warehouse"] for row in boxes}:
        here = [row for row in sent if row["warehouse"] == warehouse]
        numbers += [len(here), sum(int(row["items"]) for row in here)]
        numbers.append(round(sum(float(row["retail_value"]) for row in here) / len(here), 2))
    for product in {row["product_id"] for row in products}:
        units = [(int(row["packed"]), int(row["available"])) for row in products if row["product_id"] == product]
        packed, available = (sum(side) for side in zip(*units, strict=True))
        numbers += [packed, available, round(100 * packed / max(1, available))]
    packed, available = (sum(int(row[name]) for row in products) for name in ("packed", "available"))
    numbers += [packed, available, round(100 * packed / available), sum(int(row["at_least"]) > 0 for row in products)]
    numbers += list(np.histogram(scores, bins=24)[0])
    certificate = json.loads((folder / "certificate.json").read_text())
    numbers += [certificate["value"] / 1e6, round(certificate["upper_bound"] / 1e6, 2), 0.022]
    kinds = [row["kind"] for row in rows(folder, "exceptions.csv")]
    numbers += [kinds.count(kind) for kind in kinds]
    with closing(sqlite3.connect(folder / "website.sqlite")) as base:
        for name in KEYS:
            lists = [items for (items,) in base.execute(f"SELECT items FROM {name}")]
            numbers += [len(lists), lists.count("[]")]
    return {float(number) for number in numbers}


def test_the_page_stands_alone(html: str, page: Page) -> None:
    style = html.split("<style>")[1].split("</style>")[0]

    assert page.references == ["#exceptions"]
    assert page.handlers == []
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form"})
    assert not re.search(r"url\(|@import|https?:|//", style)
    assert "http" not in html
    assert html.startswith("<!doctype html>")
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_every_drawing_is_well_formed_and_stays_in_its_frame(html: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)

    assert len(drawings) > 20
    for drawing in drawings:
        for rect in ElementTree.fromstring(drawing).iter("rect"):
            x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
            assert min(x, y, width, height) >= 0
            assert x + width <= 1000.1
            assert y + height <= 100.1


def test_names_are_shown_as_they_are_and_never_become_tags(html: str, page: Page) -> None:
    assert "<b>&quot;Soap" not in html
    assert "<b>" not in "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    text = "".join(page.text)
    assert '<b>"Soap" & water</b>' in text
    assert "=1+1" in text
    assert "'=1+1" not in text


def test_what_ran_out_comes_with_the_most_valuable_unit_first_and_no_shelf_that_was_always_empty(page: Page) -> None:
    text = "".join(page.text).split("What ran out")[1].split("Promises to brands")[0]

    assert re.findall(r"\d\.\d{3}", text)[1:] == ["0.215", "0.137", "0.052"]  # the first is the median score
    assert "0.900" not in text


def test_the_same_files_give_the_same_page(folder: Path, html: str) -> None:
    assert render(folder) == html


def test_a_run_in_which_nothing_was_sent_has_a_page_too(tmp_path: Path) -> None:
    folder = write_small_run(tmp_path)
    table(folder / "assignments.csv", ASSIGNMENTS, [])
    table(folder / "boxes.csv", BOXES, [("C1", "", "", 0, 0, 0, "no box")])
    table(folder / "products.csv", PRODUCTS, [("P1", "Comb", "", 0, 0, 0, 0, 0, "", 0, "", "Hair")])
    table(folder / "exceptions.csv", EXCEPTIONS, [])
    table(folder / "changes.csv", CHANGES, [])
    (folder / "evaluation.json").unlink()
    (folder / "inputs" / "campaign.toml").unlink()

    page = Page(render(folder))

    assert page.facts["n_sent"] == "0"
    assert "Nothing ran out." in "".join(page.text)
    assert "How good the recommender is" not in page.headings


def test_what_the_rules_forbid_to_whom_stands_in_a_table(tmp_path: Path) -> None:
    folder = write_small_run(tmp_path)
    figures = {"n_customers": 1200, "n_products": 250, "unknown": "deny"}
    some = {
        "name": "<allergens>",
        "sense": "exclude",
        "customers": 1100,
        "products": 83,
        "pairs": 41337,
        "unanswered": 7,
    }
    idle = {"name": "hair", "sense": "include", "customers": 0, "products": 0, "pairs": 0, "unanswered": 0}
    told = {"eligibility": [{**figures, **some, "for_all": 160}, {**figures, **idle, "for_all": 250}]}
    (folder / "rules.json").write_text(json.dumps(told), encoding="utf-8")

    page = Page(render(folder))

    assert "What the rules forbid to whom" in page.headings
    text = " ".join(" ".join(page.text).split())
    assert "<allergens> a shared value forbids; 160 products for everyone 1,100 of 1,200 83 of 250 41,337 7" in text
    assert "hair a shared value is needed; 250 products for everyone 0 of 1,200 0 of 250 none -" in text
    assert page.open == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write_small_run(tmp_path)
    (folder / "boxes.csv").unlink()

    with pytest.raises(FileNotFoundError, match=r"boxes\.csv"):
        render(folder)


@pytest.mark.parametrize(
    ("value", "bound", "words"),
    [
        (1_000_000, 1_000_000, "No plan could be better: this one is proved to be the best there is."),
        (1_000_000, 1_000_213, "No plan could be more than 0.022 % better."),
        (1_000_000, 1_020_000, "No plan could be more than 2 % better."),
        (1_000_000, 1_210_000, "No plan could be more than 21 % better."),
        (-5_000_000, -3_500_000, "No plan could be better by more than 1.50 points."),
        (1_000_000, None, "How much better another plan could be is not known: nothing was proved."),
    ],
)
def test_the_gap_in_one_plain_sentence(value: int, bound: int | None, words: str) -> None:
    assert gap_sentence({"value": value, "upper_bound": bound}) == words


@given(st.floats(min_value=1e-8, max_value=5))
def test_no_more_than_is_never_an_understatement_and_hardly_an_overstatement(share: float) -> None:
    said = float(at_most_percent(share).removesuffix(" %")) / 100

    assert share * (1 - 1e-4) <= said <= share * 1.11


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0 %"), (0.0004, "under 1 %"), (0.5, "50 %"), (0.9996, "over 99 %"), (1, "100 %")]
)
def test_only_the_whole_is_a_hundred_percent(share: float, words: str) -> None:
    assert percent(share) == words


def test_lists_are_counted_as_they_are_in_the_store(folder: Path, page: Page) -> None:
    found = [(row.count, row.empty) for row in count_lists(folder)]

    assert found == [(61, 1), (62, 2), (63, 3), (64, 4), (65, 5)]
    assert all(str(number) in page.text for row in found for number in row)


def test_a_run_of_an_earlier_version_has_fewer_kinds_of_lists(folder: Path, tmp_path: Path) -> None:
    assert count_lists(tmp_path) == []
    shutil.copy(folder / "website.sqlite", tmp_path)
    with closing(sqlite3.connect(tmp_path / "website.sqlite")) as base:
        base.execute("DROP TABLE goes_with")
    assert len(count_lists(tmp_path)) == 4
