"""Opinions at the door: one per pair, the newest, in any order of rows, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.satisfaction.ratings import Ratings, newest_opinions

ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 3)))


def ratings(rows: Sequence[tuple[int, int, float, float]]) -> Ratings:
    columns = np.array(rows, float).reshape(-1, 4).T
    return newest_opinions(columns[0].astype(int), columns[1].astype(int), columns[2], columns[3], 3, 4)


@given(ROWS)
def test_the_newest_of_a_pair_counts_and_ties_are_averaged(rows: list[tuple[int, int, float, int]]) -> None:
    expected = []
    for pair in sorted({(c, i) for c, i, _, _ in rows}):
        own = [(age, like) for c, i, like, age in rows if (c, i) == pair]
        newest = [like for age, like in own if age == min(own)[0]]
        expected.append((*pair, sum(newest) / len(newest), min(own)[0]))

    found = ratings(rows)

    columns = (found.customer_idx, found.item_idx, found.like, found.age_days)
    assert np.stack(columns, axis=1) == pytest.approx(np.array(expected).reshape(-1, 4))
    assert len(found) == len(expected)


@given(ROWS)
def test_the_order_of_rows_never_changes_a_byte(rows: list[tuple[int, int, float, int]]) -> None:
    one, other = ratings(rows), ratings(rows[::-1])

    assert one.like.tobytes() == other.like.tobytes()
    assert one.age_days.tobytes() == other.age_days.tobytes()


def test_moments_apart_by_seconds_years_ago_are_told_apart() -> None:
    found = ratings([(0, 0, 0.0, 2_000.0), (0, 0, 1.0, 2_000.0 - 2 / 86_400)])

    assert found.like.tolist() == [1.0]


def test_some_keeps_customers_and_items() -> None:
    found = ratings([(0, 0, 1.0, 0.0), (1, 2, 0.0, 0.0), (2, 3, 0.5, 0.0)]).some(np.array([False, True, True]))

    assert found.customer_idx.tolist() == [1, 2]
    assert (found.n_customers, found.n_items) == (3, 4)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"customer_idx": [0, 3]}, r"customer_idx: expected 0\.\.2, got 3 at row 1"),
        ({"item_idx": [-1, 0]}, r"item_idx: expected 0\.\.3, got -1 at row 0"),
        ({"like": [1.0, 1.5]}, r"like: expected 0\.\.1, got 1\.5 at row 1"),
        ({"like": [np.nan, 1.0]}, "like: expected finite numbers, found NaN or infinity at row 0"),
        ({"age_days": [0.0, -1.0]}, "age_days: expected 0"),
        ({"age_days": [0.0, np.inf]}, "age_days: expected finite numbers, found NaN or infinity at row 1"),
        ({"like": [1.0]}, r"like: expected shape \(2,\), got \(1,\)"),
        ({"customer_idx": [1, 0]}, "one opinion per customer and item, by customer and item rising: see row 1"),
        ({"customer_idx": [0, 0], "item_idx": [1, 1]}, "one opinion per customer and item"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, list[float]], words: str) -> None:
    columns = {"customer_idx": [0, 1], "item_idx": [0, 1], "like": [1.0, 0.0], "age_days": [0.0, 0.0], **changed}

    with pytest.raises(ValueError, match=words):
        Ratings(**{name: np.array(column) for name, column in columns.items()}, n_customers=3, n_items=4)


def test_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ratings([(0, 0, 1.0, 0.0)]).like[0] = 0
