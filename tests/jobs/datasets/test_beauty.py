"""The campaign from Amazon Beauty: order kept, nothing moved across days, valid. The real data by BOXWISE_BEAUTY."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs.config.load import load
from jobs.inputs.tables import read as read_tables

pytest.importorskip("benchmarks.beauty", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.beauty import LATE_DAYS, SHIP_DATE, SPAN_DAYS, main, read, write_beauty

REAL = Path(os.environ.get("BOXWISE_BEAUTY", ""))


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A little data in the shape of the real files: 300 customers, 200 products, brands that lead."""
    rng = np.random.default_rng(0)
    lines = [
        f"{c} {' '.join(map(str, 1 + rng.choice(200, size=rng.integers(5, 12), replace=False)))}" for c in range(1, 301)
    ]
    attributes = {
        str(i): [500 + i % 20, 1 + i % 4, 10 + i % 7] if i % 3 else [1 + i % 4, 10 + i % 7] for i in range(1, 201)
    }
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "Beauty.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "Beauty_item2attributes.json").write_text(json.dumps(attributes), encoding="utf-8")
    return folder


def written(raw: Path, folder: Path, **options: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The events and products of the campaign made from `raw`."""
    write_beauty(raw, folder, **options)
    return pd.read_parquet(folder / "events.parquet"), pd.read_csv(
        folder / "products.csv", dtype=str, keep_default_na=False
    )


def test_each_customers_order_is_kept_and_nothing_is_invented(raw: Path, tmp_path: Path) -> None:
    events, _ = written(raw, tmp_path / "campaign")
    orders = {line.split()[0]: line.split()[1:] for line in (raw / "Beauty.txt").read_text().splitlines()}

    for customer, own in events.groupby("customer_id"):
        kept = own["product_id"].tolist()
        assert kept == [product for product in orders[str(customer)] if product in set(kept)]


def test_reviews_before_a_late_launch_are_left_out_and_none_is_moved(raw: Path, tmp_path: Path) -> None:
    events, _ = written(raw, tmp_path / "campaign")
    days = (pd.Timestamp(SHIP_DATE) - events["occurred_at"]).dt.total_seconds() / 86_400
    first = days.groupby(events["product_id"]).max()
    reviews = read(raw, 0)

    late = set(first.index[first <= LATE_DAYS])
    raw_events = pd.DataFrame({"customer_id": reviews.customer, "product_id": reviews.product})
    lost = raw_events.merge(events, how="left", on=["customer_id", "product_id"])["kind"].isna()

    assert 0.05 * 200 < len(late) < 0.35 * 200
    assert lost.any()
    assert 0 < days.min() < days.max() <= SPAN_DAYS
    never = set(map(str, range(1, 201))) - set(first.index)
    assert set(raw_events.loc[lost, "product_id"]) <= late | never


def test_the_campaign_is_valid_and_its_new_products_are_boxable(raw: Path, tmp_path: Path) -> None:
    events, products = written(raw, tmp_path / "campaign", customers=50)
    tables = read_tables(load(tmp_path / "campaign"))

    assert len(tables.customers) == 50
    assert events["customer_id"].nunique() > 250
    assert set(products["category"]) == {"Category 1", "Category 2", "Category 3", "Category 4"}
    assert (products["brand"] == "").any()
    assert products.loc[products["brand"] != "", "brand"].nunique() == 20
    first = events.groupby("product_id")["occurred_at"].min()
    boxable = products.loc[products["boxable"] == "true", "product_id"]
    assert (first[boxable] >= pd.Timestamp(SHIP_DATE) - pd.Timedelta(days=90)).any()


def test_the_same_seed_writes_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        written(raw, tmp_path / name)

    assert all((tmp_path / "b" / path.name).read_bytes() == path.read_bytes() for path in (tmp_path / "a").iterdir())


def test_a_missing_file_is_named_and_ends_in_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "campaign")]) == 2
    assert "Beauty.txt" in capsys.readouterr().err


@pytest.mark.skipif(
    not (REAL / "Beauty.txt").is_file(), reason="BOXWISE_BEAUTY does not point at the Amazon Beauty data"
)
def test_the_real_data_makes_a_valid_campaign(tmp_path: Path) -> None:
    write_beauty(REAL, tmp_path)

    tables = read_tables(load(tmp_path))

    assert len(tables.customers) == 22_363
    assert 300 <= tables.products["boxable"].sum() <= 500
    assert 150_000 < len(tables.events) < 198_502
