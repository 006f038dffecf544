"""How likely a customer is to like an item once it has come: a chance for every pair, learned from opinions alone.

What somebody chose tells little about that; what others said of the item, and how the customer judges in general, tells
more. New items are told by attributes, new customers by profile (docs/recommending.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.special import expit

from recsys.base.seeds import keyed
from recsys.base.threads import one_blas_thread
from recsys.satisfaction.calibration import Calibration, Quality, calibrate, quality
from recsys.satisfaction.effects import Spreads, fit_effects, learn_spreads, sides
from recsys.satisfaction.ratings import Ratings

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

N_FOLDS = 5
COLD_CUSTOMERS, COLD_ITEMS = 5, 10
"""Each fold holds back a fifth of the opinions, and all opinions of a fifth of the customers, a tenth of the items."""
MOST_JUDGED = 250_000
"""Spreads are learned, and chances calibrated and judged, on no more opinions than that, of whole customers."""
LIMIT = 12.0
"""Log-odds go no further from 0, so that no chance is ever 0 or 1 in float32."""
KINDS = ("known", "new item", "new customer", "both new")


@dataclass(frozen=True, eq=False)
class Satisfaction:
    """How likely each customer likes each item once it has come: log-odds = base + item_effect + customer_effect.

    item_effect      float32 (n_items,), calibrated; customer_effect float32 (n_customers,) likewise
    base             log-odds of a like where both effects are 0
    base_rate        share of likes among the opinions, one like and one dislike added; 0.5 without any opinion
    n_opinions       opinions learned from; n_item_opinions and n_customer_opinions int32, by item and customer
    spreads          how far effects spread, as learned
    calibration      what made chances true on held-out opinions
    quality          over all held-out opinions; by_kind the same by what was known of the pair: see KINDS
    """

    item_effect: Floats
    customer_effect: Floats
    base: float
    base_rate: float
    n_opinions: int
    n_item_opinions: npt.NDArray[np.int32]
    n_customer_opinions: npt.NDArray[np.int32]
    spreads: Spreads
    calibration: Calibration
    quality: Quality
    by_kind: dict[str, Quality]

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.item_effect, self.customer_effect, self.n_item_opinions, self.n_customer_opinions):
            array.flags.writeable = False

    def log_odds(self, customer_idx: Array, item_idx: Array) -> Floats:
        """Log-odds of a like of every customer asked for with every item: float32 (n, m), within -LIMIT..LIMIT."""
        rows = np.float32(self.base) + self.customer_effect[customer_idx]
        return np.asarray(np.clip(rows[:, None] + self.item_effect[item_idx][None, :], -LIMIT, LIMIT), np.float32)

    def probability(self, customer_idx: Array, item_idx: Array) -> Floats:
        """Chance of a like likewise: float32 (n, m), strictly between 0 and 1."""
        return np.asarray(expit(self.log_odds(customer_idx, item_idx)), np.float32)


def fit_satisfaction(
    ratings: Ratings,
    item_features: sp.csr_matrix,
    customer_features: sp.csr_matrix,
    customer_seeds: npt.NDArray[np.uint64],
    item_seeds: npt.NDArray[np.uint64],
) -> Satisfaction:
    """Learn spreads, judge and calibrate on opinions held back, then fit on all opinions. Same inputs, same bytes.

    item_features      CSR (n_items, n_attributes); customer_features CSR (n_customers, n_profile_values)
    customer_seeds     uint64 (n_customers,), one per id; item_seeds likewise: they draw what is held back
    """
    _refuse_shapes(ratings, item_features, customer_features, customer_seeds, item_seeds)
    with one_blas_thread():
        return _fitted(ratings, item_features, customer_features, customer_seeds, item_seeds)


def _fitted(
    ratings: Ratings,
    item_features: sp.csr_matrix,
    customer_features: sp.csr_matrix,
    customer_seeds: npt.NDArray[np.uint64],
    item_seeds: npt.NDArray[np.uint64],
) -> Satisfaction:
    judged = judged_ratings(ratings, customer_seeds)
    spreads = learn_spreads(*sides(judged, item_features, customer_features)) if len(judged) else Spreads()
    held = held_out(judged, item_features, customer_features, customer_seeds, item_seeds, spreads)
    calibration = calibrate(held.base, held.effect, held.like)
    predicted, base = held.chances(), expit(held.base)
    fitted = fit_effects(*sides(ratings, item_features, customer_features), spreads)
    likes = float(ratings.like.sum(dtype=np.float64))
    return Satisfaction(
        item_effect=(calibration.slope * fitted.item).astype(np.float32),
        customer_effect=(calibration.slope * fitted.customer).astype(np.float32),
        base=fitted.mean + calibration.shift,
        base_rate=(likes + 1) / (len(ratings) + 2),
        n_opinions=len(ratings),
        n_item_opinions=np.bincount(ratings.item_idx, minlength=ratings.n_items).astype(np.int32),
        n_customer_opinions=np.bincount(ratings.customer_idx, minlength=ratings.n_customers).astype(np.int32),
        spreads=spreads,
        calibration=calibration,
        quality=quality(predicted, base, held.like),
        by_kind={
            kind: quality(predicted[held.kind == k], base[held.kind == k], held.like[held.kind == k])
            for k, kind in enumerate(KINDS)
        },
    )


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Opinions that were held back, and what was predicted without them.

    base    float64 (n,)  log-odds by the base rate of what was not held back
    effect  float64 (n,)  what item and customer add, before calibration
    like    float64 (n,); fold int64 (n,); kind int64 (n,), position in KINDS
    """

    base: Doubles
    effect: Doubles
    like: Doubles
    fold: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]

    def chances(self) -> Doubles:
        """Calibrated chances, those of each fold by the shift and slope of the others: float64 (n,)."""
        chances = np.zeros(len(self.like))
        for fold in range(N_FOLDS):
            here, away = self.fold == fold, self.fold != fold
            found = calibrate(self.base[away], self.effect[away], self.like[away])
            chances[here] = expit(np.clip(self.base + found.shift + found.slope * self.effect, -LIMIT, LIMIT)[here])
        return chances


def held_out(
    ratings: Ratings,
    item_features: sp.csr_matrix,
    customer_features: sp.csr_matrix,
    customer_seeds: npt.NDArray[np.uint64],
    item_seeds: npt.NDArray[np.uint64],
    spreads: Spreads,
) -> HeldOut:
    """Predict each part of the opinions from the rest: known pairs, and items and customers new to the rest.

    An opinion may be held back more than once, as known and as new.
    """
    of_customer, of_item = customer_seeds[ratings.customer_idx], item_seeds[ratings.item_idx]
    pair = keyed(of_customer ^ keyed(of_item, 31), 32) % np.uint64(N_FOLDS)
    customer, item = keyed(of_customer, 33) % np.uint64(COLD_CUSTOMERS), keyed(of_item, 34) % np.uint64(COLD_ITEMS)
    parts: list[tuple[Array, ...]] = []
    for fold in range(N_FOLDS):
        new_item, new_customer = item == fold, customer == fold
        held = (pair == fold) | new_item | new_customer
        fitted = fit_effects(*sides(ratings.some(~held), item_features, customer_features), spreads)
        effect = fitted.item[ratings.item_idx[held]] + fitted.customer[ratings.customer_idx[held]]
        kind = (new_item + 2 * new_customer.astype(np.int64))[held]
        n = int(held.sum())
        like = ratings.like[held].astype(np.float64)
        parts.append((np.full(n, fitted.mean), effect, like, np.full(n, fold, np.int64), kind))
    return HeldOut(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def judged_ratings(ratings: Ratings, customer_seeds: npt.NDArray[np.uint64], most: int = MOST_JUDGED) -> Ratings:
    """All opinions of the customers that come first by hash, as many as keep the opinions within `most`."""
    if len(ratings) <= most:
        return ratings
    number = np.bincount(ratings.customer_idx, minlength=ratings.n_customers)
    order = np.argsort(keyed(customer_seeds, 35), kind="stable")
    chosen = np.zeros(ratings.n_customers, bool)
    chosen[order[np.cumsum(number[order]) <= most]] = True
    return ratings.some(chosen[ratings.customer_idx])


def _refuse_shapes(
    ratings: Ratings, item_features: sp.csr_matrix, customer_features: sp.csr_matrix, customers: Array, items: Array
) -> None:
    for name, found, expected in (
        ("item_features", item_features.shape[0], ratings.n_items),
        ("customer_features", customer_features.shape[0], ratings.n_customers),
        ("item_seeds", len(items), ratings.n_items),
        ("customer_seeds", len(customers), ratings.n_customers),
    ):
        if found != expected:
            raise ValueError(f"{name}: expected {expected} rows, got {found}")
