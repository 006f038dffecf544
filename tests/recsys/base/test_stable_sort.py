"""The sort inside kernels is NumPy's stable one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.base.stable_sort import stable_order


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=120), st.booleans())
def test_it_is_the_stable_sort_of_numpy(numbers: list[int], floats: bool) -> None:
    keys = np.array(numbers, np.float32 if floats else np.uint64)
    if floats:
        keys[keys == 3] = -np.inf
    assert np.array_equal(stable_order(keys), np.argsort(keys, kind="stable"))


@pytest.mark.parametrize("n", [15, 16, 17, 4_096, 10_001])
def test_long_and_falling_rows_are_sorted_too(n: int) -> None:
    for keys in (np.arange(n, 0, -1).astype(np.uint64), np.random.default_rng(n).integers(0, 50, n).astype(np.uint64)):
        assert np.array_equal(stable_order(keys), np.argsort(keys, kind="stable"))
