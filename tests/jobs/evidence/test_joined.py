"""Rows find each other by ids: the quick ways against a dictionary and a set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.evidence.joined import among, distinct, is_among, place

IDS = st.lists(st.sampled_from(["", "a", "b", "B", "c1", "ä", "c\n1"]), max_size=8)
PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("pqr")), max_size=9)


def frame(pairs: list[tuple[str, str]], *, coded: bool) -> pd.DataFrame:
    made = pd.DataFrame(pairs, columns=["customer_id", "product_id"]).astype("str")
    return made.astype("category") if coded else made


@settings(deadline=None)
@given(IDS, IDS)
def test_places_are_those_of_a_dictionary(ids: list[str], rows: list[str]) -> None:
    rows = list(dict.fromkeys(rows))
    expected = [{one: at for at, one in enumerate(rows)}.get(one, -1) for one in ids]
    series = pd.Series(ids, dtype="str")

    for given_ids in (ids, series, series.astype("category"), pa.array(ids, pa.string())):
        assert place(given_ids, pd.Series(rows, dtype="str")).tolist() == expected


def test_nobody_is_placed_among_ids_that_stand_there_twice() -> None:
    with pytest.raises(ValueError, match="every id once"):
        place(["a"], ["a", "b", "a"])


def test_what_is_missing_has_no_place() -> None:
    assert place(pd.Series(["a", None], dtype="category"), ["b", "a"]).tolist() == [1, -1]


@settings(deadline=None)
@given(PAIRS, PAIRS, st.booleans())
def test_pairs_are_found_as_in_a_set(pairs: list[tuple[str, str]], others: list[tuple[str, str]], coded: bool) -> None:
    found = among(frame(pairs, coded=coded), frame(others, coded=coded))
    assert found.tolist() == [pair in set(others) for pair in pairs]


@settings(deadline=None)
@given(st.lists(st.integers(-1, 9)), st.lists(st.integers(0, 9)))
def test_keys_are_found_as_in_a_set(keys: list[int], others: list[int]) -> None:
    found = is_among(np.array(keys, np.int64), np.array(others, np.int64))
    assert found.tolist() == [key in set(others) for key in keys]


@settings(deadline=None)
@given(IDS, st.booleans())
def test_texts_are_told_once(ids: list[str], coded: bool) -> None:
    series = pd.Series(ids, dtype="str")
    assert sorted(distinct(series.astype("category") if coded else series)) == sorted(set(ids))
