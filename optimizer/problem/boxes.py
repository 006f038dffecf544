"""What is to be packed: utilities, allowed pairs, stock, and the rules (optimizer/problem/rules.py).

Everything is checked once, here; whatever a `BoxProblem` holds may be trusted by the solver and by the second opinion.
The rules and their formulas are listed in docs/packing.md, one row each.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from optimizer.problem.arrays import Bool, Int32
from optimizer.problem.pairs import InMemory, OnDemand, Pairs, UtilityBlocks
from optimizer.problem.rules import POINTS, Band, BoxRules, IntArray, Quota, frozen


def to_points(scores: npt.ArrayLike) -> Int32:
    """Turn float scores into integer micro-points, rounding half to even.

    scores   any shape; 1.0 becomes 1,000,000

    Raises ValueError when a score is NaN or infinite, or too large for int32 (beyond about 2,147).
    """
    given = np.asarray(scores)
    given = given if given.dtype.kind == "f" else given.astype(np.float64)
    points = np.empty(given.shape, np.int32)
    flat, out = given.reshape(-1), points.reshape(-1)
    for lo in range(0, flat.size, AT_ONCE):
        values = flat[lo : lo + AT_ONCE] * np.float64(POINTS)
        np.rint(values, out=values)
        if not (values.min() >= -LARGEST and values.max() <= LARGEST):  # NaN is neither
            _refuse(flat)
        out[lo : lo + AT_ONCE] = values
    return points


AT_ONCE = 1 << 16
"""Scores turned at a time: few enough to stay in a core's cache."""
LARGEST = np.iinfo(np.int32).max


def _refuse(scores: npt.NDArray[np.generic]) -> None:
    values = scores.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("expected finite scores, found NaN or infinity")
    raise ValueError(f"expected scores within +-2147, found {values[int(np.abs(values).argmax())]}")


@dataclass(frozen=True, eq=False)
class BoxProblem:
    """One campaign's packing problem, in positions and integers.

    utility   int32 (n_customers, n_items) micro-points, or `UtilityBlocks` for data that does not fit
    allowed   bool (n_customers, n_items), True = may be packed; None when utility is `UtilityBlocks`
    stock     int64 (n_pools, n_items) units available, >= 0; (n_items,) means one pool
    rules     the rules of one box
    pool      int32 (n_customers,) row of stock that serves the customer; None = 0
    quotas    rules across boxes beyond stock
    locked    int32 (n_customers, <=k) item positions that a box must hold, -1 = none. A lock that is not allowed,
              or locks that no box can hold together, leave the customer without a box: a fact to report, not an error
    slots     int32 (n_customers,) box size per customer, >= 0; None = rules.size
    pairs     utility and allowed in one shape, whichever way they were handed in: how everyone reads them

    Raises ValueError where shapes, types or ranges do not fit together.
    """

    utility: Int32 | UtilityBlocks
    allowed: Bool | None
    stock: IntArray
    rules: BoxRules = field(default_factory=BoxRules)
    pool: Int32 | None = None
    quotas: tuple[Quota, ...] = ()
    locked: Int32 | None = None
    slots: Int32 | None = None
    pairs: Pairs = field(init=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        if isinstance(self.utility, UtilityBlocks):
            if self.allowed is not None:
                raise ValueError("allowed: expected None when utility comes in blocks")
            put(self, "pairs", OnDemand(self.utility))
        elif self.allowed is None:
            raise ValueError("allowed: expected a bool matrix, found None")
        else:
            whole = InMemory(self.utility, self.allowed)
            put(self, "pairs", whole)
            put(self, "utility", whole.utility)
            put(self, "allowed", whole.allowed)
        n_customers, n_items = self.pairs.shape
        stock = np.asarray(self.stock)
        put(self, "stock", frozen(stock[None, :] if stock.ndim == 1 else stock, np.int64, (None, n_items), "stock"))
        if self.stock.size and self.stock.min() < 0:
            raise ValueError(f"stock: expected units >= 0, found {self.stock.min()}")
        put(self, "quotas", tuple(self.quotas))
        self._check_customers(n_customers, n_items)
        self._check_rules(n_customers, n_items)

    def _check_customers(self, n_customers: int, n_items: int) -> None:
        put = object.__setattr__
        if self.pool is not None:
            put(self, "pool", frozen(self.pool, np.int32, (n_customers,), "pool"))
            if n_customers and not 0 <= self.pool.min() <= self.pool.max() < self.stock.shape[0]:
                raise ValueError(f"pool: expected rows 0..{self.stock.shape[0] - 1}, found {np.unique(self.pool)}")
        elif self.stock.shape[0] < 1 and n_customers:
            raise ValueError("stock: expected at least one pool, found none")
        if self.slots is not None:
            put(self, "slots", frozen(self.slots, np.int32, (n_customers,), "slots"))
            if n_customers and self.slots.min() < 0:
                raise ValueError(f"slots: expected sizes >= 0, found {self.slots.min()}")
        if self.locked is not None:
            put(self, "locked", frozen(self.locked, np.int32, (n_customers, None), "locked"))
            if self.locked.size and not -1 <= self.locked.min() <= self.locked.max() < n_items:
                found = self.locked.min() if self.locked.min() < -1 else self.locked.max()
                raise ValueError(f"locked: expected item positions -1..{n_items - 1}, found {found}")

    def _check_rules(self, n_customers: int, n_items: int) -> None:
        for group in self.rules.groups:
            if group.labels.shape != (n_items,):
                raise ValueError(f"{group.name}: expected {n_items} labels, found {group.labels.shape[0]}")
        amounts: tuple[Band | Quota, ...] = (*self.rules.bands, *self.quotas)
        for weighted in amounts:
            if weighted.amount.shape != (n_items,):
                raise ValueError(f"{weighted.name}: expected {n_items} amounts, found {weighted.amount.shape[0]}")
        for quota in self.quotas:
            if quota.customers is not None and quota.customers.shape != (n_customers,):
                raise ValueError(
                    f"{quota.name}: expected a segment of {n_customers} customers, found {quota.customers.shape[0]}"
                )
        for pair in self.rules.pairs:
            if max(pair.i, pair.j) >= n_items:
                raise ValueError(f"pair rule: expected items below {n_items}, found {max(pair.i, pair.j)}")

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return self.pairs.shape[0]

    @property
    def n_items(self) -> int:
        """Number of items offered."""
        return self.pairs.shape[1]

    @property
    def n_pools(self) -> int:
        """Number of rows of stock."""
        return int(self.stock.shape[0])

    @property
    def sizes(self) -> Int32:
        """int32 (n_customers,) slots of each customer's box."""
        return np.full(self.n_customers, self.rules.size, np.int32) if self.slots is None else self.slots

    @property
    def pools(self) -> Int32:
        """int32 (n_customers,) row of stock of each customer."""
        return np.zeros(self.n_customers, np.int32) if self.pool is None else self.pool

    @property
    def width(self) -> int:
        """Slots of the largest box: the number of columns of `Plan.boxes`."""
        return int(self.sizes.max()) if self.n_customers else self.rules.size

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """Utility int32 and allowed bool of customers lo..hi-1, both (hi - lo, n_items)."""
        return self.pairs.block(lo, hi)
