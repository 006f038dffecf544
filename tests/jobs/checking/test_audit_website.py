"""The audit of the website's lists: every kind of wrong key, product, order and length is found, and named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from jobs.checking.audit import audit
from jobs.checking.audit_bought import listed_again
from jobs.config.campaign import Signal
from jobs.evidence import audit_read
from jobs.evidence.read_lists import open_website, portions
from tests.jobs.checking.test_audit import assert_found, edit_input, edit_toml
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_small(write_small_campaign(tmp_path_factory.mktemp("small"))).folder


@pytest.fixture
def run(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "runs" / published.name))


def change(run: Path, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(run / "website.sqlite")) as base:
        base.execute(statement, values)
        base.commit()


def items(*entries: tuple[str, float]) -> str:
    return json.dumps([{"product_id": product, "score": score, "reason": "new"} for product, score in entries])


def test_sound_lists_are_sound(run: Path) -> None:
    assert audit(run) == []


@pytest.mark.parametrize(
    ("table", "key", "new", "words"),
    [
        ("recommendations", "C01", "nobody", "no such customer in this campaign"),
        ("similar_products", "P01", "P99", "no such product in this campaign"),
        ("goes_with", "P01", "P99", "no such product in this campaign"),
        ("bestsellers", "plan=basic", "plan=gold", "no such segment in this campaign"),
        ("baskets", '["P01","P02"]', '["P02","P01"]', "no such basket in this campaign"),
        ("baskets", '["P01","P02"]', '["P01", "P02"]', "no such basket in this campaign"),
        ("baskets", '["P01","P02"]', '["P01"]', "no such basket in this campaign"),
        ("baskets", '["P01","P02"]', '["P01","P02","P05","P07"]', "no such basket in this campaign"),
        ("baskets", '["P01","P02"]', '["P01","P13"]', "no such basket in this campaign"),  # P13 is not on_site
        ("baskets", '["P01","P02"]', '["P01",2]', "no such basket in this campaign"),
        ("baskets", '["P01","P02"]', "P01", "no such basket in this campaign"),
    ],
)
def test_a_key_must_be_one_of_the_campaign(run: Path, table: str, key: str, new: str, words: str) -> None:
    column = {"recommendations": "customer_id", "bestsellers": "segment", "baskets": "basket"}.get(table, "product_id")
    change(run, f"UPDATE {table} SET {column} = ? WHERE {column} = ?", new, key)
    assert_found(run, f'{table} "{new}"', words)


@pytest.mark.parametrize(("table", "column"), [("goes_with", "product_id"), ("recommendations", "customer_id")])
def test_no_list_may_be_missing(run: Path, table: str, column: str) -> None:

    change(run, f"DELETE FROM {table} WHERE {column} LIKE '%01'")
    assert_found(run, f"website.sqlite, {table}: found", "lists, expected")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("P13", 1.0)], "product P13 is not on_site"),
        ([("P99", 1.0)], "product P99 is not on_site"),
        ([("P01", 1.0)], "product P01 is listed with itself"),
        ([("P03", 1.0), ("P03", 0.5)], "a product is listed twice"),
        ([("P03", 0.5), ("P04", 1.0)], "not best first"),
        ([("P04", 1.0), ("P03", 1.0)], "not best first"),
        ([("P03", 4.0), ("P04", 3.0), ("P05", 2.0), ("P06", 1.0)], "longer than 3"),
    ],
)
@pytest.mark.parametrize(
    ("table", "where"), [("goes_with", "product_id = 'P01'"), ("baskets", "basket LIKE '%P02\"]'")]
)
def test_what_a_list_may_hold(run: Path, table: str, where: str, entries: list[tuple[str, float]], words: str) -> None:
    change(run, f"UPDATE {table} SET items = ? WHERE {where}", items(*entries))
    assert_found(run, f"website.sqlite, {table} ", words)


def test_nothing_out_of_stock(run: Path) -> None:
    def sold_out(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(reserved=frame["reserved"].where(frame["product_id"] != "P04", frame["on_hand"] + 5))

    edit_input(run, "inventory", sold_out)
    assert_found(run, 'recommendations "C01": product P04 is out of stock')


def test_mixed_lists_are_checked_as_they_are_made(run: Path) -> None:
    edit_toml(run, 'segments = ["plan"]', 'segments = ["plan"]\nat_most = { category = 1, contains = 1 }')
    one, other = "UPDATE goes_with SET items = ? WHERE product_id = 'P01'", "product_id <> 'P01'"
    change(run, f"UPDATE goes_with SET items = '[]' WHERE {other}")
    for table in ("recommendations", "similar_products", "baskets", "bestsellers"):
        change(run, f"UPDATE {table} SET items = '[]'")
    mixed = items(("P05", 3.0), ("P09", 1.0), ("P02", 2.0))  # skin with nuts and soy; hair with soy; skin with nuts

    change(run, one, mixed)
    assert_found(run, 'goes_with "P01": not best first, with at most 1 of one category and 1 of one contains before')
    change(run, one, items(("P05", 3.0), ("P12", 1.0), ("P02", 2.0)))
    assert not any("goes_with" in line for line in audit(run))
    change(run, one, items(("P05", 3.0), ("P02", 2.0), ("P12", 1.0)))
    assert_found(run, 'goes_with "P01": not best first')


def bought_before(run: Path, events: pd.DataFrame, signals: dict[str, Signal]) -> list[str]:
    again = listed_again(run, events, signals)
    with open_website(run) as base:
        for portion in portions(base, "recommendations", "customer_id"):
            again.look(portion)
    return again.told


def test_what_she_bought_is_found_on_her_list(run: Path) -> None:
    rows = [("C01", "P04", "purchase"), ("C02", "P03", "view"), ("C03", "P03", "rating"), ("C04", "P03", "return")]
    events = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind"])
    weights = {"purchase": 4.0, "view": 0.5, "rating": 2.0, "return": 0.0}
    signals = {kind: Signal(weight=weight) for kind, weight in weights.items()}
    words = "was bought before and is not repurchasable"

    assert bought_before(run, events, signals) == [
        f'website.sqlite, recommendations "C01": product P04 {words}',
        f'website.sqlite, recommendations "C03": product P03 {words}',
    ]
    edit_input(run, "products", lambda frame: frame.assign(repurchasable=frame["product_id"] == "P04"))
    assert bought_before(run, events, signals) == [f'website.sqlite, recommendations "C03": product P03 {words}']
    said = {"purchase": False, "rating": False, "view": True}
    signals = {kind: Signal(weight=weight, owns=said.get(kind)) for kind, weight in weights.items()}
    assert bought_before(run, events, signals) == [f'website.sqlite, recommendations "C02": product P03 {words}']


def test_every_kind_of_fault_tells_how_many_more_there_are_and_an_unread_file_is_told_once(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each of two kinds as many faults are left out; the lines that say so are alike, and both are told."""
    monkeypatch.setattr(audit_read, "MOST_LINES", 2)
    change(run, "UPDATE recommendations SET release = 'last night' WHERE customer_id <> 'C01'")
    change(run, "UPDATE boxes SET release = 'last night'")
    said = audit(run)
    assert len(set(said)) == len(said) - 1 == 5, "the lines that end the kinds are the same"
    assert [line.split()[1] for line in said] == [
        "boxes:",
        "boxes:",
        "and",
        "recommendations",
        "recommendations",
        "and",
    ]

    (run / "website.sqlite").write_bytes(b"no database")
    assert [line.partition(" be read")[0] for line in audit(run)] == ["website.sqlite: cannot"]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE catalogue SET name = 'Soap?' WHERE product_id = 'P01'", "product P01: found ('Soap?'"),
        ("UPDATE catalogue SET release = 'last night' WHERE product_id = 'P01'", "product P01: found"),
        ("DELETE FROM catalogue WHERE product_id = 'P02'", "product P02: found no row, expected ("),
        (
            "INSERT INTO catalogue VALUES ('P99', 'r', '', '', '')",
            "product P99: found ('', '', '', 'r'), expected no row",
        ),
    ],
)
def test_a_product_is_called_by_its_own_name(run: Path, statement: str, words: str) -> None:
    change(run, statement)
    assert any(words in line for line in audit(run))
