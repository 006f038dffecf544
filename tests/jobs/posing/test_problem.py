"""A merchandiser's rules become the optimizer's: positions, whole numbers, locks, quotas."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jobs.config.load import load
from jobs.faults import InputRefused
from jobs.inputs.tables import read
from jobs.posing.allowed import allowed_pairs
from jobs.posing.problem import _scale, box_problem, box_rules, locks, quotas
from jobs.posing.scores import InMemory
from jobs.posing.shop import open_shop
from optimizer.problem import POINTS
from tests.jobs.small_campaign import TOML, write_small_campaign
from tests.known import known, worths

EDITS = "customer_id,product_id,action,reason\n"


def shop_of(folder, edits=None, toml=TOML):
    files = {"campaign.toml": toml} | ({} if edits is None else {"edits.csv": edits})
    write_small_campaign(folder, files=files)
    campaign = load(folder)
    return open_shop(campaign, read(campaign))


def item(shop, product_id):
    return int(np.nonzero(shop.items["product_id"] == product_id)[0][0])


def test_rules_of_the_small_campaign(tmp_path):
    shop = shop_of(tmp_path)
    rules = box_rules(shop)
    by_name = {group.name: group for group in rules.groups}
    assert set(by_name) == {"category", "brand", "category skin", "family"}
    assert by_name["category skin"].at_least == 1
    labels = by_name["category skin"].labels
    assert [labels[item(shop, p)] for p in ("P01", "P06")] == [0, -1]
    family = by_name["family"].labels
    assert family[item(shop, "P02")] == family[item(shop, "P03")] >= 0
    assert family[item(shop, "P01")] == -1, "a family of one needs no rule"
    value, weight = rules.bands
    assert (value.low, value.high, weight.low, weight.high) == (120, None, None, 700)
    assert value.amount[item(shop, "P06")] == 75, "7.5 in tenths"
    kinds = {(pair.kind, pair.i, pair.j) for pair in rules.pairs}
    assert kinds == {
        ("apart", item(shop, "P01"), item(shop, "P04")),
        ("together", item(shop, "P06"), item(shop, "P07")),
    }
    assert rules.size == 3
    assert rules.short_penalty == 10 * POINTS


def test_quotas_and_promises(tmp_path):
    shop = shop_of(tmp_path)
    launch, budget, *promises = quotas(shop)
    assert (launch.at_least, launch.at_most) == (2, None)
    assert known(launch.customers).tolist() == (shop.customers["plan"] == "deluxe").tolist()
    assert set(shop.items["brand"][launch.amount == 1]) == {"Acme"}
    assert budget.at_most == 4000, "400 in tenths"
    assert budget.amount[item(shop, "P05")] == 52
    assert [quota.name for quota in promises] == ["promise of P04 (north)", "promise of P04 (south)"]
    assert all(quota.at_least == 2 and quota.penalty == POINTS for quota in promises)


@pytest.mark.parametrize(
    ("amounts", "scale"), [([1.0, 25.0], 1), ([4.99, 5.0], 100), ([0.125], 1000), ([1 / 3], 1_000_000), ([], 1)]
)
def test_the_smallest_decimal_place_in_use(amounts, scale):
    assert _scale(pd.Series(amounts, dtype="float64")) == scale


def test_locks_in_positions(tmp_path):
    shop = shop_of(tmp_path, edits=EDITS + "C03,P03,lock,\nC03,P12,lock,\nC06,P01,lock,\nC03,P03,lock,twice\n")
    locked = locks(shop, allowed_pairs(shop))
    row = dict(zip(shop.customers["customer_id"], known(locked).tolist(), strict=True))
    assert sorted(row["C03"]) == sorted([item(shop, "P03"), item(shop, "P12")])
    assert row["C06"] == [item(shop, "P01"), -1]
    assert row["C01"] == [-1, -1]


def test_every_impossible_lock_is_named_at_once(tmp_path):
    shop = shop_of(tmp_path, edits=EDITS + "C02,P06,lock,\nC01,P02,lock,\nC03,P03,lock,fine\n")
    with pytest.raises(InputRefused) as refused:
        locks(shop, allowed_pairs(shop))
    lines = refused.value.lines
    assert len(lines) == 2
    assert lines[0].startswith("edits.csv, row 2: found a lock on P06, expected a product that C02 may receive")
    assert "hair type" in lines[0]
    assert "sent before" in lines[1]


def test_a_group_column_of_several_values_limits_each_value(tmp_path):
    toml = TOML + '\n[[group]]\nby = "contains"\nat_most = 1\n'
    names = [group.name for group in box_rules(shop_of(tmp_path, toml=toml)).groups]
    assert "contains nuts" in names
    assert "contains soy" in names


def test_utilities_are_the_scores_in_micro_points(tmp_path):
    shop = shop_of(tmp_path)
    scores = np.linspace(-0.5, 0.9, shop.n_customers * shop.n_items, dtype=np.float32)
    matrix = scores.reshape(shop.n_customers, shop.n_items)
    problem = box_problem(shop, InMemory(matrix), allowed_pairs(shop))
    assert np.array_equal(worths(problem), np.rint(matrix.astype(np.float64) * POINTS).astype(np.int32))
    assert problem.sizes.tolist() == shop.customers["slots"].tolist()


def test_a_group_by_a_column_of_numbers(tmp_path):
    shop = shop_of(tmp_path, toml=TOML + '\n[[group]]\nby = "unit_cost"\nat_most = 1\n')
    items = shop.items.assign(unit_cost=shop.items["unit_cost"].where(shop.items["product_id"] != "P01"))
    labels = {group.name: group.labels for group in box_rules(replace(shop, items=items)).groups}["unit_cost"]
    assert labels[item(shop, "P06")] == labels[item(shop, "P07")] != labels[item(shop, "P02")], "1.9, 1.9 and 3.0"
    assert labels[item(shop, "P01")] == -1, "an empty cell is in no group"


def test_two_rules_may_name_the_product_that_is_not_boxable(tmp_path):
    together = "".join(f'\n[[pair]]\nkind = "together"\nproducts = ["{one}", "P14"]\n' for one in ("P01", "P02"))
    shop = shop_of(tmp_path, toml=TOML + together)
    mask = allowed_pairs(shop).block(0, shop.n_customers)
    assert not mask[:, [item(shop, "P01"), item(shop, "P02")]].any(), "a gift card goes in no box"
    assert mask[:, item(shop, "P04")].all()


def test_an_impossible_lock_is_named_by_its_row_in_any_file(tmp_path):
    """A Parquet file has no header; a blank line of a CSV is a row as a spreadsheet counts."""
    shop = shop_of(tmp_path / "csv", edits=EDITS + "\nC03,P03,lock,fine\nC02,P06,lock,\n")
    with pytest.raises(InputRefused) as refused:
        locks(shop, allowed_pairs(shop))
    assert refused.value.lines[0].startswith("edits.csv, row 4: found a lock on P06")

    write_small_campaign(tmp_path / "parquet", files={"edits.csv": None})
    rows = pd.DataFrame({"customer_id": ["C03", "C02"], "product_id": ["P03", "P06"], "action": "lock"})
    rows.to_parquet(tmp_path / "parquet" / "edits.parquet", index=False)
    campaign = load(tmp_path / "parquet")
    shop = open_shop(campaign, read(campaign))
    with pytest.raises(InputRefused) as refused:
        locks(shop, allowed_pairs(shop))
    assert refused.value.lines[0].startswith("edits.parquet, row 2: found a lock on P06")


def test_single_pairs_are_allowed_as_whole_blocks_are(tmp_path):
    shop = shop_of(tmp_path, edits=EDITS + "C03,P03,ban,\n,P12,ban_everywhere,\n")
    allowed = allowed_pairs(shop)
    customer, item_ = np.divmod(np.arange(shop.n_customers * shop.n_items), shop.n_items)
    block = allowed.block(0, shop.n_customers)
    assert not block.all()
    assert np.array_equal(allowed.pairs(customer, item_), block.ravel())
    assert [bool(allowed.reasons(int(c), int(i))) for c, i in zip(customer, item_, strict=True)] == (
        ~block.ravel()
    ).tolist()
