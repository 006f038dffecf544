"""Several boxes of one customer in the packing: rules by row, health for all, no family twice, locks and drops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.check import check
from jobs.config.load import load
from jobs.faults import InputRefused
from jobs.inputs.tables import read
from jobs.packing.exceptions import exceptions
from jobs.packing.pack import Packed, pack
from jobs.posing.allowed import Allowed, allowed_pairs
from jobs.posing.deal import dealt
from jobs.posing.problem import box_problem, locks
from jobs.posing.scores import InMemory, Rows
from jobs.posing.shop import Shop, open_shop
from tests.jobs.several_boxes import GIFTS, write_several

HEAD = "customer_id,product_id,action,reason,box_id\n"


def shop_of(folder: Path, **changes: Any) -> Shop:
    campaign = load(write_several(folder, **changes))
    return open_shop(campaign, read(campaign))


def scores_of(shop: Shop, seed: int = 0) -> Rows:
    draw = np.random.default_rng(seed).random((shop.n_people, shop.n_items)).astype(np.float32)
    return Rows(InMemory(draw), shop.person)


def rows_of(shop: Shop, customer_id: str) -> list[int]:
    return [int(row) for row in np.flatnonzero(shop.customers["customer_id"] == customer_id)]


def may(shop: Shop, allowed: Allowed, customer_id: str) -> list[set[str]]:
    """What each box of a customer may hold."""
    mask, ids = allowed.block(0, shop.n_customers), shop.items["product_id"].to_numpy(object)
    return [set(ids[mask[row]]) for row in rows_of(shop, customer_id)]


def packed_of(folder: Path, **changes: Any) -> Packed:
    shop = shop_of(folder, **changes)
    return pack(shop, scores_of(shop))


def held(packed: Packed, customer_id: str) -> list[set[str]]:
    ids = packed.shop.items["product_id"].to_numpy(object)
    return [set(ids[[item for item in packed.boxes[row] if item >= 0]]) for row in rows_of(packed.shop, customer_id)]


def test_every_box_is_a_row_and_every_customer_is_one(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)

    assert (shop.n_customers, shop.n_people) == (15, 11)
    assert shop.people.is_unique
    assert shop.customers["customer_id"].to_numpy(object)[shop.first[:-1]].tolist() == shop.people.tolist()
    assert [shop.pools[pool] for pool in shop.pool[rows_of(shop, "C02")]] == ["north", "south"]


def test_each_box_obeys_what_its_own_row_says_of_taste(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    own, gift = may(shop, allowed_pairs(shop), "C02")

    assert "P06" not in own  # straight
    assert "P06" in gift  # curly


def test_an_allergy_on_one_row_keeps_it_out_of_every_box(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, more="C01,north,1,2,basic,curly,nuts,gift\nC04,north,1,2,basic,dry,,gift\n")
    allowed = allowed_pairs(shop)

    for box in may(shop, allowed, "C01"):
        assert not box & {"P02", "P05"}
    assert all("P02" in box for box in may(shop, allowed, "C04"))  # nobody has one there


def test_the_allergies_of_all_rows_are_joined(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, more="C02,south,2,2,basic,dry,soy,gift\n")

    for box in may(shop, allowed_pairs(shop), "C02"):
        assert not box & {"P02", "P05", "P09"}  # nuts of the one, soy of the other


def test_the_allergy_of_a_dropped_box_still_counts(tmp_path: Path) -> None:
    gift = "C01,north,1,2,basic,curly,nuts,gift\n"
    shop = shop_of(tmp_path, more=gift, edits=f"{HEAD}C01,,drop_customer,,gift\n")

    (box,) = may(shop, allowed_pairs(shop), "C01")
    assert not box & {"P02", "P05"}


def test_a_box_whose_own_allergies_are_unknown_stays_denied_where_the_rule_denies(tmp_path: Path) -> None:
    """That another row tells some allergies does not say that this row has no others."""
    change = {"campaign.toml": ('unknown = "allow"\n', 'unknown = "deny"\n')}
    shop = shop_of(tmp_path, more="C02,south,2,2,basic,straight,,gift\n", replace=change)
    own, gift = may(shop, allowed_pairs(shop), "C02")

    assert "P09" not in gift  # it contains soy
    assert not own & {"P02", "P05"}


def test_what_she_received_and_what_is_banned_for_her_is_in_none_of_her_boxes(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, edits=f"{HEAD}C02,P12,ban,,\n")

    for box in may(shop, allowed_pairs(shop), "C02"):
        assert not box & {"P01", "P12"}


@pytest.mark.parametrize("seed", range(5))
def test_after_the_deal_her_boxes_share_no_family_and_lose_none(tmp_path: Path, seed: int) -> None:
    shop = shop_of(tmp_path)
    before = allowed_pairs(shop)
    after = dealt(shop, scores_of(shop, seed), before)
    family = dict(zip(shop.items["product_id"], shop.items["family"], strict=True))

    for customer_id in ("C02", "C03", "C09"):
        was, now = may(shop, before, customer_id), may(shop, after, customer_id)
        opened = [{family[one] for one in box} for box in now]
        assert set().union(*opened) == {family[one] for box in was for one in box}
        assert sum(map(len, opened)) == len(set().union(*opened))
        for had, has, open_ in zip(was, now, opened, strict=True):
            assert has == {one for one in had if family[one] in open_}


def test_customers_with_one_box_are_dealt_nothing(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    before = allowed_pairs(shop)
    after = dealt(shop, scores_of(shop), before)

    assert may(shop, after, "C01") == may(shop, before, "C01")


def test_a_deal_is_the_same_whoever_asks_and_in_whatever_portions(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    scores, before = scores_of(shop), allowed_pairs(shop)
    whole = dealt(shop, scores, before).block(0, shop.n_customers)

    one_by_one = dealt(shop, scores, before)
    rows = [one_by_one.block(row, row + 1)[0] for row in reversed(range(shop.n_customers))]
    assert np.array_equal(whole, np.array(rows[::-1]))
    asked = dealt(shop, scores, before)
    pairs = np.argwhere(before.block(0, shop.n_customers))
    assert asked.elsewhere is not None
    gone = asked.elsewhere.pairs(pairs[:, 0], pairs[:, 1])
    assert np.array_equal(gone, ~whole[pairs[:, 0], pairs[:, 1]])


def test_what_must_travel_together_is_dealt_together(tmp_path: Path) -> None:
    more = "C01,north,1,3,basic,curly,,gift\n"
    for seed in range(6):
        shop = shop_of(tmp_path / str(seed), more=more)
        boxes = may(shop, dealt(shop, scores_of(shop, seed), allowed_pairs(shop)), "C01")
        assert [len(box & {"P06", "P07"}) for box in boxes] in ([0, 2], [2, 0])


def test_no_family_comes_twice_and_every_box_keeps_its_size(tmp_path: Path) -> None:
    packed = packed_of(tmp_path)
    family = dict(zip(packed.shop.items["product_id"], packed.shop.items["family"], strict=True))

    for customer_id, sizes in (("C02", (3, 2)), ("C03", (3, 1, 2)), ("C09", (3, 1))):
        boxes = held(packed, customer_id)
        families = [family[one] for box in boxes for one in box]
        assert len(families) == len(set(families))
        assert all(len(box) <= size for box, size in zip(boxes, sizes, strict=True))


def test_a_lock_without_a_box_goes_into_the_first_that_may_hold_it(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, edits=f"{HEAD}C02,P06,lock,,\nC02,P12,lock,,\n")
    found = locks(shop, allowed_pairs(shop))

    assert found is not None
    own, gift = (
        sorted(shop.items["product_id"].iloc[[i for i in found[row] if i >= 0]]) for row in rows_of(shop, "C02")
    )
    assert (own, gift) == (["P12"], ["P06"])  # the own row is straight, and P06 is for curly


def test_a_lock_with_a_box_goes_there_and_the_deal_follows(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, edits=f"{HEAD}C03,P12,lock,,zwei\nC03,P10,lock,,a\n")
    scores = scores_of(shop)
    allowed = dealt(shop, scores, allowed_pairs(shop))
    problem = box_problem(shop, scores, allowed)
    a, mini, zwei = may(shop, allowed, "C03")

    assert problem.locked is not None
    assert "P12" in zwei - a - mini
    assert {"P10", "P11"} <= a - mini - zwei  # one family


def test_locks_on_one_family_in_two_boxes_are_a_fault(tmp_path: Path) -> None:
    folder = write_several(tmp_path, edits=f"{HEAD}C03,P10,lock,,a\nC03,P11,lock,,zwei\n")
    with pytest.raises(InputRefused) as refused:
        check(folder)

    assert refused.value.lines == (
        "edits.csv, row 3: found a lock on P11, expected a family in one box only, and another lock puts this one into "
        "box a",
    )


def test_a_lock_that_a_box_may_not_hold_is_a_fault(tmp_path: Path) -> None:
    folder = write_several(tmp_path, edits=f"{HEAD}C02,P06,lock,,a\n")
    with pytest.raises(InputRefused, match="the hair type rule does not allow it"):
        check(folder)


def test_one_lock_told_twice_is_one(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, edits=f"{HEAD}C02,P12,lock,,gift\nC02,P12,lock,,\n")
    found = locks(shop, allowed_pairs(shop))

    assert found is not None
    assert int((found >= 0).sum()) == 1
    assert (found[rows_of(shop, "C02")[1]] >= 0).any()


def test_a_lock_goes_into_a_box_with_room_for_it(tmp_path: Path) -> None:
    more = "C09,south,2,1,basic,dry,soy,A\n"  # before "a", and of one slot
    shop = shop_of(tmp_path, more=more, edits=f"{HEAD}C09,P12,lock,,\nC09,P10,lock,,\n")
    found = locks(shop, allowed_pairs(shop))

    assert found is not None
    assert [int((found[row] >= 0).sum()) for row in rows_of(shop, "C09")] == [1, 1]


def test_dropping_a_customer_drops_all_boxes_and_with_a_name_that_box(tmp_path: Path) -> None:
    edits = f"{HEAD}C02,,drop_customer,moved,gift\nC03,,drop_customer,paused,\n"
    packed = packed_of(tmp_path, edits=edits)
    shop = packed.shop

    assert shop.customers.loc[shop.customers["customer_id"] == "C02", "box_id"].tolist() == ["a"]
    assert not rows_of(shop, "C03")
    told = exceptions(packed)
    gone = told[told["kind"] == "dropped"][["customer_id", "box_id", "why"]].to_numpy().tolist()
    assert gone == [
        ["C02", "gift", "a merchandiser dropped the box: moved"],
        *(["C03", box, "a merchandiser dropped the customer: paused"] for box in ("a", "mini", "zwei")),
    ]


def test_boxes_that_need_nearly_all_she_may_have_are_not_short_for_want_of_another_division(tmp_path: Path) -> None:
    """What fills C11's south box is also good for the north one, which has others: it must not take them."""
    rules = '[campaign]\nname = "x"\nship_date = 2026-12-05\nbox_size = 3\n'
    stock = "product_id,warehouse,on_hand\n" + "".join(
        f"P{number:02d},{where},9\n" for where, n in (("north", 9), ("south", 3)) for number in range(1, n + 1)
    )
    products = "product_id,name,category\n" + "".join(f"P{number:02d},p,c\n" for number in range(1, 10))
    customers = "customer_id,warehouse,box_id\nC1,north,x\nC1,south,y\n"
    from tests.jobs.small_campaign import write_small_campaign

    events = "customer_id,product_id,kind,occurred_at\n"
    files = {"campaign.toml": rules, "inventory.csv": stock, "products.csv": products, "customers.csv": customers}
    folder = write_small_campaign(
        tmp_path, files={**files, "events.csv": events, "shipments.csv": None, "edits.csv": None}
    )
    campaign = load(folder)
    shop = open_shop(campaign, read(campaign))
    best_first = np.linspace(1, 0, 9, dtype=np.float32)[None, :]

    packed = pack(shop, Rows(InMemory(best_first.copy()), shop.person))

    assert not packed.missing.any()
    assert held(packed, "C1") == [{"P04", "P05", "P06"}, {"P01", "P02", "P03"}]


def test_a_box_that_is_short_because_of_her_others_is_told_so(tmp_path: Path) -> None:
    many = "".join(f"C01,north,1,3,basic,curly,,g{number}\n" for number in range(6))
    told = exceptions(packed_of(tmp_path, more=GIFTS + many))
    mine = told[(told["customer_id"] == "C01") & told["kind"].isin(["short box", "no box"])]

    assert len(mine)
    assert mine["why"].str.contains("more went to her other boxes").any() or mine["why"].str.contains("share").any()


def test_an_allergy_that_a_row_does_not_name_is_unknown_to_all_her_boxes(tmp_path: Path) -> None:
    """ "other" may be anything: where the rule denies what is not known, it denies it to both boxes."""
    change = {"campaign.toml": ('unknown = "allow"\n', 'unknown = "deny"\n')}
    shop = shop_of(tmp_path, more="C03,south,2,2,deluxe,curly,other,gift\n", replace=change)

    for box in may(shop, allowed_pairs(shop), "C03"):
        assert not box & {"P02", "P05", "P09"}
        assert "P01" in box  # it contains nothing
