"""The made-up shop: valid and fillable at any size, the same bytes for the same seed, with something to learn."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from jobs.config.load import load
from jobs.datasets.synth import write_synth
from jobs.datasets.synth_people import BLOCK, customer_ids
from jobs.faults import UsageRefused
from jobs.inputs.tables import Tables, read
from jobs.posing.allowed import allowed_pairs
from jobs.posing.problem import box_problem
from jobs.posing.scores import InMemory
from jobs.posing.shop import open_shop
from optimizer.solve import solve

SIZES = [(10, 12), (10, 13), (11, 24), (57, 40), (300, 31), (1000, 100), (40, 400)]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """A shop of 4,000 customers and 80 products."""
    folder = tmp_path_factory.mktemp("synth")
    write_synth(folder, customers=4000, products=80, seed=5)
    return read(load(folder))


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(("customers", "products"), SIZES)
def test_any_size_is_a_valid_campaign(tmp_path: Path, customers: int, products: int) -> None:
    write_synth(tmp_path, customers=customers, products=products, seed=1)

    found = read(load(tmp_path))

    assert (len(found.customers), len(found.products)) == (customers, products)
    assert found.products["boxable"].all()
    others = [note for note in found.notes if "never named" not in note.words and "more events" not in note.words]
    assert {note.file for note in others} <= {"campaign.toml"}  # so small a shop may have nobody with an allergy
    assert customers < 50 or others == []


@pytest.mark.parametrize(
    ("customers", "products", "seed"), [(10, 12, 0), (12, 13, 1), (25, 12, 2), (60, 24, 3), (60, 40, 4)]
)
def test_every_box_of_a_small_shop_can_be_filled(tmp_path: Path, customers: int, products: int, seed: int) -> None:
    write_synth(tmp_path, customers=customers, products=products, seed=seed)
    campaign = load(tmp_path)
    shop = open_shop(campaign, read(campaign))
    scores = np.random.default_rng(seed).random((shop.n_customers, shop.n_items), dtype=np.float32)
    problem = box_problem(shop, InMemory(scores), allowed_pairs(shop))

    plan = solve(problem)

    assert plan.boxes is not None
    assert ((plan.boxes >= 0).sum(axis=1) == problem.sizes).all()
    assert plan.gap is not None
    assert plan.gap <= campaign.publish.max_gap


@pytest.mark.parametrize(("customers", "products"), [(9, 100), (100, 11)])
def test_too_small_a_shop_is_refused(tmp_path: Path, customers: int, products: int) -> None:
    with pytest.raises(UsageRefused, match="at least 10 customers and 12 products"):
        write_synth(tmp_path / "shop", customers=customers, products=products)

    assert not (tmp_path / "shop").exists()


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_synth(tmp_path / name, customers=200, products=30, seed=seed)

    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a")["events.parquet"] != digests(tmp_path / "c")["events.parquet"]


def test_blocks_are_of_one_size_and_meet_without_a_seam(tmp_path: Path) -> None:
    write_synth(tmp_path / "two", customers=BLOCK + 7, products=12)
    write_synth(tmp_path / "one", customers=BLOCK, products=12)

    two, one = (pd.read_parquet(tmp_path / name / "customers.parquet") for name in ("two", "one"))

    assert two["customer_id"].is_unique
    assert len(two) == BLOCK + 7
    pd.testing.assert_frame_equal(two.head(BLOCK), one)
    assert pq.ParquetFile(tmp_path / "two" / "events.parquet").num_row_groups == 2


def test_ids_are_padded_so_that_text_order_is_number_order() -> None:
    ids = customer_ids(np.array([0, 8, 9, 12_345_678]), 20_000_000).to_pylist()

    assert ids == ["C00000001", "C00000009", "C00000010", "C12345679"]
    assert ids == sorted(ids)


def test_a_share_of_customers_and_products_is_cold(tables: Tables) -> None:
    warm = set(tables.events["customer_id"])
    sold = set(tables.events["product_id"])

    assert 1 - len(warm) / 4000 == pytest.approx(0.15, abs=0.03)
    assert len(tables.events) / len(warm) == pytest.approx(30, abs=2)
    assert 0.03 < 1 - len(sold) / 80 < 0.25
    assert set(tables.events["kind"]) == {"view", "purchase", "rating"}
    ratings = tables.events.loc[tables.events["kind"] == "rating", "value"]
    assert set(ratings) == {1.0, 2.0, 3.0, 4.0, 5.0}


def test_profiles_say_something_about_taste(tables: Tables) -> None:
    """Of the purchases of each hair type, the categories differ by far more than chance would have it."""
    bought = tables.events.merge(tables.customers[["customer_id", "hair_type"]], on="customer_id")
    bought = bought.merge(tables.products[["product_id", "category"]], on="product_id")
    told = bought[bought["hair_type"] != ""]
    observed = pd.crosstab(told["hair_type"], told["category"]).to_numpy(np.float64)
    expected = observed.sum(1, keepdims=True) * observed.sum(0) / observed.sum()

    spread = np.abs(observed - expected).sum() / observed.sum()

    shuffled = told["hair_type"].sample(frac=1, random_state=0).to_numpy()
    by_chance = pd.crosstab(shuffled, told["category"]).to_numpy(np.float64)
    assert spread > 5 * np.abs(by_chance - expected).sum() / observed.sum()


def test_stock_covers_the_slots_with_the_popular_products_scarce(tables: Tables) -> None:
    stock = tables.inventory.assign(left=tables.inventory["on_hand"] - tables.inventory["reserved"])
    left = stock.groupby("product_id")["left"].sum()
    events = tables.events.groupby("product_id").size()
    slots = tables.customers.groupby("warehouse")["slots"].sum()

    for warehouse, wanted in slots.items():
        cover = stock.loc[stock["warehouse"] == warehouse, "left"].sum() / wanted
        assert 1.1 <= cover <= 1.4
    popular = events.nlargest(8).index
    assert left[popular].sum() / left.sum() < 0.6 * events[popular].sum() / events.sum()


def test_no_box_before_held_two_of_a_family_and_nothing_new_was_sent(tables: Tables) -> None:
    family = tables.products.set_index("product_id")["family"]
    sent = tables.shipments.assign(family=tables.shipments["product_id"].map(family))

    assert not sent.duplicated(["customer_id", "family"]).any()
    assert family.duplicated().any()
    assert set(sent["product_id"]) <= set(tables.events["product_id"])


def test_locks_are_free_to_be_honoured(tables: Tables) -> None:
    locks = tables.edits[tables.edits["action"] == "lock"]
    products = tables.products.set_index("product_id").loc[locks["product_id"]]

    assert len(locks) > 0
    assert not set(locks["customer_id"]) & set(tables.shipments["customer_id"])
    assert (products["for_hair"] == "").all()
    assert (products["contains"] == "").all()
