"""The made-up shop's stock, promises, edits and campaign.toml: enough to fill every box, little of what is popular."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.datasets.synth_people import customer_ids
from jobs.datasets.synth_products import Products

COVER = (1.10, 1.30)
SPARE = 2
PROMISED_SHARE = 0.03
N_EDITS = 8

IDLE = "\nmay_be_idle = true               # in so small a shop there may be nobody whom the rule is about"
TEMPLATE = """\
# A made-up shop. Written by `boxwise synth`.

[campaign]
name = "synth-{n_products}"
ship_date = {ship_date}
box_size = {box_size}
runs = "runs"

[signals]
view = 0.5
purchase = 4.0
rating = {{ weight = 2.0, centre = 3.0 }}   # below the centre is a dislike
half_life_days = 180

[[eligibility]]
name = "hair type"
product = "for_hair"
customer = "hair_type"
unknown = "deny"{idle}

[[eligibility]]
name = "allergens"
product = "contains"
customer = "allergies"
sense = "exclude"{idle}

[[group]]
by = "category"
at_most = 2

[[group]]
by = "brand"
at_most = 1

[[band]]
column = "retail_value"
low = {value_low}

[[band]]
column = "weight_g"
high = {weight_high}

[[quota]]
name = "{brand} launch"
where = {{ brand = "{brand}" }}
at_least = {launch}
penalty = 0.2

[[quota]]
name = "cost budget"
amount = "unit_cost"
at_most = {budget}

[short]
policy = "ship_short"
max_share = 0.01

[promises]
penalty = 0.3

[publish]
max_gap = {max_gap}                   # the proof is looser the smaller the shop

[website]
segments = ["age_group", "hair_type"]
"""


def make_inventory(
    products: Products, warehouses: tuple[str, ...], demand: npt.NDArray[np.int64], seed: int
) -> pa.Table:
    """Stock per product and warehouse: 1.1 to 1.3 times the slots in all, spread far more evenly than the demand is.

    demand  int64 (n_warehouses,)  slots to fill from each
    """
    rng = np.random.default_rng([seed, 3])
    share = products.popularity**0.3 * np.exp(rng.normal(0.0, 0.3, products.n))
    share = share * np.where(products.restricted, 0.3, 1.0)  # few may receive these
    cover = rng.uniform(*COVER, len(warehouses)) * demand
    available = np.ceil(cover[:, None] * share / share.sum()).astype(np.int64) + SPARE
    reserved = np.rint(available * 0.05 * rng.random(available.shape)).astype(np.int64)
    promised = (rng.random(products.n) < PROMISED_SHARE) | (np.arange(products.n) == 0)
    at_least = np.where(promised, available // 3, 0)
    order = np.tile(np.arange(products.n), len(warehouses))
    return pa.table(
        {
            "product_id": products.ids.take(pa.array(order)),
            "warehouse": pa.array(warehouses).take(pa.array(np.repeat(np.arange(len(warehouses)), products.n))),
            "on_hand": (available + reserved).ravel(),
            "reserved": reserved.ravel(),
            "safety_stock": np.zeros(available.size, np.int64),
            "at_least": at_least.ravel(),
        }
    )


def make_rules(products: Products, inventory: pa.Table, n_slots: int, sizes: tuple[int, int], ship_date: date) -> str:
    """The text of campaign.toml, its amounts fitting the shop."""
    on_hand = inventory["on_hand"].to_numpy().reshape(-1, products.n).sum(axis=0)
    brand = int(products.brand[np.flatnonzero(products.is_new)[0]]) if products.is_new.any() else 0
    of_brand = int(on_hand[products.brand == brand].sum())
    return TEMPLATE.format(
        n_products=products.n,
        ship_date=ship_date.isoformat(),
        box_size=sizes[0],
        value_low=round(sizes[1] * float(np.quantile(products.price, 0.25))),
        weight_high=round(sizes[0] * float(np.quantile(products.weight, 0.8))),
        brand=f"Brand {brand + 1}",
        launch=of_brand // 2,
        budget=round(n_slots * float(products.cost.mean()) * 1.02),
        max_gap=0.05 if n_slots < 2000 else 0.005,
        idle=IDLE if n_slots < 2000 else "",
    )


def make_edits(products: Products, newcomers: list[int], n_customers: int) -> pa.Table:
    """A few locks for customers who never had a box, as many bans, and from 100 customers on one who pauses."""
    free = np.flatnonzero(~products.restricted)[:N_EDITS].tolist()
    few = max(0, min(N_EDITS, n_customers // 20, len(newcomers) // 3))
    locked, banned, paused = (
        newcomers[:few],
        newcomers[few : 2 * few],
        newcomers[2 * few : 2 * few + n_customers // 100][:1],
    )
    ids = products.ids.to_pylist()
    who = customer_ids(np.array([*locked, *banned, *paused], np.int64), n_customers).to_pylist()
    what = [ids[free[k % len(free)]] for k in range(2 * few)] if free else []
    actions = ["lock"] * few + ["ban"] * few + ["drop_customer"] * len(paused)
    reasons = ["asked for it"] * few + ["asked not to get it"] * few + ["paused this month"] * len(paused)
    return pa.table(
        {
            "customer_id": pa.array(who, pa.string()),
            "product_id": pa.array([*what, *[""] * len(paused)], pa.string()),
            "action": pa.array(actions, pa.string()),
            "reason": pa.array(reasons, pa.string()),
        }
    )
