"""The audit finds every kind of fault in the files of a run, and says where, what was found and what was expected."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from jobs.checking.audit import audit
from jobs.csv_text import read_csv, write_csv
from jobs.evidence.audit_read import MOST_LINES
from jobs.outputs import assignments, boxes, products
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small

NUMBERS = {"assignments.csv": assignments.NUMBERS, "boxes.csv": boxes.NUMBERS, "products.csv": products.NUMBERS}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_small(write_small_campaign(tmp_path_factory.mktemp("small"))).folder


@pytest.fixture
def run(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "runs" / published.name))


def edit(run: Path, file: str, change: Callable[[pd.DataFrame], pd.DataFrame | None]) -> None:
    """Change a CSV of the run as somebody with a spreadsheet would."""
    frame = read_csv(run / file, NUMBERS[file])
    changed = change(frame)
    write_csv(run / file, frame if changed is None else changed)


def edit_input(run: Path, table: str, change: Callable[[pd.DataFrame], pd.DataFrame | None]) -> None:
    path = run / "inputs" / f"{table}.parquet"
    frame = pd.read_parquet(path)
    changed = change(frame)
    (frame if changed is None else changed).to_parquet(path)


def edit_toml(run: Path, old: str, new: str) -> None:
    path = run / "inputs" / "campaign.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def give(run: Path, customer: str, *products_: str) -> None:
    """Put exactly these products into a customer's box in assignments.csv."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        rows = [
            {
                **frame.iloc[0].to_dict(),
                "customer_id": customer,
                "slot": slot,
                "product_id": product,
                "reason": "because",
            }
            for slot, product in enumerate(products_, start=1)
        ]
        others = frame[frame["customer_id"] != customer]
        return pd.concat([others, pd.DataFrame(rows)]).sort_values(["customer_id", "slot"])

    edit(run, "assignments.csv", change)


def assert_found(run: Path, *words: str) -> None:
    """Some line of the audit holds all these words."""
    lines = audit(run)
    assert any(all(word in line for word in words) for line in lines), "\n".join(lines)


def cell(frame: pd.DataFrame, row: int, column: str, value: str | float) -> None:
    frame.loc[row, column] = value


def test_an_honest_run_has_no_fault(published: Path) -> None:
    assert audit(published) == []


def test_the_box_rules_each_find_their_breach(run: Path) -> None:
    give(run, "C01", "P09", "P12", "P10")
    assert_found(run, "customer C01", "product P09", "the hair type rule does not allow it", '"curly"', '"dry"')
    assert_found(run, "customer C01", "0 items of category skin in the box, expected at least 1")
    give(run, "C01", "P01", "P08", "P06")
    assert_found(run, "customer C01: the box holds 1 of them, expected all or none of P06, P07")
    give(run, "C01", "P01", "P04", "P12")
    assert_found(run, "customer C01: the box holds 2 of them, expected at most one of P01, P04")
    give(run, "C01", "P03", "P02", "P12")
    assert_found(run, "customer C01, product P02: the box holds two of family cream")
    assert_found(run, "product P02: family cream was sent to this customer before")
    assert_found(run, "product P03: family cream was sent to this customer before")
    give(run, "C02", "P05", "P08", "P12")
    assert_found(run, "customer C02, product P05: the allergens rule does not allow it", "nuts|soy")
    give(run, "C01", "P03", "P04", "P05")
    assert_found(run, "customer C01: 3 items of category skin in the box, expected at most 2")
    give(run, "C01", "P01", "P01", "P12")
    assert_found(run, "customer C01, product P01: this product is in the box more than once")
    give(run, "C01", "P01")
    assert_found(run, "customer C01: retail_value of the box is 8.5, expected low 12")
    edit_toml(run, "high = 700", "high = 100")
    assert_found(run, "customer C01: weight_g of the box is 120, expected high 100")


def test_the_merchandisers_word_is_held(run: Path) -> None:
    give(run, "C10", "P05", "P12")
    assert_found(run, "customer C10, product P05: a merchandiser banned this product for this customer")
    give(run, "C01", "P01", "P13", "P12")
    assert_found(run, "product P13: a merchandiser banned this product for everyone")
    give(run, "C06", "P01", "P08", "P10")
    assert_found(run, "customer C06: the box does not hold P12, which a merchandiser locked in")
    give(run, "C12", "P01", "P10", "P12")
    assert_found(run, "customer C12, product P01: a merchandiser dropped this customer")


def test_an_empty_box_needs_no_lock(run: Path) -> None:
    give(run, "C06")
    assert not [line for line in audit(run) if "locked" in line]


def test_slots_and_the_policy_on_short_boxes(run: Path) -> None:
    give(run, "C10", "P01", "P10", "P12")
    assert_found(run, "customer C10: 3 items in 2 slots")
    give(run, "C10", "P01")
    edit_toml(run, 'policy = "ship_short"', 'policy = "no_box"')
    assert_found(run, 'customer C10: 1 items in 2 slots, and [short] policy is "no_box"')
    edit_toml(run, 'policy = "no_box"', 'policy = "stop"')
    give(run, "C10")
    assert_found(run, 'customer C10: 0 items in 2 slots, and [short] policy is "stop"')
    assert not [line for line in audit(run) if "C12" in line and "policy" in line]  # she was dropped


def test_unknown_ids_and_products_that_are_not_boxable(run: Path) -> None:
    give(run, "nobody", "P01")
    assert_found(run, "customer nobody, product P01: this customer is not in the campaign")
    give(run, "C01", "P99", "P14")
    assert_found(run, "product P99: this product is not in the campaign")
    assert_found(run, "product P14: this product is not boxable")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("product_name", "Soap", 'column product_name: found "Soap", expected "'),
        ("brand", "Soap", 'column brand: found "Soap", expected "'),
        ("category", "Soap", 'column category: found "Soap", expected "'),
        ("slot", 9, "column slot: found 9, expected 1"),
        ("score", 0.123, "column score: found 0.123"),
        ("reason", " ", "the reason is empty"),
        ("run_id", "other", "run_id is not 2026-12-small-"),
        ("reason", "another", "website.sqlite, boxes: customer 007 is not shown the box"),
    ],
)
def test_every_cell_of_assignments_is_looked_at(run: Path, column: str, value: str | float, words: str) -> None:
    edit(run, "assignments.csv", lambda frame: cell(frame, 0, column, value))
    assert_found(run, words)


def test_the_order_of_assignments(run: Path) -> None:
    edit(run, "assignments.csv", lambda frame: pd.concat([frame.iloc[3:], frame.iloc[:3]]))
    assert_found(run, "customer 007", "expected the order of customer_id")


def test_stock_is_counted_from_the_inventory(run: Path) -> None:
    def less(frame: pd.DataFrame) -> None:
        frame.loc[(frame["product_id"] == "P01") & (frame["warehouse"] == "north"), "on_hand"] -= 1

    edit_input(run, "inventory", less)
    assert_found(run, "stock: 3 of product P01 in north are packed, the inventory has 2")
    assert_found(run, "products.csv, row 2, product P01 in north, column available: found 3, expected 2")


def test_stock_is_one_heap_when_the_inventory_names_one_warehouse(run: Path) -> None:
    edit_input(run, "inventory", lambda frame: frame[frame["warehouse"] == "north"].assign(warehouse=""))
    assert_found(run, "stock: 5 of product P12 are packed, the inventory has 3")


def test_a_cap_over_all_boxes(run: Path) -> None:
    edit_toml(run, "at_most = 400", "at_most = 20.5")
    assert_found(run, "quota cost budget: found 6", "expected at most 20.5")


@pytest.mark.parametrize("column", ["available", "packed", "left", "at_least", "short_by", "marginal_value"])
def test_every_figure_of_products_is_looked_at(run: Path, column: str) -> None:
    edit(run, "products.csv", lambda frame: cell(frame, 4, column, frame[column][4] + 1))
    assert_found(run, f"products.csv, row 6, product P03 in north, column {column}: found ", "expected ")


def test_rows_of_products_that_are_missing_or_unknown(run: Path) -> None:
    edit(run, "products.csv", lambda frame: cell(frame, 0, "product_id", "P99"))
    assert_found(run, "products.csv, row 2: product P99 in north is not of this campaign")
    assert_found(run, "products.csv: no row for product P01 in north")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("items", 1, "customer 007, column items: found 1, expected 3"),
        ("box_score", 0.5, "customer 007, column box_score: found 0.5, expected"),
        ("retail_value", 1.25, "customer 007, column retail_value: found 1.25, expected"),
        ("warehouse", "west", 'customer 007, column warehouse: found "west", expected "south"'),
        ("wave", "9", 'customer 007, column wave: found "9", expected "1"'),
        ("flags", "short", 'customer 007: flagged "short", with 3 of 3 items'),
        ("customer_id", "7", "boxes.csv: no row for customer 007"),
        ("customer_id", "who", "boxes.csv, row 2: customer who is told twice, or unknown"),
    ],
)
def test_every_cell_of_boxes_is_looked_at(run: Path, column: str, value: str | float, words: str) -> None:
    edit(run, "boxes.csv", lambda frame: cell(frame, 0, column, value))
    assert_found(run, words)


def test_a_short_box_must_be_flagged(run: Path) -> None:
    edit(run, "boxes.csv", lambda frame: frame.assign(flags=""))
    assert_found(run, 'customer C12: not flagged "dropped"')


def test_the_website_shows_the_same_boxes(run: Path) -> None:
    with closing(sqlite3.connect(run / "website.sqlite")) as base:
        base.execute("UPDATE boxes SET items = '[]' WHERE customer_id = 'C01'")
        base.execute("UPDATE boxes SET release = 'x' WHERE customer_id = 'C02'")
        base.execute("DELETE FROM boxes WHERE customer_id = 'C03'")
        items = json.dumps([{"product_id": "P13", "score": 1, "reason": "new"}] * 2)
        base.execute("UPDATE recommendations SET items = ? WHERE customer_id = 'C01'", (items,))
        base.commit()
    assert_found(run, "boxes: customer C01 is not shown the box")
    assert_found(run, "boxes: customer C02 is not shown the box")
    assert_found(run, "boxes: customer C03 has no row")
    assert_found(run, 'recommendations "C01": product P13 is not on_site')
    assert_found(run, 'recommendations "C01": a product is listed twice')


def test_many_faults_of_one_kind_are_counted(run: Path) -> None:
    edit(run, "assignments.csv", lambda frame: frame.assign(reason=""))
    lines = [line for line in audit(run) if "reason is empty" in line or "more like the last" in line]
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "... and 10 more like the last"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("assignments.csv", "assignments.csv: cannot be read"),
        ("products.csv", "products.csv: cannot be read"),
        ("inputs/inventory.parquet", "the run's copy of its inputs cannot be read"),
        ("inputs/campaign.toml", "the run's copy of its inputs cannot be read"),
        ("certificate.json", "the run's copy of its inputs cannot be read"),
        ("scores.parquet", "scores.parquet: cannot be read"),
        ("website.sqlite", "website.sqlite: cannot be read"),
        ("prices.csv", "prices.csv: cannot be read"),
    ],
)
@pytest.mark.parametrize("how", ["gone", "spoilt", "empty"])
def test_a_file_that_cannot_be_read_is_a_line_not_a_crash(run: Path, name: str, words: str, how: str) -> None:
    (run / name).unlink()
    if how != "gone":
        (run / name).write_bytes(b"\x00\xff\xfe not this" if how == "spoilt" else b"")
    assert_found(run, words)


def test_a_cell_that_is_no_number(run: Path) -> None:
    text = (run / "products.csv").read_text()
    (run / "products.csv").write_text(text.replace("north,3,3,0", "north,three,3,0", 1))
    assert_found(run, 'products.csv, row 2, column available: found "three", expected a number')


def test_other_columns_are_named(run: Path) -> None:
    edit(run, "boxes.csv", lambda frame: frame.rename(columns={"items": "n"}))
    assert_found(run, "boxes.csv: found columns customer_id, warehouse, wave, n,", "expected first")


@pytest.mark.parametrize("what", ["customers", "products", "pairs"])
def test_what_a_rule_keeps_from_whom_is_counted_again(run: Path, what: str) -> None:
    content = json.loads((run / "rules.json").read_text())
    content["eligibility"][1][what] += 1
    (run / "rules.json").write_text(json.dumps(content))

    found, expected = content["eligibility"][1][what], content["eligibility"][1][what] - 1
    assert audit(run) == [f"rules.json, rule allergens, {what}: found {found}, expected {expected}"]


@pytest.mark.parametrize("content", ["{", '{"eligibility": [1]}', "[]", '{"eligibility": [{"pairs": "x"}, {}]}'])
def test_rules_that_cannot_be_read_are_told(run: Path, content: str) -> None:
    (run / "rules.json").write_text(content)

    (fault,) = audit(run)
    assert fault.startswith("rules.json: cannot be read: ")


def test_rules_that_are_too_few_are_told(run: Path) -> None:
    (run / "rules.json").write_text('{"eligibility": []}')

    assert audit(run) == ["rules.json: found 0 rules, campaign.toml has 2"]


def test_a_run_of_before_there_were_counts_has_no_fault(run: Path) -> None:
    (run / "rules.json").unlink()

    assert audit(run) == []
