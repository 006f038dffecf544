"""Weights fitted to the past: against an obvious twin, and where the truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.scoring.fit_weights import (
    AT_REST,
    FEWEST_ROWS,
    SURE,
    Question,
    _share,
    fit_part_weights,
    qualities,
    quality,
)
from recsys.scoring.quality_kernels import FEW, above_each

WHOLE = st.integers(-3, 3)


def question(n_rows: int, n_columns: int, n_parts: int, seed: int, telling: int | None = None) -> Question:
    """What is right is what part `telling` puts first (two columns a row); by chance when it is None."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(n_parts, n_rows, n_columns)).astype(np.float32)
    by = rng.random((n_rows, n_columns)) if telling is None else parts[telling]
    right = np.zeros((n_rows, n_columns), np.float32)
    np.put_along_axis(right, np.argsort(-by, axis=1)[:, :2], 1, axis=1)
    return Question(parts, np.ones((n_rows, n_columns), bool), sp.csr_matrix(right))


def slow(asked: Question, weights: Any, *, by_place: bool) -> list[float]:
    out = []
    for row in range(asked.truth.shape[0]):
        t = sum(np.float32(w) * part[row] for w, part in zip(weights, asked.parts, strict=True))
        right = asked.truth.indices[asked.truth.indptr[row] : asked.truth.indptr[row + 1]].tolist()
        allowed = np.flatnonzero(asked.allowed[row]).tolist()
        if by_place:
            above = [sum((t[b] > t[a]) + 0.5 * (t[b] == t[a]) for b in allowed if b != a) for a in right]
            best = sum(1 / np.log2(place + 2) for place in range(len(right)))
            out.append(sum(1 / np.log2(place + 2) for place in above) / best)
        else:
            pairs = [(t[a] > t[b]) + 0.5 * (t[a] == t[b]) for a in right for b in allowed if b not in right]
            out.append(float(np.mean(pairs)) if pairs else 0.5)
    return out


@settings(deadline=None, max_examples=60)
@given(st.data(), st.booleans())
def test_quality_is_what_its_words_say(data: st.DataObject, by_place: bool) -> None:
    n_rows, n_columns = data.draw(st.integers(1, 4)), data.draw(st.integers(2, 6) | st.just(2 * FEW + 5))
    cells = st.lists(WHOLE, min_size=2 * n_rows * n_columns, max_size=2 * n_rows * n_columns)
    parts = np.array(data.draw(cells), np.float32).reshape(2, n_rows, n_columns)
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=n_rows * n_columns, max_size=n_rows * n_columns)))
    allowed = allowed.reshape(n_rows, n_columns)
    allowed[:, 0] = True
    right = allowed & (np.arange(n_columns) % 2 == 0)
    asked = Question(parts, allowed, sp.csr_matrix(right.astype(np.float32)))

    for weights in ([1.0, 0.0], [1.0, 2.0]):
        found = quality(asked, np.array(weights, np.float32), by_place=by_place)
        assert found == pytest.approx(slow(asked, weights, by_place=by_place), abs=1e-6)


@pytest.mark.parametrize("spread", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("n_right", [FEW, FEW + 1, 60])
def test_many_right_ones_are_counted_as_few_are(n_right: int, spread: float) -> None:
    """Both ways of counting against comparing every pair: any spread, equal ones, some left out."""
    rng = np.random.default_rng(n_right)
    score = (np.round(rng.standard_cauchy(200), 1) * spread).astype(np.float32)
    score[150:] = -np.inf
    right = rng.choice(150, n_right, replace=False)
    above = np.empty(n_right)
    above_each(score, right, above)

    of_right = score[right, None]
    assert above.tolist() == ((score > of_right).sum(axis=1) + 0.5 * ((score == of_right).sum(axis=1) - 1)).tolist()


def test_the_order_of_adding_decides_no_place() -> None:
    """0.1 + 0.2 + 0.4 is not quite 0.7: equal all the same."""
    parts = np.array([[[0.1, 0.7]], [[0.2, 0.0]], [[0.4, 0.0]]], np.float32)
    asked = Question(parts, np.ones((1, 2), bool), sp.csr_matrix(np.array([[1.0, 0.0]])))

    assert np.float32(0.1) + np.float32(0.2) + np.float32(0.4) != np.float32(0.7)
    assert quality(asked, np.ones(3, np.float32), by_place=False).tolist() == [0.5]


def test_what_was_right_must_be_ranked() -> None:
    with pytest.raises(ValueError, match="everything that was right to be allowed"):
        Question(np.zeros((1, 1, 2), np.float32), np.array([[False, True]]), sp.csr_matrix(np.array([[1.0, 0.0]])))


@pytest.mark.parametrize("by_place", [True, False])
def test_the_part_that_tells_is_found(by_place: bool) -> None:
    fit = fit_part_weights(
        question(300, 20, 3, 1, telling=2), np.ones(3, np.float32), np.ones(3, bool), by_place=by_place
    )

    assert fit.weights[2] > 4 * fit.weights[:2].max()
    assert fit.after > fit.before + 0.05
    assert fit.weights.sum() == pytest.approx(3, rel=1e-4)
    assert fit.n_rows == 300


def test_weights_that_may_not_move_stay_in_proportion() -> None:
    movable = np.array([True, False, False])
    fit = fit_part_weights(question(300, 20, 3, 1, telling=2), np.array([1, 2, 1], np.float32), movable, by_place=True)

    assert fit.weights[1] == pytest.approx(2 * fit.weights[2], rel=1e-4)
    assert fit.weights[0] < 0.2 * fit.weights[2]


def test_chance_moves_little_and_one_row_more_hardly_anything() -> None:
    """The answers say nothing about the parts: no weight may run away, and tomorrow's are close to today's."""
    today = question(2_000, 12, 3, 5)
    tomorrow = Question(today.parts[:, :-20], today.allowed[:-20], sp.csr_matrix(today.truth[:-20]))
    fits = [fit_part_weights(q, np.ones(3, np.float32), np.ones(3, bool), by_place=True) for q in (today, tomorrow)]

    assert fits[0].weights.max() < 6 * fits[0].weights.min()
    assert fits[0].weights == pytest.approx(fits[1].weights, abs=0.15)


def test_fitted_weights_are_left_only_where_that_surely_helps(monkeypatch: Any) -> None:
    """On nearly the same rows a search looks once at each part and stays; on other answers it goes."""
    today = question(1_500, 12, 3, 8, telling=1)
    found = fit_part_weights(today, np.ones(3, np.float32), np.ones(3, bool), by_place=True).weights
    tomorrow = Question(today.parts[:, :-15], today.allowed[:-15], sp.csr_matrix(today.truth[:-15]))
    looks: list[int] = []

    def counted(*given: Any, **more: Any) -> Any:
        looks.append(given[2])
        return qualities(*given, **more)

    monkeypatch.setattr("recsys.scoring.fit_weights.qualities", counted)
    again = fit_part_weights(tomorrow, found, np.ones(3, bool), by_place=True, fitted=True)

    assert np.abs(again.weights - found).sum() <= AT_REST * found.sum()
    assert len(looks) == 1 + 3 + 1, "before, one round, after"
    other = fit_part_weights(question(1_500, 12, 3, 8, telling=2), found, np.ones(3, bool), by_place=True, fitted=True)
    assert other.weights[2] > 4 * other.weights[:2].max()


def test_a_gain_within_the_noise_moves_no_fitted_weight() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(size=400)
    noise = (noise - noise.mean()) / noise.std() / 20  # standard error of the mean: 1/400

    for z, counts in {
        -20.0: 0.0,
        0.0: 0.0,
        0.99: 0.0,
        1.5: np.exp(0.25) - 1,
        3.0: np.e - 1,
        9.0: np.exp(4) - 1,
    }.items():
        assert _share(noise + z / 400, fitted=True) == pytest.approx(counts, abs=1e-12)
        assert _share(noise + z / 400, fitted=False) == pytest.approx(np.exp(max(z, -SURE) / 2))
    assert _share(np.zeros(400), fitted=True) == 0


def test_too_few_rows_change_nothing() -> None:
    start = np.array([1, 2, 3], np.float32)
    fit = fit_part_weights(question(FEWEST_ROWS - 1, 9, 3, 1, telling=2), start, np.ones(3, bool), by_place=True)

    assert fit.weights.tolist() == start.tolist()
    assert fit.n_rows == 0


def test_turned_asks_which_rows_took_a_column() -> None:
    asked = question(6, 5, 2, 3)
    turned = asked.turned()
    took = asked.truth.toarray().T
    kept = took.any(axis=1)

    assert np.array_equal(turned.truth.toarray(), took[kept])
    assert np.array_equal(turned.parts, asked.parts.transpose(0, 2, 1)[:, kept])


def test_the_same_bytes_again() -> None:
    fits = [
        fit_part_weights(question(200, 15, 3, 2, telling=0), np.ones(3, np.float32), np.ones(3, bool), by_place=False)
        for _ in range(2)
    ]
    assert fits[0].weights.tobytes() == fits[1].weights.tobytes()
