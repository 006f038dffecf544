"""Events by customer and time, against NumPy's sort of all of them at once."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.base.events import Events
from recsys.base.order import by_customer

ROWS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([-0.0, 0.0, 1e-30, 0.5, 3.25, 1e6]), st.integers(0, 3)))


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_it_is_the_order_of_lexsort(rows: list[tuple[int, float, int]]) -> None:
    customer, age, item = np.array(rows, float).reshape(-1, 3).T
    customer, item = customer.astype(np.int32), item.astype(np.int32)

    found = by_customer(customer, age.astype(np.float32), item, 5)

    assert found.tolist() == np.lexsort((item, -age, customer)).tolist()


def test_the_same_order_on_any_number_of_threads() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 300, 9_000).astype(np.int32), rng.integers(0, 9, 9_000).astype(np.float32)
    item = rng.integers(0, 5, 9_000).astype(np.int32)
    most, before = by_customer(*rows, item, 300), numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = by_customer(*rows, item, 300)
    finally:
        numba.set_num_threads(before)

    assert most.tobytes() == alone.tobytes()
    assert most.tolist() == np.lexsort((item, -rows[1], rows[0])).tolist()


@pytest.mark.parametrize("n_customers", [0, 3])
def test_nothing_is_in_order(n_customers: int) -> None:
    nothing = np.zeros(0, np.int32)
    assert by_customer(nothing, nothing.astype(np.float32), nothing, n_customers).tolist() == []


def test_events_are_sorted_once_for_all_who_ask() -> None:
    rng = np.random.default_rng(3)
    customer, item, age = rng.integers(0, 5, 60), rng.integers(0, 9, 60), rng.integers(0, 4, 60).astype(np.float32)
    events = Events(customer, item, np.ones(60), age, 5, 9)

    assert np.array_equal(events.order, np.lexsort((item, -age, customer)))
    assert events.order is events.order
