"""One account does not move the shop: crawlers, resellers, refunds, from the table to every list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.checking.audit_bought import still_had
from jobs.config.campaign import Signal
from jobs.config.limits import Limits
from jobs.evaluating.window import hidden_window
from jobs.inputs import heavy_accounts
from jobs.inputs.tables import look
from jobs.learning.interactions import interactions
from jobs.learning.recommender import Recommender
from jobs.learning.train import train
from jobs.recommending.lists import WebsiteLists, website_lists
from jobs.recommending.purchases import bought, purchase_moments, purchases
from recsys.base.events import strengths
from recsys.parts.popularity import recent_popularity
from tests.jobs.small_campaign import TOML, write_small_campaign
from tests.jobs.small_shop import Shop, campaign, shop

DAY = date(2026, 12, 5)
SIGNALS = {"purchase": Signal(weight=4.0), "view": Signal(weight=0.5), "refund": Signal(weight=-4.0)}


def events(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Rows of customer_id, product_id, kind, day."""
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "occurred_at"]).astype("str")
    return frame.assign(occurred_at=frame["occurred_at"].astype("datetime64[us]"), value=np.nan)


def made(given: Shop, more: pd.DataFrame, **signals: Signal) -> tuple[Recommender, WebsiteLists, Shop]:
    """The shop with more events, trained, with its lists."""
    told = campaign().signals | {"refund": Signal(weight=-4.0)} | signals
    shown = replace(given, events=pd.concat([given.events, more], ignore_index=True))
    recommender = train(campaign(signals=told), shown)  # type: ignore[arg-type]
    return recommender, website_lists(recommender, shown), shown  # type: ignore[arg-type]


def bestsellers(lists: WebsiteLists) -> list[str]:
    best = lists.bestsellers
    return [str(best.product_ids[at]) for at in best.idx[0] if at >= 0]


def test_a_crawler_with_an_account_counts_as_one_customer() -> None:
    crawl = events(*[("crawler", "p07", "view", "2026-12-01")] * 20_000)
    few = made(shop(), crawl.iloc[:5])
    many = made(shop(), crawl)

    for one, other in zip(few[1].tables.values(), many[1].tables.values(), strict=True):
        assert np.array_equal(one.idx, other.idx)
        assert np.array_equal(one.score, other.score, equal_nan=True)


def test_a_reseller_makes_no_bestseller() -> None:
    orders = [("c007", "p13", "purchase", f"2026-11-{1 + number % 28:02d}") for number in range(3_000)]
    few = made(shop(), events(*orders[-5:]))
    _, many, _ = made(shop(), events(*orders))

    assert bestsellers(many)[0] == bestsellers(few[1])[0]
    assert sum(purchases(made(shop(), events(*orders))[0]).customer_idx == 7) <= 5 + 5


def test_a_crawl_of_the_whole_shop_is_bounded_in_all() -> None:
    rows = [(f"c{1 + number % 2:03d}", f"x{number:05d}", "view", "2026-12-01") for number in range(6_000)]
    given = replace(shop(), events=events(*rows))
    one = campaign(limits=Limits(per_customer=100))

    assert len(interactions(one, given, DAY).events) == 200  # type: ignore[arg-type]


def test_opinions_are_bounded_in_all() -> None:
    rows = [("c001", f"x{number:05d}", "rating", "2026-12-01") for number in range(500)]
    given = replace(shop(), events=events(*rows).assign(value=1.0))

    assert len(interactions(campaign(limits=Limits(per_customer=100)), given, DAY).ratings) == 100  # type: ignore[arg-type]


def test_one_night_of_clicks_does_not_move_the_window_that_is_judged() -> None:
    given = shop()
    clicks = events(*[("crawler", "p07", "view", "2026-12-04")] * 20_000)
    clicked = replace(given, events=pd.concat([given.events, clicks], ignore_index=True))

    plain, moved = (hidden_window(campaign(), one, DAY) for one in (given, clicked))  # type: ignore[arg-type]

    assert plain is not None
    assert moved is not None
    assert abs((plain.since - moved.since).days) <= 3


def test_what_most_gave_back_is_no_bestseller() -> None:
    rows = [(f"c{number:03d}", "p07", "purchase", "2026-11-10") for number in range(40)]
    rows += [(f"c{number:03d}", "p07", "refund", "2026-11-20") for number in range(37)]
    bought_only, _, _ = made(shop(), events(*rows[:40]))
    recommender, lists, given = made(shop(), events(*rows))

    assert bestsellers(website_lists(bought_only, replace(given, events=given.events.iloc[:-37])))[0] == "p07"  # type: ignore[arg-type]
    assert bestsellers(lists)[0] != "p07"
    popularity = recent_popularity(recommender.interactions.events, 90.0)
    assert popularity[7] < recent_popularity(bought_only.interactions.events, 90.0)[7] / 2


def test_who_gave_it_back_does_not_have_it_and_is_not_told_that_she_bought_it() -> None:
    given = shop()
    given = replace(given, events=given.events.loc[given.events["customer_id"] != "c001"])
    back = events(("c001", "p03", "purchase", "2026-11-01"), ("c001", "p03", "refund", "2026-11-05"))
    kept = made(given, back.iloc[:1])
    gone = made(given, back)
    twice = made(given, pd.concat([back, events(("c001", "p03", "purchase", "2026-11-09"))]))

    for (recommender, lists, shown), has in ((kept, True), (gone, False), (twice, True)):
        assert bool(bought(recommender, shown)[1, 3]) is has  # type: ignore[arg-type]
        sold = purchase_moments(recommender, shown)  # type: ignore[arg-type]
        assert (3 in sold.item_idx[sold.customer_idx == 1]) is has
        mine = lists.personal.reason[1][lists.personal.idx[1] >= 0]
        assert any("Cream 3, which you bought" in lists.personal.reasons[code] for code in mine) is has


def test_a_refund_alone_is_a_dislike_and_no_more_than_one() -> None:
    rows = events(*[("c059", "p03", "refund", "2026-11-05")] * 9, ("c058", "p03", "refund", "2026-11-05"))
    recommender, _, given = made(shop(), rows)

    made_of = strengths(recommender.interactions.events, 180.0).toarray()
    assert made_of[59, 3] == made_of[58, 3] < 0
    assert not bought(recommender, given)[58, 3]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "signal", "has"),
    [
        ("return", Signal(weight=-4.0), False),
        ("Storno", Signal(weight=-2.0), False),
        ("zurueck", Signal(weight=-4.0, owns=False), False),
        ("dislike", Signal(weight=-4.0), True),
        ("complaint", Signal(weight=-1.0), True),
        ("schlecht", Signal(weight=-4.0, owns=True), True),
        ("refund", Signal(weight=0.0), True),
        ("stars", Signal(weight=-2.0, centre=3.0), True),
    ],
)
def test_which_kinds_take_back(kind: str, signal: Signal, *, has: bool) -> None:
    given = replace(shop(), events=shop().events.iloc[:0])
    rows = events(("c001", "p03", "purchase", "2026-11-01"), ("c001", "p03", kind, "2026-11-05")).assign(value=3.0)
    recommender, _, shown = made(given, rows, **{kind: signal})

    assert bool(bought(recommender, shown)[1, 3]) is has  # type: ignore[arg-type]
    told = still_had(shown.events, recommender.campaign.signals)
    assert (("c001", "p03") in set(told.itertuples(index=False, name=None))) is has


DAYS = st.sampled_from(["2026-11-01", "2026-11-01 10:00:00", "2026-11-02", "2026-11-03 23:59:59", "2026-12-05"])
KINDS = st.sampled_from(["purchase", "refund", "view", "rating", "dislike"])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(["c001", "c002"]), st.sampled_from(["p01", "p02"]), KINDS, DAYS), max_size=12)
)
def test_the_second_opinion_says_by_other_code_what_each_customer_has(rows: list[tuple[str, str, str, str]]) -> None:
    told = {**SIGNALS, "rating": Signal(weight=2.0, centre=3.0), "dislike": Signal(weight=-2.0)}
    given = replace(shop(), events=events(*rows).assign(value=4.0))
    one = campaign(signals=told)
    seen = interactions(one, given, DAY)  # type: ignore[arg-type]

    class Stub:
        campaign, interactions, as_of = one, seen, DAY

    has = bought(Stub(), given).tocoo()  # type: ignore[arg-type]
    pairs = {
        (seen.customer_ids[c], seen.product_ids[p]) for c, p in zip(has.row.tolist(), has.col.tolist(), strict=True)
    }
    assert set(still_had(given.events, told).itertuples(index=False, name=None)) == pairs


@pytest.mark.parametrize("many", [0, 1_000_000])
def test_it_is_said_whose_events_do_not_all_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(heavy_accounts, "MANY", many)  # counted by a hash first, or sorted at once
    more = "C01,P03,view,2026-11-01,\n" * 1_000 + "C02,P04,purchase,2026-11-02,\n" * 7
    more += "".join(f"C03,x{number},view,2026-11-02,\n" for number in range(150)) + "C02,P04,refund,2026-11-03,\n"
    toml = TOML.replace("view = 0.5", "view = 0.5\nrefund = -4.0") + "\n[limits]\nper_customer = 100\n"
    folder = write_small_campaign(tmp_path, append={"events.csv": more}, files={"campaign.toml": toml})

    said = [str(note) for note in look(folder).notes if note.file == "events.csv"]

    assert said == [
        "events.csv: 2 customers have more events with one product: at most 5 count; "
        '998 events count for nothing (most of them "C01", 996)',
        'events.csv: 1 customer has more events in all: the newest 100 count; 54 events count for nothing ("C03")',
        "events.csv: 1 event takes back what the customer bought before (refund)",
    ]


def test_one_value_far_off_outweighs_nobody_and_is_told(tmp_path: Path) -> None:
    rows = [(f"c{number:03d}", "p03", "rating", "2026-11-02") for number in range(9)]
    given = replace(shop(), events=events(*rows).assign(value=[5.0, 1.0] * 4 + [4_000_000.0]))
    seen = interactions(campaign(), given, DAY)  # type: ignore[arg-type]
    assert np.abs(seen.events.weight).max() == 5 * 2.0 * 2.0

    far = "C05,P04,rating,2026-11-02,4e6\n"
    folder = write_small_campaign(tmp_path, append={"events.csv": far})
    told = 'events.csv: 1 value of "rating" more than 10 from its centre, 5 times what is usual: counted as that'
    assert told in [str(note) for note in look(folder).notes]


@pytest.mark.parametrize("limits", ["per_product = 0", "per_customer = -1", "per_product = 1.5", "per_person = 3"])
def test_a_bound_that_is_none_is_refused(tmp_path: Path, limits: str) -> None:
    folder = write_small_campaign(tmp_path, append={"campaign.toml": f"\n[limits]\n{limits}\n"})

    assert any("limits." in str(fault) for fault in look(folder).faults)
