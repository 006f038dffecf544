"""A separator of the shop's own counts wherever its column is read as several values: from the door on it is "|"."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.checking.audit import audit
from jobs.checking.audit_raw import audit_raw
from jobs.checking.verify import verify
from jobs.config.campaign import Campaign, Eligibility
from jobs.config.load import load
from jobs.evidence.audit_read import reader
from jobs.faults import InputRefused
from jobs.features.attributes import customer_attributes, product_attributes
from jobs.inputs.multi_values import split
from jobs.inputs.separated import separated
from jobs.inputs.table_types import TypedTable
from jobs.inputs.tables import Tables, look, read
from jobs.nightly import nightly
from jobs.outputs.inputs import write_inputs
from jobs.progress import Stages
from jobs.reading.collect import Raw
from tests.jobs.small_campaign import CUSTOMERS, PRODUCTS, TOML, write_small_campaign

HAIR = 'customer = "hair_type"\n'
ALLERGENS = 'customer = "allergies"\n'


def written(folder: Path, hair: str = 'separator = ","\n', allergens: str = 'separator = ";"\n') -> Path:
    """The small campaign with lists of hair types by "," and of allergens by ";"."""
    toml = TOML.replace(HAIR, HAIR + hair).replace(ALLERGENS, ALLERGENS + allergens)
    toml = toml.replace('segments = ["plan"]', 'segments = ["hair_type"]\nat_most = { for_hair = 2 }')
    toml += (
        '[[group]]\nby = "for_hair"\nat_most = 2\n'
        '[[quota]]\nname = "curls"\nwhere = { for_hair = "curly" }\ncustomers = { hair_type = "dry" }\nat_most = 1\n'
    )
    customers, products = (text.replace("nuts|soy", "nuts; soy") for text in (CUSTOMERS, PRODUCTS))
    products = products.replace("straight|curly", '"straight , curly"')
    customers = customers.replace("curly|", '"curly, ')
    customers = customers.replace('"curly, dry', '"curly, dry"').replace('"curly, straight', '"curly, straight"')
    files = {"campaign.toml": toml, "customers.csv": customers, "products.csv": products}
    return write_small_campaign(folder, files=files)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def published(folder: Path) -> Path:
    return nightly(folder, stages=Stages()).published.folder


def tables(folder: Path) -> Tables:
    return read(load(folder))


def test_cells_are_lists_from_the_door_on(folder: Path) -> None:
    found = tables(folder)

    customers, products = found.customers.set_index("customer_id"), found.products.set_index("product_id")
    assert customers["hair_type"]["C03"] == "curly| dry"
    assert customers["allergies"]["C05"] == "nuts| soy"
    assert products["for_hair"]["P08"] == "straight | curly"
    assert products["contains"]["P05"] == "nuts| soy"
    assert products["name"]["P10"] == "Lip balm, rose"


def test_features_know_the_single_values(folder: Path) -> None:
    found = tables(folder)

    customers = customer_attributes(found.customers, found.customers.index.to_numpy(), len(found.customers))
    products = product_attributes(found.products, found.products.index.to_numpy(), len(found.products))
    told = {
        value
        for made in (customers, products)
        for column, value in zip(made.column, made.value, strict=True)
        if column in ("hair_type", "for_hair", "allergies", "contains")
    }
    assert told == {"", "curly", "dry", "straight", "nuts", "soy", "none"}


def test_a_night_obeys_every_rule_by_the_single_values(published: Path) -> None:
    sent = pd.read_csv(published / "assignments.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    box = sent.groupby("customer_id")["product_id"].agg(set)
    assert not {"P02", "P05", "P09"} & box["C05"]  # nuts; soy
    assert not {"P05"} & box["C09"]  # soy alone
    for products in box:
        assert len({"P06", "P07", "P08"} & products) <= 2  # at most two for "curly"
    dry = {"C03", "C04", "C09"}
    assert sum(len({"P06", "P07", "P08"} & products) for who, products in box.items() if who in dry) <= 1
    with closing(sqlite3.connect(published / "website.sqlite")) as base:
        keys = {key for (key,) in base.execute("SELECT segment FROM bestsellers")}
    assert keys == {"", "hair_type=curly", "hair_type=dry", "hair_type=straight"}
    rules = json.loads((published / "rules.json").read_text())["eligibility"]
    assert [(rule["customers"], rule["products"], rule["pairs"]) for rule in rules] == [(10, 4, 25), (3, 3, 7)]
    assert "What the rules forbid to whom" in (published / "report.html").read_text()
    assert verify(published).faults == ()


@pytest.mark.parametrize(
    ("table", "column", "who", "cell"),
    [("customers", "allergies", "C05", "soy"), ("products", "contains", "P05", "nuts")],
)
def test_a_copy_that_lost_a_value_of_a_list_is_found(
    folder: Path, tmp_path: Path, table: str, column: str, who: str, cell: str
) -> None:
    found = tables(folder)
    toml, ship_date = (folder / "campaign.toml").read_bytes(), load(folder).ship_date
    honest, lost = tmp_path / "honest", tmp_path / "lost"
    honest.mkdir()
    write_inputs(honest, vars(found), toml)
    assert audit_raw(honest, found.sources, ship_date) == []

    frame = getattr(found, table)
    frame.loc[frame.iloc[:, 0] == who, column] = cell
    lost.mkdir()
    write_inputs(lost, vars(found), toml)

    (fault,) = audit_raw(lost, found.sources, ship_date)
    assert fault.startswith(f"{table}.csv, column {column}, {who}")
    assert fault.endswith(f': found "nuts|soy", the run\'s copy "{cell}"')


def test_a_night_that_forgot_a_separator_is_found(folder: Path, published: Path, tmp_path: Path) -> None:
    """The copy of a night with "; " left in a cell: the second opinion still knows what it holds."""
    products = pd.read_parquet(published / "inputs" / "products.parquet")
    products["contains"] = products["contains"].str.replace("|", ";")
    sent = pd.read_csv(published / "assignments.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    sold = sent.loc[sent["customer_id"] == "C09", "product_id"].iloc[0]
    products.loc[products["product_id"] == sold, "contains"] = "kiwi; soy"
    run = tmp_path / published.name
    run.mkdir()
    for path in published.rglob("*"):
        target = run / path.relative_to(published)
        target.mkdir(exist_ok=True) if path.is_dir() else target.write_bytes(path.read_bytes())
    products.to_parquet(run / "inputs" / "products.parquet")

    assert any(
        f'product {sold}: the allergens rule does not allow it (contains "kiwi; soy"' in line for line in audit(run)
    )


def faults(folder: Path, hair: str, allergens: str = 'separator = ";"\n') -> list[str]:
    with pytest.raises(InputRefused) as refused:
        read(load(written(folder, hair, allergens)))
    return list(refused.value.lines)


@pytest.mark.parametrize(
    ("given", "key", "found", "expected"),
    [
        ("separator = 3\n", "separator", "3", 'a text such as ",", or { product = ",", customer = ";" }'),
        ('separator = ""\n', "separator.product", '""', "a text of at least 1 character"),
        ('separator = " and "\n', "separator.product", '" and "', "a text without letters and digits"),
        ('separator = { products = "," }\n', "separator.products", "an unknown key", "one of product or customer"),
        ("may_be_idle = 1\n", "may_be_idle", "1", "true, false or a list of values in quotes"),
        ("may_be_idle = [1]\n", "may_be_idle", "a list of 1", "true, false or a list of values in quotes"),
    ],
)
def test_a_separator_that_is_none_is_refused(tmp_path: Path, given: str, key: str, found: str, expected: str) -> None:
    lines = faults(tmp_path, given)

    assert any(f"eligibility[1].{key}: found {found}, expected {expected}" in line for line in lines), lines


def test_two_rules_do_not_separate_one_column_in_two_ways(tmp_path: Path) -> None:
    again = (
        '[[eligibility]]\nname = "again"\nproduct = "contains"\ncustomer = "hair_type"\nseparator = { product = "," }\n'
    )
    folder = written(tmp_path)
    toml = (folder / "campaign.toml").read_text() + again
    (folder / "campaign.toml").write_text(toml)

    row = toml.splitlines().index('separator = { product = "," }') + 1
    assert str(look(folder).faults[0]) == (
        f'campaign.toml, row {row}, key eligibility[3].separator: found ",", expected ";", which '
        "eligibility[2].separator gives contains of products"
    )
    (folder / "campaign.toml").write_text(toml.replace('{ product = "," }', '{ product = " ; " }'))
    assert not any("separator" in str(fault) for fault in look(folder).faults)


@pytest.mark.parametrize(
    ("product", "customer", "told"),
    [
        ("name", "hair_type", "none for name of products.csv, which holds no lists; { customer = ... } names one"),
        ("weight_g", "hair_type", "none for weight_g of products.csv"),
        ("boxable", "hair_type", "none for boxable of products.csv"),
        ("for_hair", "warehouse", "none for warehouse of customers.csv, which holds no lists; { product = ... }"),
    ],
)
def test_what_holds_no_lists_has_no_separator(tmp_path: Path, product: str, customer: str, told: str) -> None:
    extra = f'[[eligibility]]\nname = "more"\nproduct = "{product}"\ncustomer = "{customer}"\nseparator = ","\n'
    folder = written(tmp_path)
    (folder / "campaign.toml").write_text((folder / "campaign.toml").read_text() + extra)

    assert any(f'eligibility[3].separator: found ",", expected {told}' in str(one) for one in look(folder).faults)


@given(
    st.lists(st.text("ab ,;|\u00a0", max_size=8), min_size=1, max_size=6), st.sampled_from([",", ";", " ; ", " ", "|"])
)
def test_values_of_any_cell_are_those_between_bars_and_separators(cells: list[str], given_separator: str) -> None:
    rule = {"product": "contains", "customer": "allergies", "separator": given_separator}
    sign = given_separator.strip(" ") or " "
    expected = [{part.strip() for piece in cell.split(sign) for part in piece.split("|")} - {""} for cell in cells]

    campaign = SimpleNamespace(eligibility=[Eligibility.model_validate(rule)])
    table = pa.table({"contains": pa.array(cells, pa.large_string()).dictionary_encode()})
    raw = Raw("products", "products.csv", None, "", table, ("contains",), 1)
    typed = TypedTable(raw, table, frozenset(), {}, frozenset({"contains"}))
    told = Campaign.separators(campaign, "products")  # type: ignore[arg-type]
    codes, texts = separated(typed, told).texts("contains")

    assert [set(split(texts[code])) for code in codes] == expected
    read_again = reader({"eligibility": [rule]}, "products", "contains")
    assert [read_again(cell) for cell in cells] == expected  # the second opinion, of the shop's own cells
    assert [read_again(texts[code]) for code in codes] == expected  # and of the run's copy


def test_a_bar_goes_on_separating_and_a_bar_as_separator_changes_nothing(tmp_path: Path) -> None:
    bars = tables(write_small_campaign(tmp_path / "bars"))
    toml = TOML.replace(ALLERGENS, ALLERGENS + 'separator = "|"\n').replace(HAIR, HAIR + 'separator = ","\n')
    same = tables(write_small_campaign(tmp_path / "same", files={"campaign.toml": toml}))

    pd.testing.assert_frame_equal(bars.customers, same.customers)
    pd.testing.assert_frame_equal(bars.products, same.products)


def test_a_value_of_a_quota_is_one_value_and_no_whole_cell(tmp_path: Path) -> None:
    """A cell "nuts|soy" holds two values; a rule that names the cell would never meet it."""
    quota = '[[quota]]\nname = "both"\nwhere = { contains = "nuts|soy" }\nat_most = 0\n'
    folder = write_small_campaign(tmp_path, append={"campaign.toml": quota})

    (fault,) = look(folder).faults
    assert 'found "nuts|soy", expected a contains that occurs in products.csv: nuts or soy' in str(fault)
