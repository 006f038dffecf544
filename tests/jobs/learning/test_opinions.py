"""Events of kinds with a centre are opinions: likes, dislikes and halves, the newest of each pair, up to the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from jobs.config.campaign import Signal
from jobs.learning.interactions import Interactions, interactions
from tests.jobs.small_shop import campaign, shop

DAY = date(2026, 12, 5)


def seen(rows: list[tuple[str, str, str, str, float]], **signals: Any) -> Interactions:
    events = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "at", "value"])
    events["occurred_at"] = pd.to_datetime(events.pop("at"), format="ISO8601").astype("datetime64[us]")
    settings = campaign(signals={**campaign().signals, **signals})
    return interactions(settings, replace(shop(), events=events), DAY)  # type: ignore[arg-type]


def opinions(given: Interactions) -> dict[tuple[str, str], float]:
    ratings = given.ratings
    names = zip(given.customer_ids[ratings.customer_idx], given.product_ids[ratings.item_idx], strict=True)
    return dict(zip(names, ratings.like.tolist(), strict=True))


def test_above_the_centre_is_a_like_below_a_dislike_and_at_it_half_a_like() -> None:
    found = seen(
        [
            ("c001", "p01", "rating", "2026-12-01", 5.0),
            ("c001", "p02", "rating", "2026-12-01", 1.0),
            ("only here", "p only here", "rating", "2026-12-05 12:00", 3.0),
            ("c001", "p03", "purchase", "2026-12-01", np.nan),
            ("c001", "p04", "rating", "2026-12-06", 5.0),
            ("c001", "p05", "rating", "2026-12-01", np.nan),
        ]
    )

    assert opinions(found) == {("c001", "p01"): 1.0, ("c001", "p02"): 0.0, ("only here", "p only here"): 0.5}
    assert found.ratings.age_days[-1] == 0.5
    assert found.events.weight.tolist() == [4.0, -4.0, 4.0]
    assert [found.kinds[kind] for kind in found.kind] == ["rating", "rating", "purchase"]
    assert found.ratings.n_customers == found.events.n_customers == len(found.customer_ids) == 61
    assert found.ratings.n_items == found.events.n_items == len(found.product_ids) == 21


def test_a_negative_weight_turns_likes_round_and_weight_zero_is_no_opinion() -> None:
    rows = [("c001", "p01", "complaints", "2026-12-01", 7.0), ("c001", "p02", "complaints", "2026-12-01", 0.0)]

    assert opinions(seen(rows, complaints=Signal(weight=-1.0, centre=2.0))) == {
        ("c001", "p01"): 0.0,
        ("c001", "p02"): 1.0,
    }
    assert opinions(seen(rows, complaints=Signal(weight=0.0, centre=2.0))) == {}


def test_she_may_change_her_mind() -> None:
    found = seen(
        [
            ("c001", "p01", "rating", "2026-12-01", 5.0),
            ("c001", "p01", "rating", "2026-12-03", 1.0),
            ("c001", "p02", "rating", "2026-12-03 10:00", 1.0),
            ("c001", "p02", "stars", "2026-12-03 10:00", 3.0),
        ],
        stars=Signal(weight=1.0, centre=2.5),
    )

    assert opinions(found) == {("c001", "p01"): 0.0, ("c001", "p02"): 0.5}
    assert found.events.weight.tolist() == [4.0, -4.0, -4.0, 0.5]


def test_a_shop_without_opinions_has_none() -> None:
    assert len(seen([("c001", "p03", "purchase", "2026-12-01", 9.0)]).ratings) == 0
    assert len(seen([]).ratings) == 0
