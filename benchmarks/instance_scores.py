"""Who likes what, who may get what, and how much there is: the numbers under every benchmark problem, from a seed.

Factors lie on a grid of 1/32, so that their products are exact in float32 in any order of summation: a customer's
scores are the same bytes in any block, with any number of threads and on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.problem import POINTS

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

BOX = 5
"""Slots of every box."""
ROWS = 8192
"""Customers drawn at a time; part of what the seed means."""
PAIRS = 1 << 17
"""Pairs scored at a time, so that the work stays in the processor's cache."""
SPREAD = 0.8
"""Standard deviation of taste, before the sigmoid; that of popularity is 0.5."""
STREAMS = (
    "taste",
    "style",
    "items",
    "cold",
    "eligibility",
    "history",
    "stock",
    "pools",
    "segments",
    "promises",
    "rules",
)


def stream(seed: int, what: str) -> np.random.Generator:
    """The random numbers of one purpose: what is drawn for one thing never shifts what is drawn for another."""
    return np.random.default_rng([seed, STREAMS.index(what)])


def on_grid(rng: np.random.Generator, rows: int, n_factors: int) -> Float32:
    """float32 (rows, n_factors): standard normal, rounded to 1/32 and cut at +-127/32.

    With up to 1,000 factors any sum of products is a whole number of 1/1024 below 2**24 of them: exact in float32.
    """
    drawn: Float32 = np.rint(rng.standard_normal((rows, n_factors), np.float32) * np.float32(32))
    return np.clip(drawn, np.float32(-127), np.float32(127), out=drawn) / np.float32(32)


def points_of(half: Float32, step: int = 0) -> Int32:
    """Micro-points int32 of half affinities h, which are overwritten: 500,000 * (1 + h / sqrt(1 + h^2)).

    A sigmoid made of operations that every processor rounds alike (an exponential is not).

    step   0, or the multiple of micro-points to round to: 1,000 makes scores of three digits
    """
    root = half * half
    root += np.float32(1)
    np.sqrt(root, out=root)
    half /= root
    half += np.float32(1)
    half *= np.float32(POINTS / 2 / (step or 1))
    whole: Int32 = np.rint(half, out=half).astype(np.int32)
    return whole * np.int32(step) if step else whole


@dataclass(frozen=True, eq=False)
class Tastes:
    """What scores come from. affinity(c, i) = SPREAD / sqrt(F) * customer[c] . item[i] + popularity[i]

    customer    float32 (n_customers, F) on the grid
    item        float32 (n_items, F) on the grid
    popularity  float32 (n_items,)
    step        micro-points that scores are rounded to, 0 = whole micro-points
    """

    customer: Float32
    item: Float32
    popularity: Float32
    step: int = 0

    @classmethod
    def drawn(cls, n: int, m: int, seed: int, n_factors: int = 16, step: int = 0) -> Tastes:
        """Tastes of n customers and m items; the items are the same for any number of customers."""
        items, people = stream(seed, "style"), stream(seed, "taste")
        item = on_grid(items, m, n_factors)
        popularity = items.standard_normal(m, np.float32) * np.float32(0.5)
        customer = np.concatenate([on_grid(people, min(ROWS, n - lo), n_factors) for lo in range(0, n, ROWS)])
        return cls(customer, item, popularity, step)

    def fill(self, lo: int, out: Int32) -> None:
        """Write the scores of customers lo, lo + 1, ... into out, int32 (any, n_items)."""
        half_popularity = self.popularity / np.float32(2)
        rows = max(1, PAIRS // max(1, out.shape[1]))
        scale, items = np.float32(SPREAD / 2 / self.item.shape[1] ** 0.5), np.ascontiguousarray(self.item.T)
        for start in range(0, out.shape[0], rows):
            part = out[start : start + rows]
            half = self.customer[lo + start : lo + start + part.shape[0]] @ items
            half *= scale
            half += half_popularity
            part[:] = points_of(half, self.step)

    def points(self) -> Int32:
        """Everybody's scores, int32 (n_customers, n_items)."""
        out = np.empty((self.customer.shape[0], self.item.shape[0]), np.int32)
        self.fill(0, out)
        return out


def eligibility(n: int, m: int, seed: int, share: float = 0.9) -> Bool:
    """bool (n, m): each pair is allowed with this chance (in steps of 1/256), drawn alone."""
    rng, limit = stream(seed, "eligibility"), round(256 * share)
    allowed = np.empty((n, m), np.bool_)
    for lo in range(0, n, ROWS):
        part = allowed[lo : lo + ROWS]
        np.less(rng.integers(0, 256, part.shape, np.uint8), limit, out=part)
    return allowed


def history(n: int, n_families: int, seed: int, received: int = 2) -> Int32:
    """int32 (n, received): families each customer was sent before."""
    return stream(seed, "history").integers(0, n_families, (n, received), np.int32)


def forbid(allowed: Bool, family: Int32, received: Int32) -> None:
    """Take the items of received families out of `allowed`, in place.

    family    int32 (m,) family of each item, 0..n_families-1
    received  int32 (any, k) as from `history`, a row per row of `allowed`; -1 = none
    """
    order = np.argsort(family, kind="stable")
    sizes = np.bincount(family)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    for k in range(int(sizes.max(initial=0))):
        item = order[np.minimum(first + k, order.size - 1)]  # the k-th item of each family, where it has one
        for column in received.T:
            rows = np.flatnonzero((column >= 0) & (sizes[column] > k))
            allowed[rows, item[column[rows]]] = False


def stock_of(n: int, m: int, seed: int, supply: float = 1.3, pool: Int32 | None = None) -> Int64:
    """int64 (n_pools, m): `supply` times the slots of each pool's customers, dealt out to items by a Dirichlet(3)."""
    rng = stream(seed, "stock")
    served = np.array([n]) if pool is None else np.bincount(pool)
    shares = rng.dirichlet(np.full(m, 3.0), served.size)
    return np.maximum(1, np.rint(shares * (served * BOX * supply)[:, None])).astype(np.int64)


def pools_of(n: int, n_pools: int, seed: int) -> Int32 | None:
    """int32 (n,): the warehouse of each customer, the first one the largest; None when there is only one."""
    if n_pools == 1:
        return None
    weight = 1 / np.arange(1, n_pools + 1)
    drawn = stream(seed, "pools").choice(n_pools, n, p=weight / weight.sum()).astype(np.int32)
    drawn[: min(n, n_pools)] = np.arange(min(n, n_pools))  # nobody's warehouse is left out
    return drawn


@dataclass(frozen=True, eq=False)
class FactorBlocks:
    """Utilities made on demand (`optimizer.problem.UtilityBlocks`): factors, profiles and history, never the matrix.

    tastes    whose factors make the scores
    profile   uint8 (n_customers,)  row of `suits` of each customer
    suits     bool (n_profiles, n_items)  what customers of a profile may get
    family    int32 (n_items,); received int32 (n_customers, k): families not to be sent again
    """

    tastes: Tastes
    profile: npt.NDArray[np.uint8]
    suits: Bool
    family: Int32
    received: Int32

    @classmethod
    def drawn(cls, n: int, m: int, seed: int, family: Int32, n_factors: int = 64) -> FactorBlocks:
        """n customers of 64 profiles, each of which suits about nine items in ten."""
        rng = stream(seed, "eligibility")
        suits = rng.random((64, m)) < 0.9
        profile = rng.integers(0, 64, n, np.uint8)
        received = history(n, int(family.max(initial=0)) + 1, seed)
        return cls(Tastes.drawn(n, m, seed, n_factors), profile, suits, family, received)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return self.profile.size, self.suits.shape[1]

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """Utility and allowed of customers lo..hi-1."""
        utility = np.empty((hi - lo, self.shape[1]), np.int32)
        self.tastes.fill(lo, utility)
        allowed = self.suits[self.profile[lo:hi]]
        forbid(allowed, self.family, self.received[lo:hi])
        return utility, allowed
