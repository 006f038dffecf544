"""Does a set of boxes obey every rule? Each broken rule is named in words a merchandiser reads.

Works on blocks of customers, so that utilities made on demand are never held whole. Shares no code with the solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.problem import NO_LIMIT, Band, BoxProblem, GroupLimit, IntArray, PairRule

BoolArray = npt.NDArray[np.bool_]
ROWS = 65_536
"""Customers looked at in one go."""


@dataclass(frozen=True)
class Fault:
    """One broken rule.

    rule          which kind: "shape", "position", "order", "repeat", "allowed", "slots", "at_most", "at_least", "band",
                  "apart", "together", "locked", "short", "stock", "quota"; of a plan also "plan"
    customer_idx  whose box, or None when no single box is to blame
    item_idx      which item, or None
    words         what is wrong, with what was found and what was expected
    """

    rule: str
    customer_idx: int | None
    item_idx: int | None
    words: str


def check(problem: BoxProblem, boxes: npt.ArrayLike) -> list[Fault]:
    """Every rule that `boxes` break; empty when the boxes are legal.

    boxes   integer (n_customers, any width) item positions, -1 = missing slot, always last

    Faults of single boxes come first, by rule and then customer within each block of customers; stock and quotas last.
    """
    given = np.asarray(boxes)
    if given.ndim != 2 or given.shape[0] != problem.n_customers or given.dtype.kind not in "iu":
        words = f"expected integer boxes with {problem.n_customers} rows, found {given.dtype} of shape {given.shape}"
        return [Fault("shape", None, None, words)]
    known = (given >= -1) & (given < problem.n_items)
    faults = [
        Fault("position", c, None, f"slot {s} of the box holds item {given[c, s]}, expected -1..{problem.n_items - 1}")
        for c, s in _where(~known)
    ]
    packed = np.where(known, given, -1).astype(np.int32)
    for lo in range(0, problem.n_customers, ROWS):
        faults += _check_block(problem, packed[lo : lo + ROWS], lo)
    return [*faults, *_stock(problem, packed), *_quotas(problem, packed)]


def _check_block(problem: BoxProblem, boxes: npt.NDArray[np.int32], lo: int) -> Iterator[Fault]:
    """Faults of single boxes, of customers lo, lo + 1, ..."""
    rules, filled = problem.rules, boxes >= 0
    late = filled[:, 1:] & ~filled[:, :-1]
    for late_c in np.flatnonzero(late.any(axis=1)):
        yield Fault("order", lo + int(late_c), None, "a missing slot (-1) stands before an item, expected it last")
    in_order = np.sort(boxes, axis=1)
    for c, s in _where((in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)):
        yield Fault("repeat", lo + c, int(in_order[c, s]), f"item {in_order[c, s]} is in the box more than once")
    _, allowed = problem.block(lo, lo + boxes.shape[0])
    for c, s in _where(filled & ~_pick(allowed, boxes)):
        yield Fault("allowed", lo + c, int(boxes[c, s]), f"item {boxes[c, s]} is not allowed for this customer")
    yield from _slots(problem, filled, lo)
    for group in rules.groups:
        yield from _group(group, boxes, lo)
    for band in rules.bands:
        yield from _band(band, boxes, lo)
    for pair in rules.pairs:
        yield from _pair(pair, boxes, lo)
    if problem.locked is not None:
        yield from _locked(problem.locked[lo : lo + boxes.shape[0]], boxes, lo)


def _slots(problem: BoxProblem, filled: BoolArray, lo: int) -> Iterator[Fault]:
    """Boxes that hold too many items, or too few for the policy on short boxes."""
    count, sizes, short = filled.sum(axis=1), problem.sizes[lo : lo + filled.shape[0]], problem.rules.short
    for c in np.flatnonzero(count > sizes):
        yield Fault("slots", lo + int(c), None, f"the box holds {count[c]} items, expected at most {sizes[c]}")
    wrong = (count < sizes) & {"ship_short": False, "no_box": count > 0, "stop": True}[short]
    for c in np.flatnonzero(wrong):
        expected = f"{sizes[c]} or none" if short == "no_box" else f"{sizes[c]}"
        yield Fault("short", lo + int(c), None, f'the box holds {count[c]} items, expected {expected} ("{short}")')


def _group(group: GroupLimit, boxes: npt.NDArray[np.int32], lo: int) -> Iterator[Fault]:
    if not group.n_groups:
        return
    labels = np.append(group.labels, np.int32(-1))[boxes]
    counts = sum((labels == column[:, None]).astype(np.int64) for column in labels.T)
    over = (labels >= 0) & (counts > group.most[labels])
    for c in np.flatnonzero(over.any(axis=1)):
        for label in np.unique(labels[c][over[c]]):
            found = int((labels[c] == label).sum())
            words = f"{group.name}: {found} items of group {label}, expected at most {group.most[label]}"
            yield Fault("at_most", lo + int(c), None, words)
    ships = (boxes >= 0).any(axis=1)
    for label in np.flatnonzero(group.least):
        have = (labels == label).sum(axis=1)
        for c in np.flatnonzero(ships & (have < group.least[label])):
            words = f"{group.name}: {have[c]} items of group {label}, expected at least {group.least[label]}"
            yield Fault("at_least", lo + int(c), None, words)


def totals(amount: IntArray, boxes: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    """(n_boxes,) total amount of each box; Python ints where int64 might not hold the sum."""
    room = NO_LIMIT // max(1, boxes.shape[1])
    wide = amount if int(amount.max(initial=0)) <= room else amount.astype(object)
    return np.where(boxes >= 0, wide[boxes], 0).sum(axis=1) if amount.size else np.zeros(len(boxes), np.int64)


def _band(band: Band, boxes: npt.NDArray[np.int32], lo: int) -> Iterator[Fault]:
    ships, total = (boxes >= 0).any(axis=1), totals(band.amount, boxes)
    if band.low is not None:
        for c in np.flatnonzero(ships & (total < band.low)):
            words = f"{band.name}: the box sums to {total[c]}, expected at least {band.low}"
            yield Fault("band", lo + int(c), None, words)
    if band.high is not None:
        for c in np.flatnonzero(ships & (total > band.high)):
            words = f"{band.name}: the box sums to {total[c]}, expected at most {band.high}"
            yield Fault("band", lo + int(c), None, words)


def _pair(pair: PairRule, boxes: npt.NDArray[np.int32], lo: int) -> Iterator[Fault]:
    has_i, has_j = (boxes == pair.i).any(axis=1), (boxes == pair.j).any(axis=1)
    wrong = has_i & has_j if pair.kind == "apart" else has_i ^ has_j
    for c in np.flatnonzero(wrong):
        if pair.kind == "apart":
            yield Fault("apart", lo + int(c), pair.i, f"items {pair.i} and {pair.j} may not share a box")
        else:
            there, missing = (pair.i, pair.j) if has_i[c] else (pair.j, pair.i)
            yield Fault("together", lo + int(c), missing, f"item {there} may only ship together with item {missing}")


def _locked(locked: npt.NDArray[np.int32], boxes: npt.NDArray[np.int32], lo: int) -> Iterator[Fault]:
    ships = (boxes >= 0).any(axis=1)
    for column in locked.T:
        missing = ships & (column >= 0) & ~(boxes == column[:, None]).any(axis=1)
        for c in np.flatnonzero(missing):
            yield Fault("locked", lo + int(c), int(column[c]), f"item {column[c]} is locked but not in the box")


def _stock(problem: BoxProblem, boxes: npt.NDArray[np.int32]) -> Iterator[Fault]:
    used = usage(problem, boxes)
    for pool, item in _where(used > problem.stock):
        words = f"stock of item {item} in pool {pool}: {used[pool, item]} packed, {problem.stock[pool, item]} available"
        yield Fault("stock", None, item, words)


def _quotas(problem: BoxProblem, boxes: npt.NDArray[np.int32]) -> Iterator[Fault]:
    for quota, sent in zip(problem.quotas, quota_totals(problem, boxes), strict=True):
        if quota.at_most is not None and sent > quota.at_most:
            yield Fault("quota", None, None, f"{quota.name}: {sent} sent, expected at most {quota.at_most}")


def usage(problem: BoxProblem, boxes: npt.NDArray[np.int32]) -> IntArray:
    """int64 (n_pools, n_items) units packed from each pool."""
    cell = problem.pools[:, None].astype(np.int64) * problem.n_items + boxes
    counts = np.bincount(cell[boxes >= 0], minlength=problem.stock.size)
    return counts.reshape(problem.stock.shape).astype(np.int64)


def quota_totals(problem: BoxProblem, boxes: npt.NDArray[np.int32]) -> list[int]:
    """Amount sent under each quota, exact, in the quota's own unit."""
    sent = []
    for quota in problem.quotas:
        counted = boxes if quota.customers is None else boxes[quota.customers]
        units = np.bincount(counted[counted >= 0], minlength=problem.n_items)
        sent.append(sum(int(units[i]) * int(quota.amount[i]) for i in np.flatnonzero(units)))
    return sent


def _where(mask: BoolArray) -> Iterator[tuple[int, int]]:
    """Row and column of every True, in reading order."""
    for row, column in np.argwhere(mask):
        yield int(row), int(column)


def _pick(matrix: npt.NDArray[Any], boxes: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    """Cell of `matrix` under each slot of the same row's box; whatever stands last where the slot is missing."""
    if not matrix.shape[1]:
        return np.zeros(boxes.shape, matrix.dtype)
    return matrix[np.arange(len(boxes))[:, None], boxes]
