"""A made-up shop for the recommender, as arrays: who chose what and when, what is said of products and customers.

Made from a seed, the same bytes on any machine. Taste and popularity have the shape of a real shop's; how good lists
are cannot be told from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.events import Events
from recsys.base.seeds import mix
from recsys.training import Inputs

Array = npt.NDArray[Any]

N_TASTES = 40
"""Kinds of customers; products of a category please the same kinds."""
LOYAL = 0.6
"""Share of events that follow a customer's own taste; the others follow what is popular."""
COLD_ITEMS, COLD_CUSTOMERS = 0.04, 0.05
"""Share without any event."""
DAYS = 730
COLUMNS = (12, 40, 6, 25, 8)
"""Values of each column of the products table: the first is the category; a product has one of each."""
QUESTIONS = (5, 4, 6, 3)
"""Answers of each question of a profile, the first of them "not answered"."""


@dataclass(frozen=True, eq=False)
class Columns:
    """One row per event: int32 (n,), int32 (n,), float32 (n,) signal weight, float32 (n,) days ago."""

    customer_idx: Array
    item_idx: Array
    weight: Array
    age_days: Array


@dataclass(frozen=True, eq=False)
class Shop:
    """Events as columns, and what is said: CSR float32 (n_items, n_attributes), (n_customers, n_profile_values)."""

    columns: Columns
    item_features: sp.csr_matrix
    customer_features: sp.csr_matrix

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return self.customer_features.shape[0], self.item_features.shape[0]

    def events(self) -> Events:
        """The columns, checked."""
        told = self.columns
        return Events(told.customer_idx, told.item_idx, told.weight, told.age_days, *self.shape)

    def inputs(self, events: Events) -> Inputs:
        """What is trained on; every product is in the catalogue."""
        seeds = [mix(np.arange(1, n + 1, dtype=np.uint64)) for n in self.shape]
        everything = np.ones(self.shape[1], bool)
        return Inputs(events, seeds[0], seeds[1], self.item_features, self.customer_features, everything)


def made_shop(n_customers: int, n_items: int, n_events: int, seed: int = 0) -> Shop:
    """Popularity falls like 1 / (rank + 10), customers' activity is log-normal, some pairs have several events, one
    event in twenty is a dislike, and the first answer of a profile goes with taste."""
    rng = np.random.default_rng(seed)
    taste = rng.integers(0, N_TASTES, n_customers)
    values = [rng.integers(0, n, n_items) for n in COLUMNS]
    popular = rng.permutation(1 / (np.arange(n_items) + 10.0))
    popular[rng.random(n_items) < COLD_ITEMS] = 0
    drawn_to = np.exp(1.5 * rng.normal(size=(N_TASTES, COLUMNS[0])))
    chances = np.vstack((popular * drawn_to[:, values[0]], popular))
    answers = [rng.integers(0, n, n_customers) for n in QUESTIONS]
    answers[0] = np.where(rng.random(n_customers) < 0.7, taste % QUESTIONS[0], answers[0])
    active = np.exp(0.8 * rng.normal(size=n_customers)) * (rng.random(n_customers) >= COLD_CUSTOMERS)
    return Shop(_events(rng, taste, active, chances, n_events), _table(values, COLUMNS), _table(answers, QUESTIONS))


def _events(rng: np.random.Generator, taste: Array, active: Array, chances: Array, n_events: int) -> Columns:
    """Events in an order that nothing follows from."""
    who = _drawn(rng, active, n_events)
    kind = np.where(rng.random(n_events) < LOYAL, taste[who], N_TASTES)
    item = np.empty(n_events, np.int32)
    for one in range(N_TASTES + 1):
        rows = np.flatnonzero(kind == one)
        item[rows] = _drawn(rng, chances[one], len(rows))
    weight = np.where(rng.random(n_events) < 0.05, -1.0, rng.choice([0.3, 1.0], n_events)).astype(np.float32)
    return Columns(who, item, weight, rng.integers(0, DAYS, n_events).astype(np.float32))


def _drawn(rng: np.random.Generator, weights: Array, n: int) -> Array:
    """Positions drawn with these weights: int32 (n,)."""
    sums = np.cumsum(weights)
    at = np.searchsorted(sums, rng.random(n) * sums[-1], side="right")
    drawn: Array = np.minimum(at, np.flatnonzero(weights)[-1]).astype(np.int32)
    return drawn


def _table(values: list[Array], sizes: tuple[int, ...]) -> sp.csr_matrix:
    """One value of each column: CSR float32 (n_rows, sum of sizes)."""
    first = np.cumsum((0, *sizes[:-1]))
    n = len(values[0])
    places = np.stack([start + column for start, column in zip(first, values, strict=True)], axis=1)
    ones = np.ones(places.size, np.float32)
    return sp.csr_matrix((ones, places.ravel(), np.arange(n + 1) * len(sizes)), shape=(n, int(sum(sizes))))
