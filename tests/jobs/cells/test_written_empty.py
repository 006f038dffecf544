"""Cells in which a program wrote that they are empty: where they are emptied, where not, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from jobs.cells.typed import convert
from jobs.cells.written_empty import WRITTEN_EMPTY
from jobs.checking.audit_raw import audit_raw
from jobs.config.load import load
from jobs.faults import InputRefused
from jobs.inputs.tables import Tables, read
from jobs.outputs.inputs import write_inputs
from jobs.posing.allowed import allowed_pairs
from jobs.posing.shop import open_shop
from jobs.reading.schemas import Column
from tests.jobs.small_campaign import CUSTOMERS, PRODUCTS, write_small_campaign


def texts(cells: list[str | None], kind: Any = "text", **more: Any) -> tuple[list[Any], int]:
    """The cells as read, and how many were emptied."""
    typed = convert(pa.chunked_array([pa.array(cells, pa.string())]), Column("x", kind, **more))
    assert not typed.problems
    return typed.values.to_pylist(), 0 if typed.emptied is None else len(typed.emptied.rows)


@pytest.mark.parametrize("spelled", sorted(WRITTEN_EMPTY))
def test_every_spelling_is_empty(spelled: str) -> None:
    assert texts(["dry", spelled, f" {spelled} ", ""]) == (["dry", "", "", ""], 2)


@pytest.mark.parametrize("answer", ["none", "no", "NA", "nan bread", "nullify", "Nan", "null point", "-", "0", "NONE"])
def test_what_may_be_an_answer_stays(answer: str) -> None:
    assert texts([answer, "dry"]) == ([answer, "dry"], 0)


@pytest.mark.parametrize(
    ("cell", "left"), [("nuts|NULL", "nuts"), (r"\N|soy|nan", "soy"), ("None|None", ""), ("a|None of these", None)]
)
def test_among_several_values_those_go_that_say_nothing(cell: str, left: str | None) -> None:
    assert texts([cell, "x"])[0] == [cell if left is None else left, "x"]


def test_numbers_and_flags_are_empty_too() -> None:
    assert texts(["1.5", "NULL", "NA", "nan"], "number")[1] == 3
    assert texts(["3", r"\N"], "whole", default=7) == ([3, 7], 1)
    assert texts(["yes", "None", "#N/A"], "flag", default=True) == ([True, True, True], 2)
    typed = convert(pa.chunked_array([pa.array([1.0, np.nan])]), Column("x", "number"))
    assert typed.emptied is not None
    assert not typed.problems


def test_ids_and_columns_that_must_be_filled_are_left_alone(tmp_path: Path) -> None:
    assert texts([r"\N", "NULL"], "id") == ([r"\N", "NULL"], 0)
    with pytest.raises(InputRefused, match='found "NULL", expected a whole number'):
        read(load(write_small_campaign(tmp_path, replace={"inventory.csv": ("P02,north,6,", "P02,north,NULL,")})))


def shop(folder: Path, how: str) -> Tables:
    """The small campaign with cells that programs wrote for nothing, read from CSV, Parquet or by a query."""
    replace = {
        "customers.csv": (",straight,nuts", ",\\N,NULL|nuts"),
        "products.csv": ("25.0,25.0,,false,true,,", "25.0,25.0,nan,false,None,#N/A,NULL|nuts"),
    }
    assert replace["customers.csv"][0] in CUSTOMERS
    assert replace["products.csv"][0] in PRODUCTS
    write_small_campaign(folder, replace=replace)
    if how != "csv":
        for name in ("customers", "products"):
            path = folder / f"{name}.csv"
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            frame.to_parquet(folder / f"{name}.parquet" if how == "parquet" else folder / f"{name}_export.parquet")
            path.unlink()
    if how == "sql":
        with (folder / "campaign.toml").open("a") as toml:
            for name in ("customers", "products"):
                toml.write(f"\n[inputs.{name}]\nsql = \"FROM '{name}_export.parquet'\"\n")
    return read(load(folder))


@pytest.mark.parametrize("how", ["csv", "parquet", "sql"])
def test_every_way_in_gives_the_same_and_the_second_opinion_agrees(tmp_path: Path, how: str) -> None:
    given, expected = shop(tmp_path / how, how), shop(tmp_path / "as csv", "csv")

    pd.testing.assert_frame_equal(given.customers, expected.customers)
    pd.testing.assert_frame_equal(given.products, expected.products)
    assert not given.customers.isin(WRITTEN_EMPTY).to_numpy().any()
    said = [str(note) for note in given.notes if "written-out" in str(note)]
    assert len(said) == 2
    assert "hair_type 1, allergies 1" in said[0]
    assert '"#N/A", "NULL", "None", "nan"' in said[1]
    run = tmp_path / "run"
    run.mkdir()
    write_inputs(run, vars(given), (tmp_path / how / "campaign.toml").read_bytes())
    assert audit_raw(run, given.sources, load(tmp_path / how).ship_date) == []


@pytest.mark.parametrize("table", ["customers", "products"])
def test_the_second_opinion_finds_what_was_not_emptied(tmp_path: Path, table: str) -> None:
    given = shop(tmp_path / "shop", "sql")
    column = "allergies" if table == "customers" else "contains"
    vars(given)[table].loc[3, column] = "soy|NULL"
    run = tmp_path / "run"
    run.mkdir()
    write_inputs(run, vars(given), (tmp_path / "shop" / "campaign.toml").read_bytes())

    faults = audit_raw(run, given.sources, load(tmp_path / "shop").ship_date)

    assert any(f"{table}, column {column}" in fault and "written for an empty cell" in fault for fault in faults)


@pytest.mark.parametrize(("unknown", "allowed"), [("allow", True), ("deny", False)])
@pytest.mark.parametrize("spelled", ["NULL", r"\N", "nan", "None", "#N/A", ""])
def test_they_do_not_defeat_what_is_said_of_the_unknown(
    tmp_path: Path, spelled: str, unknown: str, *, allowed: bool
) -> None:
    campaign = f"""
[campaign]
name = "x"
ship_date = 2026-12-05
[[eligibility]]
product = "for_hair"
customer = "hair_type"
unknown = "{unknown}"
"""
    files = {
        "campaign.toml": campaign,
        "customers.csv": f"customer_id,hair_type\nC1,{spelled}\n",
        "products.csv": "product_id,name,category,for_hair\nP1,a,b,curly\n",
        "inventory.csv": "product_id,on_hand\nP1,3\n",
        "events.csv": "customer_id,product_id,kind,occurred_at\n",
        "shipments.csv": None,
        "edits.csv": None,
    }
    given = load(write_small_campaign(tmp_path, files=files))
    pairs = allowed_pairs(open_shop(given, read(given)))

    assert bool(pairs.block(0, 1)[0, 0]) == allowed


def test_a_product_without_a_name_or_a_family_of_its_own_is_its_id(tmp_path: Path) -> None:
    products = "product_id,name,category,family\nP1,NULL,b,NULL\nP2,b,b,\\N\n\\N,c,nan,None\n"
    files = {"products.csv": products, "events.csv": "customer_id,product_id,kind,occurred_at\n"}
    plain = '[campaign]\nname = "x"\nship_date = 2026-12-05\n'
    stock = "product_id,on_hand\n\\N,3\n"
    empty = {"customers.csv": "customer_id\nC1\n", "inventory.csv": stock, "shipments.csv": None, "edits.csv": None}
    folder = write_small_campaign(tmp_path / "shop", files={**files, **empty, "campaign.toml": plain})
    given = read(load(folder))

    assert given.products[["product_id", "name", "category", "family"]].to_numpy().tolist() == [
        ["P1", "P1", "b", "P1"],
        ["P2", "b", "b", "P2"],
        ["\\N", "c", "", "\\N"],
    ]
    run = tmp_path / "run"
    run.mkdir()
    write_inputs(run, vars(given), (folder / "campaign.toml").read_bytes())
    assert audit_raw(run, given.sources, load(folder).ship_date) == []
