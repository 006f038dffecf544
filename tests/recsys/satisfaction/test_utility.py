"""Packing scores in likes: the odds of opinions moved by the odds of taste."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from recsys.satisfaction.utility import Balance, expected_likes

chances = st.floats(0.01, 0.99)


def slow_twin(score: np.ndarray, log_odds: np.ndarray, base_rate: float, balance: Balance) -> np.ndarray:
    base = np.float32(logit(base_rate))
    taste, liked = np.float32(balance.affinity) * logit(score), np.float32(balance.satisfaction) * (log_odds - base)
    return expit(np.clip(taste + liked + base, -12, 12))


def test_one_pass_is_what_whole_arrays_give() -> None:
    rng = np.random.default_rng(1)
    score = np.concatenate([[0.3, 0.5, 0.65, 1.0], rng.uniform(1e-4, 1 - 1e-4, 996)]).astype(np.float32).reshape(50, 20)
    log_odds = rng.normal(0, 2, (50, 20)).astype(np.float32)

    for balance in (Balance(), Balance(0.3, 2.5)):
        with np.errstate(divide="ignore"):
            wanted = slow_twin(score, log_odds, 0.8, balance)
        assert expected_likes(score, log_odds, 0.8, balance) == pytest.approx(wanted, rel=3e-7)


def test_arrays_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected log_odds shaped like score \(2, 3\), found \(1, 3\)"):
        expected_likes(np.full((2, 3), 0.5, np.float32), np.zeros((1, 3), np.float32), 0.8, Balance())


def worth(score: float, liked: float, base: float, balance: Balance) -> float:
    log_odds = np.log(liked / (1 - liked))
    return float(
        expected_likes(np.array([[score]], np.float32), np.array([[log_odds]], np.float32), base, balance)[0, 0]
    )


@settings(deadline=None)  # compiles
@given(chances, chances, chances, st.floats(0, 3), st.floats(0, 3))
def test_odds_multiply(score: float, liked: float, base: float, affinity: float, satisfaction: float) -> None:
    if affinity + satisfaction == 0:
        return

    def odds(chance: float) -> float:
        return chance / (1 - chance)

    wanted = odds(base) * (odds(liked) / odds(base)) ** satisfaction * odds(score) ** affinity

    assert worth(score, liked, base, Balance(affinity, satisfaction)) == pytest.approx(
        np.clip(wanted / (1 + wanted), 1 / (1 + np.exp(12)), 1 / (1 + np.exp(-12))), rel=1e-3, abs=1e-6
    )


@settings(deadline=None)  # compiles
@given(chances, chances)
def test_opinions_alone_are_the_chance_of_a_like_and_taste_alone_the_score(score: float, liked: float) -> None:
    assert worth(score, liked, 0.7, Balance(0, 1)) == pytest.approx(liked, abs=1e-5)
    assert worth(score, 0.5, 0.5, Balance(1, 1)) == pytest.approx(score, abs=1e-5)


@settings(deadline=None)  # compiles
@given(chances, chances, chances, chances)
def test_more_of_either_is_never_worth_less(score: float, other: float, liked: float, better: float) -> None:
    low, high = sorted((score, other))
    assert worth(low, liked, 0.6, Balance()) <= worth(high, liked, 0.6, Balance())
    low, high = sorted((liked, better))
    assert worth(score, low, 0.6, Balance()) <= worth(score, high, 0.6, Balance())


def test_nothing_is_ever_certain() -> None:
    score = np.array([[1e-7, 1 - 1e-6]], np.float32)
    worths = expected_likes(score, np.array([[-12, 12]], np.float32), 0.5, Balance(100, 100))

    assert 0 < worths.min() < worths.max() < 1


@pytest.mark.parametrize("weights", [(0, 0), (-1, 2), (1, -0.1)])
def test_weights_that_mean_nothing_are_refused(weights: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="balance: expected weights"):
        Balance(*weights)
