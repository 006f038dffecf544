"""Laws of the satisfaction model, oracles that can be computed in the head, and worlds whose true chances are known."""

from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from scipy.special import expit

from recsys.satisfaction.calibration import auc, reliability
from recsys.satisfaction.ratings import newest_opinions
from recsys.satisfaction.satisfaction import KINDS, Satisfaction, fit_satisfaction, judged_ratings
from tests.recsys.opinion_worlds import Array, World, made, tiny_worlds, with_opinions
from tests.recsys.worlds import seeds


@pytest.fixture(scope="module")
def world() -> World:
    return made(3_000, 60, 30_000)


@pytest.fixture(scope="module")
def model(world: World) -> Satisfaction:
    return fit_satisfaction(*world.inputs())


def everybody(model: Satisfaction) -> Array:
    return model.probability(np.arange(len(model.customer_effect)), np.arange(len(model.item_effect)))


def test_chances_of_pairs_add_up_to_blocks(model: Satisfaction) -> None:
    customers, items = np.array([7, 2_999, 0]), np.array([59, 3])
    odds = model.log_odds(customers, items)

    assert odds.dtype == np.float32
    assert odds == pytest.approx(
        model.base + model.customer_effect[customers][:, None] + model.item_effect[items][None, :], abs=1e-5
    )
    assert model.probability(customers, items) == pytest.approx(expit(odds), abs=1e-6)
    assert np.array_equal(model.probability(customers, items), everybody(model)[np.ix_(customers, items)])


def test_eight_in_ten_means_eight_of_ten(world: World, model: Satisfaction) -> None:
    truth, said = world.truth(), everybody(model).astype(float)

    for bin in reliability(said.ravel(), truth.ravel()):
        assert bin.predicted == pytest.approx(bin.observed, abs=0.03)
    for known in (slice(0, 54), slice(54, 60)):  # products with opinions, and new ones
        assert said[:, known].mean() == pytest.approx(truth[:, known].mean(), abs=0.06)


def test_it_tells_likes_from_dislikes_nearly_as_well_as_the_truth() -> None:
    busy = made(600, 60, 40_000)
    truth, said = busy.truth()[:540, :54], everybody(fit_satisfaction(*busy.inputs()))[:540, :54]
    liked = (np.random.default_rng(5).random(truth.shape) < truth).astype(float)
    best = auc(truth.ravel(), liked.ravel())

    assert best - 0.02 < auc(said.ravel(), liked.ravel()) <= best + 0.002


def test_new_items_and_new_customers_are_told_by_their_columns(world: World, model: Satisfaction) -> None:
    assert np.corrcoef(model.item_effect[54:], world.item[54:])[0, 1] > 0.5
    assert np.corrcoef(model.customer_effect[2_700:], world.customer[2_700:])[0, 1] > 0.5
    assert (model.n_item_opinions[54:] == 0).all()
    assert model.n_customer_opinions.sum() == model.n_opinions == len(world.ratings)


def test_the_report_is_about_what_was_held_back(world: World, model: Satisfaction) -> None:
    quality = model.quality
    assert quality.n == sum(part.n for part in model.by_kind.values()) >= len(world.ratings)
    assert list(model.by_kind) == list(KINDS)
    assert quality.log_loss < quality.base_log_loss
    assert quality.calibration_error < 0.02
    assert all(bin.predicted == pytest.approx(bin.observed, abs=0.04) for bin in quality.bins)
    true = world.mean + world.item[world.ratings.item_idx] + world.customer[world.ratings.customer_idx]
    best = auc(true, world.ratings.like.astype(float))
    assert best > model.by_kind["known"].auc > best - 0.05
    assert model.by_kind["known"].auc > model.by_kind["new item"].auc > 0.55
    assert model.by_kind["known"].auc > model.by_kind["new customer"].auc > 0.55


def test_chance_opinions_give_the_base_rate_and_no_claim() -> None:
    chance = made(2_000, 40, 8_000, item_sd=0, customer_sd=0)
    model = fit_satisfaction(*chance.inputs())

    assert everybody(model) == pytest.approx(np.full((2_000, 40), model.base_rate), abs=0.06)
    assert model.quality.auc == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("n", "far"), [(0, 1e-9), (1, 0.02), (5, 0.02), (20, 0.05), (60, 0.15)])
def test_with_few_opinions_everybody_is_near_the_base_rate(n: int, far: float) -> None:
    few = made(200, 30, n)
    model = fit_satisfaction(*few.inputs())

    likes = few.ratings.like.sum()
    assert model.n_opinions == len(few.ratings)
    assert model.base_rate == pytest.approx((likes + 1) / (len(few.ratings) + 2))
    assert everybody(model) == pytest.approx(np.full((200, 30), model.base_rate), abs=far)
    if n == 0:
        assert (everybody(model) == 0.5).all()
        assert model.quality.n == 0


def test_all_liked_by_all_is_never_certain() -> None:
    c, i = np.divmod(np.arange(4_000), 20)
    ratings = newest_opinions(c, i, np.ones(4_000), np.zeros(4_000), 200, 20)
    nothing = sp.csr_matrix((20, 0)), sp.csr_matrix((200, 0))
    model = fit_satisfaction(ratings, *nothing, seeds(200), seeds(20))

    assert 0.99 < everybody(model).min() <= everybody(model).max() < 1
    assert np.isnan(model.quality.auc)


@settings(max_examples=25, deadline=None)
@given(tiny_worlds())
def test_nobody_is_certain_and_nothing_is_missing(tiny: World) -> None:
    model = fit_satisfaction(*tiny.inputs())
    chances = everybody(model)

    assert chances.shape == (len(tiny.customer), len(tiny.item))
    assert 0 < chances.min() <= chances.max() < 1


def test_half_likes_lie_between() -> None:
    c, i = np.divmod(np.arange(6_000), 30)
    like = np.array([0.0, 0.5, 1.0])[i % 3]
    like = np.where(np.random.default_rng(0).random(6_000) < 0.3, 0.5, like)
    nothing = sp.csr_matrix((30, 0)), sp.csr_matrix((200, 0))
    model = fit_satisfaction(newest_opinions(c, i, like, np.zeros(6_000), 200, 30), *nothing, seeds(200), seeds(30))
    low, half, high = (everybody(model)[:, k::3].mean() for k in range(3))

    assert low == pytest.approx(0.15, abs=0.04)
    assert half == pytest.approx(0.5, abs=0.03)
    assert high == pytest.approx(0.85, abs=0.04)


def test_even_customers_who_like_everything_and_odd_items_that_nobody_does() -> None:
    """In the head: of 40 items odd ones are liked by 1 in 5, even ones by 4 in 5, whoever is asked."""
    c, i = np.divmod(np.arange(20_000), 40)
    like = np.random.default_rng(2).random(20_000) < np.where(i % 2, 0.2, 0.8)
    nothing = sp.csr_matrix((40, 0)), sp.csr_matrix((500, 0))
    model = fit_satisfaction(newest_opinions(c, i, like, np.zeros(20_000), 500, 40), *nothing, seeds(500), seeds(40))

    assert everybody(model)[:, 1::2].mean() == pytest.approx(0.2, abs=0.02)
    assert everybody(model)[:, 0::2].mean() == pytest.approx(0.8, abs=0.02)


def test_the_same_bytes_again_on_any_number_of_threads(world: World, model: Satisfaction) -> None:
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        again = fit_satisfaction(*world.inputs())
    finally:
        numba.set_num_threads(before)

    assert again.item_effect.tobytes() == model.item_effect.tobytes()
    assert again.customer_effect.tobytes() == model.customer_effect.tobytes()
    assert (again.base, again.quality, again.calibration) == (model.base, model.quality, model.calibration)


def test_the_order_of_customers_and_items_does_not_matter(world: World, model: Satisfaction) -> None:
    rng = np.random.default_rng(4)
    of_customer, of_item = rng.permutation(3_000), rng.permutation(60)
    place_c, place_i = np.argsort(of_customer), np.argsort(of_item)
    old, *_, customer_seeds, item_seeds = world.inputs()
    columns = place_c[old.customer_idx], place_i[old.item_idx], old.like, old.age_days
    moved = fit_satisfaction(
        newest_opinions(*columns, 3_000, 60),
        sp.csr_matrix(world.item_features[of_item]),
        sp.csr_matrix(world.customer_features[of_customer]),
        customer_seeds[of_customer],
        item_seeds[of_item],
    )

    assert everybody(moved) == pytest.approx(everybody(model)[np.ix_(of_customer, of_item)], abs=1e-4)
    assert moved.quality.auc == pytest.approx(model.quality.auc, abs=1e-4)


@pytest.mark.parametrize("item", [0, 30, 59])
def test_more_likes_never_lower_an_item_and_more_dislikes_never_lift_it(world: World, item: int) -> None:
    steps = []
    for like in (0.0, 1.0):
        for n in (200, 20) if like == 0 else (0, 20, 200):
            ratings = with_opinions(world.ratings, np.arange(2_700, 2_700 + n), item, like)
            model = fit_satisfaction(*replace(world, ratings=ratings).inputs())
            steps.append(model.probability(np.arange(0, 3_000, 100), np.array([item]))[:, 0])

    assert (np.diff(np.array(steps), axis=0) > 0).all()


def test_a_shop_too_large_to_judge_whole_is_judged_on_whole_customers(world: World) -> None:
    part = judged_ratings(world.ratings, seeds(3_000), most=5_000)

    assert 4_500 < len(part) <= 5_000
    all_of = np.bincount(world.ratings.customer_idx, minlength=3_000)
    kept = np.bincount(part.customer_idx, minlength=3_000)
    assert ((kept == 0) | (kept == all_of)).all()
    assert judged_ratings(world.ratings, seeds(3_000)) is world.ratings


def test_what_does_not_fit_is_refused(world: World) -> None:
    ratings, items, customers, customer_seeds, item_seeds = world.inputs()
    with pytest.raises(ValueError, match="item_features: expected 60 rows, got 59"):
        fit_satisfaction(ratings, sp.csr_matrix(items[:59]), customers, customer_seeds, item_seeds)
    with pytest.raises(ValueError, match="customer_seeds: expected 3000 rows, got 2"):
        fit_satisfaction(ratings, items, customers, customer_seeds[:2], item_seeds)
