"""Which customers an evaluation looks at: a part by hash of their ids, and all where they are few."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.config.limits import Limits
from jobs.evaluating import drawn as drawing
from jobs.evaluating.drawn import Drawn, drawn
from jobs.evaluating.evaluate import evaluate, still_known
from jobs.evaluating.steps import LATER_SHARES, SHARES, Steps
from jobs.learning.train import train
from jobs.learning.weights import BoxAndListWeights
from tests.jobs.evaluating.test_evaluate import busy_shop, figure
from tests.jobs.small_shop import campaign


def part(customers: int, per_product: int, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> Drawn:
    monkeypatch.setattr(drawing, "PER_PRODUCT", per_product)
    return drawn(campaign(limits=Limits(evaluated=customers)), replace(busy_shop(), **changed))  # type: ignore[arg-type]


def ids(of: Drawn) -> set[str]:
    return set(of.tables.customers["customer_id"]) | set(of.tables.events["customer_id"])


def test_few_customers_or_events_are_all_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    given = busy_shop()
    for few in (part(300, 1, monkeypatch), part(10, 10_000, monkeypatch)):
        assert few.words == ""
        assert len(few.tables.events) == len(given.events)
        assert ids(few) == set(given.customers["customer_id"])


def test_a_part_has_whole_customers_enough_of_them_and_enough_events(monkeypatch: pytest.MonkeyPatch) -> None:
    given = busy_shop()
    by_customers, by_events = part(80, 1, monkeypatch), part(10, 20, monkeypatch)
    n_products = given.events["product_id"].nunique()

    assert by_customers.n_customers == len(ids(by_customers)) == 80
    assert by_customers.words == " This looks at 80 of the 300 customers, drawn by their ids."
    assert 20 * n_products <= len(by_events.tables.events) < 20 * n_products + 20
    for of in (by_customers, by_events):
        inside = given.events["customer_id"].isin(ids(of))
        pd.testing.assert_frame_equal(of.tables.events, given.events[inside].reset_index(drop=True))
        assert 10 < of.n_customers < 300
    assert ids(by_customers) < ids(by_events) or ids(by_events) < ids(by_customers), "one lies in the other"


def test_who_is_drawn_does_not_depend_on_the_order_of_rows_or_on_who_else_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = busy_shop()
    plain = part(80, 1, monkeypatch)
    turned = part(80, 1, monkeypatch, events=given.events[::-1])
    gone = sorted(ids(plain))[0]
    without = part(80, 1, monkeypatch, events=given.events[given.events["customer_id"] != gone])
    fewer = part(79, 1, monkeypatch)

    assert ids(turned) == ids(plain)
    assert ids(without) >= ids(plain) - {gone}
    assert ids(fewer) < ids(plain)


def test_an_account_with_very_many_events_counts_as_far_as_its_events_do(monkeypatch: pytest.MonkeyPatch) -> None:
    given = busy_shop()
    first = sorted(ids(part(1, 1, monkeypatch)))[0]
    click = given.events.iloc[:1].assign(customer_id=first)
    events = pd.concat((given.events, *[click] * 2_500), ignore_index=True)
    of = part(1, 60, monkeypatch, events=events)

    n_events = np.minimum(of.tables.events.groupby("customer_id").size(), 2_000).sum()
    assert n_events >= 60 * events["product_id"].nunique()


def test_an_evaluation_of_a_part_says_so_and_judges_customers_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "PER_PRODUCT", 1)
    of_part = evaluate(campaign(limits=Limits(evaluated=150)), busy_shop())  # type: ignore[arg-type]

    words = "after training on everything before. This looks at 150 of the 300 customers, drawn by their ids."
    assert of_part.sentences[0].endswith(words)
    assert 60 < figure(of_part, "warm customers", "boxwise").n < 150
    assert figure(of_part, "warm customers", "boxwise").low > figure(of_part, "warm customers", "popularity").high


def test_last_nights_weights_judge_only_what_had_no_say_in_them_and_while_they_are_fresh() -> None:
    def last(until: date | None) -> BoxAndListWeights:
        return BoxAndListWeights(judged_by=BoxAndListWeights(until=until))

    since = date(2026, 11, 1)
    assert still_known(None, since) is None
    assert still_known(BoxAndListWeights(until=date(2026, 10, 31)), since) is None
    assert still_known(last(None), since) is None
    assert still_known(last(since), since) is None, "it knows a day that is judged"
    for until in (date(2026, 10, 31), date(2026, 10, 4)):
        known = still_known(last(until), since)
        assert known is not None
        assert known.until == until
    assert still_known(last(date(2026, 10, 3)), since) is None, "too old"


def test_the_night_after_judges_by_the_same_weights_and_trains_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = evaluate(campaign(), busy_shop())  # type: ignore[arg-type]
    trained: list[date] = []

    def counted(*given: Any, **more: Any) -> Any:
        trained.append(more["as_of"])
        return train(*given, **more)

    monkeypatch.setattr("jobs.evaluating.evaluate.train", counted)
    after = evaluate(campaign(), busy_shop(), last=first.weights)  # type: ignore[arg-type]

    assert len(trained) == 1
    assert after.weights.judged_by is first.weights.judged_by
    pd.testing.assert_frame_equal(after.table, first.table)
    moved = np.subtract(after.weights.lists.known.all, first.weights.lists.known.all)
    assert np.abs(moved).sum() < 0.05 * first.weights.lists.total


def test_weights_that_a_shop_began_with_are_no_weights_that_were_found() -> None:
    of_none = evaluate(campaign(), busy_shop()).weights  # type: ignore[arg-type]
    of_a_small_night = evaluate(campaign(), busy_shop(), last=BoxAndListWeights()).weights  # type: ignore[arg-type]

    assert of_none.lists != BoxAndListWeights().lists
    assert (of_a_small_night.packing, of_a_small_night.lists) == (of_none.packing, of_none.lists)


def test_steps_tell_how_far_the_whole_is() -> None:
    told: list[tuple[str, int | None, int | None]] = []
    steps = Steps(lambda *one: told.append(one), {"learn": 3, "judge": 1})
    learning = steps.of("learn", "learning")
    assert learning is not None
    learning("factorizing", 1, 2)
    learning("sorting")
    steps.of("judge", "judging")

    assert told == [
        ("learning", 0, 1_000),
        ("learning: factorizing", 375, 1_000),
        ("learning: sorting", 375, 1_000),
        ("judging", 750, 1_000),
    ]
    assert Steps(None, SHARES).of("train", "x") is None
    assert set(LATER_SHARES) < set(SHARES)
