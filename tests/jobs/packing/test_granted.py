"""Locks: as many are kept as there are units and room for; the others cost nobody a box, and each has its reason."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from jobs.check import check
from jobs.checking.audit_allowed import audit_allowed
from jobs.config.load import load
from jobs.evidence.audit_read import read_rules
from jobs.inputs.tables import read
from jobs.packing import lock_words
from jobs.packing.asked_locks import Asked
from jobs.packing.exceptions import exceptions
from jobs.packing.granted import grant_locks
from jobs.packing.pack import _solved, pack
from jobs.posing.scores import InMemory
from jobs.posing.shop import open_shop
from optimizer.problem import BoxProblem, BoxRules, GroupLimit
from optimizer.verify import check_plan
from tests.jobs.small_campaign import INVENTORY, TOML, write_small_campaign
from tests.known import known, worths
from tests.optimizer.brute_force import legal_boxes, locks_of, pool_of
from tests.optimizer.strategies import tiny_problems

PLAIN = TOML.split("[[group]]", maxsplit=1)[0] + "[short]\n" + TOML.split("[short]\n")[1]
"""The small campaign without rules of the box and without quotas."""
EDITS = "customer_id,product_id,action,reason\n"
NORTH = ("C01", "C02", "C03", "C04", "C05", "C06")


def packed(folder, edits, toml=PLAIN, **files):
    """The small campaign with these locks, packed with made-up scores."""
    tables = {f"{name}.csv": text for name, text in files.items()}
    write_small_campaign(folder, files={"campaign.toml": toml, "edits.csv": EDITS + edits, **tables})
    campaign = load(folder)
    shop = open_shop(campaign, read(campaign))
    scores = np.random.default_rng(5).random((shop.n_customers, shop.n_items)).astype(np.float32)
    night = pack(shop, InMemory(scores))
    assert not check_plan(night.problem, night.plan)
    tables_read = {
        name: getattr(shop.tables, name) for name in ("customers", "products", "inventory", "shipments", "edits")
    }
    assert audit_allowed(night, tables_read, read_rules(folder / "campaign.toml"), "run") == []
    return night


def lost(night):
    """(customer, product) -> (why, fix) of the locks that exceptions.csv tells as not kept."""
    rows = exceptions(night)
    rows = rows[rows["kind"] == "lock"]
    return {(row.customer_id, row.product_id): (row.why, row.fix) for row in rows.itertuples()}


def box(night, customer_id):
    """Product ids in a box."""
    at = night.shop.customers["customer_id"].tolist().index(customer_id)
    return {night.shop.items["product_id"].iloc[i] for i in night.boxes[at] if i >= 0}


def lock_all(product, customers=NORTH):
    return "".join(f"{customer},{product},lock,\n" for customer in customers)


def test_more_locks_than_units_cost_nobody_a_box(tmp_path):
    """North has 4 units of P04: 4 + 4 % 3 on hand, none reserved, 1 kept safe."""
    night = packed(tmp_path, lock_all("P04"))
    told = lost(night)
    holders = {customer for customer in NORTH if "P04" in box(night, customer)}
    assert len(holders) == 4
    assert {customer for customer, _ in told} == set(NORTH) - holders
    assert all(box(night, customer) for customer in NORTH), "a lock is never paid for with a customer's whole box"
    why, fix = next(iter(told.values()))
    assert (
        why == "6 locks on Clay mask (P04) in north, 4 units: they went to the customers with the highest scores for it"
    )
    assert fix == "send 2 more of it to north, or take the lock back"
    score = dict(
        zip(night.shop.customers["customer_id"], night.scores.block(0, night.shop.n_customers)[:, 3], strict=True)
    )
    assert min(score[one] for one in holders) > max(score[one] for one, _ in told)


def test_check_counts_what_the_locks_ask_for(tmp_path):
    edits = EDITS + lock_all("P04") + "".join(f"C10,P{number:02d},lock,\n" for number in (6, 7, 8))
    write_small_campaign(tmp_path, files={"campaign.toml": PLAIN, "edits.csv": edits})
    lines = check(tmp_path)
    assert "edits.csv: 6 locks on Clay mask (P04) in north, 4 units: send 2 more to north or take 2 back" in lines
    assert "edits.csv: 3 locks for C10, whose box has 2 slots: take 1 back" in lines
    assert lines[-1].endswith("no fault")


def test_check_counts_locks_against_rules_and_quotas(tmp_path):
    quota = '[[quota]]\nname = "launch"\nwhere = { brand = "Bloom" }\nat_most = 3\n'
    edits = EDITS + lock_all("P04") + "C01,P01,lock,\nC03,P10,lock,\nC03,P11,lock,\n"
    write_small_campaign(
        tmp_path, files={"campaign.toml": TOML.replace("[short]", quota + "\n[short]"), "edits.csv": edits}
    )
    lines = check(tmp_path)
    asks = "edits.csv: 6 locks ask for 6 units of the quota launch, which allows 3"
    assert f"{asks}: raise its at_most by 3 or take some back" in lines
    for who, rule in (
        ("C01", "P01 and P04 (never in one box)"),
        ("C03", "families (never two of one family in a box)"),
    ):
        count = 2 if who == "C01" else 3
        assert (
            f"edits.csv: {count} locks for {who} that one box cannot hold together, against {rule}: take some back"
            in lines
        )


def test_nothing_is_said_of_locks_that_fit(tmp_path):
    write_small_campaign(tmp_path, files={"edits.csv": EDITS + lock_all("P04", NORTH[:2])})
    assert not [line for line in check(tmp_path) if "lock" in line]


def test_locks_on_what_is_out_of_stock(tmp_path):
    night = packed(
        tmp_path, lock_all("P12", ("C01", "C02")), inventory=INVENTORY.replace("P12,north,4,", "P12,north,0,")
    )
    assert lost(night)["C01", "P12"][0] == "2 locks on Mascara (P12) in north, 0 units: nobody can have it"
    assert box(night, "C01")
    assert box(night, "C02")


def test_more_locks_than_slots(tmp_path):
    night = packed(tmp_path, "".join(f"C10,P{number:02d},lock,\n" for number in (6, 7, 8)))
    assert len(box(night, "C10")) == 2
    ((_, product), (why, fix)) = known(next(iter(lost(night).items())))
    assert product not in box(night, "C10")
    assert why == "3 locks for a box of 2 slots"
    assert fix == "give the box more slots, or take the lock back"


@pytest.mark.parametrize(
    ("products", "words"),
    [
        (("P10", "P11"), "families (never two of one family in a box)"),
        (("P01", "P04"), "P01 and P04 (never in one box)"),
        (("P04", "P08", "P03"), "brand (at most 2 in a box)"),
    ],
)
def test_locks_that_no_box_holds_together(tmp_path, products, words):
    night = packed(tmp_path, "".join(f"C03,{product},lock,\n" for product in products), toml=TOML)
    told = lost(night)
    assert len(told) == 1, "the others are kept"
    assert all(words in why for why, _ in told.values())
    assert set(products) - {product for _, product in told} <= box(night, "C03")


def test_locks_beyond_what_a_quota_allows(tmp_path):
    quota = '[[quota]]\nname = "launch"\nwhere = { brand = "Bloom" }\nat_most = 2\n\n[short]'
    night = packed(tmp_path, lock_all("P04"), toml=PLAIN.replace("[short]", quota))
    told = lost(night)
    assert len(told) == 4
    assert {why for why, _ in told.values()} >= {"the locks ask for 4 of the quota launch, which allows 2"}
    assert all(box(night, customer) for customer in NORTH)


def test_where_no_short_box_is_sent_a_lock_that_shortens_it_gives_way(tmp_path):
    """P05 at 18.0 leaves 7.0 of the 25.0 that a box may be worth: room for the balm at 4.0 and nothing else."""
    band = '[[band]]\ncolumn = "retail_value"\nhigh = 25.0\n\n[short]'
    toml = PLAIN.replace("[short]", band).replace('policy = "ship_short"', 'policy = "no_box"')
    night = packed(tmp_path, "C04,P05,lock,dear\nC01,P04,lock,cheap\n", toml=toml)
    ((key, (why, fix)),) = lost(night).items()
    assert key == ("C04", "P05")
    assert why == "a box with it holds at most 2 of 4 items, and short boxes are not sent"
    assert fix == 'set [short] policy to "ship_short", or take the lock back'
    assert len(box(night, "C04")) == 4
    assert "P04" in box(night, "C01")


def test_where_every_box_must_be_full_the_locks_give_way_to_the_night(tmp_path):
    """C02 may have P01 only, of which there is one unit: with C01's lock on it, one of the two boxes stays empty."""
    customers = "customer_id,warehouse,slots,hair_type,allergies,plan\nC01,north,1,,none,a\nC02,north,1,,none,a\n"
    products = "product_id,name,category,contains,for_hair\nP01,One,skin,,\nP02,Two,skin,,\n"
    stock = "product_id,warehouse,on_hand\nP01,north,1\nP02,north,1\n"
    files = {
        "customers": customers,
        "products": products,
        "inventory": stock,
        "events": "customer_id,product_id,kind,occurred_at\n",
        "shipments": "customer_id,product_id,shipped_on\nC02,P02,2026-01-01\n",
    }
    toml = PLAIN.replace('policy = "ship_short"', 'policy = "stop"').replace('segments = ["plan"]', "")
    night = packed(tmp_path, "C01,P01,lock,\n", toml=toml, **files)
    assert box(night, "C01") == {"P02"}
    assert box(night, "C02") == {"P01"}
    ((why, _),) = lost(night).values()
    assert why == 'with the locks no plan fills every box, and [short] policy is "stop"'


def shop_stub(problem: BoxProblem):
    """As much of a shop as the words about locks need."""
    items = pd.DataFrame({"product_id": [f"P{i}" for i in range(problem.n_items)], "name": "thing"})
    campaign = SimpleNamespace(groups=(), bands=(), quotas=tuple(SimpleNamespace(amount=None) for _ in problem.quotas))
    return SimpleNamespace(items=items, pools=tuple(map(str, range(problem.n_pools))), campaign=campaign)


@pytest.mark.parametrize("short", ["ship_short", "no_box"])
def test_locks_lost_by_many_are_told_piece_by_piece_and_the_problem_is_posed_once(monkeypatch, short):
    """Each of 40 has two locks that one box may not hold together; a third fits, or is one too many."""
    rules = BoxRules(3, groups=(GroupLimit("kind", np.array([0, 0, 1, 2, 3], np.int32), at_most=1),), short=short)
    locked = np.array([[0, 1, 2]] * 20 + [[0, 2, 3]] * 10 + [[2, 3, 4]] * 10, np.int32)
    slots = np.array([3] * 20 + [2] * 20, np.int32)
    utility = np.random.default_rng(4).integers(1, 99, (40, 5)).astype(np.int32)
    stock = np.full((1, 5), 40)
    problem = BoxProblem(utility, np.ones((40, 5), bool), stock, rules=rules, locked=locked, slots=slots)
    posed, said, locked_as = [], [], Asked.locked

    def counted(*given):
        posed.append(given)
        return locked_as(*given)

    monkeypatch.setattr(Asked, "locked", counted)
    for piece in (1_000, 3):
        monkeypatch.setattr(lock_words, "PIECE", piece)
        said.append((grant_locks(shop_stub(problem), problem).taken_back, len(posed)))
        posed.clear()

    whole, pieces = said
    assert whole == pieces
    assert len(whole[0]) == 40
    assert {one.why.partition("is legal: ")[2] for one in whole[0]} == {"", "it is against kind"}
    assert {one.why for one in whole[0] if "legal" not in one.why} == {"3 locks for a box of 2 slots"}


def holds(problem: BoxProblem, c: int, locks: set[int], held: np.ndarray) -> bool:
    """Is there a box that holds these locks, of what is in stock beyond other customers' locks?"""
    at = pool_of(problem, c)
    row = np.full((problem.n_customers, max(1, len(locks))), -1, np.int32)
    row[c, : len(locks)] = sorted(locks)
    boxes = legal_boxes(replace(problem, locked=row), c)
    return any(box and all(i in locks or problem.stock[at, i] > held[at, i] for i in box) for box in boxes)


def held_units(problem: BoxProblem) -> np.ndarray:
    held = np.zeros_like(problem.stock)
    for c in range(problem.n_customers):
        for i in set(locks_of(problem, c)):
            held[pool_of(problem, c), i] += 1
    return held


@given(tiny_problems())
@settings(deadline=None)
def test_what_is_kept_is_possible_and_what_is_lost_is_not(problem):
    if problem.locked is None:
        return
    if problem.rules.short == "stop":
        problem = replace(problem, rules=replace(problem.rules, short="no_box"))
    granted = grant_locks(shop_stub(problem), problem)
    after, gone = granted.problem, {(one.customer_idx, one.item_idx) for one in granted.taken_back}
    held = held_units(after)
    assert (held <= problem.stock).all()
    for c in range(problem.n_customers):
        asked, kept = set(locks_of(problem, c)), set(locks_of(after, c))
        assert asked - kept == {i for who, i in gone if who == c}
        assert kept <= asked
        assert not kept or holds(problem, c, kept, held)
    for quota in (quota for quota in problem.quotas if quota.at_most is not None):
        who = [c for c in range(problem.n_customers) if quota.customers is None or quota.customers[c]]
        assert sum(int(quota.amount[i]) for c in who for i in set(locks_of(after, c))) <= known(quota.at_most)
    for c, i in gone:
        full = held[pool_of(problem, c), i] >= problem.stock[pool_of(problem, c), i]
        capped = any(
            quota.at_most is not None and quota.amount[i] > 0 and (quota.customers is None or quota.customers[c])
            for quota in problem.quotas
        )
        assert full or capped or not holds(problem, c, {*locks_of(after, c), i}, held)


def test_scores_of_the_stub_are_looked_at(tmp_path):
    """Who scores a product highest keeps its lock, and ties go to the first in the order of ids."""
    allowed = np.ones((4, 3), bool)
    utility = np.array([[5, 1, 1], [9, 1, 1], [5, 1, 1], [9, 1, 1]], np.int32)
    problem = BoxProblem(utility, allowed, np.array([3, 9, 9]), locked=np.array([[0]] * 4, np.int32))
    granted = grant_locks(shop_stub(problem), problem)
    assert [(one.customer_idx, one.item_idx) for one in granted.taken_back] == [(2, 0)]
    assert worths(granted.problem).shape == (4, 3)


@given(tiny_problems())
@settings(deadline=None)
def test_no_lock_that_is_kept_leaves_a_customer_without_a_box(problem):
    if problem.locked is None or problem.rules.short == "stop":
        return
    campaign: Any = SimpleNamespace(publish=SimpleNamespace(deadline_s=None), seed=0)
    plan, granted = _solved(campaign, grant_locks(shop_stub(problem), problem), None)
    assert not check_plan(granted.problem, plan)
    boxes = known(plan.boxes)
    for c in range(problem.n_customers):
        kept = set(locks_of(granted.problem, c))
        assert kept <= set(boxes[c].tolist())
    gone = [(one.customer_idx, one.item_idx) for one in granted.taken_back]
    still = [(c, i) for c in range(problem.n_customers) for i in sorted(set(locks_of(granted.problem, c)))]
    asked = [(c, i) for c in range(problem.n_customers) for i in sorted(set(locks_of(problem, c)))]
    assert sorted([*gone, *still]) == asked, "every lock is kept or told, once"
