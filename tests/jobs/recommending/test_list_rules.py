"""What holds for every list: stock, mixing, buying again; small segments lean on everyone; baskets and their rule."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.basket_rule import basket_key, basket_list, merged
from jobs.learning.train import train
from jobs.outputs.json_lists import ranked_lists
from jobs.outputs.website import KEYS, write_website
from jobs.recommending.bestsellers import bestsellers
from jobs.recommending.lists import Ranked, WebsiteLists, personal, website_lists
from jobs.recommending.ranked_list import in_stock
from recsys.parts.popularity import shrunk_shares
from tests.jobs.recommending.test_reasons_true import orders_of_two
from tests.jobs.small_shop import Shop, campaign, inventory, shop, website


def made(given: Shop, **settings: Any) -> WebsiteLists:
    return website_lists(train(campaign(website=website(**settings)), given), given)  # type: ignore[arg-type]


def ids(ranked: Ranked, key: str) -> list[str]:
    row = ranked.idx[ranked.keys.index(key)]
    return [str(ranked.product_ids[place]) for place in row if place >= 0]


@pytest.fixture(scope="module")
def ordered() -> WebsiteLists:
    return made(orders_of_two())


def test_stock_is_added_up_over_warehouses_and_nobody_counting_means_there_is_some() -> None:
    rows = (
        ("p00", "north", 5, 3, 2),  # none
        ("p00", "south", 1, 4, 0),  # less than none
        ("p01", "north", 0, 0, 0),
        ("p01", "south", 4, 2, 1),  # one
        ("p02", "north", 1, 9, 0),
        ("p02", "south", 3, 0, 1),  # two: what north lacks is not taken from south
    )
    given = replace(shop(), inventory=inventory(*rows))

    assert in_stock(given).tolist() == [False] + [True] * 19  # type: ignore[arg-type]


def test_nothing_out_of_stock_is_listed_anywhere(ordered: WebsiteLists) -> None:
    gone = ordered.goes_with.product_ids[ordered.goes_with.idx[ordered.goes_with.idx >= 0][0]]
    given = replace(orders_of_two(), inventory=inventory((gone, "", 2, 1, 1)))
    lists = made(given)

    for table, ranked in lists.tables.items():
        assert gone not in {name for key in ranked.keys for name in ids(ranked, key)}, table
        assert (ranked.idx >= 0).any(), table
    assert gone in lists.goes_with.keys
    assert any(gone in key for key in lists.baskets.keys)


def test_only_what_is_bought_again_is_listed_to_who_has_it() -> None:
    given = shop()
    again = given.products["product_id"].isin(["p02", "p03", "p04"])
    longer = campaign(website=website(list_length=20))
    tables = replace(given, products=given.products.assign(repurchasable=again))
    ranked = personal(train(longer, tables), tables)  # type: ignore[arg-type]
    had = given.events[given.events["kind"] != "view"].groupby("customer_id")["product_id"].agg(set)

    for customer in ranked.keys:
        barred = had.get(customer, set()) - {"p02", "p03"} | {"p04"}  # p04 is not on the site
        assert set(ids(ranked, customer)) == set(given.products["product_id"]) - barred


def test_a_rating_in_the_middle_is_having_and_a_kind_of_weight_0_is_not() -> None:
    given = shop()
    rows = [("c000", "p18", "rating", 3.0), ("c000", "p19", "return", np.nan), ("gone", "p19", "rating", 3.0)]
    more = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "value"])
    more["occurred_at"] = pd.Timestamp("2026-12-01")
    tables = replace(given, events=pd.concat([given.events, more[given.events.columns]], ignore_index=True))
    ranked = personal(train(campaign(website=website(list_length=20)), tables), tables)  # type: ignore[arg-type]

    assert "p18" not in ids(ranked, "c000")
    assert "p19" in ids(ranked, "c000")


def mixed(ranked: Ranked, cells: dict[str, list[set[str]]], at_most: dict[str, int]) -> None:
    """Every list is: best first with so many of a value, then best first of the rest."""
    for row in range(len(ranked.keys)):
        places = np.flatnonzero(ranked.idx[row] >= 0)
        listed = [(-float(ranked.score[row, at]), int(ranked.idx[row, at])) for at in places]
        count: Counter[tuple[str, str]] = Counter()
        kept: list[tuple[float, int]] = []
        aside: list[tuple[float, int]] = []
        for entry in sorted(listed):
            mine = [(column, value) for column, of in cells.items() for value in of[entry[1]]]
            full = any(count[sort] >= at_most[sort[0]] for sort in mine)
            (aside if full else kept).append(entry)
            count.update([] if full else mine)
        assert listed == [*kept, *aside]


def test_lists_are_mixed_and_keep_their_length() -> None:
    at_most = {"category": 2, "tags": 1}
    given = orders_of_two()
    tags = [["red|small", "blue", "", "red | blue", "small"][number % 5] for number in range(12)]
    given = replace(given, products=given.products.assign(tags=tags))
    plain, lists = (made(given, similar_length=6, list_length=8, at_most=limits) for limits in ({}, at_most))
    cells = {
        column: [{value.strip() for value in cell.split("|")} - {""} for cell in given.products[column]]
        for column in at_most
    }

    for table, ranked in lists.tables.items():
        assert np.array_equal((ranked.idx >= 0).sum(axis=1), (plain.tables[table].idx >= 0).sum(axis=1)), table
        mixed(ranked, cells, at_most)
        mixed(plain.tables[table], {}, {})
        assert not np.array_equal(ranked.idx, plain.tables[table].idx), table


def test_a_segment_of_three_purchases_shows_what_everyone_buys_and_a_large_one_its_own() -> None:
    rng = np.random.default_rng(0)
    everyone = np.sort(rng.gamma(0.5, 200, 300))[::-1].copy()
    few, many = np.zeros(300), np.zeros(300)
    few[[250, 260, 270]] = 1
    many[250] = 400
    share = shrunk_shares(np.stack((everyone, few, many)), everyone, 20, 5.0)

    assert share[0] == pytest.approx(everyone / everyone.sum())
    assert set(np.argsort(-share[1], kind="stable")[:20].tolist()) == set(range(20))
    assert np.argmax(share[2]) == 250
    assert share.sum(axis=1) == pytest.approx(1)


def test_head_start_is_what_the_last_of_the_list_enters_with() -> None:
    everyone = np.array([6.0, 3.0, 1.0, 0.0])
    nobody = np.zeros((1, 4))

    assert shrunk_shares(nobody, everyone, 2, 5.0)[0] == pytest.approx(everyone / 10)
    # m = 5 / 0.3: one purchase of the third makes its share (1 + m 0.1) / (1 + m)
    m = 5 / 0.3
    assert shrunk_shares(np.array([[0, 0, 1.0, 0]]), everyone, 2, 5.0)[0, 2] == pytest.approx((1 + m / 10) / (1 + m))
    assert shrunk_shares(nobody, np.zeros(4), 2, 5.0).tolist() == [[0, 0, 0, 0]]


def test_a_segment_without_purchases_shows_what_everyone_buys_and_says_so() -> None:
    given = shop()
    hair = given.customers["hair"].where(given.customers["customer_id"] < "c058", "grey")
    tables = replace(given, customers=given.customers.assign(hair=hair))
    ranked = bestsellers(train(campaign(), tables), tables)  # type: ignore[arg-type]
    row = ranked.keys.index("hair=grey")

    assert ids(ranked, "hair=grey") == ids(ranked, "")
    assert {ranked.reasons[code] for code in ranked.reason[row]} == {"a bestseller this season"}


def test_baskets_are_named_by_their_sorted_products_and_never_list_them(ordered: WebsiteLists) -> None:
    assert ordered.baskets.keys
    assert len(set(ordered.baskets.keys)) == len(ordered.baskets.keys) <= 50
    for key in ordered.baskets.keys:
        members = json.loads(key)
        assert key == basket_key(reversed(members)) == json.dumps(sorted(members), separators=(",", ":"))
        assert 2 <= len(members) <= 3
        assert "p04" not in members
        assert not set(members) & set(ids(ordered.baskets, key))
    assert made(orders_of_two(), baskets=0).baskets.keys == []
    assert made(orders_of_two(), baskets=3).baskets.keys == ordered.baskets.keys[:3]


def test_a_product_without_baskets_has_an_empty_list(ordered: WebsiteLists) -> None:
    assert ordered.goes_with.keys == shop(n_products=12).products["product_id"].tolist()
    assert ids(ordered.goes_with, "p11") == []  # new: nobody bought it
    assert sum(bool(ids(ordered.goes_with, key)) for key in ordered.goes_with.keys) > 5


def test_the_order_of_events_does_not_matter(ordered: WebsiteLists) -> None:
    given = orders_of_two()
    shuffled = made(replace(given, events=given.events.sample(frac=1, random_state=3, ignore_index=True)))
    for table in ("goes_with", "baskets"):
        one, other = ordered.tables[table], shuffled.tables[table]
        assert one.keys == other.keys
        assert (one.idx.tobytes(), one.score.tobytes()) == (other.idx.tobytes(), other.score.tobytes())


def test_lists_are_merged_by_adding_scores() -> None:
    def entry(product: str, score: float, reason: str = "") -> dict[str, Any]:
        return {"product_id": product, "score": score, "reason": reason}

    lists = [
        [entry("B", 3), entry("C", 2, "with A"), entry("D", 1), entry("E", 1)],
        [entry("A", 4), entry("C", 2.5, "with B"), entry("E", 1)],
    ]

    assert merged(["A", "B"], lists) == [entry("C", 4.5, "with B"), entry("E", 2), entry("D", 1)]
    assert merged(["A"], []) == []


def website_of(lists: WebsiteLists, path: Path) -> sqlite3.Connection:
    tables = {name: (ranked.keys, list(ranked_lists(ranked))) for name, ranked in lists.tables.items()}
    write_website(path, {"run_id": "r"}, {**tables, "boxes": ([], [])}, [])
    return sqlite3.connect(path)


def test_a_reader_finds_a_list_for_every_basket(ordered: WebsiteLists, tmp_path: Path) -> None:
    with closing(website_of(ordered, tmp_path / "website.sqlite")) as base:
        for row, key in enumerate(ordered.baskets.keys):
            listed = basket_list(base, json.loads(key))
            assert [entry["product_id"] for entry in listed] == ids(ordered.baskets, key)
            assert [entry["score"] for entry in listed] == pytest.approx(
                ordered.baskets.score[row, : len(listed)].tolist()
            )
        four = ["p00", "p02", "p06", "p08"]
        rows = dict(base.execute("SELECT product_id, items FROM goes_with"))
        parts = [json.loads(rows[product]) for product in four]
        assert basket_list(base, four[::-1]) == merged(four, parts)
        assert not set(four) & {entry["product_id"] for entry in basket_list(base, four)}
        assert basket_list(base, ["p00"]) == parts[0]
        assert basket_list(base, []) == basket_list(base, ["who", "what"]) == []
    assert set(KEYS) == {*ordered.tables, "boxes"}
