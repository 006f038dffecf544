"""Laws that the fitted recommender obeys on every mix, and an oracle that can be computed in the head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.blend import LISTS, PACKING, Mix, Weights, moments_of, squash, standard_scores, unsquash
from recsys.blend import PERSONAL as PERSONAL_PARTS
from recsys.events import Events
from recsys.model import GRID, Columns, Model
from recsys.rows import unit_rows
from recsys.training import Inputs, train, weigh_telling
from tests.recsys.worlds import SETTINGS, parity, permuted_customers

MIXES = (PACKING, LISTS, *(Mix.of(**{part: 1.0}) for part in (*PERSONAL_PARTS, "popularity")))
PERSONAL = (replace(PACKING, cold=Weights(affinity=1, leanings=1)), Mix.of(affinity=1), Mix.of(leanings=1))


def model_of(given: Inputs) -> Model:
    return train(given, SETTINGS).model


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of(parity())


def everything(model: Model, mix: Mix) -> np.ndarray:  # type: ignore[type-arg]
    return model.scores(np.arange(model.shape[0]), np.arange(model.shape[1]), mix)


@pytest.mark.parametrize("mix", MIXES)
def test_scores_are_finite_and_inside_zero_and_one(model: Model, mix: Mix) -> None:
    scores = everything(model, mix)

    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert 0 < scores.min() <= scores.max() < 1


@pytest.mark.parametrize("mix", MIXES)
def test_the_same_inputs_give_the_same_bytes(model: Model, mix: Mix) -> None:
    assert everything(model_of(parity()), mix).tobytes() == everything(model, mix).tobytes()


@pytest.mark.parametrize("mix", MIXES)
def test_scores_do_not_depend_on_who_else_is_asked_for(model: Model, mix: Mix) -> None:
    some = model.scores(np.array([7, 3, 39]), np.array([15, 0, 4]), mix)

    assert some == pytest.approx(everything(model, mix)[np.ix_([7, 3, 39], [15, 0, 4])], abs=1e-6)


@pytest.mark.parametrize("mix", MIXES)
def test_the_order_of_customers_does_not_matter(model: Model, mix: Mix) -> None:
    order = np.random.default_rng(9).permutation(40)

    assert everything(model_of(permuted_customers(parity(), order)), mix) == pytest.approx(
        everything(model, mix)[order], abs=1e-3
    )


@pytest.mark.parametrize("mix", PERSONAL)
def test_everybody_scores_her_own_parity_higher_even_what_and_who_has_no_events(model: Model, mix: Mix) -> None:
    scores = everything(model, mix)
    same = (np.arange(40)[:, None] - np.arange(16)[None, :]) % 2 == 0

    assert (scores[same].reshape(40, 8).min(axis=1) > scores[~same].reshape(40, 8).max(axis=1)).all()


def test_nobody_and_nothing_is_ranked_by_zero_factors(model: Model) -> None:
    assert (np.abs(model.customer_factors).max(axis=1) > 0).all()
    assert (np.abs(model.item_factors).max(axis=1) > 0).all()
    assert everything(model, PACKING).std(axis=1).min() > 0.01


def test_masks_say_who_and_what_has_likes(model: Model) -> None:
    assert model.warm_customers.tolist() == [True] * 36 + [False] * 4
    assert model.warm_items.tolist() == [True] * 14 + [False] * 2


def test_without_profile_a_new_customer_gets_what_is_popular() -> None:
    world = replace(parity(), customer_features=sp.csr_matrix((40, 2), dtype=np.float32))
    model = model_of(world)

    scores = model.scores(np.array([38]), np.arange(14), Mix.of(affinity=1, popularity=5))[0]

    assert np.argmax(scores) in np.flatnonzero(model.popularity[:14] >= np.sort(model.popularity[:14])[-3])
    assert scores.std() > 0


def test_popularity_lifts_lists_and_never_the_packing_of_customers_with_a_history(model: Model) -> None:
    louder = replace(model, popularity=model.popularity * 10)

    assert np.array_equal(everything(louder, PACKING)[:36], everything(model, PACKING)[:36])
    assert not np.array_equal(everything(louder, LISTS)[:36], everything(model, LISTS)[:36])


def test_a_customer_is_average_at_one_half(model: Model) -> None:
    t = unsquash(everything(model, Mix.of(affinity=1))[:36])

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

    for mix in MIXES:
        assert (everything(model_of(world), mix) == 0.5).all()


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
    with pytest.raises(ValueError, match="mix: expected weights with a positive sum"):
        Mix.of(affinity=0)
    with pytest.raises(ValueError, match="weights: expected >= 0"):
        Mix.of(affinity=1, ease=-1)


@pytest.mark.parametrize("mix", MIXES)
def test_worlds_without_attributes_or_with_one_event_are_scored(mix: Mix) -> None:
    one = np.zeros(1)
    bare = replace(parity(), item_features=sp.csr_matrix((16, 2), dtype=np.float32))
    single = replace(parity(), events=Events(one, one, one + 1, one, 40, 16))

    for world in (bare, single):
        scores = everything(model_of(world), mix)
        assert np.isfinite(scores).all()
        assert 0 < scores.min() <= scores.max() < 1


def test_every_pair_is_weighed_by_what_is_known_of_its_customer_and_its_item(model: Model) -> None:
    """The slow twin: one pair at a time, weights of its own case, parts that the item has."""
    rng = np.random.default_rng(4)
    known, new, cold = (Weights(*rng.uniform(0.1, 2, 7).tolist()) for _ in range(3))
    mix = Mix(known, new, cold)
    columns = Columns.of(model, np.arange(16))
    parts = [model.standard(part, np.arange(40), columns) for part in range(len(PERSONAL_PARTS))]
    t = np.zeros((40, 16))
    for customer in range(40):
        for item in range(16):
            weights = cold if customer >= 36 else new if item >= 14 else known
            t[customer, item] = sum(w * z[customer, item] for w, z in zip(weights.all[:-1], parts, strict=True))
            popular = new if item >= 14 else weights
            t[customer, item] += popular.popularity * model.popularity[item]

    assert everything(model, mix) == pytest.approx(squash(t / mix.total), abs=1e-5)
    assert np.abs(parts[3][:, 14:]).max() == np.abs(parts[4][:, 14:]).max() == np.abs(parts[5][:, 14:]).max() == 0
