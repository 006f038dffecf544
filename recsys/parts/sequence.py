"""What follows what: from the order in which customers chose things, which items are chosen after an item.

The order of events says more about the next choice than the choices alone. A sparse item-to-item table like the one of
neighbours, but with a direction; scoring is profiles @ table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.events import Events, decay
from recsys.base.inner_loops import MOST_CELLS
from recsys.kernels import kernel
from recsys.parts.neighbours import nearest

Array = npt.NDArray[Any]

REACH = 6
"""A moment is followed by at most so many moments of the same customer."""
NEARER = 0.5
"""What each further moment between two leaves of the weight of a pair."""
BACKWARDS = 0.3
"""Weight of the same pair read backwards: what comes after also says what came before."""


def what_follows(events: Events, half_life_days: float, n_neighbours: int) -> sp.csr_matrix:
    """Row i = the items that follow i: CSR float32 (n_items, n_items), diagonal left out, the strongest kept.

    A moment is all that a customer liked at one time (a basket), each item once. T[i, j] = sum over pairs of moments of
    one customer, i in the first, j in the other, of decay(age of the other) x NEARER ** (moments from one to the other
    - 1) / sqrt(size of the one x size of the other); items of one moment follow each other by half of that. Then
    (T + BACKWARDS T') / sqrt(1 + n_i), n_i being the decayed number of choices of i.

    half_life_days  after this a pair counts half
    n_neighbours    items kept per row
    """
    customer, item, age = liked_in_order(events)
    moment = _moments(customer, age)
    at = np.flatnonzero(np.diff(moment, prepend=0))
    weight = decay(age[at], half_life_days)
    total = _pairs(customer[at], moment - 1, item, weight, events.n_items)
    total = sp.csr_matrix(total - sp.diags(total.diagonal()))
    total.eliminate_zeros()
    chosen = np.bincount(item, decay(age, half_life_days), minlength=events.n_items)
    return nearest(sp.csr_matrix(sp.diags(1 / np.sqrt(1 + chosen)) @ (total + BACKWARDS * total.T)), n_neighbours)


def _pairs(customer: Array, moment: Array, item: Array, weight: Array, n_items: int) -> sp.csr_matrix:
    """T: CSR float64 (n_items, n_items), with what the diagonal happens to hold.

    customer, weight  (n_moments,) in order: whose it is, and its decay
    moment, item      (n_events,) in order
    """
    holds = _baskets(moment, item, len(customer), n_items)
    if n_items * n_items <= MOST_CELLS:
        dense = np.zeros((REACH + 1, n_items, n_items))
        _add_pairs(customer, holds.indptr.astype(np.int64), holds.indices.astype(np.int32), holds.data, weight, dense)
        return sp.csr_matrix(sum(dense[lag] for lag in range(REACH + 1)))
    weighted = sp.csr_matrix(sp.diags(weight) @ holds)
    total = sp.csr_matrix(0.5 * (holds.T @ weighted))
    for lag in range(1, min(REACH, len(customer) - 1) + 1):
        first = np.flatnonzero(customer[:-lag] == customer[lag:])
        total = sp.csr_matrix(total + NEARER ** (lag - 1) * (holds[first].T @ weighted[first + lag]))
    return total


@kernel
def _add_pairs(customer, starts, columns, values, weight, dense):  # type: ignore[no-untyped-def]
    """Each lag adds into a table of its own, in the order of moments."""
    for lag in range(dense.shape[0]):
        nearer = 0.5 if lag == 0 else NEARER ** (lag - 1)
        for first in range(len(customer) - lag):
            other = first + lag
            if customer[first] != customer[other]:
                continue
            for one in range(starts[first], starts[first + 1]):
                value = nearer * values[one] * weight[other]
                for two in range(starts[other], starts[other + 1]):
                    dense[lag, columns[one], columns[two]] += value * values[two]


def _baskets(moment: Array, item: Array, n_moments: int, n_items: int) -> sp.csr_matrix:
    """1 / sqrt(size) where a moment holds an item: CSR (n_moments, n_items); events by moment, then by item."""
    new = np.ones(len(item), bool)
    new[1:] = (moment[1:] != moment[:-1]) | (item[1:] != item[:-1])
    size = np.bincount(moment[new], minlength=n_moments)
    starts = np.concatenate(([0], np.cumsum(size)))
    return sp.csr_matrix((np.repeat(1 / np.sqrt(np.maximum(size, 1)), size), item[new], starts), (n_moments, n_items))


def liked_in_order(events: Events, customers: npt.NDArray[np.bool_] | None = None) -> tuple[Array, Array, Array]:
    """Customer, item and age of the events that count for something, by customer, oldest first, ties by item.

    customers  bool (n_customers,) only theirs; None = everybody's
    """
    counts = events.weight > 0 if customers is None else (events.weight > 0) & customers[events.customer_idx]
    liked = events.order[counts[events.order]]
    return events.customer_idx[liked], events.item_idx[liked], events.age_days[liked].astype(np.float64)


def _moments(customer: Array, age: Array) -> npt.NDArray[np.int64]:
    """A number that rises by one from each distinct moment of a customer to the next."""
    new = np.ones(len(customer), bool)
    new[1:] = (customer[1:] != customer[:-1]) | (age[1:] != age[:-1])
    return np.asarray(np.cumsum(new), np.int64)
