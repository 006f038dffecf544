"""Followers, set by set and in any number of threads, beside the plain way: every row written down and summed."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.base.events import decay
from recsys.baskets import baskets as module
from recsys.baskets.baskets import Baskets, Tally, baskets_of, count_pairs
from recsys.baskets.followers import followers
from recsys.baskets.sets import Sets, frequent_sets

HALF_LIFE = 100.0
N_ITEMS = 6
ROWS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, N_ITEMS - 1), st.integers(0, 4)), max_size=150)


def plain(baskets: Baskets, sets: Sets) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Code (set x n_items + item), customers and weight of every set with each other item of its baskets."""
    tally, age = Tally(), decay(baskets.days_ago, HALF_LIFE)
    usable = baskets.sizes > 2
    for lo, hi in baskets.portions(np.where(usable, baskets.sizes**3, 0)):
        rows = [
            (basket, number * baskets.n_items + item)
            for basket in range(lo, hi)
            for number, members in enumerate(sets.members.tolist())
            for inside in [baskets.item_idx[baskets.starts[basket] : baskets.starts[basket + 1]].tolist()]
            if {member for member in members if member >= 0} <= set(inside)
            for item in inside
            if item not in members
        ]
        basket, code = np.array(rows, np.int64).reshape(-1, 2).T
        tally.add(baskets.customer_idx[basket], code, age[basket])
    return tally.total()


@settings(deadline=None, max_examples=60)
@given(ROWS, st.sampled_from([0, 2]), st.sampled_from([1, 40, 4_000_000]), st.sampled_from([1, 2]))
def test_followers_are_the_plain_ones_to_the_last_bit(
    rows: list[tuple[int, int, int]], window: int, at_once: int, n_threads: int
) -> None:
    customer, item, day = np.array(rows, np.int64).reshape(-1, 3).T
    before = numba.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAIRS_AT_ONCE", at_once)
        patch.setattr("recsys.baskets.followers.MOST_CELLS", at_once)
        baskets = baskets_of(customer, item, day, N_ITEMS, window)
        sets = frequent_sets(baskets, count_pairs(baskets, HALF_LIFE), np.ones(N_ITEMS, bool), 30, HALF_LIFE)
        codes, customers, weight = plain(baskets.only(baskets.sizes > 2), sets)
        try:
            numba.set_num_threads(min(n_threads, before))
            found = followers(baskets, sets, HALF_LIFE)
        finally:
            numba.set_num_threads(before)
    row = np.repeat(np.arange(len(sets)), np.diff(found.weight.indptr))

    assert (row * N_ITEMS + found.weight.indices).tolist() == codes.tolist()
    assert found.customers.data.tolist() == customers.tolist()
    assert found.weight.data.tobytes() == weight.tobytes()
