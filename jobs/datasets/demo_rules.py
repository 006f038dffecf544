"""The demo's rules and edits: a campaign.toml that a merchandiser can read, and a page of last-minute wishes.

Brands, pairs and amounts are looked up in the tables, so they hold for any seed.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from jobs.datasets import draws
from jobs.datasets.demo_catalogue import Catalogue
from jobs.datasets.demo_stock import launch_brands

APART, TOGETHER = ("Bar soap", "Body wash"), ("Razor", "Shaving cream")
N_LOCKS, N_BANS, N_DROPPED = 8, 6, 5

TEMPLATE = """\
# The demo campaign: the personal-care side of a shop, one month's boxes. Written by `boxwise demo`.
# What each column means and where it comes from: data/README.md. What each key means: docs/campaign.md.

[campaign]
name = "{name}"
ship_date = {ship_date}
box_size = 5                      # a customer's own size stands in customers.csv, column slots
runs = "runs"

[signals]                         # how much one event of each kind says about a customer's taste
purchase = 4.0                    # the only kind of event that this shop knows
half_life_days = 180              # after half a year an event counts half

[[eligibility]]
name = "hair type"
product = "for_hair"              # empty = for everyone
customer = "hair_type"
unknown = "deny"                  # who never told us gets no product made for one hair type

[[eligibility]]
name = "allergens"
product = "contains"
customer = "allergies"
sense = "exclude"                 # one shared value forbids the product
unknown = "deny"                  # "none" means none; who never answered gets nothing with a known allergen

[[group]]
by = "category"
at_most = 2                       # no box of five shampoos

[[group]]
by = "brand"
at_most = 1

[[band]]
column = "retail_value"
low = {value_low}                        # every box is worth opening

[[band]]
column = "weight_g"
high = {weight_high}                       # one parcel class

[[pair]]                          # one or the other: {apart_words}
kind = "apart"
products = {apart}

[[pair]]                          # both or neither: {together_words}
kind = "together"
products = {together}

[[quota]]
name = "{launch} launch"
where = {{ brand = "{launch}" }}
at_least = {launch_units}
penalty = 0.2                     # points lost per unit that falls short

[[quota]]
name = "{deluxe} for deluxe"
where = {{ brand = "{deluxe}" }}
customers = {{ plan = "deluxe" }}
at_least = {deluxe_units}
penalty = 0.2

[[quota]]
name = "cost budget"
amount = "unit_cost"
at_most = {budget}

[short]
policy = "ship_short"
max_share = 0.01

[promises]
penalty = 0.3                     # points lost per unit promised to a brand (inventory.csv, at_least) and not sent

[publish]
keep_runs = 14
max_gap = 0.001

[website]
segments = ["age", "hair_type"]   # bestsellers are listed for each value of these
"""


def make_rules(catalogue: Catalogue, customers: pd.DataFrame, inventory: pd.DataFrame, ship_date: date) -> str:
    """The text of campaign.toml."""
    boxable = catalogue.boxable.sort_values(["recent_buyers", "product_id"], ascending=[False, True])
    launch, deluxe = launch_brands(boxable)[:2]
    left = inventory["on_hand"] - inventory["reserved"] - inventory["safety_stock"]
    stock = left.groupby(inventory["product_id"]).sum().reindex(boxable["product_id"]).set_axis(boxable["brand"])
    apart, together = _pair(boxable, *APART), _pair(boxable, *TOGETHER)
    n_slots = int(customers["slots"].sum())
    return TEMPLATE.format(
        name=f"{ship_date:%Y-%m}-demo",
        ship_date=ship_date.isoformat(),
        value_low=9.0,
        weight_high=1500,
        apart=_ids(apart),
        apart_words=_words(apart),
        together=_ids(together),
        together_words=_words(together),
        launch=launch,
        launch_units=int(0.9 * stock[launch].sum()),
        deluxe=deluxe,
        deluxe_units=int(0.5 * (customers["plan"] == "deluxe").sum()),
        budget=round(n_slots * float(boxable["unit_cost"].mean()) * 0.88),
    )


def _pair(boxable: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """The best-known product of one type, and of another type and brand."""
    first = boxable[boxable["type"] == one].iloc[0]
    second = boxable[(boxable["type"] == other) & (boxable["brand"] != first["brand"])].iloc[0]
    return pd.DataFrame([first, second])


def _ids(pair: pd.DataFrame) -> str:
    return "[" + ", ".join(f'"{product_id}"' for product_id in pair["product_id"]) + "]"


def _words(pair: pd.DataFrame) -> str:
    return "; ".join(pair["type"].str.lower() + " of " + pair["brand"])


def make_edits(
    catalogue: Catalogue, customers: pd.DataFrame, events: pd.DataFrame, shipments: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """The merchandisers' word: locks on favourites, bans, one product held back, customers who pause."""
    boxable = catalogue.boxable
    bought = events[["customer_id", "product_id"]].drop_duplicates()
    bought = bought[bought["product_id"].isin(boxable["product_id"])].sort_values(["customer_id", "product_id"])
    order = draws.uniform(seed, "edits", (f"{c} {p}" for c, p in bought.itertuples(index=False)))
    bought = bought.assign(order=order).sort_values("order").drop_duplicates("customer_id")
    free = boxable[(boxable["contains"] == "") & (boxable["for_hair"] == "") & (boxable["weight_g"] < 300)]
    free = free[~free["type"].isin([*APART, *TOGETHER])]
    family = catalogue.products.set_index("product_id")["family"]
    sent = set(zip(shipments["customer_id"], shipments["product_id"].map(family), strict=True))
    fresh = [(c, family[p]) not in sent for c, p in zip(bought["customer_id"], bought["product_id"], strict=True)]
    locks = bought[np.array(fresh) & bought["product_id"].isin(free["product_id"])].head(N_LOCKS)
    bans = bought[~bought["customer_id"].isin(locks["customer_id"])].head(N_BANS)
    ids = customers.loc[~customers["customer_id"].isin(bought["customer_id"]), "customer_id"]
    paused = ids.iloc[draws.uniform(seed, "paused", ids).argsort(kind="stable")[:N_DROPPED]]
    held = free["product_id"].iloc[int(draws.uniform(seed, "held back", free["product_id"]).argmin())]
    rows = [
        *((c, p, "lock", "asked for it again in the spring survey") for c, p in zip(*_columns(locks), strict=True)),
        *((c, p, "ban", "wrote that it was not for them") for c, p in zip(*_columns(bans), strict=True)),
        ("", held, "ban_everywhere", "label misprint, held back"),
        *((customer_id, "", "drop_customer", "paused this month") for customer_id in sorted(paused)),
    ]
    return pd.DataFrame(rows, columns=["customer_id", "product_id", "action", "reason"])


def _columns(pairs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    ordered = pairs.sort_values(["customer_id", "product_id"])
    return ordered["customer_id"], ordered["product_id"]
