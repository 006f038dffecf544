"""What is bought together: baskets, how many customers bought each pair, and which pairs are more than chance.

A basket is what one customer bought in one moment. A customer counts once per pair, by the newest basket that holds it,
so that nobody's habit looks like everybody's. Popularity alone makes no pair: a pair is measured against chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.events import decay
from recsys.base.shrink import lift_bound
from recsys.baskets.kernels import pairs_in

Array = npt.NDArray[Any]

MOST_PRODUCTS = 30
"""A larger basket says little about any two of its products, and is not counted."""
FEW = 3
"""A pair, or a larger set, of fewer customers is a coincidence."""
LEAST_LIFT = 1.2
"""A pair goes together when it is surely bought so many times as often as by chance, or more often."""
PAIRS_AT_ONCE = 4_000_000
ROUNDS = 100
"""Rounds of fitting what chance gives; a handful is enough unless one product is in nearly all pairs."""


@dataclass(frozen=True, eq=False)
class Baskets:
    """Distinct items of each basket, by customer and within a customer the newest first.

    customer_idx  int64 (n_baskets,)
    days_ago      int64 (n_baskets,)  age, >= 0
    starts        int64 (n_baskets + 1,)  basket b holds item_idx[starts[b]:starts[b + 1]], rising
    item_idx      int64 (starts[-1],)  0..n_items-1
    """

    customer_idx: Array
    days_ago: Array
    starts: Array
    item_idx: Array
    n_items: int

    def __len__(self) -> int:
        """Number of baskets."""
        return len(self.customer_idx)

    @property
    def sizes(self) -> Array:
        """Items of each basket: int64 (n_baskets,)."""
        return np.diff(self.starts)

    def only(self, keep: Array) -> Baskets:
        """Some of the baskets: keep is bool (n_baskets,)."""
        items = np.repeat(keep, self.sizes)
        starts = np.concatenate(([0], np.cumsum(self.sizes[keep])))
        return Baskets(self.customer_idx[keep], self.days_ago[keep], starts, self.item_idx[items], self.n_items)

    def portions(self, work: Array) -> Iterator[tuple[int, int]]:
        """Ranges of baskets (lo, hi) of about PAIRS_AT_ONCE units of work, no customer cut in two.

        work  int64 (n_baskets,)
        """
        bounds = np.append(np.flatnonzero(np.diff(self.customer_idx, prepend=-1)), len(self))
        done = np.concatenate(([0], np.cumsum(work)))
        lo = 0
        while lo < len(self):
            most = np.searchsorted(done, done[lo] + PAIRS_AT_ONCE, side="right") - 1
            last = np.searchsorted(bounds, most, side="right") - 1
            hi = int(bounds[max(last, np.searchsorted(bounds, lo, side="right"))])
            yield lo, hi
            lo = hi


def baskets_of(customer_idx: Array, item_idx: Array, days_ago: Array, n_items: int, window_days: int = 0) -> Baskets:
    """Put purchases into baskets.

    customer_idx, item_idx, days_ago  whole numbers >= 0, (n_purchases,), in any order
    window_days  0: a basket is what a customer bought on one day; w: on one day and in the w days before it, one basket
                 for each day with a purchase, as old as that day

    Baskets of more than MOST_PRODUCTS items are left out.
    """
    n_days = np.int64(np.max(days_ago, initial=0)) + window_days + 1  # a window never reaches into the next customer
    at_moment = np.asarray(customer_idx, np.int64) * n_days + days_ago
    rows = _distinct(at_moment * np.int64(n_items) + item_idx)
    moment, item = np.divmod(rows, n_items) if n_items else (rows, rows)
    customer, day = np.divmod(moment, n_days)
    lo = np.flatnonzero(np.diff(moment, prepend=-1))
    hi = np.searchsorted(moment, moment[lo] + window_days, side="right")
    length = hi - lo
    at = np.repeat(lo - np.concatenate(([0], np.cumsum(length)[:-1])), length) + np.arange(int(length.sum()))
    basket = np.repeat(np.arange(len(lo)), length)
    cells = basket * np.int64(n_items) + item[at]
    cells = _distinct(cells) if window_days else cells
    sizes = np.bincount(cells // n_items, minlength=len(lo)).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(sizes)))
    every = Baskets(customer[lo], day[lo], starts, cells % n_items, n_items)
    return every.only(sizes <= MOST_PRODUCTS)


def _distinct(codes: Array) -> Array:
    """Distinct codes, all >= 0, rising."""
    rising = np.sort(codes)
    return np.asarray(rising[np.diff(rising, prepend=-1) != 0])


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of items that somebody bought together, sorted: one < other.

    one, other  int64 (n_pairs,)
    customers   int64 (n_pairs,)  who bought both
    weight      float64 (n_pairs,)  the same, each counting 0.5 ** (age of the newest basket with both / half-life)
    """

    one: Array
    other: Array
    customers: Array
    weight: Array
    n_items: int

    @property
    def totals(self) -> Array:
        """Weight of all pairs of each item: float64 (n_items,)."""
        ends = (np.bincount(end, self.weight, minlength=self.n_items) for end in (self.one, self.other))
        return np.asarray(sum(ends), np.float64)


class Tally:
    """Counts customers and decayed customers per code, each customer once per code by the newest basket."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._codes: list[Array] = []
        self._customers: list[Array] = []
        self._weights: list[Array] = []

    def add(self, customer: Array, code: Array, weight: Array) -> None:
        """Add rows of some customers who are in no other call, a customer's newest rows first."""
        order = np.lexsort((customer, code))  # stable: the newest stays first
        customer, code, weight = customer[order], code[order], weight[order]
        first = np.ones(len(code), bool)
        first[1:] = (code[1:] != code[:-1]) | (customer[1:] != customer[:-1])
        found, inverse, count = np.unique(code[first], return_inverse=True, return_counts=True)
        self._codes.append(found)
        self._customers.append(count)
        self._weights.append(np.bincount(inverse, weight[first], minlength=len(found)))

    def total(self) -> tuple[Array, Array, Array]:
        """Codes, rising, with their customers (int64) and decayed customers (float64)."""
        if not self._codes:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        codes, inverse = np.unique(np.concatenate(self._codes), return_inverse=True)
        customers = np.bincount(inverse, np.concatenate(self._customers), minlength=len(codes)).astype(np.int64)
        return codes, customers, np.bincount(inverse, np.concatenate(self._weights), minlength=len(codes))


def count_pairs(baskets: Baskets, half_life_days: float) -> Pairs:
    """Count the pairs of all baskets."""
    tally = Tally()
    n_pairs = baskets.sizes * (baskets.sizes - 1) // 2
    weight = decay(baskets.days_ago, half_life_days)
    for lo, hi in baskets.portions(n_pairs):
        one, other = pairs_in(baskets.starts, baskets.item_idx, lo, hi, int(n_pairs[lo:hi].sum()))
        basket = np.repeat(np.arange(lo, hi), n_pairs[lo:hi])
        tally.add(baskets.customer_idx[basket], one * np.int64(baskets.n_items) + other, weight[basket])
    codes, customers, weights = tally.total()
    return Pairs(codes // baskets.n_items, codes % baskets.n_items, customers, weights, baskets.n_items)


@dataclass(frozen=True, eq=False)
class Association:
    """Which items go together, both ways: CSR (n_items, n_items) of one sparsity, columns rising, no diagonal.

    score      float64  log2 of how much more often than by chance the two are bought together, at the least
    customers  int64    who bought both
    share      float64 (n_items,)  an item's share of everything that was bought with something else; sums to 1, or 0
    """

    score: sp.csr_matrix
    customers: sp.csr_matrix
    share: Array


def association(pairs: Pairs) -> Association:
    """Keep the pairs that go together, with how surely they do.

    With n the decayed customers of a pair and t_i the sum of n over the pairs of item i, chance alone gives E = a_i a_j
    (by_chance). The score is log2 of lift_bound(n, E) (recsys/base/shrink.py). Kept are pairs of at least FEW customers
    whose bound is at least LEAST_LIFT.
    """
    totals = pairs.totals
    everything = totals.sum()
    enough = pairs.customers >= FEW
    one, other = pairs.one[enough], pairs.other[enough]
    appeal = by_chance(totals)
    bound = lift_bound(pairs.weight[enough], appeal[one] * appeal[other])
    kept = bound >= LEAST_LIFT
    one, other = one[kept], other[kept]
    ends = (np.concatenate((one, other)), np.concatenate((other, one)))
    shape = (pairs.n_items, pairs.n_items)
    matrices = []
    for values in (np.log2(bound[kept]), pairs.customers[enough][kept]):
        matrix = sp.csr_matrix(sp.coo_matrix((np.concatenate((values, values)), ends), shape=shape))
        matrix.sort_indices()
        matrices.append(matrix)
    return Association(matrices[0], matrices[1], totals / (everything or 1.0))


def by_chance(totals: Array) -> Array:
    """Appeal a of each item, float64 (n_items,), so that a_i x a_j is what chance alone gives the pair i, j.

    That is quasi-independence: a_i sum_{j != i} a_j = t_i, for an item is never bought together with itself. With
    t_i t_j / T instead, every product would seem to go with one that is in a quarter of all pairs. Solved by
    proportional fitting, a fixed number of rounds (Bishop, Fienberg and Holland, Discrete Multivariate Analysis, 1975).

    totals  float64 (n_items,)  t: weight of all pairs of each item
    """
    everything = totals.sum()
    appeal = totals / np.sqrt(everything or 1.0)
    some = appeal > 0
    for _ in range(ROUNDS if everything > 0 else 0):
        others = appeal.sum() - appeal
        appeal[some] = np.sqrt(appeal[some] * totals[some] / others[some])
    return np.asarray(appeal)
