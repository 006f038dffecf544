"""Ratings as a reason: told only where they push more than taste, with the very counts of the tables."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from jobs.learning.recommender import Recommender
from jobs.learning.train import train
from jobs.recommending.rating_reasons import FEWEST, pushes
from tests.jobs.reasons_said import reasons_of
from tests.jobs.small_shop import campaign, shop

BELOVED, MIXED, RARE = "p05", "p06", "p07"


def rated_shop() -> pd.DataFrame:
    """The small shop's events, and ratings: 19 of 20 like one product, 4 of 20 another, all of FEWEST - 1 a third."""
    stars = [(f"c{number:03d}", BELOVED, 5.0 if number else 1.0) for number in range(20)]
    stars += [(f"c{number:03d}", MIXED, 5.0 if number < 4 else 1.0) for number in range(20)]
    stars += [(f"c{number:03d}", RARE, 5.0) for number in range(FEWEST - 1)]
    ratings = pd.DataFrame(stars, columns=["customer_id", "product_id", "value"])
    ratings["kind"], ratings["occurred_at"] = "rating", pd.Timestamp("2026-12-01").as_unit("us")
    return pd.concat([shop().events, ratings], ignore_index=True)


@pytest.fixture(scope="module", params=[(1.0, 1.0), (0.5, 3.0)])
def rated(request: pytest.FixtureRequest) -> Recommender:
    affinity, satisfaction = request.param
    settings = campaign(utility=SimpleNamespace(affinity=affinity, satisfaction=satisfaction))
    return train(settings, replace(shop(), events=rated_shop()))  # type: ignore[arg-type]


def everything(recommender: Recommender) -> tuple[list[str], list[str], np.ndarray, np.ndarray, np.ndarray]:
    customers, products = [f"c{number:03d}" for number in range(60)], sorted(recommender.names)
    packing_scores = recommender.score_blocks(customers, products).block(0, 60)
    idx = recommender.interactions.customers(customers), recommender.interactions.products(products)
    return (
        np.repeat(customers, len(products)).tolist(),
        products * 60,
        packing_scores.ravel(),
        np.repeat(idx[0], len(products)),
        np.tile(idx[1], 60),
    )


def test_taste_and_ratings_are_taken_apart_again(rated: Recommender) -> None:
    customers, products, packing_scores, customer_idx, item_idx = everything(rated)
    taste, by_ratings = pushes(rated, customer_idx, item_idx, packing_scores)
    alone = rated.score_blocks(sorted(set(customers)), sorted(set(products)), rated.weights.packing).block(0, 60)
    weights = rated.campaign.utility

    assert taste == pytest.approx(weights.affinity * logit(alone.astype(float)).ravel(), abs=0.02)
    assert by_ratings == pytest.approx(weights.satisfaction * rated.satisfaction.item_effect[item_idx])


def test_only_a_product_that_many_rated_and_more_than_usual_like_is_told_with_its_counts(rated: Recommender) -> None:
    customers, products, packing_scores, customer_idx, item_idx = everything(rated)
    said = reasons_of(rated, customers, products, packing_scores=packing_scores)
    plain = reasons_of(rated, customers, products)
    taste, by_ratings = pushes(rated, customer_idx, item_idx, packing_scores)
    changed = {product for product, one, other in zip(products, said, plain, strict=True) if one != other}

    assert changed == {BELOVED}
    for at, (product, one) in enumerate(zip(products, said, strict=True)):
        if product == BELOVED and by_ratings[at] > taste[at]:
            assert one == "liked by 19 of 20 who rated it"
        else:
            assert one == plain[at]
    beloved = np.array(products) == BELOVED
    assert (by_ratings > taste)[beloved].any()


def test_without_ratings_nothing_is_said_of_them() -> None:
    recommender = train(campaign(), shop())  # type: ignore[arg-type]
    customers, products, packing_scores, *_ = everything(recommender)

    assert reasons_of(recommender, customers, products, packing_scores=packing_scores) == reasons_of(
        recommender, customers, products
    )
