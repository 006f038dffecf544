"""Reasons: the strongest thing that raised a score, checked against the parts taken one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.base.events import Events
from recsys.reasons import Reasoner, Why
from recsys.scoring.blend import LISTS, PACKING, PartWeights, Weights, unsquash
from recsys.training import Trained, train
from tests.recsys.worlds import SETTINGS, parity


@pytest.fixture(scope="module")
def known() -> tuple[Trained, Reasoner]:
    trained = train(parity(), SETTINGS)
    return trained, Reasoner.of(trained, parity(), SETTINGS)


def pairs(customers: list[int], items: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(customers, len(items)), np.tile(items, len(customers))


@pytest.mark.parametrize("weights", [PACKING, LISTS, Weights.of(affinity=1), Weights.of(neighbours=1)])
def test_a_score_below_average_is_never_given_a_personal_reason(
    known: tuple[Trained, Reasoner], weights: Weights
) -> None:
    trained, reasoner = known
    customers, items = pairs(list(range(40)), list(range(16)))
    kind, detail = reasoner.of_pairs(customers, items, weights)
    t = unsquash(trained.model.scores(np.arange(40), np.arange(16), weights)).ravel()

    assert (kind[t < -1e-3] == Why.OTHER).all()
    assert (kind[t > 1e-3] != Why.OTHER).mean() > 0.95
    assert (detail[np.isin(kind, [Why.OTHER, Why.POPULAR])] == -1).all()


def test_a_past_item_is_hers_of_her_parity_and_not_the_item_itself(known: tuple[Trained, Reasoner]) -> None:
    trained, reasoner = known
    customers, items = pairs(list(range(36)), list(range(14)))
    kind, detail = reasoner.of_pairs(customers, items, PACKING)
    past = kind == Why.PAST_ITEM

    assert past.sum() > 200
    assert (trained.model.profiles.toarray()[customers[past], detail[past]] > 0).all()
    assert (detail[past] != items[past]).all()
    assert ((detail[past] - customers[past]) % 2 == 0).all()


def test_the_past_item_is_the_one_whose_neighbourhood_says_most(known: tuple[Trained, Reasoner]) -> None:
    """With neighbours alone, contributions are profile x similarity, and nothing else."""
    trained, reasoner = known
    customers, items = pairs(list(range(36)), list(range(14)))
    kind, detail = reasoner.of_pairs(customers, items, Weights.of(neighbours=1))
    profiles, similarity = trained.model.profiles.toarray(), trained.model.similarity.toarray()

    for c, i, why, what in zip(customers, items, kind, detail, strict=True):
        if why == Why.PAST_ITEM:
            added = profiles[c] * similarity[:, i]
            assert added[what] == pytest.approx(added.max(), rel=1e-5)


def test_the_share_of_a_past_item_in_the_affinity_adds_up() -> None:
    """Without the confidence part, (Y'Y + rI)^-1 is exact: all shares together are the affinity."""
    rng = np.random.default_rng(0)
    world = parity()
    trained = train(world, SETTINGS)
    reasoner = Reasoner.of(trained, world, SETTINGS)
    Y = trained.model.item_factors.astype(float)
    ones = (rng.random(16) < 0.4).astype(float) * trained.model.warm_items
    fitted = Y[trained.model.warm_items]
    x = np.linalg.solve(fitted.T @ fitted + SETTINGS.als.regularization * np.eye(2), Y.T @ ones)

    assert reasoner.explained.astype(float) @ Y.T @ ones == pytest.approx(Y @ x, rel=1e-3, abs=1e-5)


def test_new_items_are_explained_by_attributes_and_new_customers_by_answers(known: tuple[Trained, Reasoner]) -> None:
    _, reasoner = known
    for customer in (0, 1):
        kind, detail = reasoner.of_pairs(np.array([customer]), np.array([14 + customer]), PACKING)
        assert (kind[0], detail[0]) == (Why.ATTRIBUTE, customer)
        kind, detail = reasoner.of_pairs(np.array([36 + customer]), np.array([2 + customer]), Weights.of(affinity=1))
        assert (kind[0], detail[0]) == (Why.PROFILE, customer)


def test_an_attribute_is_named_only_where_what_she_chose_has_it() -> None:
    """Even items 0 and 2 and the new one are of roses. Customer 0 likes even items, but never had one of roses."""
    given = parity()
    features = given.item_features.toarray()
    features[[0, 2, 14]] = 0
    roses = np.isin(np.arange(16), [0, 2, 14])
    features = np.column_stack((features, roses)).astype(np.float32)
    old = given.events
    others = old.customer_idx != 0
    events = Events(
        np.concatenate((old.customer_idx[others], np.zeros(5, int))),
        np.concatenate((old.item_idx[others], [4, 6, 8, 10, 12])),
        np.concatenate((old.weight[others], np.ones(5))),
        np.concatenate((old.age_days[others], np.arange(5) * 10.0)),
        *old.shape,
    )
    world = replace(given, events=events, item_features=sp.csr_matrix(features))
    trained = train(world, SETTINGS)
    kind, detail = Reasoner.of(trained, world, SETTINGS).of_pairs(*pairs(list(range(0, 36, 2)), [14]), PACKING)
    had = [bool(set(old.item_idx[(old.customer_idx == c) & (old.weight > 0)]) & {0, 2}) for c in range(2, 36, 2)]

    assert trained.model.scores(np.array([0]), np.array([14]), PACKING)[0, 0] > 0.5
    assert kind[0] == Why.OTHER
    assert all((kind[1:][had] == Why.ATTRIBUTE) & (detail[1:][had] == 2))


def test_popularity_is_the_reason_where_it_outweighs_everything(known: tuple[Trained, Reasoner]) -> None:
    trained, reasoner = known
    popular = int(np.argmax(trained.model.popularity[:14]))
    kind, _ = reasoner.of_pairs(np.array([39]), np.array([popular]), replace(PACKING, cold=PartWeights(popularity=1e6)))

    assert kind[0] == Why.POPULAR


def test_no_events_no_reason() -> None:
    nothing = np.zeros(0)
    world = replace(parity(), events=Events(nothing, nothing, nothing, nothing, 40, 16))
    kind, detail = Reasoner.of(train(world, SETTINGS), world, SETTINGS).of_pairs(*pairs([0, 39], [0, 15]), LISTS)

    assert kind.tolist() == [Why.OTHER] * 4
    assert detail.tolist() == [-1] * 4


def test_an_answer_that_says_nothing_is_never_the_reason(known: tuple[Trained, Reasoner]) -> None:
    trained, reasoner = known
    everybody = pairs(list(range(40)), list(range(16)))
    answers = parity().customer_features.shape[1]
    before, named = reasoner.of_pairs(*everybody, PACKING)
    for unsaid in (0, 1):
        mute = Reasoner.of(trained, parity(), SETTINGS, np.arange(answers) == unsaid)
        kind, detail = mute.of_pairs(*everybody, PACKING)
        silenced = (before == Why.PROFILE) & (named == unsaid)
        assert silenced.any()
        assert not ((kind == Why.PROFILE) & (detail == unsaid)).any()
        assert (kind[~silenced] == before[~silenced]).all()
        assert (detail[~silenced] == named[~silenced]).all()


@pytest.mark.parametrize("weights", [PACKING, LISTS])
def test_what_is_worked_out_once_is_what_would_be_worked_out_every_time(
    known: tuple[Trained, Reasoner], weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers, items = pairs(list(range(40)), list(range(16)))
    tabled = known[1].of_pairs(customers, items, weights)
    monkeypatch.setattr("recsys.reasons.MOST_CELLS", 0)
    anew = known[1].of_pairs(customers, items, weights)

    assert len(customers) >= 16**2
    assert [one.tobytes() for one in tabled] == [one.tobytes() for one in anew]
