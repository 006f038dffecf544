"""A shop small enough to think about: even customers choose even products. Frames as jobs.inputs.tables gives them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from jobs.config.campaign import Signal
from jobs.config.limits import Limits
from jobs.config.reasons import Reasons


def inventory(*rows: tuple[str, str, int, int, int]) -> pd.DataFrame:
    """Rows of product_id, warehouse, on_hand, reserved, safety_stock; no row = in stock on the site."""
    return pd.DataFrame(rows, columns=["product_id", "warehouse", "on_hand", "reserved", "safety_stock"])


def shipments(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Rows of customer_id, product_id, shipped_on."""
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "shipped_on"])
    return frame.astype({"customer_id": "str", "product_id": "str", "shipped_on": "datetime64[us]"})


@dataclass(frozen=True)
class Shop:
    """Stands in for jobs.inputs.tables.Tables: the tables that the recommender and its lists read."""

    customers: pd.DataFrame
    products: pd.DataFrame
    events: pd.DataFrame
    inventory: pd.DataFrame = field(default_factory=lambda: inventory())
    shipments: pd.DataFrame = field(default_factory=lambda: shipments())
    extra: dict[str, Any] = field(default_factory=dict)


def website(**changes: Any) -> Any:
    """[website] of that campaign."""
    values = {"list_length": 4, "similar_length": 3, "segments": ("hair",), "baskets": 50, "at_most": {}}
    return SimpleNamespace(**{**values, **changes})


def campaign(**changes: Any) -> Any:
    """A campaign with what the recommender reads of it."""
    model = SimpleNamespace(
        factors=8, regularization=1.0, alpha=20.0, iterations=10, popularity_days=90.0, text=(), learn=(), ignore=()
    )
    signals = {
        "purchase": Signal(weight=4.0),
        "rating": Signal(weight=2.0, centre=3.0),
        "view": Signal(weight=0.5),
        "return": Signal(weight=0.0),
    }
    eligibility = (SimpleNamespace(product="for_hair", customer="hair", sense="include", name="hair"),)
    values = {
        "eligibility": eligibility,
        "ship_date": date(2026, 12, 5),
        "seed": 0,
        "signals": signals,
        "half_life_days": 180.0,
    }
    return SimpleNamespace(
        **{
            **values,
            "model": model,
            "utility": SimpleNamespace(affinity=1.0, satisfaction=1.0),
            "website": website(),
            "reasons": Reasons(),
            "limits": Limits(),
            **changes,
        }
    )


def shop(n_customers: int = 60, n_products: int = 20, n_new: int = 2, n_cold: int = 6) -> Shop:
    """Even customers have straight hair and buy even products, odd ones curly and odd; the last rows have no events."""
    customer = [f"c{number:03d}" for number in range(n_customers)]
    product = [f"p{number:02d}" for number in range(n_products)]
    customers = pd.DataFrame({"customer_id": customer, "warehouse": "", "wave": "", "slots": 3})
    customers["hair"] = np.where(np.arange(n_customers) % 2 == 0, "straight", "curly")
    products = pd.DataFrame({"product_id": product, "name": [f"Cream {number}" for number in range(n_products)]})
    products["category"] = np.where(np.arange(n_products) % 3 == 0, "hair", "skin")
    products["for_hair"] = np.where(np.arange(n_products) % 2 == 0, "straight", "curly")
    products["on_site"] = np.arange(n_products) != 4
    products["boxable"] = True
    products["repurchasable"] = False
    rows: list[tuple[object, ...]] = []
    rng = np.random.default_rng(7)
    for c in range(n_customers - n_cold):
        likes = np.arange(c % 2, n_products - n_new, 2)
        for step, p in enumerate(rng.permutation(likes)[:5]):
            rows.append((customer[c], product[p], "purchase", 200 - 30 * step - rng.integers(0, 9), np.nan))
        rows.append((customer[c], product[int(rng.permutation(likes)[0])], "view", 3, np.nan))
        rows.append((customer[c], product[(likes[0] + 1) % (n_products - n_new)], "rating", 20, 1.0))
    events = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "days", "value"])
    events["occurred_at"] = (pd.Timestamp("2026-12-05") - pd.to_timedelta(events.pop("days"), unit="D")).astype(
        "datetime64[us]"
    )
    return Shop(customers.astype({"hair": "str"}), products.astype({"category": "str", "for_hair": "str"}), events)


def without_events(given: Shop) -> Shop:
    """The same shop on its first day."""
    return replace(given, events=given.events.iloc[:0])
