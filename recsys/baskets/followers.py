"""What was bought together with whole sets: in every basket that holds one, each other item."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.events import decay
from recsys.baskets.baskets import MOST_PRODUCTS, Baskets
from recsys.baskets.follower_kernels import sets_in, tally_others

if TYPE_CHECKING:
    from recsys.baskets.sets import Sets

Array = npt.NDArray[Any]
Rows = tuple[Array, Array]

MOST_CELLS = 2_000_000
"""Room for what may be found with some sets is held at a time: it is several times what is found."""


@dataclass(frozen=True, eq=False)
class Followers:
    """What was bought together with a whole set, all CSR (n_sets, n_items) of one sparsity, columns rising.

    customers  int64    who bought the set and the item together
    weight     float64  the same, decayed
    """

    customers: sp.csr_matrix
    weight: sp.csr_matrix


def followers(baskets: Baskets, sets: Sets, half_life_days: float) -> Followers:
    """Count, for every set, each item that was in a basket with all of it; a customer counts by her newest such basket.

    Weights are summed within portions of customers, then over them: the same sum whatever the number of threads.
    """
    usable = baskets.only(baskets.sizes > 2)
    rows, of_set = _baskets_of_sets(usable, sets)
    held = (usable.starts, usable.item_idx, sets.members, rows, of_set, sets.n_items)
    most = np.minimum(MOST_PRODUCTS * np.diff(rows), sets.n_items)  # no set has more items beside it
    cells = np.concatenate(([0], np.cumsum(most)))
    n_found = np.zeros(len(sets), np.int64)
    ends = np.array([hi for _, hi in usable.portions(usable.sizes**3)], np.int64)
    portion = np.searchsorted(ends, np.arange(len(usable)), side="right")
    told = (usable.customer_idx, decay(usable.days_ago, half_life_days), portion)

    def tallied(lo: int, hi: int) -> tuple[Array, ...]:
        """Items, customers and weights of sets lo..hi-1, without the room that was not needed."""
        own = cells[: hi + 1] - cells[lo]
        room = tuple(np.empty(own[hi], dtype) for dtype in (np.int64, np.int64, np.float64))
        tally_others(*held, lo, hi, *told, own, n_found, *room)
        n = n_found[lo:hi]
        used = np.arange(n.sum()) + np.repeat(own[lo:hi] - (np.cumsum(n) - n), n)
        return tuple(values[used] for values in room)

    bounds = _parts(cells)
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        found = list(pool.map(tallied, bounds[:-1], bounds[1:]))
    items, customers, weights = (np.concatenate(part) for part in zip(*found, strict=True))
    where = (items, np.concatenate(([0], np.cumsum(n_found))))
    return Followers(*(_rising(values, *where, (len(sets), sets.n_items)) for values in (customers, weights)))


def _parts(cells: Array) -> list[int]:
    """Where to cut sets so that every thread has a part, and a part no more than MOST_CELLS or the cells of one set."""
    bounds, step = [0], min(MOST_CELLS, -(-int(cells[-1]) // numba.get_num_threads()))
    while bounds[-1] < len(cells) - 1 or len(bounds) < 2:
        end = int(np.searchsorted(cells, cells[bounds[-1]] + step, side="right")) - 1
        bounds.append(min(max(bounds[-1] + 1, end), len(cells) - 1))
    return bounds


def _rising(values: Array, items: Array, cells: Array, shape: tuple[int, int]) -> sp.csr_matrix:
    matrix = sp.csr_matrix((values, items, cells), shape=shape, copy=True)
    matrix.sort_indices()
    return matrix


def _baskets_of_sets(baskets: Baskets, sets: Sets) -> tuple[Array, Array]:
    """Row starts int64 (n_sets + 1,) and the baskets that hold each set, int32, in order: counted, then written."""
    keys, bounds = _keys(sets), _bounds(baskets.starts)
    place = np.zeros((len(bounds) - 1, len(sets)), np.int64)
    given = (baskets.starts, baskets.item_idx)

    def look(part: int, of_set: Array) -> None:
        sets_in(*given, bounds[part], bounds[part + 1], *keys, place[part], of_set)

    with ThreadPoolExecutor(len(place)) as pool:
        list(pool.map(lambda part: look(part, np.zeros(0, np.int32)), range(len(place))))
        rows = np.concatenate(([0], np.cumsum(place.sum(axis=0))))
        of_set = np.empty(rows[-1], np.int32)
        place[:] = rows[:-1] + np.cumsum(place, axis=0) - place
        if len(of_set):
            list(pool.map(lambda part: look(part, of_set), range(len(place))))
    return rows, of_set


def _bounds(starts: Array) -> list[int]:
    """Where to cut rows for as many threads as there are, so that about as many entries fall to each."""
    cuts = np.searchsorted(starts, np.linspace(0, starts[-1], numba.get_num_threads() + 1)).tolist()
    return [0, *cuts[1:-1], len(starts) - 1]


def _keys(sets: Sets) -> tuple[Rows, Array, Rows, Array]:
    """Four arrays by which the kernel looks sets up.

    All leading pairs, as row starts by their first item and their second items, and the set that each is (-1 = only
    part of one); then the triples, as row starts by leading pair and their third items, and the set of each.
    """
    one, other, third = sets.members.T
    lead = one * np.int64(sets.n_items) + other
    keys = np.unique(lead)
    at = np.searchsorted(keys, lead)
    pair_set = np.full(len(keys), -1, np.int32)
    two = np.flatnonzero(third < 0)
    pair_set[at[two]] = two
    three = np.flatnonzero(third >= 0)
    three = three[np.lexsort((third[three], at[three]))]
    pairs = _starts(keys // max(sets.n_items, 1), sets.n_items), keys % max(sets.n_items, 1)
    return pairs, pair_set, (_starts(at[three], len(keys)), third[three]), three.astype(np.int32)


def _starts(row: Array, n_rows: int) -> Array:
    """Where each row begins among rising row numbers: int64 (n_rows + 1,)."""
    return np.searchsorted(row, np.arange(n_rows + 1)).astype(np.int64)
