"""A small shop with a past long enough to tune on: groups of taste, each with products of its own, for two years.

Customers stay in their group, so what they did long ago says as much about the next choice as yesterday: a setting that
forgets at once, or that pulls every factor to nothing, is surely wrong here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SHIP_DATE = pd.Timestamp("2026-12-05")
GROUPS, PER_GROUP, N_CUSTOMERS, N_EVENTS = 6, 12, 240, 8
TOML = """\
[campaign]
name = "tuned"
ship_date = 2026-12-05
box_size = 2
seed = 3

[signals]
purchase = 4.0
half_life_days = {half_life_days}   # how fast the past fades

[model]
factors = {factors}
regularization = {regularization}
alpha = {alpha}
iterations = 4
"""


def write_tune_shop(folder: Path, *, noise: float = 0.2, days: int = 700, **keys: float) -> Path:
    """Write the campaign with these settings; the folder.

    noise  share of the events that are of any product at all; 1 = nobody has a taste
    days   how long ago the first events are
    keys   factors, regularization, alpha, half_life_days
    """
    folder.mkdir(parents=True, exist_ok=True)
    setting = {"factors": 8, "regularization": 3.0, "alpha": 10.0, "half_life_days": 360.0, **keys}
    (folder / "campaign.toml").write_text(TOML.format(**setting), encoding="utf-8")
    rng = np.random.default_rng(5)
    customers = [f"c{number:03d}" for number in range(N_CUSTOMERS)]
    products = [f"p{number:02d}" for number in range(GROUPS * PER_GROUP)]
    rows = []
    for number, customer in enumerate(customers):
        group = number % GROUPS
        own = rng.permutation(PER_GROUP)[:N_EVENTS] * GROUPS + group
        stray = rng.random(N_EVENTS) < noise
        chosen = np.where(stray, rng.integers(0, len(products), N_EVENTS), own)
        ago = rng.integers(0, days, N_EVENTS)
        days_ago = SHIP_DATE - pd.to_timedelta(ago, unit="D")
        rows += [(customer, products[p], "purchase", day) for p, day in zip(chosen, days_ago, strict=True)]
    pd.DataFrame({"customer_id": customers}).to_csv(folder / "customers.csv", index=False)
    frame = pd.DataFrame({"product_id": products, "name": [f"Thing {p}" for p in products], "category": "things"})
    frame.to_csv(folder / "products.csv", index=False)
    pd.DataFrame({"product_id": products, "on_hand": 50}).to_csv(folder / "inventory.csv", index=False)
    events = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "occurred_at"])
    events.to_csv(folder / "events.csv", index=False)
    return folder
