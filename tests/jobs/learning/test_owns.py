"""`owns` of [signals]: what a kind of event means is said by the campaign; its name tells only where that is silent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jobs.config.campaign import Signal
from jobs.config.kinds import BROWSING
from jobs.config.load import load
from jobs.learning.event_kinds import VERBS, did, owns
from jobs.learning.recommender import Recommender
from jobs.learning.train import train
from jobs.recommending.lists import website_lists
from jobs.recommending.purchases import bought, purchase_kinds, purchase_moments, purchases, sale_kinds
from recsys.scoring.blend import LISTS
from tests.jobs.reasons_said import reasons_of
from tests.jobs.small_shop import Shop, campaign, shop

LOOKING, HAVING = Signal(weight=1.0, owns=False), Signal(weight=1.0, owns=True)


def named(**kinds: str) -> Shop:
    """The small shop with its kinds of events called otherwise."""
    given = shop()
    return replace(given, events=given.events.assign(kind=given.events["kind"].replace(kinds)))


def trained(given: Shop, **signals: Signal) -> Recommender:
    return train(campaign(signals=signals), given)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["quiz", "besuch", "purchase", "order"])
def test_what_does_not_own_is_never_told_as_bought_or_chosen(kind: str) -> None:
    given = named(purchase=kind, view=kind, rating=kind)
    recommender = trained(given, **{kind: LOOKING})
    said = reasons_of(recommender, ["c000"] * 18, given.products["product_id"][:18], LISTS)
    lists = website_lists(recommender, given)  # type: ignore[arg-type]

    assert {why.split(", which you ")[1] for why in said if ", which you " in why} == {"looked at"}
    assert bought(recommender, given).nnz == 0  # type: ignore[arg-type]
    assert not any("bought" in why or "chosen" in why for why in lists.bestsellers.reasons)


def test_a_shop_with_german_names_says_what_is_looking() -> None:
    given = named(purchase="kauf", view="besuch", rating="note")
    signals = {"kauf": Signal(weight=4.0), "besuch": LOOKING, "note": Signal(weight=2.0, centre=3.0)}
    recommender = trained(given, **signals)

    has = dict(zip(recommender.interactions.kinds, purchase_kinds(recommender).tolist(), strict=True))
    assert has == {"besuch": False, "kauf": True, "note": True}
    assert len(purchases(recommender).item_idx) == (given.events["kind"] == "kauf").sum()
    assert purchase_moments(recommender, given).kinds == ("kauf",)  # type: ignore[arg-type]


def test_where_nothing_is_said_everything_is_as_in_english() -> None:
    silent = Signal(weight=1.0)

    assert {kind for kind in [*VERBS, "quiz", "besuch"] if not owns(kind, silent)} == BROWSING
    assert {kind: did(kind, silent) for kind in VERBS} == VERBS
    assert did("quiz", silent) == "chose"
    assert (owns("VIEW", silent), did("VIEW", silent)) == (False, "looked at")


def test_a_cart_may_be_having_and_an_order_may_not() -> None:
    recommender = trained(named(view="cart", purchase="order"), cart=HAVING, order=LOOKING, rating=HAVING)
    kinds = recommender.interactions.kinds

    assert kinds == ("cart", "order", "rating")
    assert purchase_kinds(recommender).tolist() == [True, False, True]
    assert sale_kinds(recommender).tolist() == [True, False, True]
    assert [did(kind, recommender.campaign.signals[kind]) for kind in kinds] == [
        "put in your basket",
        "looked at",
        "rated",
    ]


def test_the_campaign_says_it(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text(
        "[campaign]\nname = 'c'\nship_date = 2026-12-05\n"
        "[signals]\nquiz = { weight = 2.0, owns = false }\ngift = { weight = 1, owns = true }\nview = 0.5\n"
    )
    signals = load(tmp_path).signals

    assert [signals[kind].owns for kind in ("quiz", "gift", "view")] == [False, True, None]
