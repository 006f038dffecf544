"""The run's copy of its inputs is held against the campaign's own files, by another reader."""

from datetime import date

import pandas as pd
import pytest

from jobs.checking.audit_raw import audit_raw
from jobs.config.load import load
from jobs.inputs.tables import read
from jobs.outputs.inputs import write_inputs
from tests.jobs.small_campaign import write_small_campaign

SHIP = date(2026, 12, 5)


@pytest.fixture
def copied(tmp_path):
    folder = write_small_campaign(
        tmp_path / "shop",
        append={"shipments.csv": "C03,P05,2027-01-01\n", "products.csv": 'P16,"\'=1+1",skin,Acme,,,,,false,true,,\n'},
    )
    tables = read(load(folder))
    run = tmp_path / "run"
    run.mkdir()
    write_inputs(run, vars(tables), (folder / "campaign.toml").read_bytes())
    return folder, run, tables


def test_an_honest_copy_has_no_fault(copied):
    _, run, tables = copied
    assert audit_raw(run, tables.sources, SHIP) == []


def test_parquet_is_read_again_too(copied, tmp_path):
    folder, _, _ = copied
    for name in ("customers", "inventory", "shipments"):
        frame = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        if name == "inventory":
            frame["on_hand"] = frame["on_hand"].astype("int64")
        if name == "shipments":
            frame["shipped_on"] = pd.to_datetime(frame["shipped_on"])
        frame.to_parquet(folder / f"{name}.parquet")
        (folder / f"{name}.csv").unlink()
    tables = read(load(folder))
    run = tmp_path / "again"
    run.mkdir()
    write_inputs(run, vars(tables), b"")
    assert audit_raw(run, tables.sources, SHIP) == []


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        ("inventory", "on_hand", 99, 'inventory.csv, column on_hand, P01 north: found "'),
        ("customers", "allergies", "soy", "customers.csv, column allergies, "),
        ("products", "boxable", False, "products.csv, column boxable, P01"),
        ("shipments", "product_id", "P09", "shipments.csv, column product_id, C01 P09"),
        ("edits", "action", "ban", "edits.csv, column action, "),
    ],
)
def test_a_copy_that_says_something_else_is_told(copied, table, column, value, words):
    _, run, tables = copied
    path = run / "inputs" / f"{table}.parquet"
    frame = pd.read_parquet(path)
    row = 1 if table == "customers" else 0
    frame.loc[row, column] = value
    frame.to_parquet(path)
    faults = audit_raw(run, tables.sources, SHIP)
    assert len(faults) == 1
    assert faults[0].startswith(words)


def test_a_row_that_was_lost_is_told(copied):
    _, run, tables = copied
    path = run / "inputs" / "shipments.parquet"
    pd.read_parquet(path).iloc[1:].to_parquet(path)
    assert audit_raw(run, tables.sources, SHIP) == ["shipments.csv: holds 4 rows for this night, the run's copy 3"]
