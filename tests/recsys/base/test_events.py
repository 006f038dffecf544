"""Events to matrices: signs, decay, duplicates, order, and what is refused at the door."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.base.events import Events, decay, interactions, profiles, steps_back, strengths


def events(rows: list[tuple[int, int, float, float]], n_customers: int = 3, n_items: int = 4) -> Events:
    columns = np.array(rows, float).reshape(-1, 4).T
    return Events(columns[0].astype(int), columns[1].astype(int), columns[2], columns[3], n_customers, n_items)


def test_duplicates_are_summed_with_sign_and_decay() -> None:
    seen = events([(0, 1, 4.0, 0.0), (0, 1, 4.0, 10.0), (0, 2, -2.0, 0.0), (1, 1, 1.0, 20.0)])

    dense = strengths(seen, half_life_days=10).toarray()

    mean = (6.0 + 2.0 + 0.25) / 3
    assert dense[0, 1] == pytest.approx(6.0 / mean)
    assert dense[0, 2] == pytest.approx(-2.0 / mean)
    assert dense[1, 1] == pytest.approx(0.25 / mean)
    assert np.count_nonzero(dense) == 3


def test_a_like_and_a_dislike_that_cancel_leave_no_entry() -> None:
    assert interactions(events([(0, 1, 2.0, 0.0), (0, 1, -2.0, 0.0)]), np.array([2.0, -2.0])).nnz == 0


def test_strengths_do_not_depend_on_the_scale_of_the_weights() -> None:
    rows = [(0, 1, 4.0, 3.0), (0, 2, 1.0, 30.0), (1, 3, 0.5, 60.0)]
    tenfold = [(c, i, 10 * w, a) for c, i, w, a in rows]

    assert np.allclose(strengths(events(rows), 90).toarray(), strengths(events(tenfold), 90).toarray())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_numbers_are_refused_before_training(bad: float) -> None:
    with pytest.raises(ValueError, match="weight: expected finite numbers, found NaN or infinity at row 1"):
        events([(0, 1, 1.0, 0.0), (0, 2, bad, 0.0)])
    with pytest.raises(ValueError, match="age_days: expected finite"):
        events([(0, 1, 1.0, bad)])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((3, 0, 1.0, 0.0), r"customer_idx: expected 0\.\.2, got 3 at row 0"),
        ((0, 4, 1.0, 0.0), r"item_idx: expected 0\.\.3, got 4 at row 0"),
        ((-1, 0, 1.0, 0.0), "customer_idx: expected"),
        ((0, 0, 1.0, -1.0), "age_days: expected >= 0, got -1.0: an event after the moment of scoring"),
    ],
)
def test_events_outside_the_world_are_refused(row: tuple[int, int, float, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        events([row])


def test_half_life() -> None:
    assert decay(np.array([0.0, 30.0, 60.0]), 30.0).tolist() == [1.0, 0.5, 0.25]
    with pytest.raises(ValueError, match="half_life_days: expected > 0, got 0"):
        decay(np.zeros(1), 0)


def test_events_of_one_moment_share_a_step() -> None:
    seen = events([(0, 0, 1, 9.0), (0, 1, 1, 2.0), (0, 2, 1, 2.0), (0, 3, 1, 5.0), (2, 0, 1, 100.0)])

    assert steps_back(seen).tolist() == [2, 0, 0, 1, 0]


def test_a_profile_lifts_the_newest_and_keeps_the_floor() -> None:
    seen = events([(0, item, 1.0, float(item)) for item in range(4)])

    row = profiles(seen, half_life_days=1e9, step_back=0.5, floor=0.2).toarray()[0]

    assert row == pytest.approx([1.0, 0.5, 0.25, 0.2])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.sampled_from([-1.0, 0.5, 2.0]), st.integers(0, 50))))
def test_the_order_of_events_in_the_file_never_matters(rows: list[tuple[int, int, float, int]]) -> None:
    forward, backward = events([*rows]), events([*reversed(rows)])

    for make in (lambda e: strengths(e, 20.0), lambda e: profiles(e, 20.0, 0.8, 0.1)):
        assert np.allclose(make(forward).toarray(), make(backward).toarray(), rtol=1e-6)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.floats(0.1, 9), st.integers(0, 50)), min_size=1))
def test_steps_back_count_newer_moments(rows: list[tuple[int, int, float, int]]) -> None:
    seen = events([*rows])

    expected = [len({a for d, _, _, a in rows if d == c and a < age}) for c, _, _, age in rows]
    assert steps_back(seen).tolist() == expected
