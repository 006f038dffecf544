"""The made-up shop's products: attributes, prices, and how strongly each taste is drawn to each of them over time.

A dozen hidden tastes steer everything: categories and tags lean towards tastes, customers too, so there is something to
learn from events, from attributes and from profiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

N_TASTES = 12
N_SEASONS = 8
NEW_SHARE, LATE_SHARE = 0.10, 0.25
HAIR_TYPES = ("straight", "wavy", "curly", "coily")
CONTENTS = ("fragrance", "lanolin", "nuts", "sulfates")
CATEGORIES = (
    *("Skin care", "Hair care", "Make-up", "Body care", "Oral care", "Fragrance", "Nails", "Sun care"),
    *("Bath", "Shaving", "Wellness", "Tools", "Lip care", "Eye care", "Foot care", "Hand care"),
)
KINDS = ("cream", "serum", "balm", "mist", "oil", "gel", "mask", "scrub", "soap", "powder", "tint", "wipes")
TAGS = (
    *("citrus", "floral", "woody", "unscented", "vegan", "matte", "glossy", "rich", "light", "travel", "organic"),
    *("sensitive", "bold", "classic", "herbal", "sport", "night", "day", "kids", "gift"),
)


@dataclass(frozen=True, eq=False)
class Products:
    """Everything known of the products, by position; ids are "P" and the position from 1.

    category, brand, family  int64 (n,)  numbers of the groups
    tags        int64 (n, 2)  positions in TAGS
    for_hair    int64 (n,)  position in HAIR_TYPES, -1 = for everyone
    contains    int64 (n,)  position in CONTENTS, -1 = nothing
    price, cost, weight, quality  float64 (n,)  quality is about 0
    popularity  float64 (n,)  about 1
    is_new      bool (n,)  launched now, no events yet
    choice      float64 (N_SEASONS * N_TASTES * n,)  rising, to draw a product by binary search: entry i of season s and
                taste t is s * N_TASTES + t + the chance that one of the products 0..i is drawn
    """

    category: npt.NDArray[np.int64]
    brand: npt.NDArray[np.int64]
    family: npt.NDArray[np.int64]
    tags: npt.NDArray[np.int64]
    for_hair: npt.NDArray[np.int64]
    contains: npt.NDArray[np.int64]
    price: npt.NDArray[np.float64]
    cost: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]
    quality: npt.NDArray[np.float64]
    popularity: npt.NDArray[np.float64]
    is_new: npt.NDArray[np.bool_]
    choice: npt.NDArray[np.float64]

    @property
    def n(self) -> int:
        """Number of products."""
        return len(self.category)

    @property
    def ids(self) -> pa.Array:
        """Product ids, by position."""
        width = max(4, len(str(self.n)))
        return pa.array([f"P{i + 1:0{width}d}" for i in range(self.n)])

    @property
    def restricted(self) -> npt.NDArray[np.bool_]:
        """bool (n,): not everyone may receive it."""
        return (self.for_hair >= 0) | (self.contains >= 0)


def make_products(n: int, box_size: int, seed: int) -> Products:
    """Draw `n` products; enough categories and brands that a box of `box_size` can always be varied."""
    rng = np.random.default_rng([seed, 1])
    category = _dealt(rng, n, min(len(CATEGORIES), max(4, n // 8)))
    brand = _dealt(rng, n, max(2 * box_size, n // 4))
    shade = (rng.random(n) < 0.15) & (np.arange(n) > 0)
    family = np.maximum.accumulate(np.where(shade, 0, np.arange(n)))  # a shade belongs to the product before it ...
    category, brand = category[family], brand[family]  # ... and shares what it is
    tags = rng.integers(len(TAGS), size=(n, 2))
    price: npt.NDArray[np.float64] = np.exp(rng.normal(np.log(14.0), 0.35, n)).round(2)
    hair = np.isin(category, [i for i, name in enumerate(CATEGORIES) if name == "Hair care"])
    is_new = rng.random(n) < NEW_SHARE
    is_new[0] = False
    popularity = np.exp(rng.normal(0.0, 0.7, n))
    return Products(
        category=category,
        brand=brand,
        family=family,
        tags=tags,
        for_hair=np.where(rng.random(n) < np.where(hair, 0.4, 0.03), rng.integers(len(HAIR_TYPES), size=n), -1),
        contains=np.where(rng.random(n) < 0.10, rng.integers(len(CONTENTS), size=n), -1),
        price=price,
        cost=np.round(price * rng.uniform(0.15, 0.30, n), 2),
        weight=np.rint(np.exp(rng.normal(np.log(70.0), 0.5, n))),
        quality=rng.normal(0.0, 0.5, n),
        popularity=popularity,
        is_new=is_new,
        choice=_choice(rng, category, tags, popularity, is_new),
    )


def _dealt(rng: np.random.Generator, n: int, n_groups: int) -> npt.NDArray[np.int64]:
    """Groups of nearly equal size, shuffled."""
    dealt: npt.NDArray[np.int64] = rng.permutation(np.arange(n) % n_groups)
    return dealt


def _choice(
    rng: np.random.Generator,
    category: npt.NDArray[np.int64],
    tags: npt.NDArray[np.int64],
    popularity: npt.NDArray[np.float64],
    is_new: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    """The table to draw products from: taste for category and tags, times popularity, which wanders by season."""
    n = len(category)
    pull = rng.normal(0.0, 1.1, (N_TASTES, int(category.max()) + 1))[:, category]
    pull = pull + rng.normal(0.0, 0.8, (N_TASTES, len(TAGS)))[:, tags].sum(axis=2)
    taste = np.exp(pull + rng.normal(0.0, 0.4, (N_TASTES, n)))
    season = popularity * np.exp(np.cumsum(rng.normal(0.0, 0.35, (N_SEASONS, n)), axis=0))
    launch = np.where(rng.random(n) < LATE_SHARE, rng.integers(1, N_SEASONS, size=n), 0)
    launch[0] = 0  # something is on sale from the first day
    season[(np.arange(N_SEASONS)[:, None] < launch) | is_new] = 0.0
    shares: npt.NDArray[np.float64] = np.cumsum(season[:, None, :] * taste[None, :, :], axis=2)
    shares /= shares[:, :, -1:]
    table: npt.NDArray[np.float64] = (shares + np.arange(N_SEASONS * N_TASTES).reshape(N_SEASONS, N_TASTES, 1)).ravel()
    return table


def products_table(products: Products) -> pa.Table:
    """The products in the columns of campaign.md, in order of product_id."""
    position = np.arange(products.n)
    category = pa.array(CATEGORIES).take(pa.array(products.category))
    ids = products.ids.to_pylist()
    families = [ids[first] for first in products.family]
    kinds = [KINDS[i % len(KINDS)] for i in products.family * 7 + products.category]
    first_tags = [TAGS[tag].capitalize() for tag in products.tags[:, 0]]
    names = [f"{tag} {kind} {i + 1}" for i, tag, kind in zip(position, first_tags, kinds, strict=True)]
    return pa.table(
        {
            "product_id": ids,
            "name": names,
            "category": category,
            "brand": [f"Brand {brand + 1}" for brand in products.brand],
            "family": families,
            "kind": kinds,
            "tags": ["|".join(sorted({TAGS[tag] for tag in tags})) for tags in products.tags],
            "for_hair": ["" if at < 0 else HAIR_TYPES[at] for at in products.for_hair],
            "contains": ["" if at < 0 else CONTENTS[at] for at in products.contains],
            "retail_value": products.price,
            "unit_cost": products.cost,
            "weight_g": products.weight.astype(np.int64),
            "boxable": pa.array(np.ones(products.n, dtype=bool)),
            "on_site": pa.array(~products.is_new | (position % 2 == 0)),
        }
    )
