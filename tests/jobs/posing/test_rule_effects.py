"""What a rule forbids to whom, counted fast on distinct cells, is what looking at every pair of raw cells finds."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config.campaign import Eligibility
from jobs.posing.allowed import allowed_pairs
from jobs.posing.rule_effects import RuleEffect, rule_effects
from jobs.posing.shop import Shop, open_shop

CELLS = ["", "|", "soy", "milk", "soy|milk", " soy ", "Soy", "none", "other", "nuts | other", "?"]
VAGUE = ("other", "?")


def shop_of(customers: list[str], products: list[tuple[str, bool]], gone: set[int], rule: dict[str, Any]) -> Shop:
    """A shop of these cells; the customers `gone` are dropped by an edit."""
    ids = [f"C{at}" for at in range(len(customers))]
    tables = {
        "customers": pd.DataFrame({"customer_id": ids, "allergies": customers, "warehouse": ""}).astype("str"),
        "products": pd.DataFrame(
            {
                "product_id": [f"P{at}" for at in range(len(products))],
                "family": [f"P{at}" for at in range(len(products))],
                "contains": [cell for cell, _ in products],
                "boxable": [boxable for _, boxable in products],
            }
        ).astype({"product_id": "str", "family": "str", "contains": "str"}),
        "shipments": pd.DataFrame(columns=["customer_id", "product_id"], dtype="str"),
        "inventory": pd.DataFrame(
            columns=["product_id", "warehouse", "on_hand", "reserved", "safety_stock", "at_least"]
        ),
        "edits": pd.DataFrame(
            [(f"C{at}", "", "drop_customer") for at in gone], columns=["customer_id", "product_id", "action"]
        ).astype("str"),
    }
    campaign = type("Campaign", (), {"eligibility": (Eligibility(**rule),), "pairs": ()})
    return open_shop(campaign, type("Tables", (), tables))  # type: ignore[arg-type]


def effect_of(shop: Shop) -> RuleEffect:
    (effect,) = rule_effects(shop, allowed_pairs(shop).rules)
    return effect


def values(cell: str) -> set[str]:
    return {part.strip() for part in cell.split("|")} - {""}


def keeps(rule: dict[str, Any], product: str, customer: str, all_products: list[str]) -> bool:
    """docs/campaign.md, word by word, of one product and one customer."""
    has, said = values(product), values(customer)
    if not has:
        return False
    known = set().union(*map(values, all_products))
    unknown = not said or (rule["sense"] == "exclude" and bool({*VAGUE} & said - known))
    if rule["sense"] == "exclude":
        return bool(has & said) or (unknown and rule["unknown"] == "deny")
    return rule["unknown"] == "deny" if unknown else not has & said


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.sampled_from(CELLS), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(CELLS), st.booleans()), min_size=1, max_size=6),
    st.sets(st.integers(0, 7), max_size=2),
    st.sampled_from(["include", "exclude"]),
    st.sampled_from(["deny", "allow"]),
)
def test_the_fast_counts_are_those_of_every_pair(
    customers: list[str], products: list[tuple[str, bool]], gone: set[int], sense: str, unknown: str
) -> None:
    rule = {"product": "contains", "customer": "allergies", "sense": sense, "unknown": unknown}
    effect = effect_of(shop_of(customers, products, gone, rule))

    here = [cell for at, cell in enumerate(customers) if at not in gone]
    boxable = [cell for cell, may in products if may]
    every = [cell for cell, _ in products]
    pairs = [(c, p) for c, who in enumerate(here) for p, what in enumerate(boxable) if keeps(rule, what, who, every)]
    assert effect.pairs == len(pairs)
    assert effect.customers == len({c for c, _ in pairs})
    assert effect.products == len({p for _, p in pairs})
    assert (effect.n_customers, effect.n_products) == (len(here), len(boxable))
    assert effect.unanswered == sum(not values(cell) for cell in here)
    assert effect.for_all == sum(not values(cell) for cell in boxable)


def test_the_line_says_it_in_words() -> None:
    rule = {"name": "allergens", "product": "contains", "customer": "allergies", "sense": "exclude"}
    some = effect_of(shop_of(["soy", "", "milk"], [("soy", True), ("", True)], set(), rule))
    assert some.words == (
        "rule allergens: forbids 1 of 2 products to 2 of 3 customers, 2 pairs in all; 1 customer has no answer"
    )
    none = effect_of(shop_of(["soy"], [("milk", True)], set(), rule))
    assert none.words == "rule allergens: forbids nothing to anyone"
    one = effect_of(shop_of(["milk"], [("milk", True)], set(), rule))
    assert one.words == "rule allergens: forbids 1 of 1 product to 1 of 1 customer, 1 pair in all"


def test_who_answers_with_something_and_not_what_gets_nothing_that_names_an_allergen() -> None:
    rule = {"product": "contains", "customer": "allergies", "sense": "exclude"}
    products = [("soy", True), ("", True), ("milk", True)]
    assert effect_of(shop_of(["other"], products, set(), rule)).pairs == 2
    assert effect_of(shop_of(["soy|other"], products, set(), rule)).pairs == 2
    assert effect_of(shop_of(["soy|other"], products, set(), {**rule, "unknown": "allow"})).pairs == 1
    assert (
        effect_of(shop_of(["soy|other"], [*products, ("other", False)], set(), rule)).pairs == 1
    )  # the shop's own word
    assert effect_of(shop_of(["kiwi"], products, set(), rule)).pairs == 0
