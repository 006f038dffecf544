"""What follows what: from the order in which customers chose things, which items are chosen after an item.

The order of events says more about the next choice than the choices alone. A sparse item-to-item table like the one of
neighbours, but with a direction; scoring is profiles @ table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.events import Events, decay
from recsys.neighbours import nearest

Array = npt.NDArray[Any]

REACH = 12
"""An event is followed by at most so many events of the same customer."""
NEARER = 0.5
"""What each further moment between two events leaves of the weight of the pair."""
BACKWARDS = 0.3
"""Weight of the same pair read backwards: what comes after also says what came before."""


def what_follows(events: Events, half_life_days: float, n_neighbours: int) -> sp.csr_matrix:
    """Row i = the items that follow i: CSR float32 (n_items, n_items), diagonal left out, the strongest kept.

    T[i, j] = sum over customers and pairs (i, then j) of decay(age of j) x NEARER ** (moments between - 1), where two
    items of one moment (one basket) follow each other both ways by half; then (T + BACKWARDS T') / sqrt(1 + n_i), n_i
    being the decayed number of choices of i.

    half_life_days  after this a pair counts half
    n_neighbours    items kept per row
    """
    customer, item, age = liked_in_order(events)
    weight = decay(age, half_life_days)
    moment = _moments(customer, age)
    total = sp.csr_matrix((events.n_items, events.n_items), dtype=np.float64)
    for lag in range(1, min(REACH, max(len(customer) - 1, 0)) + 1):
        first, then = slice(None, -lag), slice(lag, None)
        apart = moment[then] - moment[first]
        use = (customer[first] == customer[then]) & (item[first] != item[then])
        value = weight[then] * np.where(apart > 0, NEARER ** np.maximum(apart - 1, 0), 0.5)
        forward = _table(item[first], item[then], value * use, events.n_items)
        basket = _table(item[then], item[first], value * (use & (apart == 0)), events.n_items)
        total = sp.csr_matrix(total + forward + basket)
    chosen = np.bincount(item, weight, minlength=events.n_items)
    both = sp.csr_matrix(sp.diags(1 / np.sqrt(1 + chosen)) @ (total + BACKWARDS * total.T))
    return nearest(both, n_neighbours)


def liked_in_order(events: Events) -> tuple[Array, Array, Array]:
    """Customer, item and age of the events that count for something, by customer, oldest first, ties by item."""
    liked = np.flatnonzero(events.weight > 0)
    order = liked[np.lexsort((events.item_idx[liked], -events.age_days[liked], events.customer_idx[liked]))]
    return events.customer_idx[order], events.item_idx[order], events.age_days[order].astype(np.float64)


def _moments(customer: Array, age: Array) -> npt.NDArray[np.int64]:
    """A number that rises by one from each distinct moment of a customer to the next."""
    new = np.ones(len(customer), bool)
    new[1:] = (customer[1:] != customer[:-1]) | (age[1:] != age[:-1])
    return np.asarray(np.cumsum(new), np.int64)


def _table(row: Array, column: Array, value: Array, n_items: int) -> sp.csr_matrix:
    used = np.flatnonzero(value)
    table = sp.coo_matrix((value[used], (row[used], column[used])), shape=(n_items, n_items)).tocsr()
    table.sum_duplicates()
    return sp.csr_matrix(table)
