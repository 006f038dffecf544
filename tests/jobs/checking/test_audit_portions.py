"""Lists are held against the tables thousands at once: the same is found as list by list."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.checking import audit_bought, audit_boxes
from jobs.checking.audit_bought import ListedAgain
from jobs.checking.audit_lists import _Told
from jobs.checking.audit_ranked import _Listed
from jobs.evidence import read_lists
from jobs.evidence.joined import place
from jobs.evidence.read_lists import Portion, portions

PRODUCTS = ["p0", "p1", "p2", "p3"]
KIND = {"p0": "x", "p1": "x", "p2": "y|x", "p3": ""}
PEOPLE = ["a", "b", "c"]
ITEMS = st.tuples(st.sampled_from([*PRODUCTS, "p9"]), st.sampled_from([0.5, 0.25, 0.0, -1.0]), st.sampled_from("rs"))
LISTS = st.dictionaries(st.sampled_from([*PEOPLE, "z"]), st.lists(ITEMS, max_size=5, unique_by=lambda item: item[0]))
Lists = dict[str, list[tuple[str, float, str]]]


def read(lists: Lists) -> list[Portion]:
    """The lists as a website would hold them, read two rows at a time."""
    with closing(sqlite3.connect(":memory:")) as base, pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_lists, "ROWS_AT_ONCE", 2)
        base.execute("CREATE TABLE boxes (customer_id TEXT PRIMARY KEY, release TEXT, items TEXT) WITHOUT ROWID")
        for key, items in lists.items():
            told = [dict(zip(("product_id", "score", "reason"), item, strict=True)) for item in items]
            base.execute("INSERT INTO boxes VALUES (?, 'now', ?)", (key, json.dumps(told)))
        return list(portions(base, "boxes", "customer_id"))


@settings(deadline=None, max_examples=60)
@given(LISTS)
def test_lists_are_read_as_they_were_written(lists: Lists) -> None:
    found: Lists = {}
    for portion in read(lists):
        items = zip(portion.products.to_pylist(), portion.scores.tolist(), portion.reasons.to_pylist(), strict=True)
        found |= {key: [] for key in portion.keys}
        for item, row, rank in zip(items, portion.row.tolist(), portion.place.tolist(), strict=True):
            assert rank == len(found[portion.keys[row]])
            found[portion.keys[row]].append(item)
        assert portion.counts.tolist() == [len(lists[key]) for key in portion.keys]
    assert found == lists


@settings(deadline=None, max_examples=80)
@given(LISTS, LISTS, st.data())
def test_boxes_are_the_same_when_each_item_is(sent: Lists, shown: Lists, data: st.DataObject) -> None:
    shown |= {key: sent[key] for key in sent if data.draw(st.booleans())}
    rows = [(key, *item) for key, items in sent.items() for item in items]
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "score", "reason"])
    frame = frame.astype({"product_id": "category", "reason": "category", "score": "float64"})
    people = pd.Series(PEOPLE, dtype="str")
    customer = place(frame["customer_id"].astype("str"), people)
    run: Any = SimpleNamespace(sent=frame, people=people, customer=customer, person=np.arange(3))
    told = _Told(run)

    for portion in read(shown):
        position = place(portion.keys, people)
        expected = [key in PEOPLE and shown[key] == sent.get(key, []) for key in portion.keys]
        assert (told.same(portion, position) & (position >= 0)).tolist() == expected


def in_order(items: list[tuple[str, float, str]], at_most: int | None) -> bool:
    """Best first, ties by product; what is one too many of a kind comes after all others."""
    ranked = sorted(items, key=lambda item: (-item[1], place([item[0]], PRODUCTS)[0]))
    count: dict[str, int] = {}
    first: list[tuple[str, float, str]] = []
    last: list[tuple[str, float, str]] = []
    for item in ranked:
        kinds = [kind for kind in KIND.get(item[0], "").split("|") if kind]
        aside = at_most is not None and any(count.get(kind, 0) >= at_most for kind in kinds)
        (last if aside else first).append(item)
        for kind in [] if aside else kinds:
            count[kind] = count.get(kind, 0) + 1
    return first + last == items


@settings(deadline=None, max_examples=100)
@given(LISTS, st.sampled_from([None, 1, 2]), st.booleans())
def test_what_is_out_of_order_is_found_as_by_sorting(lists: Lists, at_most: int | None, ordered: bool) -> None:
    if ordered:
        lists = {key: sorted(items, key=lambda item: (-item[1], item[0])) for key, items in lists.items()}
        lists = {key: [item for item in items if item[0] != "p9"] for key, items in lists.items()}
    products = pd.DataFrame({"product_id": PRODUCTS, "kind": [KIND[one] for one in PRODUCTS]}).astype("str")
    rules = {} if at_most is None else {"website": {"at_most": {"kind": at_most}}}
    listed = _Listed(SimpleNamespace(inputs={"products": products}, rules=rules))  # type: ignore[arg-type]

    for portion in read(lists):
        wrong = set(listed.out_of_order(portion, place(portion.products, PRODUCTS)).tolist())
        assert wrong == {row for row, key in enumerate(portion.keys) if not in_order(lists[key], at_most)}


@settings(deadline=None, max_examples=60)
@given(LISTS, st.sets(st.tuples(st.sampled_from([*PEOPLE, "z"]), st.sampled_from(PRODUCTS))))
def test_what_is_listed_again_is_found_as_in_a_set(lists: Lists, had: set[tuple[str, str]]) -> None:
    once, people = pd.Series(PRODUCTS[:3], dtype="str"), {one: at for at, one in enumerate(PEOPLE)}
    keys = sorted(people[who] * 3 + int(what[1]) for who, what in had if who in people and what != "p3")
    again = ListedAgain(people, once, np.array(keys, np.int64))
    for portion in read(lists):
        again.look(portion)

    wrong = [
        f'website.sqlite, recommendations "{who}": product {what} was bought before and is not repurchasable'
        for who in sorted(lists)
        for what, _, _ in lists[who]
        if (who, what) in had and who in people and what in PRODUCTS[:3]
    ]
    assert again.told == wrong


EVENTS = st.lists(st.tuples(st.sampled_from([*PEOPLE, "z"]), st.sampled_from(PRODUCTS), st.sampled_from("bv")))


@settings(deadline=None, max_examples=60)
@given(EVENTS, st.booleans())
def test_events_are_the_same_some_at_a_time(rows: list[tuple[str, str, str]], dated: bool) -> None:
    events = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind"]).astype("str")
    days = pd.Series(pd.date_range("2026-01-01", periods=len(rows)), index=events.index, dtype="datetime64[us]")
    events = events.assign(occurred_at=days) if dated else events
    people, once = pd.Series(PEOPLE, dtype="str"), pd.Series(PRODUCTS[:3], dtype="str")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_bought, "EVENTS_AT_ONCE", 2)
        found = audit_bought._in_positions(events, people, once)

    kept = [at for at, (who, what, _) in enumerate(rows) if who != "z" and what != "p3"]
    expected = [(PEOPLE.index(rows[at][0]), int(rows[at][1][1]), rows[at][2]) for at in kept]
    assert list(found[["customer_id", "product_id", "kind"]].itertuples(index=False, name=None)) == expected
    assert not dated or found["occurred_at"].tolist() == days.iloc[kept].tolist()


@settings(deadline=None)
@given(st.lists(st.integers(0, 4)))
def test_what_stood_there_before_is_known(keys: list[int]) -> None:
    found = audit_boxes._again(np.array(keys, np.int64))
    assert found.tolist() == [key in keys[:at] for at, key in enumerate(keys)]
