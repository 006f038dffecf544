"""The fullest legal boxes of many customers: how many items, of all or of some, their own rules let them hold.

Asked of the same exact kernel that packs the boxes, with items that count 1 or 0 instead of utilities.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import GRID, Bool, BoxProblem, BoxRules, Int32, Int64


class MaskBlocks(Protocol):
    """Which pairs may be packed, by blocks of customers."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        ...

    def block(self, lo: int, hi: int) -> Bool:
        """bool (hi - lo, n_items): True = may be packed."""
        ...


@dataclass(frozen=True, eq=False)
class _Masks:
    """The masks of a problem."""

    problem: BoxProblem

    @property
    def shape(self) -> tuple[int, int]:
        return self.problem.n_customers, self.problem.n_items

    def block(self, lo: int, hi: int) -> Bool:
        return self.problem.block(lo, hi)[1]


@dataclass(frozen=True, eq=False)
class AllowedBits:
    """Which pairs are allowed, one bit each, so that questions about all customers need no second look at the data.

    bits  uint8 (n_customers, (n_items + 7) // 8)  item i is bit i % 8 of byte i // 8
    """

    bits: np.ndarray[tuple[int, int], np.dtype[np.uint8]]
    n_items: int

    @classmethod
    def of(cls, problem: BoxProblem) -> AllowedBits:
        """All pairs of a problem, in one pass over its blocks."""
        return cls.of_blocks(_Masks(problem))

    @classmethod
    def of_blocks(cls, masks: MaskBlocks) -> AllowedBits:
        """The same of masks that are at hand without utilities."""
        n_customers, n_items = masks.shape
        bits = np.zeros((n_customers, (n_items + 7) // 8), np.uint8)
        for lo in range(0, n_customers, GRID):
            hi = min(lo + GRID, n_customers)
            bits[lo:hi] = np.packbits(masks.block(lo, hi), axis=1, bitorder="little")
        return cls(bits, n_items)

    def rows(self, customers: Int32) -> Bool:
        """bool (len(customers), n_items)."""
        unpacked = np.unpackbits(self.bits[customers], axis=1, count=self.n_items, bitorder="little")
        return unpacked.astype(np.bool_)


def fullest(
    problem: BoxProblem,
    pairs: AllowedBits,
    customers: Int32,
    counts: Int64,
    *,
    usable: Bool | None = None,
    rules: BoxRules | None = None,
    slots: Int32 | None = None,
) -> Int64:
    """int64 (n,): the most that a legal box of each customer can count; 0 where only the empty box is legal.

    customers  int32 (n,)
    counts     int64 (n_items,) what one unit of each item counts
    usable     bool (n_items,) or (n, n_items): items looked at; None = all
    rules      instead of the problem's; "stop" counts as "no_box"
    slots      int32 (n,) instead of the problem's sizes
    """
    boxes = best_of(problem, pairs, customers, counts, usable=usable, rules=rules, slots=slots)
    held: Int64 = np.where(boxes >= 0, np.append(counts, 0)[boxes], 0).sum(axis=1)
    return held


def best_of(
    problem: BoxProblem,
    pairs: AllowedBits,
    customers: Int32,
    counts: Int64,
    *,
    usable: Bool | None = None,
    rules: BoxRules | None = None,
    slots: Int32 | None = None,
    utility: Int32 | None = None,
    unit: int = 1,
) -> Int32:
    """int32 (n, width) boxes, -1 = missing slot: those that `fullest` counts; with utilities, unit * utility + counts.

    utility   int32 (n, n_items) or None for nothing
    """
    rules = problem.rules if rules is None else rules
    looser = replace(rules, short_penalty=0, short="no_box" if rules.short == "stop" else rules.short)
    sizes = problem.sizes[customers] if slots is None else slots
    out = np.full((customers.size, max(problem.width, 1)), -1, np.int32)
    step = max(1, 8_000_000 // max(1, problem.n_items))
    for lo in range(0, customers.size, step):
        who = customers[lo : lo + step]
        allowed = pairs.rows(who)
        if usable is not None:
            allowed &= usable if usable.ndim == 1 else usable[lo : lo + step]
        few = BoxProblem(
            np.zeros(allowed.shape, np.int32) if utility is None else utility[lo : lo + step],
            allowed,
            np.zeros(problem.n_items, np.int64),
            rules=looser,
            locked=None if problem.locked is None else problem.locked[who],
            slots=sizes[lo : lo + step],
        )
        oracle = ThreadedOracle(few, unit)
        answer = oracle.run(np.ascontiguousarray(-counts[None, :]), boxes=True)
        assert answer.boxes is not None
        out[lo + oracle.order, : answer.boxes.shape[1]] = answer.boxes
    return out
