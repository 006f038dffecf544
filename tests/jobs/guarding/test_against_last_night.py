"""Tables against last night's: what is damaged is refused by name, with both nights' figures; what is ordinary passes.

One night of a made-up shop is published; each case alters the tables as a faulty export, or a month, would.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs.config.load import load
from jobs.datasets.synth import write_synth
from jobs.faults import InputRefused
from jobs.guarding.guard import Guarded, guard
from jobs.guarding.last_night import LastNight, last_night
from jobs.inputs.tables import read
from jobs.nightly import nightly
from jobs.progress import Stages

Frames = dict[str, pd.DataFrame]
Alter = Callable[[Frames], Frames]
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
    assert found is not None
    return found


def frames(shop: Path) -> Frames:
    """The tables as they lie there; every cell of a CSV is text."""
    read_csv = {"dtype": str, "keep_default_na": False}
    return {
        name: pd.read_parquet(shop / file) if file.endswith("parquet") else pd.read_csv(shop / file, **read_csv)  # type: ignore[call-overload]
        for name, file in FILES.items()
    }


def write(folder: Path, shop: Path, tables: Frames, toml: Callable[[str], str]) -> Path:
    """Write the tables, and the settings, without a run."""
    folder.mkdir()
    for name, frame in tables.items():
        path = folder / FILES[name]
        if path.suffix == ".csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
    (folder / "campaign.toml").write_text(toml((shop / "campaign.toml").read_text()))
    return folder


def guarded(folder: Path, last: LastNight | None, *accept: str) -> Guarded:
    campaign = load(folder)
    return guard(campaign, read(campaign), last, accept)


def each(table: str, change: Callable[[pd.DataFrame], pd.DataFrame | None]) -> Alter:
    """An alteration of one table; None leaves it out."""

    def alter(tables: Frames) -> Frames:
        changed = change(tables[table].copy())
        rest = {name: frame for name, frame in tables.items() if name != table}
        return rest if changed is None else {**rest, table: changed}

    return alter


def first(share: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.iloc[: int(len(frame) * share)]


def times(n: int, rows: float = 1.0) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Rows delivered so many times; `rows`: this share of them."""
    return lambda frame: pd.concat([frame, *[frame.iloc[: int(len(frame) * rows)]] * (n - 1)], ignore_index=True)


def older(column: str, days: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{column: pd.to_datetime(frame[column]) - pd.Timedelta(days=days)})


def blank(column: str, rows: float = 1.0) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def empty(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame.index[: int(len(frame) * rows)], column] = ""
        return frame

    return empty


def alone(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A column sorted by itself, as a spreadsheet does when only one column is marked."""
    return lambda frame: frame.assign(**{column: np.sort(frame[column].to_numpy())})


def scaled(column: str, by: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def scale(frame: pd.DataFrame) -> pd.DataFrame:
        numbers = pd.to_numeric(frame[column]) * by
        return frame.assign(**{column: numbers.round().astype(int) if column == "on_hand" else numbers})

    return scale


def without(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.drop(columns=column)


def in_warehouse(name: str, by: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def scale(frame: pd.DataFrame) -> pd.DataFrame:
        hit = frame["warehouse"] == name
        frame.loc[hit, "on_hand"] = (pd.to_numeric(frame.loc[hit, "on_hand"]) * by).astype(int).astype(str)
        return frame

    return scale


def moved(days: int) -> Callable[[str], str]:
    date = (pd.Timestamp("2026-12-05") + pd.Timedelta(days=days)).date()
    return lambda toml: toml.replace("ship_date = 2026-12-05", f"ship_date = {date}")


def same(toml: str) -> str:
    return toml


DAMAGED: dict[str, tuple[Alter, Callable[[str], str], str]] = {
    "allergens blank in every product": (each("products", blank("contains")), same, "products.contains"),
    "allergens blank in a tenth": (each("products", blank("contains", 0.4)), same, "products.contains.lost"),
    "allergens sorted by themselves": (each("products", alone("contains")), same, "products.contains"),
    "the allergen column is gone": (each("products", without("for_hair")), same, ""),
    "hair types blank in every customer": (each("customers", blank("hair_type")), same, "customers.hair_type"),
    "allergies blank in a third": (each("customers", blank("allergies", 0.33)), same, "customers.allergies.lost"),
    "allergies sorted by themselves": (each("customers", alone("allergies")), same, "customers.allergies"),
    "events emptied": (each("events", first(0.0)), same, "events.rows"),
    "events halved": (each("events", first(0.5)), same, "events.rows"),
    "events delivered twice": (each("events", times(2)), same, "events.rows"),
    "a tenth of the events delivered twice": (each("events", times(2, 0.1)), same, "events.repeated"),
    "events 60 days old": (each("events", older("occurred_at", 60)), same, "events.age"),
    "events a week old": (each("events", older("occurred_at", 7)), same, "events.newest"),
    "no purchases among the events": (
        each("events", lambda frame: frame[frame["kind"] != "purchase"]), same, "events.kind.purchase",
    ),
    "shipments emptied": (each("shipments", first(0.0)), same, "shipments.rows"),
    "shipments gone": (each("shipments", lambda _: None), same, "shipments.rows"),
    "shipments halved": (each("shipments", first(0.5)), same, "shipments.rows"),
    "the last month's shipments are missing": (
        each("shipments", lambda f: f[pd.to_datetime(f["shipped_on"]) < pd.Timestamp("2026-10-20")]), same, "shipments",
    ),
    "edits gone": (each("edits", lambda _: None), same, "edits.rows"),
    "edits emptied": (each("edits", first(0.0)), same, "edits.rows"),
    "stock times ten": (each("inventory", scaled("on_hand", 10)), same, "inventory.units"),
    "one warehouse times ten": (each("inventory", in_warehouse("east", 10)), same, "inventory.units.east"),
    "stock all but gone": (each("inventory", scaled("on_hand", 0.01)), same, "inventory.units"),
    "half of the customers": (each("customers", first(0.5)), same, "customers.rows"),
    "two thirds of the products are gone": (each("products", first(0.33)), same, ""),
    "retail values in cents": (each("products", scaled("retail_value", 100)), same, "products.retail_value.times"),
    "weights in kilograms": (each("products", scaled("weight_g", 0.001)), same, "products.weight_g.times"),
    "everyone in one warehouse": (
        each("customers", lambda frame: frame.assign(warehouse="east")), same, "customers.warehouse.changed",
    ),
    "categories renamed": (
        each("products", lambda frame: frame.assign(category="new " + frame["category"])), same, "products.category",
    ),
    "a ship date a year early": (lambda tables: tables, moved(-365), "ship_date"),
    "a ship date a year late": (lambda tables: tables, moved(365), "ship_date"),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_tables_are_refused(case: str, shop: Path, last: LastNight, tmp_path: Path) -> None:
    alter, toml, name = DAMAGED[case]
    folder = write(tmp_path / "shop", shop, alter(frames(shop)), toml)

    with pytest.raises(InputRefused) as refused:
        guarded(folder, last)

    assert any(f"--accept {name}" in line for line in refused.value.lines) or not name
    assert all("Traceback" not in line for line in refused.value.lines)


def grown(share: float) -> Alter:
    """So many more subscribers, none of whom has done anything yet."""

    def alter(tables: Frames) -> Frames:
        frame = tables["customers"]
        more = frame.iloc[: int(len(frame) * share)].copy()
        more["customer_id"] = "N" + more["customer_id"]
        return {**tables, "customers": pd.concat([frame, more], ignore_index=True)}

    return alter


def a_month_later(tables: Frames) -> Frames:
    """New events, another month of shipments, new stock."""
    events, shipments = tables["events"], tables["shipments"]
    new = events.iloc[::8].assign(occurred_at=events["occurred_at"].iloc[::8] + pd.Timedelta(days=20))
    sent = shipments.iloc[::4].assign(shipped_on=pd.Timestamp("2026-12-04"))
    sent["shipped_on"] = sent["shipped_on"].astype(shipments["shipped_on"].dtype)
    return {
        **tables,
        "events": pd.concat([events, new], ignore_index=True),
        "shipments": pd.concat([shipments, sent], ignore_index=True),
        "inventory": scaled("on_hand", 1.7)(tables["inventory"].copy()),
    }


def new_brand(tables: Frames) -> Frames:
    frame = tables["products"]
    more = frame.iloc[:6].assign(brand="A new brand", product_id=[f"N{n}" for n in range(6)], family="", name="New one")
    stock = tables["inventory"]
    units = stock[stock["product_id"].isin(frame["product_id"].iloc[:6])].copy()
    units["product_id"] = units["product_id"].map(
        dict(zip(frame["product_id"].iloc[:6], more["product_id"], strict=True))
    )
    return {**tables, "products": pd.concat([frame, more]), "inventory": pd.concat([stock, units])}


def some(column: str, value: str, every: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def put(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame.index[::every], column] = value
        return frame

    return put


def brand_leaves(tables: Frames) -> Frames:
    gone = set(tables["products"].loc[tables["products"]["brand"] == tables["products"]["brand"].iloc[0], "product_id"])
    kept = ("products", "inventory", "edits")
    return {name: frame[~frame["product_id"].isin(gone)] if name in kept else frame for name, frame in tables.items()}


def sale(events: pd.DataFrame) -> pd.DataFrame:
    more = events.iloc[::4]
    return pd.concat([events, more.assign(occurred_at=more["occurred_at"] + pd.Timedelta(seconds=7))])


def without_oldest(events: pd.DataFrame) -> pd.DataFrame:
    return events[events["occurred_at"] > events["occurred_at"].quantile(0.15)]


def both(*alters: Alter) -> Alter:
    def alter(tables: Frames) -> Frames:
        for one in alters:
            tables = one(tables)
        return tables

    return alter


ORDINARY: dict[str, tuple[Alter, Callable[[str], str]]] = {
    "nothing changed": (lambda tables: tables, same),
    "the next day": (lambda tables: tables, moved(1)),
    "the month turns": (a_month_later, moved(31)),
    "two days back, to send what was forgotten": (lambda tables: tables, moved(-2)),
    "a sale: a quarter more events": (each("events", sale), same),
    "old events are cleaned away": (each("events", without_oldest), same),
    "a new kind of event": (each("events", some("kind", "view", 9)), same),
    "a tenth of the customers leave": (each("customers", first(0.9)), same),
    "30 % more subscribers": (grown(0.3), same),
    "60 % more subscribers": (grown(0.6), same),
    "a new brand": (new_brand, same),
    "a brand leaves": (brand_leaves, same),
    "a product comes back": (each("inventory", some("on_hand", "40", 30)), same),
    "stock runs down by half": (each("inventory", scaled("on_hand", 0.5)), same),
    "stock is filled up threefold": (each("inventory", scaled("on_hand", 3)), same),
    "prices rise by a tenth": (each("products", scaled("retail_value", 1.1)), same),
    "one customer in twenty moves to another warehouse": (each("customers", some("warehouse", "east", 10)), same),
    "one product in 30 is free of allergens now": (each("products", some("name", "Renamed", 20)), same),
    "a few answers change": (each("customers", some("hair_type", "curly", 12)), same),
    "more edits": (each("edits", times(1)), same),
    "most edits are done with": (each("edits", first(0.2)), same),
    "a column of the shop's own comes": (each("customers", lambda f: f.assign(channel="web")), same),
    "a bookkeeping column changes in every row": (each("products", lambda f: f.assign(kind=f["kind"] + "s")), same),
    "plans are changed by a fifth of the customers": (each("customers", some("plan", "standard", 5)), same),
    "ages move on": (each("customers", some("age_group", "50-64", 7)), same),
    "rows come in another order": (each("customers", lambda f: f.sample(frac=1, random_state=1)), same),
    "a month turns with new brand and more subscribers": (both(a_month_later, new_brand, grown(0.2)), moved(30)),
}  # fmt: skip


@pytest.mark.parametrize("case", ORDINARY)
def test_ordinary_changes_pass(case: str, shop: Path, last: LastNight, tmp_path: Path) -> None:
    alter, toml = ORDINARY[case]

    found = guarded(write(tmp_path / "shop", shop, alter(frames(shop)), toml), last)

    assert found.accepted == ()


def test_what_is_meant_is_accepted_by_its_name(shop: Path, last: LastNight, tmp_path: Path) -> None:
    tables = each("shipments", first(0.0))(each("events", first(0.5))(frames(shop)))
    folder = write(tmp_path / "shop", shop, tables, same)

    with pytest.raises(InputRefused) as refused:
        guarded(folder, last, "events.rows")
    found = guarded(folder, last, "events", "shipments.rows")

    assert [fault.file for fault in refused.value.faults] == ["shipments.parquet"]
    assert {change.name for change in found.accepted} >= {"events.rows", "shipments.rows"}
    assert "last night" in found.accepted[0].told


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
    shutil.copytree(shop / "runs" / "current", runs / "current")
    (runs / "current" / "profile.json").unlink()

    older = last_night(runs)

    assert older is not None
    assert older.scores is not None
    with pytest.raises(InputRefused, match=r"events\.rows"):
        guarded(write(tmp_path / "shop", shop, each("events", first(0.5))(frames(shop)), same), older)
    assert guarded(write(tmp_path / "good", shop, frames(shop), same), older).accepted == ()


def test_a_campaign_of_another_name_is_compared_where_it_has_the_same_customers(
    shop: Path, last: LastNight, tmp_path: Path
) -> None:
    renamed = lambda toml: toml.replace('name = "synth-60"', 'name = "next month"')  # noqa: E731
    halved = each("events", first(0.5))(frames(shop))
    others = each("customers", lambda f: f.assign(customer_id="X" + f["customer_id"]))(halved)
    others = each("edits", lambda f: f.assign(customer_id=""))(others)

    with pytest.raises(InputRefused, match=r"events\.rows"):
        guarded(write(tmp_path / "same", shop, halved, renamed), last)
    with pytest.raises(InputRefused):
        read(load(write(tmp_path / "other", shop, {**others, "shipments": others["shipments"].iloc[:0]}, renamed)))
    assert last_night(shop / "nowhere") is None
