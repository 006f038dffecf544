"""The demo's customers: who they are, what they bought, and which boxes they had before.

Households, demographics and purchases come from the source; plan, wave, hair type, allergies and earlier boxes are
drawn per household id.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from jobs.datasets import draws
from jobs.datasets.demo_catalogue import CONTENTS, HAIR_TYPES, RECENT_DAYS, SAMPLE_GRAMS, SAMPLE_PRICE, Catalogue
from jobs.datasets.demo_source import Source

PLANS = {"classic": 5, "deluxe": 7, "mini": 3}
PLAN_SHARE = (0.80, 0.12, 0.08)
HAIR_SHARE = (0.34, 0.24, 0.15, 0.09, 0.18)  # the last is: never told
EARLIER_BOXES = (date(2017, 8, 5), date(2017, 9, 2), date(2017, 10, 7))
BOXES_SHARE = (0.25, 0.25, 0.25, 0.25)  # of customers with 0, 1, 2, 3 earlier boxes
EARLIER_BOX_SIZE = 4
DEMOGRAPHICS = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")


def make_customers(source: Source, seed: int) -> pd.DataFrame:
    """One row per household of the study, in the columns of campaign.md, sorted by customer_id."""
    ids = sorted(source.households)
    customers = pd.DataFrame({"customer_id": ids})
    customers["warehouse"] = _warehouses(source, ids, seed)
    customers["wave"] = draws.choose(seed, "wave", ids, ("first", "second"), (0.5, 0.5))
    customers["plan"] = draws.choose(seed, "plan", ids, tuple(PLANS), PLAN_SHARE)
    customers["slots"] = customers["plan"].map(PLANS)
    answers = source.demographics.set_index("household_id")[list(DEMOGRAPHICS)]
    customers = customers.join(answers, on="customer_id").fillna(dict.fromkeys(DEMOGRAPHICS, ""))
    customers["hair_type"] = draws.choose(seed, "hair type", ids, (*HAIR_TYPES, ""), HAIR_SHARE)
    customers["allergies"] = _allergies(ids, seed)
    return customers


def _warehouses(source: Source, ids: list[str], seed: int) -> list[str]:
    """The warehouse that serves the household's home store: the one it visits most."""
    visits = source.sales.groupby(["household_id", "store_id"]).size().rename("n").reset_index()
    home = visits.sort_values(["household_id", "n", "store_id"], ascending=[True, False, True])
    store_of = home.drop_duplicates("household_id").set_index("household_id")["store_id"].to_dict()
    stores = [store_of.get(household, f"none {household}") for household in ids]
    return draws.choose(seed, "warehouse of store", stores, ("north", "south"), (0.55, 0.45))


def _allergies(ids: list[str], seed: int) -> list[str]:
    """Seven in ten have none, one in ten never said (empty), the rest have one or several."""
    said = draws.uniform(seed, "allergies", ids)
    has = np.stack([draws.uniform(seed, f"allergy {what}", ids) for what in CONTENTS]) < 0.3
    first = draws.choose(seed, "first allergy", ids, CONTENTS, [1.0] * len(CONTENTS))
    cells = []
    for position, luck in enumerate(said):
        chosen = {what for what, hit in zip(CONTENTS, has[:, position], strict=True) if hit} | {first[position]}
        cells.append("none" if luck < 0.7 else "" if luck < 0.8 else "|".join(sorted(chosen)))
    return cells


def make_events(catalogue: Catalogue) -> pd.DataFrame:
    """The purchases of personal-care products; value is what the household paid."""
    sales = catalogue.sales.sort_values(["at", "household_id", "product_id", "sales_value"], kind="stable")
    return pd.DataFrame(
        {
            "customer_id": sales["household_id"],
            "product_id": sales["product_id"],
            "kind": "purchase",
            "occurred_at": sales["at"].astype("datetime64[us]"),
            "value": sales["sales_value"].round(2),
        }
    ).reset_index(drop=True)


def make_shipments(catalogue: Catalogue, customers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Up to three earlier boxes of four different families, likelier the more households bought a product lately."""
    products = catalogue.products
    fits = products["retail_value"].between(*SAMPLE_PRICE) & (products["weight_g"] <= SAMPLE_GRAMS)
    past = products[fits & (products["age_days"] > RECENT_DAYS)].reset_index(drop=True)
    n_boxes = np.searchsorted(np.cumsum(BOXES_SHARE), draws.uniform(seed, "earlier boxes", customers["customer_id"]))
    chance = draws.pairs(
        draws.hashes(seed, "shipped to", customers["customer_id"]), draws.hashes(seed, "shipped", past["product_id"])
    )
    wait = -np.log(chance) / (past["recent_buyers"].to_numpy(np.float64) + 0.5)  # shortest waits = a weighted draw
    families = past["family"].to_numpy(dtype=object)
    rows = []
    for customer_id, boxes, waits in zip(customers["customer_id"], n_boxes, wait, strict=True):
        dates = EARLIER_BOXES[len(EARLIER_BOXES) - int(boxes) :]
        order = np.argsort(waits, kind="stable")[:60]
        sent = dict.fromkeys(families[order])
        firsts = {family: next(i for i in order if families[i] == family) for family in list(sent)[:12]}
        for at, item in enumerate(list(firsts.values())[: EARLIER_BOX_SIZE * len(dates)]):
            rows.append((customer_id, past["product_id"].iat[item], dates[at // EARLIER_BOX_SIZE].isoformat()))
    return pd.DataFrame(rows, columns=["customer_id", "product_id", "shipped_on"])
