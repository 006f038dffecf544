"""Utility and allowed of every customer/item pair, in one shape: blocks, one of them in memory or all made on demand.

Whoever reads pairs reads them through `BoxProblem.pairs` and does not know which of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from threading import Lock
from typing import Any, Protocol, runtime_checkable

import numpy as np

from optimizer.problem.arrays import Bool, Int32
from optimizer.problem.rules import frozen

GRID = 4_096
"""Customers read at a time."""


@runtime_checkable
class UtilityBlocks(Protocol):
    """Utilities made on demand, for data that does not fit in memory: what a caller hands in."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        ...

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """Utility int32 and allowed bool of customers lo..hi-1, both (hi - lo, n_items). Same call, same bytes."""
        ...


class Pairs(Protocol):
    """All pairs of a problem: what solver and second opinion read. Safe to call from several threads."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        ...

    @property
    def in_memory(self) -> bool:
        """True when reading a row costs nothing."""
        ...

    @property
    def largest(self) -> int:
        """No utility is further from 0 than this, micro-points."""
        ...

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """Utility int32 and allowed bool of customers lo..hi-1, both (hi - lo, n_items), read-only."""
        ...

    def portions(self, customers: Int32) -> Iterator[tuple[slice, Int32, Bool]]:
        """Utility and allowed of the customers named (ascending), in portions: (which of them, utility, allowed)."""
        ...

    def worthless(self) -> Any:
        """The same pairs worth nothing: what to hand in as `BoxProblem.utility`."""
        ...


@dataclass(frozen=True, eq=False)
class InMemory:
    """All pairs as one block. Raises ValueError where shapes or types do not fit."""

    utility: Int32
    allowed: Bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "utility", frozen(self.utility, np.int32, (None, None), "utility"))
        object.__setattr__(self, "allowed", frozen(self.allowed, np.bool_, self.utility.shape, "allowed"))

    @property
    def shape(self) -> tuple[int, int]:
        """See `Pairs`."""
        return self.utility.shape[0], self.utility.shape[1]

    @property
    def in_memory(self) -> bool:
        """See `Pairs`."""
        return True

    @cached_property
    def largest(self) -> int:
        """See `Pairs`."""
        return int(max(self.utility.max(initial=0), -int(self.utility.min(initial=0))))

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """See `Pairs`."""
        return self.utility[lo:hi], self.allowed[lo:hi]

    def portions(self, customers: Int32) -> Iterator[tuple[slice, Int32, Bool]]:
        """See `Pairs`."""
        for lo in range(0, len(customers), GRID):
            who = customers[lo : lo + GRID]
            yield slice(lo, lo + len(who)), self.utility[who], self.allowed[who]

    def worthless(self) -> Int32:
        """See `Pairs`."""
        return np.zeros(self.utility.shape, np.int32)


@dataclass(frozen=True, eq=False)
class OnDemand:
    """Pairs made block by block, one block at a time: a `UtilityBlocks` need not be safe to call from several threads.

    Raises ValueError when a block that was made does not have the shape and types promised.
    """

    source: UtilityBlocks
    _making: Any = field(default_factory=Lock, repr=False)

    def __reduce__(self) -> tuple[type[OnDemand], tuple[UtilityBlocks]]:
        return OnDemand, (self.source,)  # a copy gets a lock of its own

    @property
    def shape(self) -> tuple[int, int]:
        """See `Pairs`."""
        n_customers, n_items = self.source.shape
        return int(n_customers), int(n_items)

    @property
    def in_memory(self) -> bool:
        """See `Pairs`."""
        return False

    @property
    def largest(self) -> int:
        """See `Pairs`: what int32 can hold, for nothing is read to find out."""
        return 2**31

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """See `Pairs`."""
        with self._making:
            utility, allowed = self.source.block(lo, hi)
        shape = (hi - lo, self.shape[1])
        return frozen(utility, np.int32, shape, "utility block"), frozen(allowed, np.bool_, shape, "allowed block")

    def portions(self, customers: Int32) -> Iterator[tuple[slice, Int32, Bool]]:
        """See `Pairs`."""
        n_customers = self.shape[0]
        cuts = np.searchsorted(customers, np.arange(0, n_customers + GRID, GRID))
        for number, (lo, hi) in enumerate(pairwise(cuts.tolist())):
            if lo < hi:
                start = number * GRID
                utility, allowed = self.block(start, min(start + GRID, n_customers))
                who = customers[lo:hi] - start
                yield slice(lo, hi), utility[who], allowed[who]

    def worthless(self) -> UtilityBlocks:
        """See `Pairs`."""
        return Worthless(self.source)


@dataclass(frozen=True, eq=False)
class Worthless:
    """The pairs of another `UtilityBlocks`, all worth 0."""

    source: UtilityBlocks

    @property
    def shape(self) -> tuple[int, int]:
        """As `UtilityBlocks.shape`."""
        return self.source.shape

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """As `UtilityBlocks.block`."""
        utility, allowed = self.source.block(lo, hi)
        return np.zeros_like(utility), allowed
