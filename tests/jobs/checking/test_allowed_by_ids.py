"""The packing's masks and the audit's sets of ids are twins: on a case worked out by hand, and on any tiny campaign."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import event, given, settings
from hypothesis import strategies as st

from jobs.checking.allowed_by_ids import VAGUE, AllowedByIds, fits, is_vague
from jobs.config.campaign import Eligibility
from jobs.evidence.audit_read import separators
from jobs.likeness.answers import VAGUE as ANSWERS
from jobs.likeness.answers import is_vague as as_packed
from jobs.likeness.folds import folded
from jobs.posing.allowed import allowed_pairs
from jobs.posing.shop import open_shop

CUSTOMERS = ["ann", "bea", "cat"]
PRODUCTS = ["oil", "rinse", "soap", "wax"]
CELLS = ["", "|", "dry", "oily", "dry|oily", "oily | curly", " dry |dry", "Dry", "curly"]


def frame(columns: list[str], rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=columns)
    return made.astype({column: "str" for column in columns if column not in ("boxable", "slots", "grams")})


def tables(customers: Any, products: Any, shipments: Any = (), edits: Any = ()) -> dict[str, pd.DataFrame]:
    """Tables as the night reads them; of an inventory, nothing."""
    return {
        "customers": frame(["customer_id", "hair", "allergies", "warehouse", "slots"], customers),
        "products": frame(["product_id", "family", "boxable", "for_hair", "contains", "grams"], products),
        "shipments": frame(["customer_id", "product_id"], list(shipments)),
        "edits": frame(["customer_id", "product_id", "action"], list(edits)),
        "inventory": pd.DataFrame(
            columns=["product_id", "warehouse", "on_hand", "reserved", "safety_stock", "at_least"]
        ),
    }


def packed(given_tables: dict[str, pd.DataFrame], rules: dict[str, Any]) -> dict[str, set[str]]:
    """customer_id -> what the packing's own mask allows."""
    campaign = SimpleNamespace(
        eligibility=[Eligibility(**rule) for rule in rules.get("eligibility", [])],
        pairs=[SimpleNamespace(**rule) for rule in rules.get("pair", [])],
    )
    shop = open_shop(campaign, SimpleNamespace(**given_tables))  # type: ignore[arg-type]
    mask = allowed_pairs(shop).block(0, shop.n_customers)
    items = shop.items["product_id"].to_numpy(object)
    return {customer: set(items[mask[at]]) for at, customer in enumerate(shop.customers["customer_id"])}


def told(given_tables: dict[str, pd.DataFrame], rules: dict[str, Any], customers: list[str]) -> dict[str, set[str]]:
    """customer_id -> what the audit says."""
    by_ids = AllowedByIds(given_tables, rules, customers)
    return {customer: by_ids.allowed(customer) for customer in customers}


HAIR = {"name": "hair type", "product": "for_hair", "customer": "hair"}
ALLERGENS = {
    "name": "allergens",
    "product": "contains",
    "customer": "allergies",
    "sense": "exclude",
    "unknown": "allow",
}


def test_a_case_worked_out_by_hand() -> None:
    given_tables = tables(
        customers=[
            ("ann", "dry", "nuts", "", 5),
            ("bea", "", "", "", 5),
            ("cat", "oily|curly", "soy", "", 5),
            ("dot", "dry", "", "", 5),
        ],
        products=[
            ("balm", "balm", True, "", "", 20.0),
            ("gel", "gel", True, "dry|curly", "", 20.0),
            ("mask", "care", True, "", "nuts|soy", 20.0),
            ("oil", "care", True, "oily", "nuts", 20.0),
            ("tin", "tin", False, "", "", 20.0),
            ("tonic", "tonic", True, "", "", 20.0),
            ("wax", "wax", True, "", "", 20.0),
        ],
        shipments=[("bea", "mask"), ("cat", "gone"), ("dot", "tin"), ("stranger", "balm")],
        edits=[("cat", "balm", "ban"), ("", "wax", "ban_everywhere"), ("dot", "", "drop_customer")],
    )
    rules = {"eligibility": [HAIR, ALLERGENS], "pair": [{"kind": "together", "products": ["tonic", "tin"]}]}
    expected = {
        "ann": {"balm", "gel"},  # mask and oil hold nuts; wax is banned for all; tonic needs tin
        "bea": {"balm"},  # no hair type told: no gel, no oil; mask is of the family she had
        "cat": {"gel", "oil"},  # balm is banned for her, mask holds soy
    }
    assert told(given_tables, rules, ["ann", "bea", "cat"]) == expected == packed(given_tables, rules)


def test_every_pair_that_is_forbidden_has_its_reason() -> None:
    given_tables = tables(
        customers=[("ann", "dry", "nuts", "", 5)],
        products=[("mask", "care", True, "oily", "nuts", 1.0), ("oil", "care", True, "", "", 1.0)],
        shipments=[("ann", "oil")],
        edits=[("ann", "mask", "ban"), ("", "mask", "ban_everywhere"), ("ann", "oil", "lock")],
    )
    ann = AllowedByIds(given_tables, {"eligibility": [HAIR, ALLERGENS]}, ["ann"])
    assert ann.forbidden("ann") == {
        "a merchandiser banned it for everyone": {"mask"},
        "a merchandiser banned it for this customer": {"mask"},
        "it or another of its family was sent to this customer before": {"mask", "oil"},
        "it must travel with a product that is not boxable": set(),
        "the hair type rule": {"mask"},
        "the allergens rule": {"mask"},
    }
    assert ann.locked("ann") == {"oil"}
    assert ann.cells("ann", "mask") == 'for_hair "oily", hair "dry", contains "nuts", allergies "nuts"'


def test_a_rule_of_fit_cell_by_cell() -> None:
    dry, oily, nothing = frozenset({"dry"}), frozenset({"oily", "curly"}), frozenset[str]()
    assert fits({}, nothing, nothing)
    assert fits({}, dry, dry)
    assert not fits({}, dry, oily)
    assert not fits({}, dry, nothing)
    assert fits({"unknown": "allow"}, dry, nothing)
    assert not fits({"sense": "exclude"}, dry, dry)
    assert fits({"sense": "exclude"}, dry, oily)
    assert not fits({"sense": "exclude"}, dry, nothing)
    assert fits({"sense": "exclude"}, nothing, dry)


def test_vague_answers_are_those_of_the_packing() -> None:
    """Two lists, kept apart: the second opinion shares no code with what it checks."""
    assert {folded(word) for word in ANSWERS.split(", ")} == VAGUE
    for value in ("Other", "not sure", "?!", "soy", "-", "other nuts", "Sonstiges "):
        assert is_vague(value) == as_packed(value)


def test_who_does_not_say_what_is_unknown_to_a_rule_that_excludes() -> None:
    nuts, other, known = frozenset({"nuts"}), frozenset({"other"}), frozenset({"nuts", "soy"})
    rule = {"sense": "exclude"}
    assert not fits(rule, nuts, other, known)
    assert fits(rule, frozenset(), other, known)
    assert fits(rule, nuts, frozenset({"kiwi"}), known)
    assert fits({**rule, "unknown": "allow"}, nuts, other, known)
    assert not fits({**rule, "unknown": "allow"}, nuts, nuts | other, known)
    assert fits(rule, nuts, other, known | other)
    assert not fits({}, nuts, other, known)


def test_a_separator_is_read_by_both_or_the_second_opinion_says_so() -> None:
    """The packing reads tables that have "|" from the door on; here a table where the door was forgotten."""
    given_tables = tables(
        customers=[("ann", "", "nuts; soy", "", 5), ("bea", "", "fish", "", 5)],
        products=[("oil", "oil", True, "", "soy, milk", 1.0), ("wax", "wax", True, "", "", 1.0)],
    )
    rules = {"eligibility": [{**ALLERGENS, "separator": {"product": ",", "customer": ";"}}]}
    assert told(given_tables, rules, ["ann", "bea"]) == {"ann": {"wax"}, "bea": {"oil", "wax"}}
    assert packed(given_tables, rules)["ann"] == {"oil", "wax"}
    assert separators(rules) == {("products", "contains"): ",", ("customers", "allergies"): ";"}
    assert separators({"eligibility": [{**ALLERGENS, "separator": " , "}]}) == {
        ("products", "contains"): ",",
        ("customers", "allergies"): ",",
    }


def test_an_empty_number_asks_for_nothing() -> None:
    """A rule may compare a column of numbers, whose empty cells are no text."""
    given_tables = tables(
        customers=[("ann", "20.0", "", "", 5)],
        products=[
            ("gel", "gel", True, "", "", np.nan),
            ("oil", "oil", True, "", "", 20.0),
            ("wax", "wax", True, "", "", 30.0),
        ],
    )
    rules = {"eligibility": [{"product": "grams", "customer": "hair"}]}
    assert told(given_tables, rules, ["ann"]) == {"ann": {"gel", "oil"}} == packed(given_tables, rules)


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Any tables and rules: cells of several values and none, families, foreign shipments, every edit."""
    cell, customer, product = st.sampled_from(CELLS), st.sampled_from(CUSTOMERS), st.sampled_from(PRODUCTS)
    customers = [(name, draw(cell), draw(cell), "", 5) for name in CUSTOMERS]
    family = st.sampled_from(["care", "gone", *PRODUCTS])
    grams = st.sampled_from([np.nan, 20.0])
    products = [(name, draw(family), draw(st.booleans()), draw(cell), draw(cell), draw(grams)) for name in PRODUCTS]
    sent = st.tuples(st.sampled_from([*CUSTOMERS, "stranger"]), st.sampled_from([*PRODUCTS, "gone"]))
    edit = st.one_of(
        st.tuples(customer, product, st.sampled_from(["ban", "lock"])),
        st.tuples(st.just(""), product, st.just("ban_everywhere")),
        st.tuples(customer, st.just(""), st.just("drop_customer")),
    )
    shipments, edits = draw(st.lists(sent, max_size=4)), draw(st.lists(edit, max_size=3))
    rule = st.fixed_dictionaries(
        {
            "product": st.sampled_from(["for_hair", "contains", "family", "grams"]),
            "customer": st.sampled_from(["hair", "allergies"]),
        },
        optional={
            "name": st.sampled_from(["fit", "other"]),
            "sense": st.sampled_from(["include", "exclude"]),
            "unknown": st.sampled_from(["deny", "allow"]),
        },
    )
    pair = st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["together", "apart"]),
            "products": st.lists(product, min_size=2, max_size=3, unique=True),
        }
    )
    rules = {"eligibility": draw(st.lists(rule, max_size=3)), "pair": draw(st.lists(pair, max_size=2))}
    return tables(customers, products, shipments, edits), rules


@settings(max_examples=150, deadline=None)
@given(campaigns())
def test_mask_and_sets_of_ids_are_twins(campaign: tuple[dict[str, pd.DataFrame], dict[str, Any]]) -> None:
    given_tables, rules = campaign
    mask = packed(given_tables, rules)
    boxable = set(given_tables["products"].loc[given_tables["products"]["boxable"], "product_id"])
    event(f"{sum(map(len, mask.values()))} of {len(mask) * len(boxable)} pairs allowed")
    assert mask == told(given_tables, rules, list(mask))
