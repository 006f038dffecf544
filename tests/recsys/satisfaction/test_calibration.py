"""Measures against hand and brute force; calibration against a general minimiser and against known distortions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from recsys.satisfaction.calibration import (
    SHIFT_PRECISION,
    SLOPE_PRECISION,
    auc,
    calibrate,
    log_loss,
    quality,
    reliability,
)

OPINIONS = st.lists(
    st.tuples(st.sampled_from([0.1, 0.2, 0.25, 0.7, 0.9]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=20
)


@given(OPINIONS)
def test_auc_counts_pairs(opinions: list[tuple[float, float]]) -> None:
    won = all_pairs = 0.0
    for a, (p, liked) in enumerate(opinions):
        for b, (q, other) in enumerate(opinions):
            if a != b:
                all_pairs += liked * (1 - other)
                won += liked * (1 - other) * (1.0 if p > q else 0.5 if p == q else 0.0)

    found = auc(*np.array(opinions).T)

    assert np.isnan(found) if all_pairs == 0 else found == pytest.approx(won / all_pairs)


def test_figures_by_hand() -> None:
    predicted, like = np.array([0.8, 0.8, 0.4, 0.4]), np.array([1.0, 1.0, 1.0, 0.0])
    found = quality(predicted, np.full(4, 0.75), like)

    flat = [figure for b in found.bins for figure in (b.predicted, b.observed, b.n)]
    assert flat == pytest.approx([0.4, 0.5, 2, 0.8, 1.0, 2])
    assert found.calibration_error == pytest.approx(0.5 * 0.1 + 0.5 * 0.2)
    assert found.log_loss == pytest.approx(-(2 * np.log(0.8) + np.log(0.4) + np.log(0.6)) / 4)
    assert found.base_log_loss == pytest.approx(-(3 * np.log(0.75) + np.log(0.25)) / 4)
    assert found.auc == pytest.approx((1 + 1 + 0.5) / 3)
    assert log_loss(np.array([0.5]), np.array([0.5])) == pytest.approx(np.log(2))


def test_without_opinions_nothing_is_claimed() -> None:
    found = quality(np.zeros(0), np.zeros(0), np.zeros(0))

    assert found.n == 0
    assert np.isnan([found.auc, found.log_loss, found.base_log_loss, found.calibration_error]).all()
    assert found.bins == ()


@given(OPINIONS)
def test_bins_hold_everything_once_and_rise(opinions: list[tuple[float, float]]) -> None:
    predicted, like = np.array(opinions).T
    bins = reliability(predicted, like)

    assert sum(b.n for b in bins) == len(opinions)
    assert sum(b.n * b.observed for b in bins) == pytest.approx(like.sum())
    assert (np.diff([b.predicted for b in bins]) > 0).all()
    assert len(bins) <= 10


def test_ten_bins_are_of_one_size_where_chances_differ() -> None:
    bins = reliability(np.linspace(0.01, 0.99, 1_000), np.ones(1_000))

    assert len(bins) == 10
    assert {b.n for b in bins} <= {99, 100, 101}


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 1_000_000))
def test_calibration_is_the_maximum_that_a_general_minimiser_finds(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    base, effect, like = rng.normal(size=n), 3 * rng.normal(size=n), rng.choice([0.0, 0.5, 1.0], n)

    def loss(at):
        x = base + at[0] + at[1] * effect
        return (
            (np.logaddexp(0, x) - like * x).sum() + SHIFT_PRECISION * at[0] ** 2 / 2 + SLOPE_PRECISION * at[1] ** 2 / 2
        )

    twin = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(None, None), (0, None)], options={"ftol": 1e-14})
    found = calibrate(base, effect, like)

    assert found.slope >= 0
    assert loss([found.shift, found.slope]) <= twin.fun + 1e-6


@pytest.mark.parametrize(("shift", "slope"), [(0.0, 1.0), (0.4, 0.5), (-0.3, 1.7)])
def test_a_known_distortion_is_undone(shift: float, slope: float) -> None:
    rng = np.random.default_rng(1)
    effect, base = rng.normal(size=40_000), np.full(40_000, 0.7)
    like = (rng.random(40_000) < expit(base + shift + slope * effect)).astype(float)

    found = calibrate(base, effect, like)

    assert found.shift == pytest.approx(shift, abs=0.05)
    assert found.slope == pytest.approx(slope, abs=0.06)


def test_what_predicts_the_wrong_way_round_counts_nothing() -> None:
    effect = np.linspace(-2, 2, 500)
    found = calibrate(np.zeros(500), effect, (effect < 0).astype(float))

    assert found.shift == pytest.approx(0, abs=1e-6)
    assert found.slope == 0


def test_the_slope_grows_with_the_number_of_opinions() -> None:
    effect = np.tile([-0.5, 0.5], 1_000)
    like = np.tile([0.0, 1.0, 0.0, 1.0, 1.0, 1.0], 333)

    slopes = [calibrate(np.zeros(n), effect[:n], like[:n]).slope for n in (0, 6, 60, 600, 1_800)]

    assert slopes[0] == 0
    assert (np.diff(slopes) > 0).all()
