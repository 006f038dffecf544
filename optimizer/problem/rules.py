"""The rules of one box and the rules across boxes, each a frozen dataclass that refuses what makes no sense.

The rules and their formulas are listed in docs/packing.md, one row each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
POINTS = 1_000_000
"""Micro-points in one point; a score of 1.0 is one point."""
NO_LIMIT = np.iinfo(np.int64).max // 4
"""Stands for "no upper limit" in integer limits."""

ShortPolicy = Literal["ship_short", "no_box", "stop"]


def frozen(array: npt.ArrayLike, dtype: type, shape: tuple[int | None, ...], name: str) -> npt.NDArray[Any]:
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
        labels = frozen(self.labels, np.int32, (None,), f"{self.name}: labels")
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
        amount = frozen(self.amount, np.int64, (None,), f"{self.name}: amount")
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
        amount = frozen(self.amount, np.int64, (None,), f"{self.name}: amount")
        object.__setattr__(self, "amount", amount)
        if self.customers is not None:
            customers = frozen(self.customers, np.bool_, (None,), f"{self.name}: customers")
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
