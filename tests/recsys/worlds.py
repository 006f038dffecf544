"""Worlds whose truth is known in the head: even customers like even items, odd customers odd ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys.base.events import Events
from recsys.parts.als import AlsSettings
from recsys.training import Inputs, Settings

SETTINGS = Settings(als=AlsSettings(n_factors=2, regularization=1.0, alpha=20.0, n_iterations=8, n_threads=1))


def seeds(n: int, start: int = 1) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Seeds as ids would give them: one per position."""
    return np.arange(start, start + n, dtype=np.uint64) * np.uint64(2_654_435_761)


def parity(n_customers: int = 40, n_items: int = 16, n_cold_customers: int = 4, n_cold_items: int = 2) -> Inputs:
    """Everybody likes five items of her own parity and dislikes one of the other; the last rows have no events.

    Attributes and profiles say the parity, in columns 0 (even) and 1 (odd).
    """
    rng = np.random.default_rng(3)
    rows = []
    for customer in range(n_customers - n_cold_customers):
        own = np.arange(customer % 2, n_items - n_cold_items, 2)
        rows += [(customer, item, 1.0, 10.0 * step) for step, item in enumerate(rng.permutation(own)[:5])]
        rows.append((customer, (own[0] + 1) % 2, -1.0, 5.0))
    customer_idx, item_idx, weight, age = (np.array(column) for column in zip(*rows, strict=True))
    events = Events(customer_idx, item_idx, weight, age, n_customers, n_items)
    return Inputs(
        events=events,
        customer_seeds=seeds(n_customers),
        item_seeds=seeds(n_items, 1_000),
        item_features=_parities(n_items),
        customer_features=_parities(n_customers),
        reference=np.ones(n_items, bool),
    )


def _parities(n: int) -> sp.csr_matrix:
    return sp.csr_matrix((np.ones(n, np.float32), (np.arange(n), np.arange(n) % 2)), shape=(n, 2))


def permuted_customers(given: Inputs, order: np.ndarray[Any, np.dtype[np.int64]]) -> Inputs:
    """The same world with customer `order[i]` now at position i."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    old = given.events
    events = Events(place[old.customer_idx], old.item_idx, old.weight, old.age_days, old.n_customers, old.n_items)
    return Inputs(
        events=events,
        customer_seeds=given.customer_seeds[order],
        item_seeds=given.item_seeds,
        item_features=given.item_features,
        customer_features=sp.csr_matrix(given.customer_features[order]),
        reference=given.reference,
    )
