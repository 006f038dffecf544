"""What a machine holds of its customers: an order of their own, and for each a short list of good items.

Customers are numbered by a hash of what they are (utilities, allowed items, pool, quotas, size, locks), so that a plan
does not change when the same customers come in another order; only exact doubles are told apart by their position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.kernels import door
from optimizer.problem import Bool, Int32, Int64

Hashes = npt.NDArray[np.uint64]
LISTED = 32
"""Items on a shortlist when it is made; a few more find room later."""
SPARE = 8
ALL_PAIRS = 4_000_000
"""Up to so many pairs, a shortlist simply holds every allowed item."""
GOLDEN = 0x9E3779B97F4A7C15


@dataclass(eq=False)
class Shortlists:
    """Per customer, in canonical order. N customers, L places, B bands, W slots.

    item      int32 (N, L)  item positions, -1 = no more
    gain      int32 (N, L)  their utility in micro-points
    tilt      int64 (N, B)  band multipliers that served last
    last      int32 (N, W)  best box of the last round, -1 = missing
    complete  True = every allowed item is listed, so a round over shortlists is a round over all pairs
    made      False = still empty: the next round over all pairs makes them
    """

    item: Int32
    gain: Int32
    tilt: Int64
    last: Int32
    complete: bool
    made: bool

    @classmethod
    def empty(cls, n_customers: int, n_items: int, n_bands: int, width: int) -> Shortlists:
        """Room for lists that are still to be made."""
        places = min(n_items, max(LISTED, 4 * width + 12) + SPARE)
        return cls(
            np.full((n_customers, places), -1, np.int32),
            np.zeros((n_customers, places), np.int32),
            np.zeros((n_customers, n_bands), np.int64),
            np.full((n_customers, width), -1, np.int32),
            complete=False,
            made=False,
        )

    @classmethod
    def whole(cls, utility: Int32, allowed: Bool, n_bands: int, width: int) -> Shortlists:
        """Lists of every allowed item, by position."""
        n_customers, n_items = utility.shape
        item = np.argsort(~allowed, axis=1, kind="stable").astype(np.int32)
        gain = np.ascontiguousarray(np.take_along_axis(utility, item.astype(np.intp), axis=1))
        item[np.arange(n_items) >= allowed.sum(axis=1)[:, None]] = -1
        tilt = np.zeros((n_customers, n_bands), np.int64)
        return cls(item, gain, tilt, np.full((n_customers, width), -1, np.int32), complete=True, made=True)

    def make_room(self, n_items: int) -> None:
        """See that every list has room for the items of one more box."""
        width = self.last.shape[1]
        if self.item.shape[1] < n_items and self.item.shape[0] and (self.item[:, -width:] >= 0).any():
            more = ((0, 0), (0, SPARE + width))
            self.item = np.pad(self.item, more, constant_values=-1)
            self.gain = np.pad(self.gain, more)


@door
def hash_rows(utility: Int32, allowed: Bool, key: Hashes, out: Hashes) -> None:
    """out uint64 (n,): a multilinear hash of each row's allowed items and their utilities; key uint64 (M,), odd."""
    for c in range(utility.shape[0]):
        total = np.uint64(0)
        for i in range(utility.shape[1]):
            said = np.uint64(np.int64(utility[c, i]) + 3_000_000_000) if allowed[c, i] else np.uint64(1)
            total += said * key[i]
        out[c] = total


def mixed(x: Any) -> Hashes:
    """Scramble uint64 numbers (splitmix64)."""
    x = np.asarray(x, np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    out: Hashes = x ^ (x >> np.uint64(31))
    return out


def keys(n_items: int, seed: int) -> Hashes:
    """uint64 (n_items,) odd numbers for `hash_rows`."""
    with np.errstate(over="ignore"):
        return mixed(np.arange(1, n_items + 1, dtype=np.uint64) * np.uint64(GOLDEN) + np.uint64(seed)) | np.uint64(1)


def with_facts(hashes: Hashes, facts: tuple[npt.NDArray[np.int64], ...]) -> Hashes:
    """Hashes of rows with further facts about each customer, int64 (N,), mixed in."""
    with np.errstate(over="ignore"):
        for fact in facts:
            hashes = mixed(hashes * np.uint64(GOLDEN) + fact.astype(np.uint64))
    return hashes


def told_apart(hashes: Hashes) -> Hashes:
    """Hashes in which exact doubles differ: the first by position keeps its own, the others get new ones."""
    order = np.argsort(hashes, kind="stable")
    alike = np.r_[False, hashes[order][1:] == hashes[order][:-1]][: order.size]
    if not alike.any():
        return hashes
    run = np.arange(order.size)
    double = np.zeros(order.size, np.uint64)
    double[order] = run - np.maximum.accumulate(np.where(alike, 0, run))
    with np.errstate(over="ignore"):
        return np.where(double > 0, mixed(hashes + double * np.uint64(GOLDEN)), hashes)
