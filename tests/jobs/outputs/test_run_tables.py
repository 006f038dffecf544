"""The run's tables: exactly the columns and orders of campaign.md, and numbers that read back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from jobs.csv_text import read_csv
from jobs.outputs import assignments, boxes, exceptions_csv, prices, products
from jobs.outputs.certificate import write_certificate
from jobs.outputs.inputs import TABLES, read_inputs, write_inputs
from jobs.outputs.scores_parquet import ScoresFile, write_scores
from jobs.outputs.sent import Sent, sent_items
from jobs.packing.exceptions import COLUMNS
from jobs.posing.scores import InMemory
from optimizer.problem import BoxProblem, BoxRules, Plan, Prices, Quota, Termination

SCORES = InMemory(np.array([[0.1, 0.2, 0.3], [0.5, -1.25, 1e-7], [1, 2, 3], [0.7, 0.8, 0.9]], np.float32))
BOXES = np.array([[2, 0], [2, -1], [-1, -1], [1, 2]], np.int32)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["-1", "007", "7", "b"],
        "warehouse": ["east", "east", "west", "west"],
        "wave": ["", "1", "1", "2"],
        "slots": np.array([2, 2, 2, 2]),
    }
)
ITEMS = pd.DataFrame(
    {
        "product_id": ["P1", "P2", "P3"],
        "name": ["=1+1", 'Soap, "soft"', "Balm"],
        "brand": ["Acme", "", "Acme"],
        "category": ["bath", "bath", "lips"],
        "retail_value": [10.1, np.nan, 5.2],
    }
)


@pytest.fixture
def sent() -> Sent:
    return sent_items(BOXES, SCORES)


def test_sent_items_are_by_customer_and_slot(sent: Sent) -> None:
    assert sent.customer_idx.tolist() == [0, 0, 1, 3, 3]
    assert sent.slot.tolist() == [1, 2, 1, 1, 2]
    assert sent.item_idx.tolist() == [2, 0, 2, 1, 2]
    assert sent.score.tolist() == np.array([0.3, 0.1, 1e-7, 0.8, 0.9], np.float32).tolist()


def test_assignments(tmp_path: Path, sent: Sent) -> None:
    path = tmp_path / "assignments.csv"
    reasons = ["because", "+1", "new", "a, b", ""]
    assignments.write_assignments(path, "glow-1", CUSTOMERS["customer_id"], ITEMS, sent, reasons)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "run_id,customer_id,slot,product_id,product_name,brand,category,score,reason,box_id"
    assert lines[1] == "glow-1,'-1,1,P3,Balm,Acme,lips,0.3,because,"
    assert lines[2] == "glow-1,'-1,2,P1,'=1+1,Acme,bath,0.1,'+1,"
    assert lines[4] == 'glow-1,b,1,P2,"Soap, ""soft""",,bath,0.8,"a, b",'
    back = read_csv(path, assignments.NUMBERS)
    assert np.array_equal(back["score"].to_numpy(), sent.score)
    assert back["reason"].tolist() == reasons


def test_boxes(tmp_path: Path, sent: Sent) -> None:
    path = tmp_path / "boxes.csv"
    locked = np.array([[-1], [-1], [-1], [1]], np.int32)
    dropped = CUSTOMERS.iloc[:1].assign(customer_id="8")
    boxes.write_boxes(path, CUSTOMERS, ITEMS, sent, locked, dropped)
    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        "customer_id,warehouse,wave,items,box_score,retail_value,flags,box_id",
        "'-1,east,,2,0.4,15.3,,",
        "007,east,1,1,0,5.2,short,",
        "7,west,1,0,0,0,no box,",
        "8,east,,0,0,0,dropped,",
        "b,west,2,2,1.7,,locked,",
    ]
    assert {flag for row in read_csv(path)["flags"] for flag in row.split("|") if flag} <= set(boxes.FLAGS)


def test_products(tmp_path: Path) -> None:
    problem = BoxProblem(
        utility=np.zeros((4, 3), np.int32),
        allowed=np.array([[1, 1, 1], [1, 0, 0], [0, 1, 1], [1, 1, 1]], bool),
        stock=np.array([[5, 0, 2], [3, 1, 1]]),
        pool=np.array([0, 0, 1, 1], np.int32),
        slots=np.array([2, 2, 2, 0], np.int32),
    )
    price = Prices(np.array([[0, 0, 250_000_0], [0, 7, 0]]), np.zeros(0, np.int64), np.zeros(0, np.int64), unit=10)
    packed = np.array([[1, 0, 2], [0, 1, 1]])
    promised = np.array([[3, 0, 0], [0, 0, 1]])
    path = tmp_path / "products.csv"
    eligible = products.eligible_customers(problem)
    products.write_products(path, ITEMS, ["east", "west"], problem.stock, packed, promised, price, eligible)
    frame = read_csv(path, products.NUMBERS)
    assert tuple(frame.columns) == products.COLUMNS
    assert frame["product_id"].tolist() == ["P1", "P1", "P2", "P2", "P3", "P3"]
    assert frame["warehouse"].tolist() == ["east", "west"] * 3
    assert frame["left"].tolist() == [4, 3, 0, 0, 0, 0]
    assert frame["short_by"].tolist() == [2, 0, 0, 0, 0, 0]
    assert frame["marginal_value"].tolist() == [0, 0, 0, 1e-6, 0.25, 0]
    assert frame["eligible_customers"].tolist() == [2, 0, 1, 1, 1, 1]


QUOTAS = (
    Quota("Acme launch", np.array([1, 0, 1]), at_least=5),
    Quota("budget", np.array([2, 2, 2]), at_least=1, at_most=9),
    Quota("same name", np.ones(3, np.int64), at_most=2),
    Quota("same name", np.ones(3, np.int64), at_most=3),
)
PRICES = Prices(np.array([[1, 2, 3], [4, 5, 2**60]]), np.array([6, 7, 0, 0]), np.array([0, 8, 9, 10]), unit=1000)


def test_prices_come_back(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    prices.write_prices(path, PRICES, ["", "west"], ["P1", "P2", "P3"], QUOTAS)
    back = prices.read_prices(path, ["", "west"], ["P1", "P2", "P3"], QUOTAS)
    assert np.array_equal(back.stock, PRICES.stock)
    assert (back.at_least.tolist(), back.at_most.tolist(), back.unit) == ([6, 7, 0, 0], [0, 8, 9, 10], 1000)
    assert path.read_text(encoding="utf-8-sig").splitlines()[0] == "kind,warehouse,product_id,quota,price,unit,points"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("stock,west,P2,,5", "stock,west,P9,,5", "row 6, product P9 in west: not a product"),
        ("stock,west,P2,,5", "stock,west,P1,,5", "row 6, product P1 in west: found twice"),
        ("stock,west,P2,,5", "stock,west,P2,,5.5", 'row 6, product P2 in west: found price "5.5"'),
        ("stock,west,P2,,5", "stock,west,P2,,-5", 'found price "-5", expected a whole number >= 0'),
        ("stock,west,P2,,5", "stock,west,P2,,99999999999999999999", "expected a whole number >= 0 that fits"),
        ("stock,west,P2,,5,1000", "stock,west,P2,,5,10", "column unit: found"),
        ("at_most,,,budget", "at_most,,,budgets", "no row for at_most of quota budget"),
    ],
)
def test_prices_that_are_not_whole_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "prices.csv"
    prices.write_prices(path, PRICES, ["", "west"], ["P1", "P2", "P3"], QUOTAS)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        prices.read_prices(path, ["", "west"], ["P1", "P2", "P3"], QUOTAS)


def test_scores_come_back_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.outputs.scores_parquet.GRID", 3)
    draw = np.random.default_rng(1).normal(size=(10, 4)).astype(np.float32)
    ids = pd.Series([f"c{number}" for number in range(10)], dtype="str")
    names = ["P1", "P-é", 'P"3', "007"]
    write_scores(tmp_path / "scores.parquet", ids, names, InMemory(draw))
    back = ScoresFile(tmp_path / "scores.parquet")
    assert (list(back.product_ids), back.customer_ids, back.shape) == (names, ids.tolist(), (10, 4))
    for lo, hi in ((0, 10), (2, 7), (3, 6), (9, 10), (4, 4)):
        assert np.array_equal(back.block(lo, hi), draw[lo:hi])
    table = pq.read_table(tmp_path / "scores.parquet")
    assert table.schema.names == ["customer_id", "scores"]
    assert str(table.schema.field("scores").type).startswith("fixed_size_list<")
    assert json.loads(table.schema.metadata[b"products"]) == names
    assert table["scores"][9].as_py() == draw[9].tolist()


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    tables = dict.fromkeys(TABLES, CUSTOMERS)
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        write_inputs(tmp_path / run, tables, b"[campaign]\r\n")
        ids = CUSTOMERS["customer_id"]
        write_scores(tmp_path / run / "scores.parquet", ids, ["P1", "P2", "P3"], SCORES)
    for name in (*(f"inputs/{table}.parquet" for table in TABLES), "inputs/campaign.toml", "scores.parquet"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    pd.testing.assert_frame_equal(
        read_inputs(tmp_path / "a")["customers"], CUSTOMERS.assign(box_id=pd.Series("", range(4), dtype="str"))
    )


def test_certificate(tmp_path: Path) -> None:
    problem = BoxProblem(
        np.zeros((4, 3), np.int32), np.ones((4, 3), bool), np.ones(3, np.int64), BoxRules(), quotas=QUOTAS
    )
    plan = Plan(Termination.FEASIBLE, BOXES, 75, 100, PRICES)
    write_certificate(tmp_path / "certificate.json", "glow-1", problem, plan, [])
    found = json.loads((tmp_path / "certificate.json").read_text())
    assert (found["value"], found["upper_bound"], found["gap"], found["prices"]) == (75, 100, 0.25, "prices.csv")
    assert found["faults"] == []
    assert found["penalties"]["quotas"][0] == {"quota": "Acme launch", "at_least": 5, "per_unit": 1_000_000}


def test_exceptions(tmp_path: Path) -> None:
    rows = pd.DataFrame([("short box", "7", "", "west", "2 of 5", "=why", "fix", "-2")], columns=COLUMNS)
    exceptions_csv.write_exceptions(tmp_path / "exceptions.csv", rows)
    lines = (tmp_path / "exceptions.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == [
        "kind,customer_id,product_id,warehouse,what,why,fix,box_id",
        "short box,7,,west,2 of 5,'=why,fix,'-2",
    ]
