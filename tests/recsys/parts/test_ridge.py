"""The map from attributes to factors: exact where the truth is linear, weighted, centred, and honest without rows."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.parts.ridge import fit_map
from tests.recsys.worlds import seeds


def world(n: int = 200, noise: float = 0.0):
    rng = np.random.default_rng(1)
    features = sp.csr_matrix((rng.random((n, 6)) < 0.4).astype(np.float32))
    truth = rng.normal(size=(6, 3))
    return features, features.toarray() @ truth + 5.0 + noise * rng.normal(size=(n, 3)), truth


def test_a_linear_truth_is_found() -> None:
    features, targets, truth = world()

    found = fit_map(features, targets, np.ones(200, int), 1e-6)

    assert found.coefficients == pytest.approx(truth, abs=1e-4)
    assert found.intercept == pytest.approx(np.full(3, 5.0), abs=1e-4)
    assert found.predict(features) == pytest.approx(targets, abs=1e-3)


def test_it_is_the_minimum_of_the_weighted_ridge_objective() -> None:
    features, targets, _ = world(noise=1.0)
    events = np.random.default_rng(2).integers(0, 9, 200)
    found = fit_map(features, targets, events, 3.0)

    def loss(B, b):
        errors = ((targets - features @ B - b) ** 2).sum(axis=1)
        return float(np.sqrt(events) @ errors + 3.0 * (B**2).sum())

    best = loss(found.coefficients.astype(float), found.intercept.astype(float))
    rng = np.random.default_rng(4)
    for _ in range(50):
        step = 0.01 * rng.normal(size=(7, 3))
        assert loss(found.coefficients + step[:6], found.intercept + step[6]) >= best - 1e-6


def test_rows_without_events_teach_nothing() -> None:
    features, targets, _ = world()
    events = np.ones(200, int)
    events[:50] = 0
    spoiled = targets.copy()
    spoiled[:50] = 1e6

    assert np.array_equal(
        fit_map(features, targets, events, 1.0).coefficients, fit_map(features, spoiled, events, 1.0).coefficients
    )


def test_without_any_row_the_map_is_zero() -> None:
    features, targets, _ = world()
    found = fit_map(features, targets, np.zeros(200, int))

    assert not found.predict(features).any()


def test_the_chosen_regularization_is_strong_on_noise_and_weak_on_truth() -> None:
    features, targets, _ = world(2_000)
    rng = np.random.default_rng(0)
    noise = rng.normal(size=targets.shape)

    sure = fit_map(features, targets, np.ones(2_000, int), None, seeds(2_000))
    unsure = fit_map(features, noise, np.ones(2_000, int), None, seeds(2_000))

    assert sure.predict(features) == pytest.approx(targets, abs=0.05)
    assert np.abs(unsure.coefficients).max() < 0.05


def test_what_cannot_be_is_refused() -> None:
    features, targets, _ = world()
    with pytest.raises(ValueError, match="regularization: expected > 0, got 0"):
        fit_map(features, targets, np.ones(200, int), 0.0)
    with pytest.raises(ValueError, match="seeds: expected one per row"):
        fit_map(features, targets, np.ones(200, int))


def test_no_attributes_at_all_predict_the_mean() -> None:
    _, targets, _ = world()
    found = fit_map(sp.csr_matrix(np.zeros((200, 0), np.float32)), targets, np.ones(200, int), None, seeds(200))

    assert found.predict(sp.csr_matrix(np.zeros((1, 0), np.float32)))[0] == pytest.approx(
        targets.mean(axis=0), rel=1e-5
    )
