"""Which customers tables with several rows for a customer are read, what is said about them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jobs.inputs.box_ids import people
from jobs.inputs.tables import Tables, look
from tests.jobs.several_boxes import customers, write_several
from tests.jobs.small_campaign import write_small_campaign

BARE = {
    "edits.csv": "action\n",
    "campaign.toml": "[campaign]\nname = 'x'\nship_date = 2026-12-05\n",
    "events.csv": "customer_id,product_id,kind,occurred_at\n",
    "shipments.csv": "customer_id,product_id,shipped_on\n",
}
"""A campaign without rules, for tables of a few columns."""


def read(folder: Path, customers_csv: str, **files: str) -> tuple[Tables | None, list[str], list[str]]:
    """The tables, the faults and the notes of the small campaign with this customers.csv."""
    found = look(write_small_campaign(folder, files={"customers.csv": customers_csv, **files}))
    return found.tables, [str(fault) for fault in found.faults], [str(note) for note in found.notes]


@pytest.mark.parametrize("column", ["box_id", "subscription_id"])
def test_a_column_that_names_the_boxes_makes_several_rows_of_a_customer_welcome(tmp_path: Path, column: str) -> None:
    tables, faults, notes = read(tmp_path, customers(column=column))

    assert faults == []
    assert tables is not None
    mine = tables.customers[tables.customers["customer_id"] == "C03"]
    assert mine["box_id"].tolist() == ["a", "mini", "zwei"]
    assert mine["slots"].tolist() == [3, 1, 2]
    assert any(f"3 customers have several boxes, in 7 rows told apart by {column}" in note for note in notes)


def test_the_order_is_customer_then_box_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    head, *rows = customers().splitlines()
    tables, *_ = read(tmp_path, "\n".join([head, *reversed(rows)]) + "\n")

    assert tables is not None
    keys = list(zip(tables.customers["customer_id"], tables.customers["box_id"], strict=True))
    assert keys == sorted(keys)


def test_box_id_wins_where_both_columns_are_there(tmp_path: Path) -> None:
    text = "customer_id,warehouse,subscription_id,box_id\nC1,north,S9,a\nC1,north,S9,b\n"
    tables, faults, notes = read(tmp_path, text, **BARE)

    assert tables is not None, faults
    assert tables.customers["box_id"].tolist() == ["a", "b"]
    assert any("subscription_id is there as well, and names no box" in note for note in notes)


def test_an_export_with_a_subscription_for_each_customer_is_read_and_told(tmp_path: Path) -> None:
    names = {one: f"S{one}" for one in ("C01", "C02", "C03", "007", "7")}
    tables, faults, notes = read(tmp_path, customers("", column="subscription_id", own=names))

    assert tables is not None, faults
    told = "customers.csv: 5 rows whose column subscription_id is taken for the name of the box, the box_id"
    assert [note for note in notes if "subscription_id" in note] == [f"{told}; it says nothing to the recommender"]
    assert tables.customers.set_index("customer_id")["box_id"][["7", "C05"]].tolist() == ["S7", ""]


def test_repeated_customers_without_such_a_column_are_refused_and_the_line_names_it(tmp_path: Path) -> None:
    text = "customer_id,warehouse\nC1,north\nC2,north\nC1,south\n"
    _, faults, _ = read(tmp_path, text, **BARE)

    assert [fault for fault in faults if "again" in fault] == [
        'customers.csv, row 4, column customer_id: found "C1" again (first in row 2), expected each customer_id once; '
        "where a customer has several boxes, a column box_id tells them apart"
    ]


@pytest.mark.parametrize("column", ["box_id", "subscription_id"])
def test_an_empty_name_and_one_told_twice_are_faults_with_their_rows(tmp_path: Path, column: str) -> None:
    text = f"customer_id,warehouse,{column}\nC1,north,\nC2,north,\nC1,south,x\nC3,north,y\nC3,south,y\nC4,north,y\n"
    _, faults, _ = read(tmp_path, text, **BARE)

    assert faults == [
        f'customers.csv, row 2, column {column}: found an empty cell, expected a {column}, for "C1" stands in 2 rows',
        f'customers.csv, row 6, column {column}: found "y" of "C3" again (first in row 5), expected each customer_id '
        f"and {column} once",
    ]


def test_names_that_differ_by_spaces_only_are_one_name(tmp_path: Path) -> None:
    text = "customer_id,warehouse,subscription_id\nC1,north,S1\nC1,south, S1\n"
    _, faults, _ = read(tmp_path, text, **BARE)

    assert len(faults) == 1
    assert '"S1" of "C1" again (first in row 2)' in faults[0]


def test_rows_whose_profiles_differ_are_counted(tmp_path: Path) -> None:
    tables, _, notes = read(tmp_path, customers())

    assert tables is not None
    (told,) = [note for note in notes if "profile" in note]
    assert told.startswith("customers.csv: 3 customers whose rows differ in their profile")
    once = people(tables.customers)
    assert once["customer_id"].is_unique
    assert once.set_index("customer_id").loc["C02", "hair_type"] == "straight"


def test_rows_that_agree_are_not_counted(tmp_path: Path) -> None:
    _, _, notes = read(tmp_path, customers("C04,south,1,2,deluxe,dry,,gift\n"))

    assert not [note for note in notes if "profile" in note]


def test_edits_name_boxes_that_are_there(tmp_path: Path) -> None:
    edits = (
        "customer_id,product_id,action,reason,box_id\nC02,P12,lock,,gift\nC02,P04,lock,,gitf\nC10,P12,lock,,gift\n"
        ",P13,ban_everywhere,,gift\nC03,,drop_customer,,mini\nC99,P12,ban,,gift\n"
    )
    _, faults, _ = read(tmp_path, customers(), **{"edits.csv": edits})

    assert [fault for fault in faults if "box_id" in fault] == [
        'edits.csv, row 5, column box_id: found "gift", expected an empty cell, for a ban_everywhere',
        'edits.csv, row 3, column box_id: found "gitf", expected a box of "C02", one of "a", "gift" '
        '(did you mean "gift"?)',
        'edits.csv, row 4, column box_id: found "gift", expected a box of "C10", one of "a"',
    ]


def test_a_box_where_nobody_has_boxes_is_a_fault(tmp_path: Path) -> None:
    edits = "customer_id,product_id,action,reason,box_id\nC02,P12,lock,,gift\n"
    found = look(write_small_campaign(tmp_path, files={"edits.csv": edits}))

    assert [str(fault) for fault in found.faults] == [
        'edits.csv, row 2, column box_id: found "gift", expected a box of "C02", an empty cell: she has one box, '
        "without a name"
    ]


def test_a_ban_for_one_box_holds_for_all_and_is_told(tmp_path: Path) -> None:
    edits = "customer_id,product_id,action,reason,box_id\nC02,P12,ban,,gift\n"
    found = look(write_several(tmp_path, edits=edits))

    assert found.tables is not None, found.faults
    assert any("a ban holds for all boxes of its customer" in str(note) for note in found.notes)


def test_a_subscription_id_of_edits_is_said_not_to_be_read(tmp_path: Path) -> None:
    edits = "customer_id,product_id,action,reason,subscription_id\nC02,P12,lock,,gift\n"
    found = look(write_several(tmp_path, edits=edits))

    assert any("the box of a lock or of drop_customer stands in box_id" in str(note) for note in found.notes)


def test_people_of_a_table_without_repeats_are_the_table() -> None:
    frame = pd.DataFrame({"customer_id": ["a", "b"]})

    assert people(frame) is frame
