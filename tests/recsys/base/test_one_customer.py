"""What one customer can add: taking back, and bounds, by examples and against a slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.base.one_customer import Done, counted, newest, taken_back

ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 6), st.sampled_from([4.0, 2.0, 0.5, -4.0, -1.0]), st.integers(0, 2)),
    max_size=30,
)


def done(rows: list[tuple[int, float, float, int]]) -> Done:
    """Rows of pair, age in days, weight, kind."""
    columns = np.array(rows, float).reshape(-1, 4).T
    return Done(columns[0].astype(np.int64), columns[1], columns[2], columns[3].astype(np.int64))


def back(*rows: tuple[int, float, float]) -> tuple[list[float], list[bool]]:
    """What is left of events (pair, age, weight), those below zero taking back, 4.0 being a purchase."""
    given = done([(*row, 0) for row in rows])
    left, undone = taken_back(given, given.weight < 0, given.weight == 4)
    return left.tolist(), undone.tolist()


@pytest.mark.parametrize(
    ("rows", "left", "undone"),
    [
        ([(1, 9.5, 4.0), (1, 2.5, -4.0)], [0, 0], [True, False]),  # bought and given back
        ([(1, 2.5, -4.0)], [-4], [False]),  # bought before the first event that is known
        ([(1, 9.5, 4.0), (1, 5.5, 4.0), (1, 2.5, -4.0)], [4, 0, 0], [False, True, False]),  # the newer one is
        (
            [(1, 9.5, 4.0), (1, 2.5, -1.0)],
            [3, 0],
            [True, False],
        ),  # a smaller refund takes less, and undoes all the same
        ([(1, 9.5, 4.0), (1, 2.5, -6.0)], [0, -2], [True, False]),
        ([(1, 2.5, 4.0), (1, 9.5, -4.0)], [4, -4], [False, False]),  # bought again later
        ([(1, 2.1, 4.0), (1, 2.9, -4.0)], [0, 0], [True, False]),  # one day, the refund without an hour
        ([(1, 9.5, 4.0), (2, 2.5, -4.0)], [4, -4], [False, False]),  # another product
        ([(1, 9.5, 0.5), (1, 8.5, 4.0), (1, 7.5, 0.5), (1, 2.5, -4.0)], [0.5, 0, 0.5, 0], [False, True, False, False]),
        ([(1, 9.5, 0.5), (1, 2.5, -4.0)], [0, -3.5], [False, False]),
        ([(1, 9.5, 4.0), (1, 8.5, -4.0), (1, 7.5, -4.0)], [0, 0, -4], [True, False, False]),
    ],
)
def test_what_is_given_back_is_taken_back(
    rows: list[tuple[int, float, float]], left: list[float], undone: list[bool]
) -> None:
    assert back(*rows) == (left, undone)


def slowly(rows: list[tuple[int, float, float, int]]) -> list[float]:
    """What is left of each pair's weight, one event after another."""
    sums = []
    for pair in range(6):
        mine = sorted((row for row in rows if row[0] == pair), key=lambda row: (-np.ceil(row[1]), row[2] < 0, -row[1]))
        total = due = 0.0
        for _, _, weight, _ in mine:
            if weight > 0:
                total += weight
            else:
                used = min(total, -weight)
                total, due = total - used, due + (-weight - used)
        sums.append(total - due)
    return sums


@given(ROWS, st.randoms())
def test_the_sum_of_a_pair_is_what_is_left_whatever_the_order_of_rows(
    rows: list[tuple[int, float, float, int]], random: object
) -> None:
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one = done(mixed)

    left, undone = taken_back(one, one.weight < 0, one.weight == 4)

    assert np.bincount(one.pair, left, minlength=6).tolist() == slowly(rows)
    assert not undone[one.weight != 4].any()
    assert (np.sign(left) * np.sign(one.weight) >= 0).all()


def keep(rows: list[tuple[int, float, float]], per_product: int, per_customer: int) -> list[bool]:
    return [bool(one) for one in counted(done([(*row, 0) for row in rows]), 10, per_product, per_customer)]


def test_of_one_product_the_weightiest_count_and_of_equal_ones_the_newest() -> None:
    assert keep([(1, 9, 4.0), (1, 1, 0.5), (1, 2, 0.5), (1, 3, 0.5)], 2, 99) == [True, True, False, False]


def test_many_dislikes_are_one() -> None:
    assert keep([(1, 9, -4.0), (1, 1, -1.0), (1, 2, -4.0), (2, 3, -1.0)], 2, 99) == [False, False, True, True]


def test_of_one_customer_the_newest_count() -> None:
    rows = [(10 + item, float(item), 1.0) for item in range(5)] + [(30, 99.0, 1.0)]

    assert keep(rows, 2, 3) == [True, True, True, False, False, True]


def test_nothing_left_counts_for_nothing() -> None:
    assert keep([(1, 1, 0.0), (1, 2, 1.0)], 2, 3) == [False, True]
    assert keep([], 2, 3) == []


def test_a_crawler_is_one_customer() -> None:
    rows = [(7, 1.0, 0.5)] * 100_000 + [(17, 1.0, 0.5)]

    assert sum(keep(rows, 5, 2_000)) == 6


@given(ROWS, st.integers(1, 4), st.integers(1, 8))
def test_no_bound_is_ever_passed(
    rows: list[tuple[int, float, float, int]], per_product: int, per_customer: int
) -> None:
    one = done(rows)
    counts = counted(one, 2, per_product, per_customer)

    liked, disliked = one.pair[counts & (one.weight > 0)], one.pair[counts & (one.weight < 0)]
    assert np.bincount(liked, minlength=1).max() <= per_product
    assert np.bincount(disliked, minlength=1).max() <= 1
    assert np.bincount(one.pair[counts] // 2, minlength=1).max() <= per_customer
    if len(rows) and per_product >= 4 and len(rows) <= per_customer and len(set(one.pair.tolist())) == len(rows):
        assert counts.all()


def test_the_newest_rows_of_each_customer() -> None:
    assert newest(np.array([1, 1, 1, 2]), np.array([3.0, 1.0, 2.0, 9.0]), 2).tolist() == [False, True, True, True]
