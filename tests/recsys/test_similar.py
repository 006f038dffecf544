"""Similar items and popularity: parity again, nothing like itself, and the shared value that explains likeness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.parts.popularity import recent_popularity, segment_popularity
from recsys.similar import shared_value, similar_items
from recsys.training import train
from tests.recsys.worlds import SETTINGS, parity


def test_similar_items_share_the_parity_and_new_ones_are_told() -> None:
    model = train(parity(), SETTINGS).model
    idx, cosine, by_attributes = similar_items(model, np.arange(16), np.arange(16), 5)

    assert ((idx - np.arange(16)[:, None]) % 2 == 0).all()
    assert (idx != np.arange(16)[:, None]).all()
    assert (np.diff(cosine, axis=1) <= 0).all()
    assert (cosine <= 1 + 1e-5).all()
    expected = (idx >= 14) | (np.arange(16)[:, None] >= 14)
    assert np.array_equal(by_attributes, expected)


def test_an_item_nobody_knows_anything_about_is_like_nothing() -> None:
    model = train(parity(), SETTINGS).model
    factors = model.item_factors.copy()
    factors[3] = 0
    idx, cosine, _ = similar_items(replace(model, item_factors=factors), np.array([3, 5]), np.arange(16), 20)

    assert (idx[0] == -1).all()
    assert np.isnan(cosine[0]).all()
    assert 3 not in idx[1]
    assert (idx[1] >= 0).sum() == 14


def test_the_shared_value_is_the_weightiest() -> None:
    attributes = sp.csr_matrix(
        np.array([[0.6, 0.8, 0.0], [0.6, 0.8, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], np.float32)
    )

    assert shared_value(attributes, np.array([0, 0, 0, 3]), np.array([1, 2, 3, 3])).tolist() == [1, 0, -1, 2]


def test_popularity_counts_likes_by_age_and_segment() -> None:
    world = parity()
    events = world.events
    counted = recent_popularity(events, 30.0)

    by_hand = np.zeros(16)
    for item, weight, age in zip(events.item_idx, events.weight, events.age_days, strict=True):
        by_hand[item] += max(weight, 0) * 0.5 ** (age / 30)
    assert counted == pytest.approx(by_hand)
    parted = segment_popularity(events, np.arange(40) % 2, 2, 30.0)
    assert parted.sum(axis=0) == pytest.approx(counted)
    assert parted[0, 1] == 0
    none = segment_popularity(events, np.full(40, -1), 2, 30.0)
    assert not none.any()
