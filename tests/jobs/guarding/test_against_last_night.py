"""Tables against last night's: what is damaged is refused by name, with both nights' figures; what is ordinary passes.

One night of a made-up shop is published; each case alters the tables as a faulty export, or a month, would.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from jobs.config.load import load
from jobs.datasets.synth import write_synth
from jobs.faults import InputRefused
from jobs.guarding.guard import Guarded, guard, guard_scores
from jobs.guarding.last_night import LastNight, Unreadable, last_night
from jobs.inputs.tables import read
from jobs.nightly import nightly
from jobs.progress import Stages
from tests.jobs.guarding.altered import (
    Alter,
    Frames,
    Since,
    a_month_later,
    a_third_warehouse,
    all_of,
    alone,
    blank,
    both,
    brand_leaves,
    each,
    first,
    grown,
    half_as_many_events,
    in_warehouse,
    losing,
    more_edits,
    most_products_gone,
    new_brand,
    older,
    one_warehouse,
    other_products,
    price_cut,
    rekeyed,
    sale,
    scaled,
    shifted,
    since,
    some,
    times,
    two_boxes,
    without,
    without_oldest,
)  # fmt: skip

FILES = {
    "customers": "customers.parquet",
    "products": "products.csv",
    "inventory": "inventory.csv",
    "events": "events.parquet",
    "shipments": "shipments.parquet",
    "edits": "edits.csv",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published night of 400 customers and 60 products."""
    folder = tmp_path_factory.mktemp("guarded") / "shop"
    write_synth(folder, customers=400, products=60)
    toml = (folder / "campaign.toml").read_text().replace("max_share = 0.01", "max_share = 1.0")
    toml = toml.replace("max_gap = 0.005", 'max_gap = 0.05\nmodel_gate = "tell"')
    (folder / "campaign.toml").write_text(toml)
    nightly(folder, stages=Stages())
    return folder


@pytest.fixture(scope="module")
def last(shop: Path) -> LastNight:
    found = last_night(shop / "runs")
    assert isinstance(found, LastNight)
    return found


@cache
def as_it_was(shop: Path) -> Frames:
    """The tables as they lie there; every cell of a CSV is text."""
    read_csv = {"dtype": str, "keep_default_na": False}
    return {
        name: pd.read_parquet(shop / file) if file.endswith("parquet") else pd.read_csv(shop / file, **read_csv)  # type: ignore[call-overload]
        for name, file in FILES.items()
    }


def frames(shop: Path) -> Frames:
    """The same, to be altered: an alteration puts another frame in the place of one."""
    return dict(as_it_was(shop))


def write(folder: Path, shop: Path, tables: Frames, toml: Callable[[str], str]) -> Path:
    """Write the tables, and the settings, without a run."""
    folder.mkdir()
    for name, frame in tables.items():
        path = folder / FILES[name]
        if frame is as_it_was(shop)[name]:
            os.link(shop / FILES[name], path)
        elif path.suffix == ".csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
    (folder / "campaign.toml").write_text(toml((shop / "campaign.toml").read_text()))
    return folder


def guarded(folder: Path, last: LastNight | Unreadable | None, *accept: str) -> Guarded:
    campaign = load(folder)
    return guard(campaign, read(campaign), last, accept)


def moved(days: int) -> Callable[[str], str]:
    date = (pd.Timestamp("2026-12-05") + pd.Timedelta(days=days)).date()
    return lambda toml: toml.replace("ship_date = 2026-12-05", f"ship_date = {date}")


def one_heap(stock: pd.DataFrame) -> pd.DataFrame:
    """The same units, in no warehouse."""
    units = stock.assign(on_hand=pd.to_numeric(stock["on_hand"])).groupby("product_id", as_index=False)["on_hand"]
    return pd.DataFrame(units.sum())


def same(toml: str) -> str:
    return toml


class Case(NamedTuple):
    """What happened to the tables, to campaign.toml, or to what the last night saw, and how it is called."""

    alter: Alter = lambda tables: tables
    name: str = ""
    toml: Callable[[str], str] = same
    since: Since = lambda last: last


DAMAGED = {
    "allergens blank in every product": Case(each("products", blank("contains")), "products.contains"),
    "allergens blank in four of ten products": Case(each("products", blank("contains", 0.4)), "products.contains.lost"),
    "allergens sorted by themselves": Case(each("products", alone("contains")), "products.contains.lost"),
    "allergens slipped by a row": Case(each("products", shifted("contains")), "products.contains.lost"),
    "a column is gone": Case(each("customers", without("skin_type")), "customers.skin_type.filled"),
    "hair types blank in every customer": Case(each("customers", blank("hair_type")), "customers.hair_type"),
    "hair types slipped by a row": Case(each("customers", shifted("hair_type")), "customers.hair_type.lost"),
    "allergies blank in a third": Case(each("customers", blank("allergies", 0.33)), "customers.allergies.lost"),
    "allergies sorted by themselves": Case(each("customers", alone("allergies")), "customers.allergies.lost"),
    "allergies slipped by a row": Case(each("customers", shifted("allergies")), "customers.allergies.lost"),
    "two allergies are gone": Case(each("customers", losing("allergies", 2)), "customers.allergies.lost"),
    "one allergy is gone where none may be": Case(
        each("customers", losing("allergies", 1)), "customers.allergies.lost",
        toml=lambda toml: toml + "\n[limits.customers.columns]\nallergies = { lost = 0.0 }\n",
    ),
    "every allergy is none": Case(each("customers", all_of("allergies", "none")), "customers.allergies.lost"),
    "slots are gone": Case(each("customers", without("slots")), "customers.slots.changed"),
    "families are gone": Case(
        each("products", without("family")), "products.family.changed",
        since=since("products", lambda f: f.assign(family=[f"F{at // 4}" for at in range(len(f))])),
    ),
    "what is boxable is gone": Case(
        each("products", without("boxable")), "products.boxable.changed",
        since=since("products", lambda f: f.assign(boxable=[at % 6 > 0 for at in range(len(f))])),
    ),
    "customers have other ids": Case(
        rekeyed("customer_id", "customers", "events", "shipments", "edits"), "customers.ids",
    ),
    "events emptied": Case(each("events", first(0.0)), "events.rows"),
    "events halved": Case(each("events", first(0.5)), "events.rows"),
    "events delivered four times": Case(each("events", times(4)), "events.rows"),
    "events delivered twice": Case(each("events", times(2)), "events.repeated"),
    "a tenth of the events delivered twice": Case(each("events", times(2, 0.1)), "events.repeated"),
    "events 60 days old": Case(each("events", older("occurred_at", 60)), "events.age"),
    "events a week old": Case(each("events", older("occurred_at", 7)), "events.newest"),
    "no purchases among the events": Case(
        each("events", lambda frame: frame[frame["kind"] != "purchase"]), "events.kind.purchase",
    ),
    "shipments emptied": Case(each("shipments", first(0.0)), "shipments.rows"),
    "shipments gone": Case(each("shipments", lambda _: None), "shipments.rows"),
    "shipments halved": Case(each("shipments", first(0.5)), "shipments.rows"),
    "shipments of other customers, as many": Case(each("shipments", shifted("customer_id", 500)), "shipments.kept"),
    "the last month's shipments are missing": Case(
        each("shipments", lambda f: f[pd.to_datetime(f["shipped_on"]) < pd.Timestamp("2026-10-20")]), "shipments",
    ),
    "edits gone": Case(each("edits", lambda _: None), "edits.rows"),
    "edits emptied": Case(each("edits", first(0.0)), "edits.rows"),
    "stock times ten": Case(each("inventory", scaled("on_hand", 10)), "inventory.units"),
    "one warehouse times ten": Case(each("inventory", in_warehouse("east", 10)), "inventory.units.east"),
    "stock all but gone": Case(each("inventory", scaled("on_hand", 0.01)), "inventory.units"),
    "one heap of stock all but gone": Case(
        each("inventory", lambda f: scaled("on_hand", 0.001)(one_heap(f))), "inventory.units",
        since=since("inventory", lambda f: one_heap(f).assign(warehouse="")),
    ),
    "half of the customers": Case(each("customers", first(0.5)), "customers.rows"),
    "most products are gone": Case(most_products_gone, "products.rows"),
    "retail values in cents": Case(each("products", scaled("retail_value", 100)), "products.retail_value.times"),
    "weights sorted by themselves": Case(each("products", alone("weight_g")), "products.weight_g.changed"),
    "weights in kilograms": Case(each("products", scaled("weight_g", 0.001)), "products.weight_g.times"),
    "everyone in one warehouse": Case(each("customers", all_of("warehouse", "east")), "customers.warehouse.changed"),
    "categories renamed": Case(
        each("products", lambda frame: frame.assign(category="new " + frame["category"])), "products.category",
    ),
    "a ship date a year early": Case(name="ship_date", toml=moved(-365)),
    "a ship date a year late": Case(name="ship_date", toml=moved(365)),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_tables_are_refused(case: str, shop: Path, last: LastNight, tmp_path: Path) -> None:
    damaged = DAMAGED[case]
    folder = write(tmp_path / "shop", shop, damaged.alter(frames(shop)), damaged.toml)

    with pytest.raises(InputRefused) as refused:
        guarded(folder, damaged.since(last))

    assert any(f"--accept {damaged.name}" in line for line in refused.value.lines), refused.value.lines


ORDINARY = {
    "nothing changed": Case(),
    "the next day": Case(toml=moved(1)),
    "the month turns": Case(a_month_later, toml=moved(31)),
    "a ship date 48 days ahead, events once a week": Case(each("events", older("occurred_at", 2)), toml=moved(48)),
    "two days back, to send what was forgotten": Case(toml=moved(-2)),
    "a sale: two fifths off many prices": Case(each("products", price_cut)),
    "a sale: a quarter more events": Case(each("events", sale)),
    "a young shop: twice the events of its first month": Case(since=half_as_many_events),
    "old events are cleaned away": Case(each("events", without_oldest)),
    "a new kind of event": Case(each("events", some("kind", "view", 9))),
    "a tenth of the customers leave": Case(each("customers", first(0.9))),
    "30 % more subscribers": Case(grown(0.3)),
    "60 % more subscribers": Case(grown(0.6)),
    "boxes get names": Case(each("customers", two_boxes)),
    "boxes have names no more": Case(since=since("customers", two_boxes)),
    "a new brand": Case(new_brand),
    "a brand leaves": Case(brand_leaves),
    "a box of new products, brands and families": Case(since=since("products", other_products)),
    "a product comes back": Case(each("inventory", some("on_hand", "40", 30))),
    "stock runs down by half": Case(each("inventory", scaled("on_hand", 0.5))),
    "stock is filled up threefold": Case(each("inventory", scaled("on_hand", 3))),
    "stock that had run down is filled up": Case(since=since("inventory", scaled("on_hand", 0.1))),
    "a warehouse is closed": Case(one_warehouse),
    "a warehouse is opened": Case(a_third_warehouse),
    "prices rise by a tenth": Case(each("products", scaled("retail_value", 1.1))),
    "one customer in ten moves to another warehouse": Case(each("customers", some("warehouse", "east", 10))),
    "one product in 20 has another name": Case(each("products", some("name", "Renamed", 20))),
    "a few answers change": Case(each("customers", some("hair_type", "curly", 12))),
    "who said nothing says that she has no allergy": Case(
        each("customers", lambda f: f.assign(allergies=f["allergies"].replace("", "none")))
    ),
    "more edits": Case(more_edits),
    "most edits are done with": Case(each("edits", first(0.2))),
    "a column of the shop's own comes": Case(each("customers", lambda f: f.assign(channel="web"))),
    "a bookkeeping column changes in every row": Case(each("products", lambda f: f.assign(kind=f["kind"] + "s"))),
    "plans are changed by a fifth of the customers": Case(each("customers", some("plan", "standard", 5))),
    "ages move on": Case(each("customers", some("age_group", "50-64", 7))),
    "rows come in another order": Case(each("customers", lambda f: f.sample(frac=1, random_state=1))),
    "a month turns with new brand and more subscribers": Case(
        both(a_month_later, new_brand, grown(0.2)), "", moved(30)
    ),
}


@pytest.mark.parametrize("case", ORDINARY)
def test_ordinary_changes_pass(case: str, shop: Path, last: LastNight, tmp_path: Path) -> None:
    ordinary = ORDINARY[case]
    folder = write(tmp_path / "shop", shop, ordinary.alter(frames(shop)), ordinary.toml)

    assert guarded(folder, ordinary.since(last)).lines() == ()


def test_enough_ways_are_tried_and_each_alters_something(shop: Path, last: LastNight) -> None:
    was = as_it_was(shop)
    idle = []
    for name, case in {**DAMAGED, **ORDINARY}.items():
        tables = case.alter(frames(shop))
        alike = tables.keys() == was.keys() and all(frame.equals(was[table]) for table, frame in tables.items())
        if alike and case.toml("ship_date = 2026-12-05") == "ship_date = 2026-12-05" and case.since(last) is last:
            idle.append(name)

    assert min(len(DAMAGED), len(ORDINARY)) >= 25
    assert idle == ["nothing changed"]


def test_what_is_meant_is_accepted_by_its_name(shop: Path, last: LastNight, tmp_path: Path) -> None:
    tables = each("shipments", first(0.0))(each("events", first(0.5))(frames(shop)))
    folder = write(tmp_path / "shop", shop, tables, same)

    with pytest.raises(InputRefused) as refused:
        guarded(folder, last, "events.rows")
    found = guarded(folder, last, "events", "shipments.rows")

    assert [fault.file for fault in refused.value.faults] == ["shipments.parquet"]
    assert {change.name for change in found.accepted} >= {"events.rows", "shipments.rows"}
    assert "last night" in found.accepted[0].told


def test_what_a_rule_excludes_by_is_accepted_by_its_full_name_only(shop: Path, last: LastNight, tmp_path: Path) -> None:
    tables = each("customers", all_of("allergies", "none"))(each("customers", first(0.6))(frames(shop)))
    folder = write(tmp_path / "shop", shop, tables, same)

    with pytest.raises(InputRefused) as refused:
        guarded(folder, last, "customers", "customers.allergies", "customer.rows", "scores")
    found = guarded(folder, last, "customers", "customers.allergies.lost", "edits.rows")

    assert [fault.column for fault in refused.value.faults] == ["allergies", None, None]
    assert [line.split(":")[0] for line in refused.value.lines[1:]] == [
        "--accept customers.allergies", "--accept customer.rows",
    ]  # fmt: skip
    assert [change.name for change in found.accepted] == ["customers.rows", "customers.allergies.lost"]
    assert found.lines(["customers", "customers.allergies.lost", "edits.rows"])[2:] == (
        "--accept edits.rows: nothing of that name had to be accepted",
    )


def test_a_change_that_may_come_is_not_asked_for_where_it_did_not(shop: Path, last: LastNight, tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", shop, each("customers", all_of("allergies", "none"))(frames(shop)), same)
    campaign = load(folder)

    with pytest.raises(InputRefused) as refused:
        guard(campaign, read(campaign), last, (), ["ship_date", "events", "edits"])

    assert [fault.column for fault in refused.value.faults] == ["allergies"]


def test_what_was_accepted_before_the_scores_is_no_unknown_name(shop: Path, last: LastNight, tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", shop, each("events", first(0.5))(frames(shop)), same)
    found = guarded(folder, last, "events", "nothing")
    assert last.scores is not None
    moved = last.scores * 0.3

    with pytest.raises(InputRefused) as refused:
        guard_scores(load(folder), moved, last, ["events", "nothing"], found)

    assert [line.split(":")[0] for line in refused.value.lines[1:]] == ["--accept nothing"]
    accepted = guard_scores(load(folder), moved, last, ["events", "scores"], found).accepted
    assert {change.name for change in accepted} >= {"events.rows", "scores"}


def test_two_columns_that_rules_exclude_by_are_told_each(shop: Path, last: LastNight, tmp_path: Path) -> None:
    def empty_both(frame: pd.DataFrame) -> pd.DataFrame:
        frame["contains.eu"] = frame["contains"].where(frame.index < 12, "")
        return frame.assign(contains="")

    rule = '\n[[eligibility]]\nname = "eu"\nproduct = "contains.eu"\ncustomer = "allergies"\nsense = "exclude"\n'
    folder = write(tmp_path / "shop", shop, each("products", empty_both)(frames(shop)), lambda toml: toml + rule)
    was = since("products", lambda frame: frame.assign(**{"contains.eu": frame["contains"]}))(last)

    for accept in ((), ("products.contains",)):
        with pytest.raises(InputRefused) as refused:
            guarded(folder, was, *accept)
        assert "contains.eu" in {fault.column for fault in refused.value.faults}


def test_a_column_that_nobody_has_may_not_be_limited(shop: Path, tmp_path: Path) -> None:
    meant = "\n[limits]\nproducts.columns.contians = { lost = 0.0 }\ncustomers.columns.plan.changed = 0.5\n"

    with pytest.raises(InputRefused) as refused:
        read(load(write(tmp_path / "shop", shop, frames(shop), lambda toml: toml + meant)))

    [line] = refused.value.lines
    assert "key limits.products.columns.contians" in line
    assert 'did you mean "contains"' in line


@pytest.mark.parametrize("damage", ["profile.json", "inputs/edits.parquet", "manifest.json", "kinds", "gone"])
def test_a_last_night_that_cannot_be_read_is_a_change_that_is_told(damage: str, shop: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(shop / "runs", runs, symlinks=True)
    if damage == "gone":
        shutil.rmtree((runs / "current").resolve())
    elif damage == "kinds":
        (runs / "current" / "profile.json").write_text(
            '{"events": {"rows": 5, "newest": "", "repeated": 0, "kinds": []}, "scores": null}'
        )
    else:
        (runs / "current" / damage).write_text("{")
    folder = write(tmp_path / "shop", shop, frames(shop), same)
    unread = last_night(runs)

    with pytest.raises(InputRefused) as refused:
        guarded(folder, unread)

    [line] = refused.value.lines
    assert line.startswith("runs/current: found the published run synth-60-")
    assert line.endswith("--accept last_night")
    assert [change.name for change in guarded(folder, unread, "last_night").accepted] == ["last_night"]


def test_the_campaign_may_say_that_empty_is_meant(shop: Path, last: LastNight, tmp_path: Path) -> None:
    tables = each("shipments", lambda _: None)(each("edits", first(0.0))(frames(shop)))
    meant = '\n[limits]\nedits = "may be empty"\nshipments = "may be empty"\n'

    found = guarded(write(tmp_path / "shop", shop, tables, lambda toml: toml + meant), last)

    assert found.accepted == ()


def test_limits_of_a_column_are_its_own(shop: Path, last: LastNight, tmp_path: Path) -> None:
    tables = each("customers", blank("allergies", 0.33))(frames(shop))
    wide = "\n[limits]\ncustomers.columns.allergies = { lost = 0.5 }\n"

    assert guarded(write(tmp_path / "wide", shop, tables, lambda toml: toml + wide), last).accepted == ()
    with pytest.raises(InputRefused, match=r"customers\.columns.allergies.lost"):
        guarded(write(tmp_path / "narrow", shop, tables, same), last)


def test_a_first_night_has_events(shop: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", shop, each("events", first(0.0))(frames(shop)), same)

    with pytest.raises(InputRefused, match="no events that count"):
        guarded(folder, None)

    (folder / "campaign.toml").write_text(
        (folder / "campaign.toml").read_text() + '\n[limits]\nevents = "may be empty"\n'
    )
    assert guarded(folder, None).events.rows == 0


def test_a_rule_has_values_on_both_sides_on_a_first_night_too(shop: Path, tmp_path: Path) -> None:
    tables = each("customers", blank("allergies"))(frames(shop))
    folder = write(tmp_path / "shop", shop, tables, lambda toml: toml.replace("may_be_idle = true", ""))

    with pytest.raises(InputRefused, match="the allergens rule compares by it"):
        guarded(folder, None)


def test_runs_of_an_older_version_are_compared_too(shop: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(shop / "runs", runs, symlinks=True)
    (runs / "current" / "profile.json").unlink()

    older = last_night(runs)

    assert isinstance(older, LastNight)
    assert older.scores is not None
    with pytest.raises(InputRefused, match=r"events\.rows"):
        guarded(write(tmp_path / "shop", shop, each("events", first(0.5))(frames(shop)), same), older)
    assert guarded(write(tmp_path / "good", shop, frames(shop), same), older).accepted == ()


@pytest.mark.parametrize("same_ones", ["customers", "products"])
def test_another_name_is_compared_where_customers_or_products_are_the_same(
    same_ones: str, shop: Path, last: LastNight, tmp_path: Path
) -> None:
    halved = write(tmp_path / "shop", shop, each("events", first(0.5))(frames(shop)), same)
    other = {"customers": "product_id", "products": "customer_id"}[same_ones]
    table = "products" if same_ones == "customers" else "customers"
    renamed = replace(since(table, lambda f: f.assign(**{other: "X" + f[other]}))(last), campaign="last month")

    with pytest.raises(InputRefused, match=r"events\.rows"):
        guarded(halved, renamed)


def test_another_shop_is_not_compared_and_that_is_told(shop: Path, last: LastNight, tmp_path: Path) -> None:
    halved = write(tmp_path / "shop", shop, each("events", first(0.5))(frames(shop)), same)
    others = since("customers", lambda f: f.assign(customer_id="X" + f["customer_id"]))(
        since("products", lambda f: f.assign(product_id="X" + f["product_id"]))(last)
    )
    other = replace(others, campaign="soap")
    emptied = write(tmp_path / "emptied", shop, each("events", first(0.0))(frames(shop)), same)

    [told] = guarded(halved, other).lines()

    assert told == f"not compared with {last.run_id}: another campaign (soap), of other customers and products"
    with pytest.raises(InputRefused, match="no events that count"):
        guarded(emptied, other)
    with pytest.raises(InputRefused, match=r"customers\.ids"):
        guarded(halved, others)


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    assert last_night(tmp_path / "runs") is None
