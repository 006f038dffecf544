"""The quick look at which codes may stand too often never misses one that does."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.base.often import may_be_over

SOME = st.lists(st.integers(0, 9) | st.integers(0, 2**62), max_size=60)


@settings(deadline=None)  # compiles
@given(SOME, st.integers(1, 5) | st.just(70_000))
def test_every_code_that_stands_too_often_is_found(codes: list[int], most: int) -> None:
    times = Counter(codes)

    found = may_be_over(np.array(codes, np.int64), most)

    assert all(over for code, over in zip(codes, found.tolist(), strict=True) if times[code] > most)


def test_where_codes_are_few_no_other_is_found() -> None:
    codes = np.repeat(np.arange(1_000), np.arange(1_000) % 7)

    assert np.array_equal(may_be_over(codes, 3), codes % 7 > 3)


def test_of_many_codes_that_stand_once_few_are_looked_at_again() -> None:
    codes = np.random.default_rng(1).integers(0, 1 << 40, 300_000)

    assert may_be_over(codes, 3).mean() < 0.02
