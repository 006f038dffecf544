"""What follows what: against loops straight from the formula, with the order and the baskets told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.base.events import Events
from recsys.parts import sequence
from recsys.parts.sequence import BACKWARDS, NEARER, REACH, what_follows

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from([-1.0, 0.0, 1.0, 2.0]), st.integers(0, 8)),
    max_size=45,
)


def events_of(rows: list[tuple[int, int, float, int]]) -> Events:
    customer, item, weight, age = np.array(rows, float).reshape(-1, 4).T
    return Events(customer, item, weight, age, 4, 6)


def slowly(rows: list[tuple[int, int, float, int]], half_life: float) -> np.ndarray:
    T, n = np.zeros((6, 6)), np.zeros(6)
    for customer in range(4):
        mine = sorted((-age, item) for who, item, weight, age in rows if who == customer and weight > 0)
        for when, i in mine:
            n[i] += 0.5 ** (-when / half_life)
        moments = [(when, {item for at, item in mine if at == when}) for when in sorted({at for at, _ in mine})]
        for at, (_, first) in enumerate(moments):
            for later, (when, other) in enumerate(moments[at : at + 1 + REACH]):
                value = 0.5 ** (-when / half_life) / np.sqrt(len(first) * len(other))
                for i in first:
                    for j in other - {i}:
                        T[i, j] += value * (NEARER ** (later - 1) if later else 0.5)
    return (T + BACKWARDS * T.T) / np.sqrt(1 + n)[:, None]


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from([2.0, 30.0]))
def test_it_is_the_sum_over_customers_and_pairs(rows: list[tuple[int, int, float, int]], half_life: float) -> None:
    found = what_follows(events_of(rows), half_life, 6)

    assert found.dtype == np.float32
    assert found.toarray() == pytest.approx(slowly(rows, half_life), rel=1e-5, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from([2.0, 30.0]))
def test_a_large_catalogue_adds_up_sparsely_and_finds_the_same(
    rows: list[tuple[int, int, float, int]], half_life: float
) -> None:
    dense = what_follows(events_of(rows), half_life, 6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequence, "MOST_CELLS", 0)
        sparse = what_follows(events_of(rows), half_life, 6)

    assert dense.toarray() == pytest.approx(sparse.toarray(), rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[tuple[int, int, float, int]], random) -> None:
    mixed = random.sample(rows, len(rows))

    one, other = what_follows(events_of(rows), 9.0, 3), what_follows(events_of(mixed), 9.0, 3)
    assert (one.data.tobytes(), one.indices.tobytes()) == (other.data.tobytes(), other.indices.tobytes())


@settings(max_examples=50, deadline=None)
@given(ROWS, st.permutations(range(4)))
def test_the_order_of_customers_does_not_matter(rows: list[tuple[int, int, float, int]], order: list[int]) -> None:
    renamed = [(order[who], item, weight, age) for who, item, weight, age in rows]

    assert what_follows(events_of(renamed), 9.0, 6).toarray() == pytest.approx(
        what_follows(events_of(rows), 9.0, 6).toarray(), rel=1e-5, abs=1e-7
    )


def test_an_item_is_followed_by_what_came_after_more_than_by_what_came_before() -> None:
    table = what_follows(events_of([(0, 1, 1, 0), (0, 0, 1, 0), (1, 2, 1, 5), (1, 3, 1, 0)]), 1e9, 6).toarray()

    assert table[2, 3] == pytest.approx(1 / np.sqrt(2))
    assert table[3, 2] == pytest.approx(BACKWARDS / np.sqrt(2))
    assert table[0, 1] == table[1, 0] == pytest.approx(0.25 * (1 + BACKWARDS) / np.sqrt(2))


@pytest.mark.parametrize("rows", [[], [(0, 1, 1.0, 3)], [(0, 1, 1.0, 3), (1, 2, 1.0, 3)], [(0, 1, 1.0, 3)] * 3])
def test_without_two_items_of_one_customer_nothing_follows(rows: list[tuple[int, int, float, int]]) -> None:
    assert what_follows(events_of(rows), 9.0, 6).nnz == 0


def test_even_items_follow_even_items() -> None:
    rows = [(who, item, 1.0, item) for who in range(4) for item in range(who % 2, 6, 2)]

    rows_of, columns = what_follows(events_of(rows), 30.0, 6).nonzero()
    assert len(rows_of) == 12
    assert (rows_of % 2 == columns % 2).all()
