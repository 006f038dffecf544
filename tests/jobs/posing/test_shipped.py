"""Who has had what: every boxable product whose family came before, told by the obvious loop as well."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from jobs.posing import problem
from jobs.posing.allowed import _shipped
from jobs.posing.problem import Utilities
from jobs.posing.scores import InMemory
from jobs.posing.shop import Shop
from optimizer.problem import to_points

IDS = st.sampled_from(["A", "B", "C", "D"])
FAMILIES = st.sampled_from(["A", "f", "g"])  # an unknown product may be called like a family


@st.composite
def shops(draw: st.DrawFn) -> Shop:
    customers = sorted(draw(st.lists(IDS, max_size=5)))
    made = sorted(draw(st.dictionaries(IDS, st.tuples(FAMILIES, st.booleans()), max_size=4)).items())
    sent = draw(st.lists(st.tuples(IDS, st.sampled_from(["A", "B", "C", "D", "E"])), max_size=8))
    products = pd.DataFrame(
        [(product, family, boxable) for product, (family, boxable) in made],
        columns=["product_id", "family", "boxable"],
    ).astype({"product_id": "str", "family": "str", "boxable": "bool"})
    shipments = pd.DataFrame(sent, columns=["customer_id", "product_id"], dtype="str")
    tables: Any = SimpleNamespace(products=products, shipments=shipments)
    nothing: Any = None
    return Shop(
        nothing,
        tables,
        pd.DataFrame({"customer_id": customers}, dtype="str"),
        nothing,
        products[products["boxable"]].reset_index(drop=True),
        nothing,
        nothing,
        nothing,
        nothing,
    )


@given(shops())
def test_a_family_that_was_sent_is_not_sent_again(shop: Shop) -> None:
    products, items = shop.tables.products, shop.items
    family_of = dict(zip(products["product_id"], products["family"], strict=True))
    expected = np.zeros((shop.n_customers, shop.n_items), bool)
    for customer, product in shop.tables.shipments.itertuples(index=False):
        for row, theirs in enumerate(shop.customers["customer_id"]):
            for item, family in enumerate(items["family"]):
                expected[row, item] |= theirs == customer and family == family_of.get(product, product)

    found = _shipped(shop)

    assert found.dtype == bool
    assert (found.toarray() == expected).all()


def test_pairs_made_side_by_side_are_those_made_at_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(problem, "ROWS", 3)
    draw = np.random.default_rng(4)
    scores, may = draw.random((11, 5), dtype=np.float32), draw.random((11, 5)) < 0.5
    masks: Any = SimpleNamespace(shape=may.shape, block=lambda lo, hi: may[lo:hi])

    utility, mask = problem._in_memory(Utilities(InMemory(scores), masks))

    assert (utility == to_points(scores)).all()
    assert (mask == may).all()
