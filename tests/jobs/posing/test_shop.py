"""The shop in positions: dropped customers, pools, stock; and who may receive what, against a loop over ids."""

import numpy as np
import pytest

from jobs.config.load import load
from jobs.inputs.tables import read
from jobs.posing.allowed import allowed_pairs
from jobs.posing.shop import open_shop
from tests.jobs.small_campaign import write_small_campaign


@pytest.fixture
def shop(tmp_path):
    write_small_campaign(
        tmp_path,
        files={
            "edits.csv": "customer_id,product_id,action,reason\nC01,P01,ban,allergic\n,P12,ban_everywhere,recall\n"
            "C12,,drop_customer,paused\nC03,P03,lock,her own pick\n"
        },
    )
    campaign = load(tmp_path)
    return open_shop(campaign, read(campaign))


def test_positions_follow_the_ids_and_dropped_customers_are_out(shop):
    assert list(shop.customers["customer_id"]) == sorted(shop.customers["customer_id"])
    assert list(shop.dropped["customer_id"]) == ["C12"]
    assert "P14" not in set(shop.items["product_id"]), "not boxable"


def test_stock_is_on_hand_less_reserved_less_safety(shop):
    assert shop.pools == ("north", "south")
    rows = shop.tables.inventory.set_index(["warehouse", "product_id"])
    for pool, warehouse in enumerate(shop.pools):
        for item, product_id in enumerate(shop.items["product_id"]):
            row = rows.loc[(warehouse, product_id)] if (warehouse, product_id) in rows.index else None
            left = 0 if row is None else row["on_hand"] - row["reserved"] - row["safety_stock"]
            assert shop.stock[pool, item] == max(left, 0)
    assert shop.customers["warehouse"].tolist() == [shop.pools[p] for p in shop.pool]


def test_allowed_is_what_a_loop_over_ids_says(shop):
    def parts(cell):
        return {value for value in cell.split("|") if value}

    allowed = allowed_pairs(shop).block(0, shop.n_customers)
    family = dict(zip(shop.tables.products["product_id"], shop.tables.products["family"], strict=True))
    shipped = {
        (row.customer_id, family.get(row.product_id, row.product_id)) for row in shop.tables.shipments.itertuples()
    }
    for c, customer in enumerate(shop.customers.itertuples()):
        for i, product in enumerate(shop.items.itertuples()):
            hair, wanted = parts(customer.hair_type), parts(product.for_hair)
            fits = not wanted or bool(hair & wanted)
            risky, contains = parts(customer.allergies), parts(product.contains)
            safe = not contains or not risky or not (risky & contains)
            fresh = (customer.customer_id, product.family) not in shipped
            banned = (customer.customer_id, product.product_id) == ("C01", "P01") or product.product_id == "P12"
            assert allowed[c, i] == (fits and safe and fresh and not banned), (customer, product)


def test_every_pair_that_is_not_allowed_has_a_reason_in_words(shop):
    rules = allowed_pairs(shop)
    allowed = rules.block(0, shop.n_customers)
    for c in range(shop.n_customers):
        for i in range(shop.n_items):
            assert bool(rules.reasons(c, i)) == (not allowed[c, i])


def test_blocks_are_rows_of_the_whole(shop):
    rules = allowed_pairs(shop)
    whole = rules.block(0, shop.n_customers)
    assert np.array_equal(rules.block(3, 7), whole[3:7])
