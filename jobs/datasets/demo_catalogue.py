"""The demo's products: which are sold, which may go into a box, and the attributes the source does not hold.

Names, brands, categories, sizes and prices come from the source; costs, weights, hair types and contents are drawn per
product id by the rules below (data/README.md lists them).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.datasets import draws
from jobs.datasets.demo_source import Source
from jobs.datasets.demo_words import HAIR_CATEGORIES, SOURCE_CATEGORIES, brand_words, kinds_of_types, size_words

NEW_DAYS = 42
ON_SALE_DAYS = 120
RECENT_DAYS = 180
SAMPLE_PRICE = (1.0, 9.0)
SAMPLE_GRAMS = 450
N_ESTABLISHED, N_NEW = 190, 60
PER_FAMILY, PER_CATEGORY = 3, 24
GRAMS = {"oz": 28.35, "fl oz": 29.57, "ml": 1.0, "l": 1000.0, "g": 1.0, "gm": 1.0, "lb": 453.6, "ct": 12.0, "pk": 30.0}
PILL_GRAMS = 0.9
LIGHTEST = 12
SIZE = re.compile(r"^(\d*\.?\d+) (fl oz|oz|ml|l|gm|g|lb|ct|pk)(?:\s*/?\(\d+\)?| tube)?$")
CONTENTS = ("fragrance", "lanolin", "nut oil", "propolis", "sulfates")
CONTENT_SHARE = (0.12, 0.04, 0.06, 0.03, 0.10)
HAIR_TYPES = ("straight", "wavy", "curly", "coily")
DRY_CATEGORIES = ("Hair accessories", "Vitamins", "Foot care")
DRY_TYPES = ("Toothbrush", "Electric toothbrush", "Dental floss", "Razor", "Manicure set", "Make-up applicator")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The personal-care side of the shop on the ship date.

    products  one row per product, in the columns of campaign.md, sorted by product_id; and `recent_buyers`,
              households that bought it lately, which is not written
    sales     the purchases of personal-care products, of this catalogue or delisted since
    """

    products: pd.DataFrame
    sales: pd.DataFrame

    @property
    def boxable(self) -> pd.DataFrame:
        """The products that may go into this month's boxes, row numbers from 0."""
        return self.products[self.products["boxable"]].reset_index(drop=True)


def make_catalogue(source: Source, ship_date: date, seed: int) -> Catalogue:
    """Choose and describe the products of the demo."""
    kinds = kinds_of_types()
    care = source.products[
        source.products["product_category"].isin(SOURCE_CATEGORIES) & source.products["product_type"].isin(kinds)
    ]
    sales = source.sales[source.sales["product_id"].isin(care["product_id"])].reset_index(drop=True)
    products = care.merge(_sales_facts(sales, ship_date), on="product_id").sort_values("product_id")
    products = products[products["retail_value"] > 0].reset_index(drop=True)
    products[["category", "type"]] = [kinds[one] for one in products["product_type"]]
    products["brand_kind"] = products["brand"].map({"Private": "own label"}).fillna("national")
    products["brand"] = list(map(brand_words, products["brand"], products["manufacturer_id"]))
    products["family"] = products["brand"] + ", " + products["type"].str.lower()
    products["size"] = [words if SIZE.match(words) else "" for words in map(size_words, products["package_size"])]
    products["name"] = _names(products)
    products["weight_g"] = _weights(products, seed)
    products["unit_cost"] = _costs(products, seed)
    products["contains"] = _contents(products, seed)
    products["for_hair"] = _hair(products, seed)
    products["on_site"] = products["idle_days"] <= ON_SALE_DAYS
    products["is_new"] = products["age_days"] < NEW_DAYS
    products["boxable"] = _boxable(products, seed)
    kept = (products["buyers"] >= 2) | products["is_new"]
    return Catalogue(products[kept].reset_index(drop=True), sales)


def _sales_facts(sales: pd.DataFrame, ship_date: date) -> pd.DataFrame:
    """What the purchases say of each product: list price, buyers, days since the first and the last purchase."""
    paid = sales["sales_value"] + sales["retail_disc"] + sales["coupon_match_disc"]
    rows = sales.assign(price=paid / sales["quantity"], recent=sales["at"] >= _days_before(ship_date, RECENT_DAYS))
    rows["recent_household"] = rows["household_id"].where(rows["recent"])
    facts = rows.groupby("product_id", sort=True).agg(
        retail_value=("price", "median"),
        buyers=("household_id", "nunique"),
        recent_buyers=("recent_household", "nunique"),
        first=("at", "min"),
        last=("at", "max"),
    )
    facts["retail_value"] = facts["retail_value"].round(2)
    for column, moment in (("age_days", "first"), ("idle_days", "last")):
        facts[column] = (pd.Timestamp(ship_date) - facts[moment]).dt.days
    return facts.drop(columns=["first", "last"]).reset_index()


def _days_before(ship_date: date, days: int) -> pd.Timestamp:
    return pd.Timestamp(ship_date - timedelta(days=days))


def _names(products: pd.DataFrame) -> pd.Series:
    """ "Shampoo 12 oz, Brand 764"; where several products would share a name, with the product id."""
    sized = (products["type"] + " " + products["size"]).str.strip()
    names = sized + ", " + products["brand"]
    shared = names.duplicated(keep=False)
    return names.where(~shared, names + ", no. " + products["product_id"])


def _weights(products: pd.DataFrame, seed: int) -> npt.NDArray[np.int64]:
    """Grams: the package size and 15 % packaging; where no size is given, the type's median, times 0.7 to 1.3."""
    found = products["size"].str.extract(SIZE)
    unit = found[1].map(GRAMS).where(~(products["category"].eq("Vitamins") & found[1].eq("ct")), PILL_GRAMS)
    grams = found[0].astype("float64") * unit * 1.15
    usual = grams.groupby(products["type"]).transform("median").fillna(grams.median())
    spread = 0.7 + 0.6 * draws.uniform(seed, "weight", products["product_id"])
    return np.maximum(np.rint(grams.fillna(usual * spread).to_numpy()), LIGHTEST).astype(np.int64)


def _costs(products: pd.DataFrame, seed: int) -> pd.Series:
    """What a unit costs the box: 25 to 45 % of its list price."""
    share = 0.25 + 0.20 * draws.uniform(seed, "cost", products["product_id"])
    return (products["retail_value"] * share).clip(lower=0.05).round(2)


def _contents(products: pd.DataFrame, seed: int) -> list[str]:
    """Things people are allergic to, each drawn on its own, "|" between; none in dry goods and vitamins."""
    drawn = np.stack([draws.uniform(seed, f"contains {what}", products["product_id"]) for what in CONTENTS])
    holds = drawn < np.asarray(CONTENT_SHARE)[:, None]
    dry = products["category"].isin(DRY_CATEGORIES) | products["type"].isin(DRY_TYPES)
    holds[:, dry.to_numpy()] = False
    return ["|".join(what for what, has in zip(CONTENTS, column, strict=True) if has) for column in holds.T]


def _hair(products: pd.DataFrame, seed: int) -> list[str]:
    """A third of the hair products are for one or two neighbouring hair types; everything else is for everyone."""
    chance = draws.uniform(seed, "for hair", products["product_id"])
    at = (draws.uniform(seed, "which hair", products["product_id"]) * len(HAIR_TYPES)).astype(int)
    hair = products["category"].isin(HAIR_CATEGORIES).to_numpy()
    return [
        "|".join(HAIR_TYPES[first : first + (2 if luck < 0.22 else 1)]) if is_hair and luck < 0.34 else ""
        for is_hair, luck, first in zip(hair, chance, at, strict=True)
    ]


def _boxable(products: pd.DataFrame, seed: int) -> npt.NDArray[np.bool_]:
    """Small, inexpensive products on sale: the best-known ones, and the month's new samples drawn by id.

    Of the well-known ones at most three of a family and two dozen of a category, so that boxes can be varied.
    """
    fits = (
        products["retail_value"].between(*SAMPLE_PRICE)
        & (products["weight_g"] <= SAMPLE_GRAMS)
        & products["on_site"]
        & (products["type"] != "Electric toothbrush")
    )
    luck = draws.uniform(seed, "boxable", products["product_id"])
    known = products.assign(luck=luck)[fits & ~products["is_new"]].sort_values(
        ["recent_buyers", "luck", "product_id"], ascending=[False, True, True]
    )
    known = known[known.groupby("family").cumcount() < PER_FAMILY]
    known = known[known.groupby("category").cumcount() < PER_CATEGORY].head(N_ESTABLISHED)
    new = products.assign(luck=luck)[fits & products["is_new"]].sort_values(["luck", "product_id"]).head(N_NEW)
    return products["product_id"].isin([*known["product_id"], *new["product_id"]]).to_numpy()
