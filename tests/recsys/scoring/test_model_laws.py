"""Laws that the fitted recommender obeys whatever the weights, and an oracle that can be computed in the head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.base.events import Events
from recsys.base.rows import unit_rows
from recsys.scoring.blend import (
    LISTS,
    PACKING,
    PartWeights,
    Weights,
    how_known,
    moments_of,
    squash,
    standard_scores,
    unsquash,
)
from recsys.scoring.blend import PERSONAL as PERSONAL_PARTS
from recsys.scoring.model import GRID, Columns, Model
from recsys.training import Inputs, train, weigh_telling
from tests.recsys.worlds import SETTINGS, parity, permuted_customers

WEIGHTS = (PACKING, LISTS, *(Weights.of(**{part: 1.0}) for part in (*PERSONAL_PARTS, "popularity")))
PERSONAL = (
    replace(PACKING, cold=PartWeights(affinity=1, preferences=1)),
    Weights.of(affinity=1),
    Weights.of(preferences=1),
)


def model_of(given: Inputs) -> Model:
    return train(given, SETTINGS).model


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of(parity())


def everything(model: Model, weights: Weights) -> np.ndarray:
    return model.scores(np.arange(model.shape[0]), np.arange(model.shape[1]), weights)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_scores_are_finite_and_inside_zero_and_one(model: Model, weights: Weights) -> None:
    scores = everything(model, weights)

    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert 0 < scores.min() <= scores.max() < 1


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_same_inputs_give_the_same_bytes(model: Model, weights: Weights) -> None:
    assert everything(model_of(parity()), weights).tobytes() == everything(model, weights).tobytes()


@pytest.mark.parametrize("weights", WEIGHTS)
def test_scores_do_not_depend_on_who_else_is_asked_for(model: Model, weights: Weights) -> None:
    some = model.scores(np.array([7, 3, 39]), np.array([15, 0, 4]), weights)

    assert some == pytest.approx(everything(model, weights)[np.ix_([7, 3, 39], [15, 0, 4])], abs=1e-6)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_order_of_customers_does_not_matter(model: Model, weights: Weights) -> None:
    order = np.random.default_rng(9).permutation(40)

    assert everything(model_of(permuted_customers(parity(), order)), weights) == pytest.approx(
        everything(model, weights)[order], abs=1e-3
    )


@pytest.mark.parametrize("weights", PERSONAL)
def test_everybody_scores_their_own_parity_higher_even_what_and_who_has_no_events(
    model: Model, weights: Weights
) -> None:
    scores = everything(model, weights)
    same = (np.arange(40)[:, None] - np.arange(16)[None, :]) % 2 == 0

    assert (scores[same].reshape(40, 8).min(axis=1) > scores[~same].reshape(40, 8).max(axis=1)).all()


def test_nobody_and_nothing_is_ranked_by_zero_factors(model: Model) -> None:
    assert (np.abs(model.customer_factors).max(axis=1) > 0).all()
    assert (np.abs(model.item_factors).max(axis=1) > 0).all()
    assert everything(model, PACKING).std(axis=1).min() > 0.01


def test_masks_say_who_and_what_has_likes(model: Model) -> None:
    assert model.warm_customers.tolist() == [True] * 36 + [False] * 4
    assert model.warm_items.tolist() == [True] * 14 + [False] * 2


def test_an_item_is_known_by_half_after_some_likes_and_never_wholly() -> None:
    known = how_known(np.array([0, 1, 3, 10, 10**6]), 3.0)

    assert known[0] == 0
    assert known[2] == 0.5
    assert (np.diff(known) > 0).all()
    assert known[-1] < 1
    assert model_of(parity()).item_known == pytest.approx(
        [n / (n + 1) for n in (11, 17, 12, 7, 9, 14, 16, 11, 15, 12, 13, 12, 14, 17, 0, 0)]
    )


@pytest.mark.parametrize("n_likes", [1, 2])
def test_the_first_likes_move_an_item_some_of_the_way_and_not_all(model: Model, n_likes: int) -> None:
    """The same parts, with the weights that it had as a new item, that it has now, and of a known one."""
    few, none, many = (
        replace(model, item_known=np.full(16, share, np.float32))
        for share in (how_known(np.array([n_likes]))[0], 1e-9, 1.0)
    )

    for weights in (
        PACKING,
        LISTS,
        Weights(PartWeights(affinity=1, ease=2), PartWeights(preferences=1), PartWeights(popularity=1)),
    ):
        before, now, later = (unsquash(everything(one, weights)) for one in (none, few, many))
        share = float(few.item_known[0])
        assert now == pytest.approx((1 - share) * before + share * later, rel=1e-3, abs=1e-4)


def test_without_profile_a_new_customer_gets_what_is_popular() -> None:
    world = replace(parity(), customer_features=sp.csr_matrix(np.zeros((40, 2), np.float32)))
    model = model_of(world)

    scores = model.scores(np.array([38]), np.arange(14), Weights.of(affinity=1, popularity=5))[0]

    assert np.argmax(scores) in np.flatnonzero(model.popularity[:14] >= np.sort(model.popularity[:14])[-3])
    assert scores.std() > 0


def test_popularity_lifts_lists_and_never_the_packing_of_customers_with_a_history(model: Model) -> None:
    louder = replace(model, popularity=model.popularity * 10)

    assert np.array_equal(everything(louder, PACKING)[:36], everything(model, PACKING)[:36])
    assert not np.array_equal(everything(louder, LISTS)[:36], everything(model, LISTS)[:36])


def test_a_customer_is_average_at_one_half(model: Model) -> None:
    t = unsquash(everything(model, Weights.of(affinity=1))[:36])

    assert np.abs(t.mean(axis=1)).max() < 1e-3
    assert t.std(axis=1) == pytest.approx(np.ones(36), abs=1e-2)


def test_more_customers_than_one_grid() -> None:
    world = parity(n_customers=2 * GRID + 40)
    scores = model_of(world).scores(np.arange(2 * GRID + 40), np.arange(16), PACKING)

    assert (scores[:, 0] > scores[:, 1])[0::2].all()
    assert (scores[:, 0] < scores[:, 1])[1::2].all()


def test_a_shop_on_its_first_day_is_neutral() -> None:
    nothing = np.zeros(0)
    world = replace(parity(), events=Events(nothing, nothing, nothing, nothing, 40, 16))

    for weights in WEIGHTS:
        assert (everything(model_of(world), weights) == 0.5).all()


def test_squash_rises_without_end_and_back() -> None:
    t = np.array([-1e6, -3, -1, 0, 1e-3, 2, 30, 31, 1e6], np.float32)

    assert (np.diff(squash(t)) > 0).all()
    assert squash(np.zeros(1, np.float32))[0] == 0.5
    assert unsquash(squash(t[1:7])) == pytest.approx(t[1:7], rel=1e-4)


def test_standardising_ignores_what_is_absent_and_what_says_nothing() -> None:
    values, present = np.array([1.0, 3.0, 100.0]), np.array([True, True, False])

    assert standard_scores(values, present).tolist() == [-1.0, 1.0, 0.0]
    assert standard_scores(np.ones(3), np.ones(3, bool)).tolist() == [0.0, 0.0, 0.0]
    assert moments_of(np.ones((2, 3), np.float32), np.zeros(3, bool))[1].tolist() == [np.inf, np.inf]


def test_attribute_values_that_say_nothing_about_taste_weigh_nothing() -> None:
    """Column 0 is what even items have, column 1 is a coin toss."""
    rng = np.random.default_rng(0)
    likes = np.zeros((200, 40), np.float32)
    for customer in range(200):
        likes[customer, rng.permutation(np.arange(customer % 2, 40, 2))[:6]] = 1
    features = np.column_stack((np.arange(40) % 2 == 0, rng.random(40) < 0.5)).astype(np.float32)

    weighed = weigh_telling(sp.csr_matrix(features), sp.csr_matrix(likes)).toarray().max(axis=0)

    assert weighed[0] > 5 * weighed[1]
    assert weighed[0] == pytest.approx(np.log(41 / 21) * np.log(2), rel=0.1)


def test_rows_of_length_one() -> None:
    rows = unit_rows(sp.csr_matrix(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))).toarray()

    assert rows == pytest.approx(np.array([[0.6, 0.8], [0.0, 0.0]]))


def test_mixes_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="weights: expected a positive sum"):
        Weights.of(affinity=0)
    with pytest.raises(ValueError, match="weights: expected >= 0"):
        Weights.of(affinity=1, ease=-1)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_worlds_without_attributes_or_with_one_event_are_scored(weights: Weights) -> None:
    one = np.zeros(1)
    bare = replace(parity(), item_features=sp.csr_matrix(np.zeros((16, 2), np.float32)))
    single = replace(parity(), events=Events(one, one, one + 1, one, 40, 16))

    for world in (bare, single):
        scores = everything(model_of(world), weights)
        assert np.isfinite(scores).all()
        assert 0 < scores.min() <= scores.max() < 1


def test_every_pair_is_weighed_by_what_is_known_of_its_customer_and_its_item(model: Model) -> None:
    """The slow twin: one pair at a time, weights of its own case, parts that the item has.

    An item of few likes stands between new and known ones.
    """
    model = replace(model, item_known=model.item_known * np.linspace(0.02, 1, 16).astype(np.float32))
    rng = np.random.default_rng(4)
    known, new, cold = (PartWeights(*rng.uniform(0.1, 2, 7).tolist()) for _ in range(3))
    weights = Weights(known, new, cold)
    columns = Columns.of(model, np.arange(16))
    parts = [model.standard(part, np.arange(40), columns) for part in range(len(PERSONAL_PARTS))]
    t = np.zeros((40, 16))
    for customer in range(40):
        for item in range(16):
            share = float(model.item_known[item])
            rest = (cold if customer >= 36 else new).all[:-1]
            well, popular = (cold, cold.popularity) if customer >= 36 else (known, known.popularity)
            mine = [share * one + (1 - share) * other for one, other in zip(well.all[:-1], rest, strict=True)]
            t[customer, item] = sum(w * z[customer, item] for w, z in zip(mine, parts, strict=True))
            t[customer, item] += (share * popular + (1 - share) * new.popularity) * model.popularity[item]

    assert everything(model, weights) == pytest.approx(squash(t / weights.total), abs=1e-5)
    assert np.abs(parts[3][:, 14:]).max() == np.abs(parts[4][:, 14:]).max() == np.abs(parts[5][:, 14:]).max() == 0
