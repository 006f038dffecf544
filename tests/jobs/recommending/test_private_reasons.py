"""What a shopper is never told: personal and private columns, columns that are never to be said, nonsense."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from jobs.config.reasons import Reasons
from jobs.learning.recommender import Recommender
from jobs.learning.train import train
from jobs.recommending.lists import website_lists
from recsys.scoring.blend import LISTS, PACKING
from tests.jobs.reasons_said import reasons_of
from tests.jobs.small_shop import Shop, campaign, shop, website


def with_customers(**columns: list[str]) -> Shop:
    """The small shop with these columns in the place of `hair`; each list is repeated."""
    given = shop()
    customers = given.customers.drop(columns="hair")
    for name, cells in columns.items():
        customers[name] = pd.Series(np.resize(np.array(cells, object), len(customers)), dtype="str")
    return replace(given, customers=customers)


def everything_said(recommender: Recommender, given: Shop) -> set[str]:
    """Every sentence of every list, and of the boxes of everybody by both weights."""
    lists = website_lists(recommender, given)  # type: ignore[arg-type]
    said = {why for ranked in lists.tables.values() for why in ranked.reasons}
    customers, products = given.customers["customer_id"].tolist(), given.products["product_id"].tolist()
    pairs = [one for one in customers for _ in products], [one for _ in customers for one in products]
    return said.union(*(reasons_of(recommender, *pairs, weights) for weights in (LISTS, PACKING)))


def silent(**changes: object) -> object:
    """A campaign without rules on `hair`."""
    return campaign(**{"eligibility": (), "website": website(segments=()), **changes})


@pytest.mark.parametrize(
    "column", ["income", "Familienstand", "religion", "gender", "pregnant", "political_party", "is_disabled", "Tags"]
)
def test_a_private_column_teaches_and_is_not_said(column: str) -> None:
    given = with_customers(**{column: ["left", "right"]})
    recommender = train(silent(), given)  # type: ignore[arg-type]

    assert set(recommender.customer_values.column) == {column}
    assert not {why for why in everything_said(recommender, given) if "left" in why or "right" in why}

    asked = train(silent(reasons=Reasons(say=(column,))), given)  # type: ignore[arg-type]
    assert {why for why in everything_said(asked, given) if "left" in why or "right" in why}


@pytest.mark.parametrize(
    "column", ["First Name", "city", "ZIP", "Notes", "e_mail", "birthday", "Unnamed: 0", "created_at"]
)
def test_a_personal_column_and_bookkeeping_teach_nothing(column: str) -> None:
    given = with_customers(**{column: ["left", "right"]})

    assert train(silent(), given).customer_values.column == ()  # type: ignore[arg-type]
    one = campaign(eligibility=(), website=website(segments=()))
    one.model.learn = (column,)
    assert set(train(one, given).customer_values.column) == {column}  # type: ignore[arg-type]


def test_a_column_that_is_never_to_be_said_is_not_said_anywhere() -> None:
    given = shop()
    never = Reasons(never_say=("hair", "for_hair", "category", "brand", "name"))
    recommender = train(campaign(reasons=never), given)  # type: ignore[arg-type]

    said = everything_said(recommender, given)

    assert "hair" in recommender.customer_values.column
    assert any("hair" in why for why in everything_said(train(campaign(), given), given))  # type: ignore[arg-type]
    assert not [why for why in said if "hair" in why or "curly" in why or "straight" in why or "taste" in why]


def test_a_segment_that_is_private_is_listed_and_not_named() -> None:
    given = with_customers(**{"marital status": ["married", "single"]})
    recommender = train(silent(website=website(segments=("marital status",))), given)  # type: ignore[arg-type]

    best = website_lists(recommender, given).bestsellers  # type: ignore[arg-type]

    assert best.keys == ["", "marital status=married", "marital status=single"]
    assert not [why for why in best.reasons if "married" in why or "single" in why]
    assert "a bestseller with customers like you" in best.reasons


def test_a_new_product_for_a_private_answer_is_not_told_as_that() -> None:
    given = shop()
    customers = given.customers.rename(columns={"hair": "pregnant"})
    rule = (SimpleNamespace(product="for_hair", customer="pregnant", sense="include", name="x"),)
    told = {"eligibility": rule, "website": website(segments=())}
    named = replace(given, customers=customers)

    assert not [why for why in everything_said(train(campaign(**told), named), named) if "pregnant" in why]  # type: ignore[arg-type]
    asked = train(campaign(**told, reasons=Reasons(say=("pregnant",))), named)  # type: ignore[arg-type]
    assert [why for why in everything_said(asked, named) if "for pregnant: " in why]


def test_an_allergen_is_no_taste_to_be_told() -> None:
    given = shop()
    products = given.products.rename(columns={"for_hair": "contains"})
    rule = (SimpleNamespace(product="contains", customer="hair", sense="exclude", name="x"),)
    recommender = train(campaign(eligibility=rule, website=website(segments=())), replace(given, products=products))  # type: ignore[arg-type]

    said = everything_said(recommender, replace(given, products=products))

    assert {"contains"} <= set(recommender.product_values.column)
    assert not [why for why in said if "contains" in why or "hair" in why]


def test_names_with_markup_are_said_without() -> None:
    given = shop()
    products = given.products.assign(name="<b>Cream</b> &amp; " + given.products["name"])
    recommender = train(campaign(), replace(given, products=products))  # type: ignore[arg-type]

    said = everything_said(recommender, replace(given, products=products))

    assert any("Cream & " in why for why in said)
    assert not [why for why in said if "<b>" in why or "&amp;" in why]
