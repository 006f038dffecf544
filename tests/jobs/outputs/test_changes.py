"""changes.csv: nothing on the first night; afterwards every difference once, each with the reason that made it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jobs.csv_text import read_csv
from jobs.outputs.changes import COLUMNS, FIT
from tests.jobs.small_campaign import CUSTOMERS, INVENTORY, write_small_campaign
from tests.jobs.small_run import publish_small


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    write_small_campaign(tmp_path)
    publish_small(tmp_path)
    return tmp_path


def boxes(campaign: Path) -> dict[str, set[str]]:
    frame = read_csv(campaign / "runs" / "current" / "assignments.csv")
    return {str(customer): set(rows) for customer, rows in frame.groupby("customer_id")["product_id"]}


def changes(campaign: Path, **files: str) -> pd.DataFrame:
    """Publish once more with other files; the rows of changes.csv, which must be exactly the difference."""
    before = boxes(campaign)
    contents = {f"{name}.csv": text for name, text in files.items()}
    write_small_campaign(campaign, files=contents)
    publish_small(campaign)
    after, rows = boxes(campaign), read_csv(campaign / "runs" / "current" / "changes.csv")
    assert tuple(rows.columns) == COLUMNS
    for change, old, new in (("added", before, after), ("removed", after, before)):
        expected = {(c, p) for c in new for p in new[c] - old.get(c, set())}
        found = rows[rows["change"] == change]
        assert set(zip(found["customer_id"], found["product_id"], strict=True)) == expected
        assert len(found) == len(expected)
    return rows


def why(rows: pd.DataFrame, customer: str, product: str) -> str:
    row = rows[(rows["customer_id"] == customer) & (rows["product_id"] == product)]
    assert len(row) == 1, rows.to_string()
    return str(row["why"].iloc[0])


def test_the_first_night_has_a_header_only(campaign: Path) -> None:
    text = (campaign / "runs" / "current" / "changes.csv").read_text(encoding="utf-8-sig")
    assert text == "customer_id,change,product_id,product_name,why,box_id\n"


def test_a_merchandisers_edits_are_the_reason(campaign: Path) -> None:
    old = boxes(campaign)
    banned, dropped, locked = next(iter(sorted(old["C01"]))), "C02", "P08"
    assert locked not in old["C03"]
    edits = (
        "customer_id,product_id,action,reason\n"
        f"C01,{banned},ban,x\n{dropped},,drop_customer,x\nC03,{locked},lock,x\n,P04,ban_everywhere,x\n"
    )
    rows = changes(campaign, edits=edits)
    assert why(rows, "C01", banned).startswith("no longer allowed: banned by a merchandiser")
    assert {why(rows, dropped, product) for product in old[dropped]} == {"a merchandiser dropped the customer"}
    assert why(rows, "C03", locked) == "a merchandiser locked it in"
    assert why(rows, "7", "P04") == "no longer allowed: a merchandiser banned it for everyone"
    assert set(rows.loc[rows["customer_id"] == "C12", "why"]) == {"the customer was dropped last time"}


def test_stock_customers_and_shipments_are_the_reason(campaign: Path) -> None:
    old = boxes(campaign)
    sent = sorted(old["C04"])[0]
    inventory = "".join(line for line in INVENTORY.splitlines(keepends=True) if not line.startswith("P01,north"))
    rows = changes(
        campaign,
        inventory=inventory,
        customers=CUSTOMERS.replace("C05,north", "C99,north"),
        shipments=f"customer_id,product_id,shipped_on\nC04,{sent},2026-11-05\n",
    )
    assert why(rows, "C04", sent) == "no longer allowed: sent before"
    assert {why(rows, "C05", product) for product in old["C05"]} == {"no longer a customer of this campaign"}
    assert set(rows.loc[rows["customer_id"] == "C99", "why"]) == {"new customer"}
    others = [customer for customer in ("C01", "C02", "C03", "C06") if "P01" in old.get(customer, set())]
    assert others
    assert {why(rows, customer, "P01") for customer in others} == {"out of stock"}
    came = rows[(rows["change"] == "added") & rows["customer_id"].isin(others)]
    assert set(came["why"]) <= {"takes the place of a product that left the box", "back in stock", FIT}


def test_a_previous_run_that_cannot_be_read_does_not_stop_the_night(campaign: Path) -> None:
    run = campaign / "runs" / "current"
    (run / "assignments.csv").write_bytes(b"spoilt")
    write_small_campaign(campaign, append={"edits.csv": "C03,P08,lock,x\n"})
    publish_small(campaign)
    rows = read_csv(campaign / "runs" / "current" / "changes.csv")
    assert rows["change"].tolist() == ["unknown"]
    assert "cannot be read" in rows["why"][0]
