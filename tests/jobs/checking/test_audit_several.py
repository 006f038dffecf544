"""The second opinion on customers with several boxes: twins on any tiny campaign, and every breach found and told."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.checking.allowed_by_ids import AllowedByIds
from jobs.checking.audit import audit
from jobs.checking.audit_allowed import audit_allowed
from jobs.checking.audit_raw import audit_raw
from jobs.checking.verify import verify
from jobs.config.campaign import Eligibility
from jobs.csv_text import read_csv, write_csv
from jobs.evidence.audit_read import read_rules
from jobs.inputs.tables import look
from jobs.outputs import assignments, boxes
from jobs.posing.allowed import allowed_pairs
from jobs.posing.shop import open_shop
from tests.jobs.checking.test_allowed_by_ids import campaigns
from tests.jobs.several_boxes import GIFTS, customers, write_several
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import pack_small, publish_small

NUMBERS = {"assignments.csv": assignments.NUMBERS, "boxes.csv": boxes.NUMBERS}
EDITS = "customer_id,product_id,action,reason,box_id\nC03,P12,lock,,zwei\nC09,,drop_customer,,gift\nC10,P05,ban,,\n"


@settings(max_examples=150, deadline=None)
@given(campaigns(), st.lists(st.sampled_from(["ann", "bea"]), max_size=3), st.randoms(use_true_random=False))
def test_mask_and_sets_are_twins_with_several_boxes(campaign: Any, more: list[str], draw: Any) -> None:
    tables, rules = campaign
    one = tables["customers"].assign(box_id="a")
    other = one.set_index("customer_id").loc[more].reset_index()
    other["box_id"] = [f"b{number}" for number in range(len(other))]
    for column in ("hair", "allergies"):  # rows of one customer need not agree
        other[column] = [draw.choice(["", "dry", "oily|curly", "curly"]) for _ in more]
    every = pd.concat([one, other[one.columns]]).sort_values(["customer_id", "box_id"], ignore_index=True)
    given_ = {**tables, "customers": every.astype({"box_id": "str", "hair": "str", "allergies": "str"})}
    rules_ = SimpleNamespace(
        eligibility=[Eligibility(**rule) for rule in rules["eligibility"]],
        pairs=[SimpleNamespace(**rule) for rule in rules["pair"]],
    )
    shop = open_shop(rules_, SimpleNamespace(**given_))  # type: ignore[arg-type]
    mask, items = allowed_pairs(shop).block(0, shop.n_customers), shop.items["product_id"].to_numpy(object)
    by_ids = AllowedByIds(given_, rules, set(every["customer_id"]))

    keys = list(zip(shop.customers["customer_id"], shop.customers["box_id"], strict=True))
    assert keys == [(customer, box) for customer in sorted(by_ids.boxes) for box in by_ids.boxes[customer]]
    assert [set(items[row]) for row in mask] == [by_ids.allowed(*key) for key in keys]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_small(write_several(tmp_path_factory.mktemp("several"), edits=EDITS)).folder


@pytest.fixture
def run(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "runs" / published.name))


def edit(run: Path, file: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    write_csv(run / file, change(read_csv(run / file, NUMBERS[file])))


def give(run: Path, customer: str, box: str, *product_ids: str) -> None:
    """Put exactly these products into one box of a customer."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        row = {**frame.iloc[0].to_dict(), "customer_id": customer, "box_id": box, "reason": "because"}
        rows = [{**row, "slot": slot, "product_id": one} for slot, one in enumerate(product_ids, start=1)]
        others = frame[(frame["customer_id"] != customer) | (frame["box_id"] != box)]
        return pd.concat([others, pd.DataFrame(rows)]).sort_values(["customer_id", "box_id", "slot"])

    edit(run, "assignments.csv", change)


def assert_found(lines: list[str], *words: str) -> None:
    assert any(all(word in line for word in words) for line in lines), "\n".join(lines)


def test_an_honest_run_has_no_fault(published: Path) -> None:
    assert audit(published) == []
    assert verify(published).faults == ()


def test_a_family_in_two_boxes_of_one_customer_is_found(run: Path) -> None:
    give(run, "C03", "a", "P10", "P01")
    give(run, "C03", "zwei", "P11", "P12")

    assert_found(audit(run), "customer C03 box zwei, product P11: family balm is in another box of this customer too")


def test_what_another_box_excludes_is_found(run: Path) -> None:
    give(run, "C09", "a", "P09", "P12", "P01")
    table = run / "inputs" / "customers.parquet"
    frame = pd.read_parquet(table)
    frame.loc[frame["customer_id"] == "C09", "allergies"] = ["", "soy"]
    frame.to_parquet(table)

    assert_found(audit(run), "customer C09 box a, product P09: the allergens rule of another of her boxes", "(soy)")


def test_a_box_of_another_name_or_one_that_was_dropped_is_found(run: Path) -> None:
    give(run, "C09", "gift", "P12")
    give(run, "C01", "b", "P12")

    assert_found(audit(run), "customer C09 box gift, product P12: a merchandiser dropped this customer")
    assert_found(audit(run), "customer C01 box b, product P12: this customer has no such box in the campaign")


def test_too_many_items_are_told_of_the_box(run: Path) -> None:
    give(run, "C03", "mini", "P03", "P12")

    assert_found(audit(run), "customer C03 box mini: 2 items in 1 slots")


def test_a_lock_missing_from_its_box_is_found_though_another_box_holds_it(run: Path) -> None:
    give(run, "C03", "zwei", "P01", "P10")
    give(run, "C03", "a", "P12", "P03")

    assert_found(audit(run), "customer C03 box zwei: the box does not hold P12, which a merchandiser locked in")


def test_the_order_of_the_boxes_is_looked_at(run: Path) -> None:
    edit(run, "assignments.csv", lambda frame: frame.sort_values(["customer_id", "box_id"], ascending=[True, False]))

    assert_found(audit(run), "expected the order of customer_id, box_id")


def test_boxes_csv_tells_every_box_once(run: Path) -> None:
    edit(run, "boxes.csv", lambda frame: frame[frame["box_id"] != "mini"])

    assert_found(audit(run), "boxes.csv: no row for customer C03 box mini")


@pytest.mark.parametrize("what", ["boxes", "box_ids", "split"])
def test_the_website_shows_each_box_by_itself(run: Path, what: str) -> None:
    with closing(sqlite3.connect(run / "website.sqlite")) as base, base:
        items, each, names = base.execute(
            "SELECT items, boxes, box_ids FROM boxes WHERE customer_id = 'C03'"
        ).fetchone()
        assert [item for box in json.loads(each) for item in box] == json.loads(items)
        assert json.loads(names) == ["a", "mini", "zwei"]
        if what == "box_ids":
            base.execute("UPDATE boxes SET box_ids = '[\"a\"]' WHERE customer_id = 'C03'")
        else:
            other = "[]" if what == "boxes" else f"[{items}, [], []]"
            base.execute("UPDATE boxes SET boxes = ? WHERE customer_id = 'C03'", (other,))

    assert_found(audit(run), "customer C03 is not shown each box of assignments.csv by itself")


def test_boxes_without_names_are_not_those_of_a_customer_with_several(run: Path) -> None:
    """Nothing equals nothing: unknown names must not pass for the names that are not looked at all at once."""
    with closing(sqlite3.connect(run / "website.sqlite")) as base, base:
        base.execute("CREATE TABLE loose AS SELECT * FROM boxes")  # without NOT NULL
        base.execute("UPDATE loose SET box_ids = NULL, boxes = '[' || items || ']' WHERE customer_id IN ('C01', 'C03')")
        base.execute("DROP TABLE boxes")
        base.execute("ALTER TABLE loose RENAME TO boxes")

    for customer in ("C01", "C03"):
        assert_found(audit(run), f"customer {customer} is not shown each box of assignments.csv by itself")


def test_scores_hold_each_customer_once(published: Path) -> None:
    ids = pd.read_parquet(published / "scores.parquet", columns=["customer_id"])["customer_id"]

    assert ids.is_unique
    assert "C03" in set(ids)


@pytest.fixture(scope="module")
def posed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = write_several(tmp_path_factory.mktemp("posed"), edits=EDITS)
    night = pack_small(folder)
    return SimpleNamespace(
        shop=night.shop, problem=night.problem, rules=read_rules(folder / "campaign.toml"), locks_lost=frozenset()
    )


def faults(posed: Any, **changes: Any) -> list[str]:
    problem = replace(posed.problem, **changes) if changes else posed.problem
    made = SimpleNamespace(shop=posed.shop, problem=problem, locks_lost=posed.locks_lost)
    return audit_allowed(made, vars(posed.shop.tables), posed.rules, "run")


def at(posed: Any, customer: str, box: str) -> int:
    hit = (posed.shop.customers["customer_id"] == customer) & (posed.shop.customers["box_id"] == box)
    return int(np.flatnonzero(hit)[0])


def test_an_honest_deal_has_no_fault(posed: Any) -> None:
    assert faults(posed) == []


def test_a_family_open_in_two_boxes_or_in_none_or_not_whole_is_found(posed: Any) -> None:
    rows = [at(posed, "C03", box) for box in ("a", "mini", "zwei")]
    item = list(posed.shop.items["product_id"]).index("P12")
    balm = [list(posed.shop.items["product_id"]).index(one) for one in ("P10", "P11")]
    both, none, part = (posed.problem.allowed.copy() for _ in range(3))
    both[rows[:2], item] = True
    none[rows, item] = False
    part[rows, balm[0]] = False

    assert_found(
        faults(posed, allowed=both), 'C03, family P12: the plan\'s problem opens it to "a", "mini"', "exactly one"
    )
    assert_found(faults(posed, allowed=none), "C03, family P12: the plan's problem opens it to none of the customer's")
    assert_found(faults(posed, allowed=part), "C03, family balm: the plan's problem forbids P10 in box")


def test_a_lock_in_another_box_than_it_names_is_found(posed: Any) -> None:
    locked = posed.problem.locked.copy()
    locked[at(posed, "C03", "a")], locked[at(posed, "C03", "zwei")] = locked[at(posed, "C03", "zwei")], -1

    assert_found(faults(posed, locked=locked), "customer C03 box zwei, locks: the plan's problem says []", "['P12']")


def test_a_lost_lock_that_names_no_box_is_found(tmp_path: Path) -> None:
    folder = write_several(tmp_path, edits="customer_id,product_id,action,reason\nC03,P12,lock,\n")
    night = pack_small(folder)
    made = SimpleNamespace(
        shop=night.shop, problem=night.problem, rules=read_rules(folder / "campaign.toml"), locks_lost=frozenset()
    )

    assert faults(made) == []
    assert_found(faults(made, locked=None), "locks P12 into no box")


def test_a_box_that_is_not_in_the_problem_is_found(posed: Any) -> None:
    shop = replace(posed.shop, customers=posed.shop.customers.assign(box_id="x"))

    assert_found(
        faults(SimpleNamespace(shop=shop, problem=posed.problem, rules=posed.rules, locks_lost=frozenset())),
        "customer C03 box mini: is not",
    )


@pytest.mark.parametrize("column", ["box_id", "subscription_id"])
def test_the_copy_of_the_tables_is_held_against_the_file(tmp_path: Path, column: str) -> None:
    folder = write_small_campaign(tmp_path, files={"customers.csv": customers(column=column)})
    run, found = publish_small(folder).folder, look(folder)
    assert found.tables is not None
    assert list(audit_raw(run, found.tables.sources, found.campaign.ship_date)) == []
    frame = pd.read_parquet(run / "inputs" / "customers.parquet")
    frame.loc[frame["box_id"] == "mini", "box_id"] = "mino"
    frame.to_parquet(run / "inputs" / "customers.parquet")

    assert_found(list(audit_raw(run, found.tables.sources, found.campaign.ship_date)), "column box_id", '"mini"')


def test_a_changed_row_of_a_box_is_told_by_verify(tmp_path: Path) -> None:
    folder = write_several(tmp_path, edits=EDITS)
    run = publish_small(folder).folder
    (folder / "customers.csv").write_text(customers(GIFTS.replace("C03,north,1,1,", "C03,north,1,2,")), "utf-8")

    assert_found(list(verify(run).faults), "customers.csv: customer C03 box mini slots is 2, the night read 1")
