"""The made-up shop's customers, what they did and what they were sent, a block of customers at a time.

Columns are NumPy and Arrow arrays from start to file; a block draws from its own generator, so memory stays bounded and
the files do not depend on how many blocks were held at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.datasets.synth_products import CONTENTS, HAIR_TYPES, N_SEASONS, N_TASTES, Products

BLOCK = 20_000
COLD_SHARE = 0.15
SPAN_DAYS = 720
DAY_US = 86_400_000_000
EVENTS_MEAN = 30.0
KINDS = ("view", "purchase", "rating")
KIND_SHARE = (0.6, 0.9)
OWN_TASTE, SECOND_TASTE = 0.60, 0.85
PROFILE = {
    "hair_type": (*HAIR_TYPES, ""),
    "skin_type": ("dry", "normal", "oily", "sensitive", ""),
    "age_group": ("under 25", "25-34", "35-49", "50-64", "65 and over", ""),
}
FAITHFUL, TOLD = 0.65, 0.88
ALLERGIES = ("none", "", *CONTENTS, "|".join(CONTENTS[:2]))
ALLERGY_SHARE = (0.80, 0.88, 0.91, 0.93, 0.96, 0.99, 1.0)
PLANS = ("standard", "mini")

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Block:
    """Customers lo..lo+n-1 as Arrow tables, and the few counts that stock and edits need.

    pool      int64 (n,)  position of the warehouse
    slots     int64 (n,)
    sent_any  bool (n,)  has received a box before
    """

    customers: pa.Table
    events: pa.Table
    shipments: pa.Table
    pool: Ints
    slots: Ints
    sent_any: npt.NDArray[np.bool_]


def customer_ids(positions: Ints, n_customers: int) -> pa.Array:
    """Customer ids of positions: "C" and the position from 1, padded."""
    width = max(7, len(str(n_customers)))
    digits = pc.utf8_lpad(pc.cast(pa.array(positions + 1), pa.string()), width, "0")
    return pc.binary_join_element_wise("C", digits, "")


def make_block(
    lo: int,
    hi: int,
    n_customers: int,
    products: Products,
    warehouses: tuple[str, ...],
    sizes: tuple[int, int],
    ship_date: date,
    seed: int,
) -> Block:
    """Draw customers lo..hi-1.

    sizes  slots of a standard and of a mini box
    """
    rng = np.random.default_rng([seed, 2, lo // BLOCK])
    n = hi - lo
    taste = np.minimum((rng.random(n) ** 1.3 * N_TASTES).astype(np.int64), N_TASTES - 1)
    pool = np.searchsorted(np.linspace(0, 1, len(warehouses) + 1)[1:-1], rng.random(n))
    mini = (rng.random(n) < 0.1).astype(np.int64)
    slots = np.asarray(sizes)[mini]
    ids = customer_ids(np.arange(lo, hi), n_customers)
    columns = {
        "customer_id": ids,
        "warehouse": _words(warehouses, pool),
        "plan": _words(PLANS, mini),
        "slots": pa.array(slots),
        **{name: _words(values, _told(rng, taste, len(values) - 1)) for name, values in PROFILE.items()},
        "allergies": _words(ALLERGIES, np.searchsorted(ALLERGY_SHARE, rng.random(n))),
    }
    tenure = SPAN_DAYS * np.maximum(rng.random(n), 0.02)  # days since the customer joined
    sent = _shipments(rng, ids, tenure, products, ship_date)
    events = _events(rng, ids, taste, tenure, products, ship_date)
    sent_any = np.zeros(n, dtype=bool)
    sent_any[sent[1]] = True
    return Block(pa.table(columns), events, sent[0], pool, slots, sent_any)


def _words(values: tuple[str, ...], at: Ints) -> pa.Array:
    """The words at these positions."""
    return pa.array(values).take(pa.array(at))


def _told(rng: np.random.Generator, taste: Ints, n_values: int) -> Ints:
    """A profile answer per customer: mostly that of the customer's taste, sometimes any, sometimes none (the last)."""
    n = len(taste)
    usual = rng.random(n) < FAITHFUL
    answer = np.where(usual, taste % n_values, rng.integers(n_values, size=n))
    told: Ints = np.where(rng.random(n) < TOLD, answer, n_values)
    return told


def _events(
    rng: np.random.Generator,
    ids: pa.Array,
    taste: Ints,
    tenure: npt.NDArray[np.float64],
    products: Products,
    ship_date: date,
) -> pa.Table:
    """About thirty events of each customer that is not cold: a moment, a taste for it, a product of that taste."""
    n = len(taste)
    warm = rng.random(n) >= COLD_SHARE
    counts = np.where(warm, 1 + rng.poisson(rng.gamma(2.0, (EVENTS_MEAN - 1) / 2, n)), 0)
    who = np.repeat(np.arange(n), counts)
    days_ago = rng.random(len(who)) * tenure[who]
    luck, second = rng.random(len(who)), rng.integers(N_TASTES, size=n)
    other = np.where(luck < SECOND_TASTE, second[who], rng.integers(N_TASTES, size=len(who)))
    chosen = np.where(luck < OWN_TASTE, taste[who], other)
    season = np.minimum(((1 - days_ago / SPAN_DAYS) * N_SEASONS).astype(np.int64), N_SEASONS - 1)
    drawn = np.searchsorted(products.choice, season * N_TASTES + chosen + rng.random(len(who)), side="right")
    product = np.minimum(drawn - (season * N_TASTES + chosen) * products.n, products.n - 1)
    kind = np.searchsorted(KIND_SHARE, rng.random(len(who)), side="right")
    liked = 3.4 + products.quality[product] + np.where(luck < OWN_TASTE, 0.5, -0.2) + rng.normal(0.0, 0.8, len(who))
    value = np.where(kind == 2, np.clip(np.rint(liked), 1, 5), np.where(kind == 1, products.price[product], np.nan))
    ship_us = np.datetime64(ship_date, "us").astype(np.int64)
    moment = ship_us - 1 - (days_ago * DAY_US).astype(np.int64)
    return pa.table(
        {
            "customer_id": ids.take(pa.array(who)),
            "product_id": products.ids.take(pa.array(product)),
            "kind": _words(KINDS, kind),
            "occurred_at": pa.array(moment).cast(pa.timestamp("us")),
            "value": pa.array(value, mask=np.isnan(value)),
        }
    )


def _shipments(
    rng: np.random.Generator, ids: pa.Array, tenure: npt.NDArray[np.float64], products: Products, ship_date: date
) -> tuple[pa.Table, Ints]:
    """Earlier boxes, two products each; never more than a twelfth of the families. And who received something."""
    old = np.flatnonzero(~products.is_new)
    most = max(1, min(6, products.n // 12))
    n = len(tenure)
    count = np.minimum((tenure / 90).astype(np.int64) * 2, most)
    drawn = old[rng.integers(len(old), size=(n, most))]
    drawn = np.sort(np.where(np.arange(most)[None, :] < count[:, None], drawn, products.n), axis=1)
    keep = drawn < products.n
    family = np.append(products.family, -1)[drawn]
    keep[:, 1:] &= family[:, 1:] != family[:, :-1]  # two of one family stand side by side: shades follow each other
    who, nth = np.nonzero(keep)
    months = pa.array((np.datetime64(ship_date, "D").astype(np.int64) - 30 * (1 + nth // 2)).astype(np.int32))
    table = pa.table(
        {
            "customer_id": ids.take(pa.array(who)),
            "product_id": products.ids.take(pa.array(drawn[who, nth])),
            "shipped_on": months.cast(pa.date32()),
        }
    )
    return table, who
