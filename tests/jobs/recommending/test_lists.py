"""Website lists: only what is sold, nothing she has, a total order, and a reason in each place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config.campaign import Signal
from jobs.config.kinds import BROWSING
from jobs.learning.event_kinds import VERBS
from jobs.learning.recommender import Recommender
from jobs.learning.train import train
from jobs.recommending.bestsellers import _layers, bestsellers
from jobs.recommending.lists import Ranked, WebsiteLists, personal, website_lists
from jobs.recommending.purchases import purchase_kinds
from recsys.scoring.blend import LISTS
from tests.jobs.reasons_said import reasons_of
from tests.jobs.small_shop import campaign, shop, website, without_events


@pytest.fixture(scope="module")
def recommender() -> Recommender:
    return train(campaign(), shop())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lists(recommender: Recommender) -> WebsiteLists:
    return website_lists(recommender, shop())  # type: ignore[arg-type]


def ids(ranked: Ranked, key: str) -> list[str]:
    row = ranked.idx[ranked.keys.index(key)]
    return [ranked.product_ids[place] for place in row if place >= 0]


def test_every_list_keeps_the_contract(lists: WebsiteLists) -> None:
    for ranked, n_keys, k in ((lists.personal, 60, 4), (lists.similar, 20, 3), (lists.bestsellers, 3, 4)):
        assert len(ranked.keys) == n_keys
        assert ranked.idx.shape == ranked.score.shape == ranked.reason.shape == (n_keys, k)
        assert [str(part.dtype) for part in (ranked.idx, ranked.score, ranked.reason)] == ["int32", "float32", "int32"]
        real = ranked.idx >= 0
        assert np.array_equal(real, ~np.isnan(ranked.score))
        assert np.array_equal(real, ranked.reason >= 0)
        assert ranked.reason.max() < len(ranked.reasons)
        assert all(ranked.reasons)
        assert (np.diff(np.where(real, ranked.score, -np.inf), axis=1)[real[:, 1:]] <= 0).all()
        for row in ranked.idx:
            assert len(set(row[row >= 0].tolist())) == (row >= 0).sum()


def test_only_products_on_the_site_are_listed(lists: WebsiteLists) -> None:
    off_site = 4
    for ranked in (lists.personal, lists.similar, lists.bestsellers):
        assert off_site not in ranked.idx
    assert ids(lists.similar, "p04")


def test_nobody_is_shown_what_she_bought_or_rated_but_may_see_what_she_looked_at(recommender: Recommender) -> None:
    longer = replace(recommender, campaign=campaign(website=website(list_length=20)))
    ranked = personal(longer, shop())  # type: ignore[arg-type]
    events = shop().events
    had = set(zip(events["customer_id"], events["product_id"], events["kind"], strict=True))

    for customer in ranked.keys:
        listed = ids(ranked, customer)
        expected = {
            product
            for product in shop().products["product_id"]
            if product != "p04"
            and (customer, product, "purchase") not in had
            and (customer, product, "rating") not in had
        }
        assert set(listed) == expected


def test_lists_follow_the_score_and_then_the_id(recommender: Recommender, lists: WebsiteLists) -> None:
    products = recommender.interactions.product_ids
    blocks = recommender.score_blocks(lists.personal.keys, products, LISTS)
    scores = blocks.block(0, 60)
    for row in range(60):
        places = lists.personal.idx[row]
        assert lists.personal.score[row] == pytest.approx(scores[row, places], abs=1e-5)
    first_day = without_events(shop())
    neutral = personal(train(campaign(), first_day), first_day)  # type: ignore[arg-type]
    assert ids(neutral, "c007") == ["p00", "p01", "p02", "p03"]


def test_customers_are_shown_their_own_kind(lists: WebsiteLists) -> None:
    own = [
        int(product[1:]) % 2 == int(customer[1:]) % 2
        for customer in lists.personal.keys
        for product in ids(lists.personal, customer)[:2]
    ]

    assert np.mean(own) > 0.95


def test_similar_products_are_of_the_same_kind_and_say_why(lists: WebsiteLists) -> None:
    for product in ("p00", "p01", "p19"):
        assert product not in ids(lists.similar, product)
        assert all(int(other[1:]) % 2 == int(product[1:]) % 2 for other in ids(lists.similar, product))
    new = lists.similar.reason[lists.similar.keys.index("p18")]
    assert {lists.similar.reasons[code] for code in new} == {"the same for hair: straight"}
    old = lists.similar.idx[0] < 18
    assert {lists.similar.reasons[code] for code in lists.similar.reason[0][old]} == {"chosen by the same customers"}


def test_products_whose_names_are_alike_say_the_word() -> None:
    given = shop()
    names = [f"{('Rose', 'Mint')[number % 2]} cream {number}" for number in range(20)]
    plain = given.products.assign(for_hair="", category="", name=pd.Series(names, dtype="str"))
    given = replace(given, products=plain)
    similar = website_lists(train(campaign(), given), given).similar  # type: ignore[arg-type]

    assert {similar.reasons[code] for code in similar.reason[18]} == {"in common: rose"}


def test_bestsellers_count_decayed_purchases_by_segment(lists: WebsiteLists) -> None:
    assert lists.bestsellers.keys == ["", "hair=curly", "hair=straight"]
    events = shop().events
    bought = events[events["kind"] == "purchase"]
    age = (pd.Timestamp("2026-12-06") - bought["occurred_at"]).dt.total_seconds() / 86_400
    for key, odd in (("hair=curly", 1), ("hair=straight", 0)):
        mine = bought["customer_id"].str[1:].astype(int) % 2 == odd
        counted = (0.5 ** (age / 90))[mine].groupby(bought["product_id"][mine]).sum().drop("p04", errors="ignore")
        best = counted.sort_index().sort_values(ascending=False, kind="stable")
        assert ids(lists.bestsellers, key) == best.index[:4].tolist()
    assert (
        lists.bestsellers.reasons[lists.bestsellers.reason[1, 0]] == "a bestseller with customers whose hair is curly"
    )


def test_a_rating_is_no_sale_where_sales_are_known(lists: WebsiteLists) -> None:
    """Praise for what came in a box makes no bestseller; in a shop that knows ratings alone, it is all there is."""
    given = shop()
    raters = given.customers["customer_id"].tolist()
    praise = pd.DataFrame({"customer_id": raters, "product_id": "p18", "kind": "rating", "value": 5.0})
    praise["occurred_at"] = pd.Series(pd.Timestamp("2026-12-01"), praise.index).astype("datetime64[us]")
    events = pd.concat((given.events, praise), ignore_index=True)
    ranked, alone = (
        bestsellers(train(campaign(), tables), tables)  # type: ignore[arg-type]
        for tables in (replace(given, events=events), replace(given, events=praise[given.events.columns]))
    )

    assert all(ids(ranked, key) == ids(lists.bestsellers, key) for key in ranked.keys)
    np.testing.assert_array_equal(ranked.score, lists.bestsellers.score)
    assert ids(alone, "") == ["p18"]


def test_a_segment_cell_with_several_values_counts_for_each() -> None:
    given = shop()
    both = replace(given, customers=given.customers.assign(hair="straight|curly"))
    ranked = bestsellers(train(campaign(), both), both)  # type: ignore[arg-type]

    assert ranked.keys == ["", "hair=curly", "hair=straight"]
    assert ids(ranked, "hair=curly") == ids(ranked, "hair=straight") == ids(ranked, "")


def test_segment_cells_of_several_values_stand_beside_single_and_empty_ones() -> None:
    given = shop()
    hair = pd.Series(["straight|curly", "curly", "", "curly | straight|curly", "straight"] * 12, dtype="str")
    mixed = replace(given, customers=given.customers.assign(hair=hair))
    ranked = bestsellers(train(campaign(), mixed), mixed)  # type: ignore[arg-type]
    alone = given.customers.assign(hair=hair.str.contains("curly").map({True: "curly", False: ""}))
    single = bestsellers(train(campaign(), replace(given, customers=alone)), replace(given, customers=alone))  # type: ignore[arg-type]

    assert ranked.keys == ["", "hair=curly", "hair=straight"]
    assert ids(ranked, "hair=curly") == ids(single, "hair=curly") != ids(ranked, "hair=straight")
    np.testing.assert_array_equal(ranked.score[1], single.score[1])


def test_a_shop_without_events_has_no_bestsellers_and_likes_nothing_to_compare() -> None:
    given = without_events(shop())
    made = website_lists(train(campaign(), given), given)  # type: ignore[arg-type]

    assert (made.bestsellers.idx == -1).all()
    assert (made.similar.idx == -1).all()
    assert (made.personal.idx >= 0).all()


def test_nothing_on_site_gives_empty_lists() -> None:
    given = shop()
    closed = replace(given, products=given.products.assign(on_site=False))
    made = website_lists(train(campaign(), closed), closed)  # type: ignore[arg-type]

    for ranked in (made.personal, made.similar, made.bestsellers):
        assert (ranked.idx == -1).all()
        assert np.isnan(ranked.score).all()


def test_looking_is_never_told_as_choosing() -> None:
    given = shop()
    for kind in sorted(BROWSING):
        events = given.events.assign(kind=kind)
        signals = {kind: Signal(weight=1.0)}
        recommender = train(campaign(signals=signals), replace(given, events=events))  # type: ignore[arg-type]
        said = reasons_of(recommender, ["c000"] * 18, given.products["product_id"][:18], LISTS)

        told = {why.split(", which you ")[1] for why in said if ", which you " in why}
        assert told == {VERBS[kind]}


def test_browsing_is_not_having(recommender: Recommender) -> None:
    kinds = recommender.interactions.kinds

    assert dict(zip(kinds, purchase_kinds(recommender).tolist(), strict=True)) == {
        "purchase": True,
        "rating": True,
        "return": True,
        "view": False,
    }


@given(st.lists(st.lists(st.integers(0, 5), unique=True), max_size=6))
def test_every_segment_stands_in_one_layer_whole(segments: list[list[int]]) -> None:
    layers = _layers([np.array(mine, np.int64) for mine in segments], 6)

    assert sorted(at for layer, _ in layers for at in layer) == list(range(len(segments)))
    for layer, segment in layers:
        for place, at in enumerate(layer):
            assert np.flatnonzero(segment == place).tolist() == sorted(segments[at])
