"""An order of the customers that depends on what they are, not on how they came: a plan does not change with the rows.

Customers are numbered by a hash of what they are (utilities, allowed items, pool, quotas, size, locks); only exact
doubles are told apart by their position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.kernels import door
from optimizer.oracle.runner import Runner, sealed
from optimizer.problem import Bool, BoxProblem, Int32

Hashes = npt.NDArray[np.uint64]
GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True, eq=False)
class Kept:
    """Rows kept from a pass over pairs made on demand: hashes uint64 (n,) rising, utility and allowed (n, M)."""

    hashes: Hashes
    utility: Int32
    allowed: Bool

    @classmethod
    def of(cls, parts: list[Kept]) -> Kept:
        """All parts in one, each hash once."""
        if not parts:
            return cls(np.zeros(0, np.uint64), np.zeros((0, 0), np.int32), np.zeros((0, 0), bool))
        hashes, first = np.unique(np.concatenate([part.hashes for part in parts]), return_index=True)
        utility = np.concatenate([part.utility for part in parts])[first]
        return cls(hashes, utility, np.concatenate([part.allowed for part in parts])[first])


def hash_everyone(
    problem: BoxProblem,
    facts: tuple[npt.NDArray[np.int64], ...],
    runner: Runner,
    *,
    rows: int,
    seed: int,
    keep: int,
) -> tuple[Hashes, Kept]:
    """uint64 (N,) what every customer is; of pairs made on demand, the rows of low hash are kept for samples.

    facts  int64 (N,) each: what is known of a customer beside the pairs
    rows   customers read at a time
    keep   about how many rows are kept

    Raises Late when the deadline passes on the way.
    """
    n, pairs = problem.n_customers, problem.pairs
    hashes: Hashes = np.empty(n, np.uint64)
    key = keys(problem.n_items, seed)
    bar = np.uint64(min(1.0, 1.1 * keep / max(1, n)) * (2**64 - 2**12))

    def one(lo: int, hi: int) -> Kept:
        utility, allowed = pairs.block(lo, hi)
        hash_rows(sealed(utility), sealed(allowed), key, hashes[lo:hi])
        hashes[lo:hi] = with_facts(hashes[lo:hi], tuple(fact[lo:hi] for fact in facts))
        early = np.flatnonzero(hashes[lo:hi] <= bar) if not pairs.in_memory else np.zeros(0, np.intp)
        early = early[np.unique(hashes[lo:hi][early], return_index=True)[1]]  # of doubles, one
        return Kept(hashes[lo:hi][early], utility[early], allowed[early])

    return hashes, Kept.of(runner.each(n, one, rows))


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
