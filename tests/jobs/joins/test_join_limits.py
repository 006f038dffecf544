"""[limits.joins]: what is refused and what is told, by how much of a table finds what it names, also last night."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from jobs.check import check
from jobs.config.load import load, read_draft
from jobs.faults import InputRefused
from jobs.guarding.event_facts import event_facts
from jobs.guarding.last_night import TABLES
from jobs.inputs.tables import read
from tests.jobs.joined_shop import TOML, Frames, frames, respelled, write_shop

STRANGER = "somebody else {}".format


def stranger(name: str) -> str:
    return STRANGER(sum(map(ord, name)) * 7919 % 10007)


def lines(folder: Path, tables: Frames, limits: str = "") -> list[str]:
    """What check prints; of a refused campaign, "refused" and its lines."""
    try:
        return check(write_shop(folder, tables, limits))
    except InputRefused as refused:
        return ["refused", *refused.lines]


@pytest.mark.parametrize("column", ["customer_id", "product_id"])
def test_shipments_none_of_which_match_are_refused_unless_that_is_meant(column: str, tmp_path: Path) -> None:
    tables = respelled(frames(), "shipments", column, stranger)

    refused = lines(tmp_path, tables)
    meant = lines(tmp_path, tables, f"[limits.joins]\nshipments.{column} = {{ least = 0 }}\n")

    assert refused[0] == "refused"
    assert refused[1].startswith(f"shipments.csv, column {column}: found 0 of 120 shipments that name a ")
    assert refused[1].endswith(f"expected at least 0.01 % of them ([limits.joins] shipments.{column}.least)")
    assert any(line.startswith("shipments.csv: 0 of 120 shipments name a") for line in meant)


def test_one_shipment_of_a_table_of_strangers_is_a_table_that_matches(tmp_path: Path) -> None:
    tables = respelled(frames(), "shipments", "customer_id", stranger, rows=119 / 120)

    assert any(line.startswith("shipments.csv: 1 of 120 shipments name a customer") for line in lines(tmp_path, tables))


def test_shipments_that_never_name_both_are_refused(tmp_path: Path) -> None:
    tables = respelled(frames(), "shipments", "customer_id", stranger, rows=0.5)
    shipments = tables["shipments"]
    known = shipments["customer_id"].str.startswith("C")
    tables["shipments"] = shipments.assign(product_id=shipments["product_id"].where(~known, "old soap"))

    found = lines(tmp_path, tables)

    assert found[1].startswith(
        "shipments.csv: found no row of 120 that names both a customer and a product of this campaign"
    )
    assert lines(tmp_path, tables, "[limits.joins]\nshipments.product_id.least = 0\n")[-1].endswith("no fault")


@pytest.mark.parametrize(("times", "first"), [(5, "refused"), (10, "customers: 40 rows")])
def test_one_shipment_in_a_thousand_may_be_respelled(times: int, first: str, tmp_path: Path) -> None:
    tables = frames()
    many = pd.concat([tables["shipments"]] * times)
    one = tables["shipments"].head(1).assign(customer_id="c001")

    found = lines(tmp_path, {**tables, "shipments": pd.concat([many, one])})

    assert found[0] == first
    assert any("; 1 more (1 id) would match after folding upper and lower case: " in line for line in found)


def test_events_of_strangers_only_are_told_and_published_by(tmp_path: Path) -> None:
    found = lines(tmp_path, respelled(frames(), "events", "customer_id", stranger))

    assert any(line.startswith("events.csv: 0 of 440 events name a customer of this campaign") for line in found)
    assert found[-1].endswith("no fault")


def test_a_low_share_is_refused_where_the_shop_says_so(tmp_path: Path) -> None:
    tables = respelled(frames(), "events", "product_id", stranger, rows=0.75)

    found = lines(tmp_path, tables, "[limits.joins.events]\nproduct_id = { least = 0.3 }\n")

    assert found[1].startswith(
        "events.csv, column product_id: found 110 of 440 events that name a product of this campaign"
    )
    assert found[1].endswith("expected at least 30 % of them ([limits.joins] events.product_id.least)")


def last_night(folder: Path, name: str = "joined", *, matched: int = 440) -> None:
    """A published run of the shop as it is, whose events named products of the campaign so often."""
    run = folder / "runs" / "joined-1"
    (run / "inputs").mkdir(parents=True)
    (folder / "runs" / "current").symlink_to("joined-1")
    tables = read(load(write_shop(folder / "before", frames())))
    for table in TABLES:
        getattr(tables, table).to_parquet(run / "inputs" / f"{table}.parquet")
    (run / "inputs" / "campaign.toml").write_text(TOML.replace("joined", name), encoding="utf-8")
    profile = {"events": event_facts(tables.events).as_json(), "scores": None}
    (run / "profile.json").write_text(json.dumps(profile), encoding="utf-8")
    inputs = {table: {"rows": source.n_rows} for table, source in tables.sources.items()}
    joins = [{"table": "events", "column": "product_id", "rows": 440, "matched": matched}]
    manifest = {"run_id": "joined-1", "inputs": inputs, "joins": joins}
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_share_that_fell_by_more_than_half_is_refused(tmp_path: Path) -> None:
    tables = respelled(frames(), "events", "product_id", stranger, rows=0.6)
    last_night(tmp_path)

    found = lines(tmp_path, tables)

    assert found[1].endswith(
        "expected a share like that of the last night: it fell from 100 % to 40 % ([limits.joins] "
        "events.product_id.fallen allows a fall by 50 % of itself)"
    )
    meant = lines(tmp_path, tables, "[limits.joins]\nevents.product_id.fallen = 0.7\n")
    assert any("176 of 440 events name a product" in line and line.endswith(" (100 % last night)") for line in meant)


def test_a_share_that_fell_less_is_told(tmp_path: Path) -> None:
    last_night(tmp_path)

    found = lines(tmp_path, respelled(frames(), "events", "product_id", stranger, rows=0.4))

    assert any("264 of 440 events name a product" in line and line.endswith(" (100 % last night)") for line in found)


@pytest.mark.parametrize("case", ["another campaign", "few rows", "no joins"])
def test_what_cannot_be_compared_is_not(case: str, tmp_path: Path) -> None:
    last_night(tmp_path, "another one" if case == "another campaign" else "joined")
    manifest = tmp_path / "runs" / "current" / "manifest.json"
    told = json.loads(manifest.read_text())
    told["joins"] = [{**join, "rows": 19, "matched": 19} for join in told["joins"]] if case != "no joins" else []
    if case != "another campaign":
        manifest.write_text(json.dumps(told))

    found = lines(tmp_path, respelled(frames(), "events", "product_id", stranger, rows=0.6))

    assert found[-1].endswith("no fault")
    assert not any("last night" in line for line in found)


@pytest.mark.parametrize("content", ['{"joins": [', "[]", "{}"])
def test_a_run_that_nobody_can_read_is_told_once_and_by_whom(content: str, tmp_path: Path) -> None:
    last_night(tmp_path)
    (tmp_path / "runs" / "current" / "manifest.json").write_text(content)

    found = lines(tmp_path, respelled(frames(), "events", "product_id", stranger, rows=0.6))

    assert found[0] == "refused"
    (line,) = [line for line in found if "last_night" in line or "last night" in line]
    assert line.startswith("runs/current: found the published run joined-1, which cannot be read (")


@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        (
            "[limits.joins]\nevent.product_id = { least = 0.1 }\n",
            "key limits.joins.event: found an unknown key, expected one of",
        ),
        ("[limits.joins]\nevents.product = { least = 0.1 }\n", 'did you mean "product_id"?'),
        (
            "[limits.joins.events]\nproduct_id = { lest = 0.1 }\n",
            "one of least, tell, respelled or fallen (did you mean",
        ),
        ("[limits.joins.events]\nproduct_id = { least = 2 }\n", "expected a number <= 1"),
        ("[limits]\njoin = 1\n", 'did you mean "joins"?'),
    ],
)
def test_a_misspelled_limit_is_a_fault_that_names_the_nearest(limits: str, fault: str, tmp_path: Path) -> None:
    (line,) = lines(tmp_path, frames(), limits)[1:]

    assert line.startswith("campaign.toml, row ")
    assert fault in line


def test_a_limit_of_one_column_leaves_the_other_defaults(tmp_path: Path) -> None:
    folder = write_shop(tmp_path, frames(), "[limits.joins]\nshipments.customer_id.least = 0.5\n")

    joins = read_draft(folder).campaign.limits.joins

    assert joins.of("shipments", "customer_id").model_dump() == {  # type: ignore[union-attr]
        "least": 0.5, "tell": 0.1, "respelled": 0.001, "fallen": 0.5,
    }  # fmt: skip
    assert joins.of("shipments", "product_id").least == 0.0001  # type: ignore[union-attr]
    assert joins.of("edits", "customer_id") is None
