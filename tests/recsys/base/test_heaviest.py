"""The kind of a customer's weightiest event with an item, and distinct values by counting, beside the plain ways."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.base.distinct import distinct
from recsys.base.events import Events
from recsys.base.heaviest import heaviest_kind

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([-2.0, 0.5, 1.0, 3.0]), st.integers(0, 3))
)


@settings(deadline=None)
@given(ROWS)
def test_the_heaviest_event_is_found_and_the_lowest_kind_where_several_are(
    rows: list[tuple[int, int, float, int]],
) -> None:
    customer, item, weight, kind = np.array(rows, np.float64).reshape(-1, 4).T
    events = Events(customer, item, weight, np.zeros(len(rows)), 4, 4)
    pairs = np.array([(c, i) for c in range(4) for i in range(4)])
    found = heaviest_kind(events, kind.astype(np.int16), *pairs.T)

    for (c, i), what in zip(pairs.tolist(), found.tolist(), strict=True):
        hers = [(-w, k) for who, which, w, k in rows if (who, which) == (c, i)]
        assert what == (min(hers)[1] if hers else 0)


@given(st.lists(st.one_of(st.integers(0, 12), st.integers(0, 10**12))))
def test_distinct_values_are_those_of_numpy(values: list[int]) -> None:
    given_ = np.array(values, np.int64)
    found, place = distinct(given_)
    expected, expected_place = np.unique(given_, return_inverse=True)

    assert found.tolist() == expected.tolist()
    assert place.tolist() == expected_place.tolist()
    assert found.dtype == expected.dtype
