"""What is to be packed: utilities, allowed pairs, stock, the rules of one box and the rules across boxes.

Everything is checked once, here; whatever a `BoxProblem` holds may be trusted by the solver and by the second opinion.
The rules and their formulas are listed in docs/packing.md, one row each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
POINTS = 1_000_000
"""Micro-points in one point; a score of 1.0 is one point."""
NO_LIMIT = np.iinfo(np.int64).max // 4
"""Stands for "no upper limit" in integer limits."""

ShortPolicy = Literal["ship_short", "no_box", "stop"]


def to_points(scores: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Turn float scores into integer micro-points, rounding half to even.

    scores   any shape; 1.0 becomes 1,000,000

    Raises ValueError when a score is NaN or infinite, or too large for int32 (beyond about 2,147).
    """
    values = np.asarray(scores, dtype=np.float64)
    points = np.rint(values * POINTS)
    if not np.isfinite(points).all():
        raise ValueError("expected finite scores, found NaN or infinity")
    if points.size and np.abs(points).max() > np.iinfo(np.int32).max:
        raise ValueError(f"expected scores within +-2147, found {values.flat[int(np.abs(points).argmax())]}")
    return points.astype(np.int32)


@runtime_checkable
class UtilityBlocks(Protocol):
    """Utilities made on demand, for data that does not fit in memory."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        ...

    def block(self, lo: int, hi: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """Utility int32 and allowed bool of customers lo..hi-1, both (hi - lo, n_items). Same call, same bytes."""
        ...


def _frozen(array: npt.ArrayLike, dtype: type, shape: tuple[int | None, ...], name: str) -> npt.NDArray[Any]:
    """A read-only view of `array` in `dtype`, refusing a lossy conversion or an unexpected shape."""
    given = np.asarray(array)
    if given.dtype != dtype:
        cast: npt.NDArray[Any] = given.astype(dtype)
        if given.dtype == bool or not np.array_equal(cast, given):
            raise ValueError(f"{name}: expected {np.dtype(dtype).name}, found {given.dtype}")
        given = cast
    if given.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, given.shape, strict=True)):
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise ValueError(f"{name}: expected shape ({wanted}), found {given.shape}")
    view = given.view()
    view.flags.writeable = False
    return view


def _whole(owner: object, name: str, *fields: str) -> None:
    """Make numbers ints, refusing any that is not whole (2.0 is); absent ones (None) are fine."""
    for field_name in fields:
        given: Any = getattr(owner, field_name)
        if given is None:
            continue
        number = isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)
        if not number or given != given // 1:
            raise ValueError(f"{name}: expected a whole number {field_name}, got {given!r}")
        object.__setattr__(owner, field_name, int(given))


@dataclass(frozen=True, eq=False)
class GroupLimit:
    """How many items of one group a box may hold, e.g. at most two per category.

    labels    int32 (n_items,)  group of each item, 0..n_groups-1; -1 = in no group
    at_most   items of a group per box, >= 1; one int for all groups or one per group; None = no limit
    at_least  items of a group per box, >= 0; likewise; None = no limit. An empty box is exempt.
    """

    name: str
    labels: npt.NDArray[np.int32]
    at_most: int | Sequence[int] | npt.NDArray[np.int64] | None = None
    at_least: int | Sequence[int] | npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        labels = _frozen(self.labels, np.int32, (None,), f"{self.name}: labels")
        if labels.size and labels.min() < -1:
            raise ValueError(f"{self.name}: expected labels >= -1, found {labels.min()}")
        object.__setattr__(self, "labels", labels)
        if self.at_most is None and self.at_least is None:
            raise ValueError(f"{self.name}: expected at_most or at_least, found neither")
        for side, least in (("at_most", 1), ("at_least", 0)):
            given = getattr(self, side)
            if given is None:
                continue
            limits = np.asarray(given)
            if limits.dtype == bool or not np.array_equal(limits, limits.astype(np.int64)):
                raise ValueError(f"{self.name}: expected whole numbers {side}, got {given!r}")
            if limits.ndim and limits.shape != (self.n_groups,):
                raise ValueError(f"{self.name}: expected {side} for {self.n_groups} groups, found {limits.shape}")
            if limits.size and limits.min() < least:
                raise ValueError(f"{self.name}: expected {side} >= {least}, got {limits.min()}")

    @property
    def n_groups(self) -> int:
        """Number of groups, the highest label plus one."""
        return int(self.labels.max()) + 1 if self.labels.size else 0

    @property
    def most(self) -> IntArray:
        """int64 (n_groups,) upper limits, NO_LIMIT where there is none."""
        return self._limits(self.at_most, NO_LIMIT)

    @property
    def least(self) -> IntArray:
        """int64 (n_groups,) lower limits, 0 where there is none."""
        return self._limits(self.at_least, 0)

    def _limits(self, given: Any, absent: int) -> IntArray:
        return np.array(np.broadcast_to(np.asarray(absent if given is None else given, np.int64), (self.n_groups,)))


@dataclass(frozen=True, eq=False)
class Band:
    """The box's total of one amount lies in [low, high], e.g. retail value at least 25. An empty box is exempt.

    amount    int64 (n_items,)  >= 0, in any unit; low and high in the same unit; None = no limit
    """

    name: str
    amount: IntArray
    low: int | None = None
    high: int | None = None

    def __post_init__(self) -> None:
        amount = _frozen(self.amount, np.int64, (None,), f"{self.name}: amount")
        object.__setattr__(self, "amount", amount)
        _whole(self, self.name, "low", "high")
        if self.low is None and self.high is None:
            raise ValueError(f"{self.name}: expected low or high, found neither")
        if amount.size and amount.min() < 0:
            raise ValueError(f"{self.name}: expected amounts >= 0, found {amount.min()}")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"{self.name}: expected low <= high, found {self.low} > {self.high}")


@dataclass(frozen=True)
class PairRule:
    """Two items never in one box ("apart"), or both or neither ("together").

    kind    "apart" | "together"
    i, j    item positions, different
    """

    kind: Literal["apart", "together"]
    i: int
    j: int

    def __post_init__(self) -> None:
        if self.kind not in ("apart", "together"):
            raise ValueError(f'pair rule: expected "apart" or "together", found {self.kind!r}')
        if self.i == self.j or min(self.i, self.j) < 0:
            raise ValueError(f"pair rule: expected two different item positions >= 0, found {self.i} and {self.j}")


@dataclass(frozen=True, eq=False)
class Quota:
    """At least / at most so many units over the boxes of a segment, e.g. "send at least 20,000 of this brand".

    amount     int64 (n_items,)  >= 0, what one unit of each item counts
    at_least   soft: every unit of amount below it costs `penalty`
    at_most    hard: never exceeded
    customers  bool (n_customers,)  whose boxes count; None = everyone's
    penalty    int micro-points per missing unit of amount, >= 0
    """

    name: str
    amount: IntArray
    at_least: int | None = None
    at_most: int | None = None
    customers: npt.NDArray[np.bool_] | None = None
    penalty: int = POINTS

    def __post_init__(self) -> None:
        amount = _frozen(self.amount, np.int64, (None,), f"{self.name}: amount")
        object.__setattr__(self, "amount", amount)
        if self.customers is not None:
            customers = _frozen(self.customers, np.bool_, (None,), f"{self.name}: customers")
            object.__setattr__(self, "customers", customers)
        if amount.size and amount.min() < 0:
            raise ValueError(f"{self.name}: expected amounts >= 0, found {amount.min()}")
        _whole(self, self.name, "at_least", "at_most", "penalty")
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"{self.name}: expected at_least or at_most, found neither")
        for side in ("at_least", "at_most", "penalty"):
            if (getattr(self, side) or 0) < 0:
                raise ValueError(f"{self.name}: expected {side} >= 0, got {getattr(self, side)}")


@dataclass(frozen=True, eq=False)
class BoxRules:
    """The rules of one box. A box that ships obeys all of them, also when it ships short; an empty box breaks none.

    size           slots of a box, >= 1 (a customer's own size: BoxProblem.slots)
    short_penalty  int micro-points per missing slot, >= 0
    short          what may happen to a box that is not filled: "ship_short" any number of items, "no_box" full or
                   empty, "stop" full or there is no plan at all
    """

    size: int = 5
    groups: tuple[GroupLimit, ...] = ()
    bands: tuple[Band, ...] = ()
    pairs: tuple[PairRule, ...] = ()
    short_penalty: int = 10 * POINTS
    short: ShortPolicy = "ship_short"

    def __post_init__(self) -> None:
        for name in ("groups", "bands", "pairs"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        _whole(self, "box rules", "size", "short_penalty")
        if self.size < 1:
            raise ValueError(f"box size: expected size >= 1, got {self.size}")
        if self.short_penalty < 0:
            raise ValueError(f"short boxes: expected short_penalty >= 0, got {self.short_penalty}")
        if self.short not in ("ship_short", "no_box", "stop"):
            raise ValueError(f'short boxes: expected "ship_short", "no_box" or "stop", found {self.short!r}')


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

    Raises ValueError where shapes, types or ranges do not fit together.
    """

    utility: Any
    allowed: npt.NDArray[np.bool_] | None
    stock: IntArray
    rules: BoxRules = field(default_factory=BoxRules)
    pool: npt.NDArray[np.int32] | None = None
    quotas: tuple[Quota, ...] = ()
    locked: npt.NDArray[np.int32] | None = None
    slots: npt.NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        if self.in_blocks:
            if self.allowed is not None:
                raise ValueError("allowed: expected None when utility comes in blocks")
            n_customers, n_items = self.utility.shape
        else:
            put(self, "utility", _frozen(self.utility, np.int32, (None, None), "utility"))
            n_customers, n_items = self.utility.shape
            if self.allowed is None:
                raise ValueError("allowed: expected a bool matrix, found None")
            put(self, "allowed", _frozen(self.allowed, np.bool_, (n_customers, n_items), "allowed"))
        stock = np.asarray(self.stock)
        put(self, "stock", _frozen(stock[None, :] if stock.ndim == 1 else stock, np.int64, (None, n_items), "stock"))
        if self.stock.size and self.stock.min() < 0:
            raise ValueError(f"stock: expected units >= 0, found {self.stock.min()}")
        put(self, "quotas", tuple(self.quotas))
        self._check_customers(n_customers, n_items)
        self._check_rules(n_customers, n_items)

    def _check_customers(self, n_customers: int, n_items: int) -> None:
        put = object.__setattr__
        if self.pool is not None:
            put(self, "pool", _frozen(self.pool, np.int32, (n_customers,), "pool"))
            if n_customers and not 0 <= self.pool.min() <= self.pool.max() < self.stock.shape[0]:
                raise ValueError(f"pool: expected rows 0..{self.stock.shape[0] - 1}, found {np.unique(self.pool)}")
        elif self.stock.shape[0] < 1 and n_customers:
            raise ValueError("stock: expected at least one pool, found none")
        if self.slots is not None:
            put(self, "slots", _frozen(self.slots, np.int32, (n_customers,), "slots"))
            if n_customers and self.slots.min() < 0:
                raise ValueError(f"slots: expected sizes >= 0, found {self.slots.min()}")
        if self.locked is not None:
            put(self, "locked", _frozen(self.locked, np.int32, (n_customers, None), "locked"))
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
    def in_blocks(self) -> bool:
        """True when utilities are made on demand."""
        return hasattr(self.utility, "block")

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return int(self.utility.shape[0])

    @property
    def n_items(self) -> int:
        """Number of items offered."""
        return int(self.utility.shape[1])

    @property
    def n_pools(self) -> int:
        """Number of rows of stock."""
        return int(self.stock.shape[0])

    @property
    def sizes(self) -> npt.NDArray[np.int32]:
        """int32 (n_customers,) slots of each customer's box."""
        return np.full(self.n_customers, self.rules.size, np.int32) if self.slots is None else self.slots

    @property
    def pools(self) -> npt.NDArray[np.int32]:
        """int32 (n_customers,) row of stock of each customer."""
        return np.zeros(self.n_customers, np.int32) if self.pool is None else self.pool

    @property
    def width(self) -> int:
        """Slots of the largest box: the number of columns of `Plan.boxes`."""
        return int(self.sizes.max()) if self.n_customers else self.rules.size

    def block(self, lo: int, hi: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """Utility int32 and allowed bool of customers lo..hi-1, both (hi - lo, n_items)."""
        if self.in_blocks:
            utility, allowed = self.utility.block(lo, hi)
            return (
                _frozen(utility, np.int32, (hi - lo, self.n_items), "utility block"),
                _frozen(allowed, np.bool_, (hi - lo, self.n_items), "allowed block"),
            )
        assert self.allowed is not None
        return self.utility[lo:hi], self.allowed[lo:hi]
