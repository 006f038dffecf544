"""Whole nights of a shop whose customers have several boxes: published, verified, explained, compared with the last."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.checking.verify import verify
from jobs.csv_text import read_csv
from jobs.explaining.explain import explain
from jobs.nightly import nightly
from jobs.progress import Stages
from jobs.publishing.website_reader import WebsiteReader
from tests.jobs.several_boxes import GIFTS, customers, write_several

HEAD = "customer_id,product_id,action,reason,box_id\n"
EDITS = f"{HEAD}C03,P12,lock,,zwei\nC09,,drop_customer,moved,gift\n"


def night(folder: Path, *accept: str) -> Path:
    said = io.StringIO()
    return nightly(folder, stages=Stages(said), accept=accept).published.folder


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_several(tmp_path_factory.mktemp("several"), edits=EDITS)
    night(folder)
    return folder


@pytest.fixture(scope="module")
def run(campaign: Path) -> Path:
    return (campaign / "runs" / "current").resolve()


def test_the_run_is_what_it_says(run: Path) -> None:
    report = verify(run)

    assert report.faults == ()
    assert report.lines


def test_the_csvs_tell_every_box_and_box_id_comes_last(run: Path) -> None:
    sent, told = read_csv(run / "assignments.csv"), read_csv(run / "boxes.csv", {"items": "int64"})

    assert sent.columns[-1] == told.columns[-1] == "box_id"
    assert told.loc[told["customer_id"] == "C03", "box_id"].tolist() == ["a", "mini", "zwei"]
    assert told.loc[(told["customer_id"] == "C09") & (told["box_id"] == "gift"), "flags"].tolist() == ["dropped"]
    assert len(told) == 16
    counted = sent.groupby(["customer_id", "box_id"]).size()
    for row in told.itertuples():
        assert counted.get((row.customer_id, row.box_id), 0) == row.items


def test_no_family_comes_twice_to_a_customer_and_nothing_she_had(run: Path) -> None:
    sent = read_csv(run / "assignments.csv")
    family = pd.read_parquet(run / "inputs" / "products.parquet").set_index("product_id")["family"]
    sent["family"] = family[sent["product_id"]].to_numpy()

    assert not sent.duplicated(["customer_id", "family"]).any()
    assert "P01" not in set(sent.loc[sent["customer_id"] == "C02", "product_id"])
    locked = sent[(sent["customer_id"] == "C03") & (sent["product_id"] == "P12")]
    assert locked[["box_id", "reason"]].to_numpy().tolist() == [["zwei", "chosen by hand"]]


def test_the_website_has_one_row_a_customer_with_all_boxes(run: Path) -> None:
    sent = read_csv(run / "assignments.csv")
    with closing(sqlite3.connect(run / "website.sqlite")) as base:
        columns = [row[1] for row in base.execute("PRAGMA table_info(boxes)")]
        rows = {row[0]: row[1:] for row in base.execute("SELECT customer_id, items, boxes, box_ids FROM boxes")}
        lists = [key for (key,) in base.execute("SELECT customer_id FROM recommendations")]

    assert columns == ["customer_id", "release", "items", "boxes", "box_ids"]
    assert len(lists) == len(set(lists)) == 12
    items, each, names = map(json.loads, rows["C03"])
    assert names == ["a", "mini", "zwei"]
    assert [item for box in each for item in box] == items
    for name, box in zip(names, each, strict=True):
        mine = sent[(sent["customer_id"] == "C03") & (sent["box_id"] == name)]
        assert [item["product_id"] for item in box] == mine["product_id"].tolist()
    assert json.loads(rows["C09"][2]) == ["a"]  # the other box was dropped


def test_the_reader_gives_the_boxes_by_themselves(campaign: Path) -> None:
    found = WebsiteReader(campaign / "runs").boxes("C03")

    assert found is not None
    assert found.box_ids == ["a", "mini", "zwei"]
    assert [len(box) <= most for box, most in zip(found.boxes, (3, 1, 2), strict=True)] == [True] * 3
    assert WebsiteReader(campaign / "runs").boxes("nobody") is None


def test_explain_shows_all_boxes_of_a_customer(run: Path) -> None:
    lines = explain(run, "C03", "P06")

    assert [line.split(" gets ")[1][:8] for line in lines if line.startswith("C03 gets")] == [
        "in box a", "in box m", "in box z",
    ]  # fmt: skip
    assert sum(line.startswith("Why not") or "is in the box" in line for line in lines) == 3
    assert any("it went to another box of the same customer" in line for line in lines)


def test_exceptions_name_the_box(run: Path) -> None:
    told = read_csv(run / "exceptions.csv")
    dropped = told[told["kind"] == "dropped"]

    assert dropped[["customer_id", "box_id", "why"]].to_numpy().tolist() == [
        ["C09", "gift", "a merchandiser dropped the box: moved"]
    ]
    notes = told.loc[told["kind"] == "left out", "why"]
    assert notes.str.contains("3 customers whose rows differ in").any()
    assert not notes.str.contains(
        "have several boxes"
    ).any()  # nothing is left out by that: `check` and the night say it
    short = told[told["kind"].isin(["short box", "no box"]) & (told["customer_id"] == "C03")]
    assert set(short["box_id"]) <= {"a", "mini", "zwei"}


def test_the_report_counts_customers_and_boxes(run: Path) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    told = read_csv(run / "boxes.csv", {"items": "int64"})

    assert f"{(told['items'] > 0).sum()}</b><span>boxes for 12 customers" in page
    assert "1 box of customers with others dropped by hand" in page
    metrics = json.loads((run / "manifest.json").read_text())["metrics"]
    assert (metrics["customers"], metrics["boxes"]) == (12, 15)


def why(run: Path, customer: str) -> dict[tuple[str, str, str], str]:
    rows = read_csv(run / "changes.csv")
    mine = rows[rows["customer_id"] == customer]
    keys = zip(mine["box_id"], mine["change"], mine["product_id"], strict=True)
    return dict(zip(keys, mine["why"], strict=True))


def test_changes_are_told_box_by_box(tmp_path: Path) -> None:
    folder = write_several(tmp_path, more="C02,south,2,2,basic,straight,,gift\n", edits=HEAD)
    first = read_csv(night(folder) / "assignments.csv")
    own = first[(first["customer_id"] == "C02") & (first["box_id"] == "a")]["product_id"].tolist()
    (folder / "customers.csv").write_text(
        customers("C02,south,2,2,basic,straight,,gift\nC03,south,2,2,deluxe,dry,,b\n")
    )
    (folder / "edits.csv").write_text(f"{HEAD}C02,{own[0]},lock,,gift\nC04,,drop_customer,,\n")
    run = night(folder)

    moved = why(run, "C02")
    assert moved["a", "removed", own[0]] == "moved to her box gift"
    assert moved["gift", "added", own[0]] == "moved from her box a"
    assert {value for (box, change, _), value in why(run, "C03").items() if (box, change) == ("b", "added")} == {
        "new box of a customer"
    }
    assert set(why(run, "C04").values()) == {"a merchandiser dropped the customer"}
    assert verify(run).faults == ()


def test_a_box_that_gets_a_name_is_the_box_that_had_none(tmp_path: Path) -> None:
    folder = write_several(tmp_path, more="", edits=HEAD)
    (folder / "customers.csv").write_text(customers("", own={}))
    night(folder)
    (folder / "customers.csv").write_text(customers("", column="subscription_id"))
    run = night(folder)
    assert read_csv(run / "changes.csv").empty
    (folder / "customers.csv").write_text(customers("", own={}).replace(",box_id", ",spare"))
    assert read_csv(night(folder, "customers.subscription_id") / "changes.csv").empty


def test_the_same_tables_in_another_order_give_the_same_boxes(tmp_path: Path, run: Path) -> None:
    folder = write_several(tmp_path, edits=EDITS)
    head, *rows = customers(GIFTS).splitlines()
    (folder / "customers.csv").write_text("\n".join([head, *reversed(rows)]) + "\n")
    other = night(folder)

    def boxes(folder: Path) -> Any:
        return read_csv(folder / "assignments.csv").drop(columns="run_id").to_numpy().tolist()

    assert boxes(other) == boxes(run)


def test_locks_too_many_are_told_with_their_boxes_and_the_run_verifies(tmp_path: Path) -> None:
    who = [
        "C02,P12,lock,,gift",
        "C03,P12,lock,,zwei",
        "C09,P12,lock,,",
        "C10,P12,lock,,",
        "C11,P12,lock,,",
        "7,P12,lock,,",
    ]
    run = night(write_several(tmp_path, edits=HEAD + "\n".join(who) + "\n"))
    told = read_csv(run / "exceptions.csv")
    lost = told[told["kind"] == "lock"]

    assert len(lost) >= 3  # three units in the south
    names = {"C02": "gift", "C03": "zwei"}
    assert all(row.box_id in (names.get(str(row.customer_id), row.box_id),) for row in lost.itertuples())
    assert set(lost["box_id"]) <= {"gift", "zwei", "a"}
    assert verify(run).faults == ()
