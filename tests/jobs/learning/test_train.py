"""Training on tables: ids to positions and back, the moment of scoring, bytes, and reasons that are true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.config.reasons import Reasons
from jobs.learning.interactions import interactions
from jobs.learning.recommender import Recommender
from jobs.learning.seeds import id_seeds
from jobs.learning.train import train
from recsys.satisfaction.utility import Balance, expected_likes
from recsys.scoring.blend import LISTS, Weights
from recsys.scoring.model import GRID
from tests.jobs.reasons_said import reasons_of
from tests.jobs.small_shop import Shop, campaign, shipments, shop, without_events


@pytest.fixture(scope="module")
def trained() -> Recommender:
    return train(campaign(), shop())  # type: ignore[arg-type]


def scores(recommender: Recommender, given: Shop) -> Any:
    blocks = recommender.score_blocks(given.customers["customer_id"], given.products["product_id"])
    return blocks.block(0, blocks.shape[0])


def tastes(recommender: Recommender, given: Shop) -> Any:
    """Scores without what ratings say."""
    ids = given.customers["customer_id"], given.products["product_id"]
    blocks = recommender.score_blocks(*ids, recommender.weights.packing)
    return blocks.block(0, blocks.shape[0])


def test_a_score_of_boxes_is_taste_moved_by_what_ratings_say(trained: Recommender) -> None:
    given, satisfaction = shop(), trained.satisfaction
    customers = trained.interactions.customers(given.customers["customer_id"])
    log_odds = satisfaction.log_odds(customers, trained.interactions.products(given.products["product_id"]))

    worth = expected_likes(tastes(trained, given), log_odds, satisfaction.base_rate, Balance())
    unrated = replace(given, events=given.events[given.events["kind"] != "rating"].reset_index(drop=True))
    silent = train(campaign(), unrated)  # type: ignore[arg-type]

    assert satisfaction.n_opinions > 0
    assert scores(trained, given) == pytest.approx(worth, abs=1e-6)
    assert scores(silent, unrated) == pytest.approx(tastes(silent, unrated), abs=1e-5)


def test_scores_come_in_the_order_of_the_ids_asked_for(trained: Recommender) -> None:
    everything = scores(trained, shop())
    some = trained.score_blocks(["c007", "c000", "c007"], ["p19", "p00"])

    assert some.shape == (3, 2)
    assert some.block(0, 3) == pytest.approx(everything[[7, 0, 7]][:, [19, 0]], abs=1e-6)
    assert np.array_equal(some.block(1, 2), some.block(0, 3)[1:2])


def test_the_same_bytes_again_and_in_any_order_of_rows(trained: Recommender) -> None:
    given = shop()
    shuffled = replace(given, events=given.events.sample(frac=1, random_state=1, ignore_index=True))

    assert scores(train(campaign(), given), given).tobytes() == scores(trained, given).tobytes()  # type: ignore[arg-type]
    again = scores(train(campaign(), shuffled), given)  # type: ignore[arg-type]
    assert again == pytest.approx(scores(trained, given), abs=1e-3)


def test_portions_across_the_grid_never_change_a_byte(trained: Recommender) -> None:
    ids = [f"c{number % 60:03d}" for number in range(GRID + 77)]
    blocks = trained.score_blocks(ids, ["p03", "p00"])
    whole = blocks.block(0, len(ids))
    for lo, hi in ((0, 5), (GRID - 1, GRID + 1), (7, len(ids)), (GRID, GRID)):
        assert blocks.block(lo, hi).tobytes() == whole[lo:hi].tobytes()


def test_another_seed_is_another_start_and_the_same_taste(trained: Recommender) -> None:
    other = scores(train(campaign(seed=5), shop()), shop())  # type: ignore[arg-type]

    assert not np.array_equal(other, scores(trained, shop()))
    assert np.corrcoef(other.ravel(), scores(trained, shop()).ravel())[0, 1] > 0.95


def test_everybody_leans_to_her_own_kind_with_or_without_events(trained: Recommender) -> None:
    everything = tastes(trained, shop())
    same = (np.arange(60)[:, None] - np.arange(20)[None, :]) % 2 == 0

    assert (np.where(same, everything, 0).sum(axis=1) > np.where(~same, everything, 0).sum(axis=1) + 0.5).all()


def test_nothing_later_than_the_day_of_scoring_is_used() -> None:
    given = shop()
    early = given.events["occurred_at"] < pd.Timestamp("2026-10-02")
    spoiled = replace(given, events=pd.concat([given.events[early], given.events[~early].assign(product_id="p01")]))

    one = train(campaign(), replace(given, events=given.events[early]), as_of=date(2026, 10, 1))  # type: ignore[arg-type]
    other = train(campaign(), spoiled, as_of=date(2026, 10, 1))  # type: ignore[arg-type]

    assert scores(one, given).tobytes() == scores(other, given).tobytes()


def test_customers_and_products_outside_the_campaign_teach_the_model() -> None:
    given = shop()
    few = replace(given, customers=given.customers.iloc[::7], products=given.products.iloc[2:6])
    recommender = train(campaign(), few)  # type: ignore[arg-type]

    assert len(recommender.interactions.customer_ids) == 55 or len(recommender.interactions.customer_ids) > 54
    assert recommender.interactions.product_ids.tolist() == [f"p{number:02d}" for number in range(18)]
    assert scores(recommender, few).shape == (len(few.customers), 4)


def test_ids_that_look_alike_stay_apart() -> None:
    given = shop()
    customers = pd.concat([given.customers, given.customers.iloc[:2].assign(customer_id=["7", "007"])])
    recommender = train(campaign(), replace(given, customers=customers))  # type: ignore[arg-type]

    seven = recommender.interactions.customers(["7", "007"])
    assert len(set(seven.tolist())) == 2
    with pytest.raises(KeyError, match="no such customer: '07'"):
        recommender.interactions.customers(["07"])
    with pytest.raises(KeyError, match="no such product: 'nope'"):
        recommender.score_blocks(["7"], ["nope"])


def test_a_shop_without_events_is_neutral_and_says_so() -> None:
    given = without_events(shop())
    recommender = train(campaign(), given)  # type: ignore[arg-type]

    assert (scores(recommender, given) == 0.5).all()
    assert reasons_of(recommender, ["c000"], ["p00"]) == ["something to discover"]


def test_weights_follow_the_signals() -> None:
    rows = [
        ("c1", "p1", "purchase", np.nan),
        ("c1", "p2", "rating", 5.0),
        ("c1", "p3", "rating", 1.0),
        ("c1", "p4", "return", np.nan),
    ]
    events = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "value"])
    events["occurred_at"] = pd.Series([pd.Timestamp("2026-12-05 12:00")] * 4).astype("datetime64[us]")
    given = replace(shop(), events=events)

    seen = interactions(campaign(), given, date(2026, 12, 5))  # type: ignore[arg-type]

    assert seen.events.weight.tolist() == [4.0, 4.0, -4.0]
    assert seen.events.age_days.tolist() == [0.5, 0.5, 0.5]
    assert [seen.kinds[kind] for kind in seen.kind] == ["purchase", "rating", "rating"]


def test_reasons_are_true(trained: Recommender) -> None:
    given = shop()
    customers, products = np.repeat(given.customers["customer_id"], 20), np.tile(given.products["product_id"], 60)
    said = reasons_of(trained, customers, products)
    bought = set(zip(given.events["customer_id"], given.events["product_id"], given.events["kind"], strict=True))
    t = tastes(trained, given).ravel()

    assert len(said) == 1200
    for customer, product, why, score in zip(customers, products, said, t, strict=True):
        why = why.removeprefix("new here: ")
        if why.startswith("goes with Cream "):
            name, verb = why.removeprefix("goes with Cream ").split(", which you ")
            kind = {"bought": "purchase", "looked at": "view", "rated": "rating"}[verb]
            assert (customer, f"p{int(name):02d}", kind) in bought
            assert f"p{int(name):02d}" != product
        elif why.startswith("matches your taste in for hair: "):
            assert why.endswith("straight" if int(product[1:]) % 2 == 0 else "curly")
        elif why.startswith("liked by customers with hair: "):
            assert customer >= "c054"
            assert why.endswith("straight" if int(customer[1:]) % 2 == 0 else "curly")
        elif why.startswith("picked for customers with hair: "):  # nobody who gave the same answer bought it
            assert customer >= "c054"
            assert (int(customer[1:]) - int(product[1:])) % 2 or product >= "p18"
        else:
            assert why in KNOWN_WORDS or why.startswith("matches your taste in category: ")
        assert (score > 0.5 - 1e-4) == (
            why not in {"something different from your usual choices", "something to discover"}
        ) or abs(score - 0.5) < 1e-3


KNOWN_WORDS = {"something different from your usual choices", "something to discover", "popular this season"}


def test_only_products_nobody_had_long_ago_are_called_new(trained: Recommender) -> None:
    said = reasons_of(trained, ["c000"] * 20, shop().products["product_id"], LISTS)

    assert [why.startswith("new here: ") for why in said] == [False] * 18 + [True] * 2


def test_what_came_in_a_box_or_was_rated_long_ago_is_not_called_new() -> None:
    """p18 has no events, p19 one rating that says neither yes nor no."""
    given = shop()
    asked = ["c000"] * 2, ["p18", "p19"]
    new = {}
    for shipped, rated in (("2026-11-20", "2026-11-20"), ("2026-10-01", "2026-11-20"), ("2026-11-20", "2026-10-01")):
        neutral = pd.DataFrame(
            [("c001", "p19", "rating", pd.Timestamp(rated), 3.0)],
            columns=["customer_id", "product_id", "kind", "occurred_at", "value"],
        )
        events = pd.concat((given.events, neutral), ignore_index=True).astype({"occurred_at": "datetime64[us]"})
        later = ("c003", "p18", "2026-12-06"), ("c003", "of another shop", "2026-01-01")
        tables = replace(given, events=events, shipments=shipments(("c002", "p18", shipped), *later))
        said = reasons_of(train(campaign(), tables), *asked, LISTS)  # type: ignore[arg-type]
        new[shipped, rated] = [why.startswith("new here: ") for why in said]

    assert list(new.values()) == [[True, True], [False, True], [True, False]]


def only_in_words(column: str) -> Shop:
    """The shop where nothing but a text says for whom a product is; name is what customers read."""
    given = shop()
    flower = np.where(np.arange(20) % 2 == 0, "rose", "mint")
    texts = [f"Cream no. {number} of {kind}, {number} ml" for number, kind in enumerate(flower)]
    plain = given.products.drop(columns=["for_hair", "category"])
    return replace(given, products=plain.assign(**{column: pd.Series(texts, dtype="str")}))


@pytest.mark.parametrize("column", ["name", "description", "claim"])
def test_new_products_are_known_by_their_words(column: str) -> None:
    given = only_in_words(column)
    recommender = train(campaign(), given)  # type: ignore[arg-type]
    new = recommender.score_blocks(given.customers["customer_id"][:54], ["p18", "p19"]).block(0, 54)
    even = np.arange(54) % 2 == 0

    assert (new[even, 0] > new[even, 1]).all()
    assert (new[~even, 0] < new[~even, 1]).all()
    assert reasons_of(recommender, ["c000", "c001"], ["p18", "p19"]) == [
        "new here: matches your taste: rose",
        "new here: matches your taste: mint",
    ]


def test_columns_that_the_campaign_ignores_teach_nothing() -> None:
    given = only_in_words("claim")
    one = campaign()
    one.model.ignore = ("claim",)

    recommender = train(one, given)  # type: ignore[arg-type]

    assert recommender.product_values.column == ()


def test_what_customers_wrote_is_a_reason_where_the_campaign_reads_it() -> None:
    given = shop()
    remark = [f"My hair is {kind} and number {at}" for at, kind in enumerate(given.customers["hair"])]
    customers = given.customers.drop(columns="hair").assign(remark=pd.Series(remark, dtype="str"))
    one = campaign(reasons=Reasons(say=("remark",)))
    one.model.text = ("remark",)

    recommender = train(one, replace(given, customers=customers))  # type: ignore[arg-type]

    weights = Weights.of(affinity=1)
    assert reasons_of(recommender, ["c058"], ["p02"], weights) == ["liked by customers who wrote: straight"]
    assert not train(campaign(), replace(given, customers=customers)).customer_values.column  # type: ignore[arg-type]
    one.reasons = Reasons()  # read, and kept to itself
    silent = train(one, replace(given, customers=customers))  # type: ignore[arg-type]
    assert "straight" in silent.customer_values.value
    assert not any(
        "wrote" in why for why in reasons_of(silent, ["c058"] * 18, given.products["product_id"][:18], weights)
    )


def test_names_are_given_in_words_and_ids_where_there_is_no_name(trained: Recommender) -> None:
    nameless = replace(trained, names={})

    assert any("goes with p" in why for why in reasons_of(nameless, ["c000"] * 18, [f"p{i:02d}" for i in range(18)]))


def test_a_customer_who_never_told_is_not_called_by_an_empty_answer() -> None:
    given = shop()
    silent = given.customers.assign(hair=given.customers["hair"].where(given.customers["customer_id"] < "c050", ""))
    recommender = train(campaign(), replace(given, customers=silent))  # type: ignore[arg-type]
    products = given.products["product_id"]
    said = reasons_of(recommender, ["c058"] * 20, products, Weights.of(affinity=1))

    assert not any(why.endswith(": ") for why in said)


def test_no_pairs_no_reasons(trained: Recommender) -> None:
    assert reasons_of(trained, [], []) == []


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    train(campaign(), shop(), progress=lambda text, done, total: told.append((text, done, total)))  # type: ignore[arg-type]

    assert told[-1] == ("factorizing", 10, 10)


def test_seeds_of_ids_are_pinned_and_keyed() -> None:
    one, other = id_seeds(["a", "b"], "customers/0"), id_seeds(["a", "b"], "products/0")

    assert one.dtype == np.uint64
    assert len({*one.tolist(), *other.tolist()}) == 4
    assert id_seeds(["b"], "customers/0")[0] == one[1]
    assert one.tolist() == [11525625853043421554, 7754202265486176801]
