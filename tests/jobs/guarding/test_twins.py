"""The guard's fast counts against slow, obvious ones."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from jobs.config.guard import CustomersLimit
from jobs.guarding.cells import _named_lost
from jobs.guarding.event_facts import event_facts
from jobs.guarding.kept import kept_rows, share_known
from jobs.guarding.pair import Pair
from jobs.likeness.answers import says_nothing

IDS = st.sampled_from(["a", "b", "c", "ab", ""])
DAY = datetime(2026, 1, 1)
MOMENTS = st.integers(0, 2).map(lambda days: DAY + timedelta(days=days))
EVENTS = st.tuples(IDS, IDS, st.sampled_from(["view", "buy"]), MOMENTS, st.sampled_from([np.nan, 0.0, 1.0, -1.0]))
CELLS = st.sampled_from(["", "none", "N/A", "nuts", "soy", "nuts|soy", "soy|nuts", "other", "no nuts"])
SHIPMENTS = st.lists(st.tuples(IDS, IDS, MOMENTS), max_size=8)


@given(st.lists(EVENTS, max_size=12))
def test_repeated_events_are_those_that_pandas_calls_duplicated(rows: list[tuple[object, ...]]) -> None:
    events = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "occurred_at", "value"])
    typed = events.astype({"occurred_at": "datetime64[us]", "value": float, "kind": "str", "customer_id": "str"})
    typed["product_id"] = typed["product_id"].astype("str")

    assert event_facts(typed).repeated == int(typed.duplicated().sum())


@given(SHIPMENTS, SHIPMENTS)
def test_kept_shipments_are_those_that_are_there_again(
    tonight: list[tuple[object, ...]], last: list[tuple[object, ...]]
) -> None:
    now, before = (
        pd.DataFrame(rows, columns=["customer_id", "product_id", "shipped_on"]).astype(
            {"customer_id": "str", "product_id": "str", "shipped_on": "datetime64[us]"}
        )
        for rows in (tonight, last)
    )

    assert kept_rows(now, before) == sum(row in tonight for row in last)
    known = {row[0] for row in tonight}
    assert share_known(before["customer_id"], now["customer_id"]) == (
        sum(row[0] in known for row in last) / len(last) if last else 0.0
    )


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=10))
def test_what_was_named_and_is_named_no_more(cells: list[tuple[str, str]]) -> None:
    now, before = (pd.Series(list(side), dtype="str") for side in zip(*cells, strict=True))

    had, lost = _named_lost(now, before)

    named = [tuple({one for one in cell.split("|") if one and not says_nothing(one)} for cell in row) for row in cells]
    assert had.tolist() == [bool(was) for _, was in named]
    assert lost.tolist() == [bool(was - still) for still, was in named]


def test_of_yes_and_no_only_yes_is_lost() -> None:
    now, before = pd.Series(["no", "yes", "no"], dtype="str"), pd.Series(["yes", "no", "no"], dtype="str")

    had, lost = _named_lost(now, before)

    assert (had.tolist(), lost.tolist()) == ([True, False, False], [True, False, False])


@given(
    st.lists(st.tuples(IDS, IDS), max_size=8, unique=True),
    st.lists(st.tuples(IDS, IDS), max_size=8, unique=True),
)
def test_a_box_is_matched_by_its_name_and_else_by_its_customer(
    tonight: list[tuple[str, str]], last: list[tuple[str, str]]
) -> None:
    now, before = (
        pd.DataFrame(rows, columns=["customer_id", "box_id"]).astype({"customer_id": "str", "box_id": "str"})
        for rows in (tonight, last)
    )
    none: frozenset[str] = frozenset()
    pair = Pair("customers", "f", now, before, ("customer_id", "box_id"), none, none, none, CustomersLimit(), 20)

    here, there = pair.matched

    people = [customer for customer, _ in last]
    by_hand = {
        at: last.index(row) if row in last else people.index(row[0])
        for at, row in enumerate(tonight)
        if row[0] in people
    }
    assert dict(zip(here.tolist(), there.tolist(), strict=True)) == by_hand
    assert pair.is_aligned == (tonight == last)
