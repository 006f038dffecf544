"""The rules of one box, compiled for the second opinion's search of best boxes.

Apart pairs become groupings of two with at most one per box, so that every "not too many" rule has one shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.problem import NO_LIMIT, Band, BoxRules, IntArray, PairRule

BoolArray = npt.NDArray[np.bool_]
Boxes = npt.NDArray[np.int32]
Labels = npt.NDArray[np.signedinteger[Any]]
"""int16 where the labels fit, else int32: what is compared most should be small."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """One way to group items, with limits per label.

    labels  (n_items + 1,)  the last cell is -1, so that a missing slot (-1) has no label
    most    int64 (n_groups,)  upper limits
    floors  ((label, at least), ...)  lower limits above 0
    """

    labels: Labels
    most: IntArray
    floors: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Span:
    """A band: the box's total of one amount lies in [low, high].

    amount     (n_items + 1,) int64, Python ints (dtype object) where int64 might not hold a total; the last cell is 0
    low, high  None = no limit; cut to what a box can reach, so that their type is that of the totals
    """

    amount: npt.NDArray[Any]
    low: int | None
    high: int | None

    def totals(self, boxes: Boxes) -> npt.NDArray[Any]:
        """(n_boxes,) total amount of each box."""
        found: npt.NDArray[Any] = self.amount[boxes].sum(axis=1)
        return found


@dataclass(frozen=True)
class Relaxation:
    """Rules that a greedy choice solves exactly: nested upper limits, or both limits of one grouping.

    Leaving all other rules out can only raise the best worth, so it bounds the best legal box from above.
    """

    caps: tuple[int, ...]
    floor: int | None = None


@dataclass(frozen=True, eq=False)
class Rulebook:
    """The compiled rules.

    full   a box holds exactly its slots or nothing ("no_box", "stop")
    mates  the grouping (without limits) whose groups are the lots that ship together, all or none; None = no such rule
    """

    groupings: tuple[Grouping, ...]
    relaxations: tuple[Relaxation, ...]
    spans: tuple[Span, ...]
    full: bool
    mates: int | None = None

    @property
    def lots(self) -> IntArray:
        """(n_lots,) items in each lot that ships together."""
        if self.mates is None:
            return np.zeros(0, np.int64)
        labels = self.groupings[self.mates].labels
        return np.bincount(labels[labels >= 0])

    def legal(self, boxes: Boxes, slots: IntArray) -> BoolArray:
        """(n_boxes,) True where a non-empty box of distinct allowed items, locks included, obeys every rule."""
        count = (boxes >= 0).sum(axis=1)
        good: BoolArray = self.within_limits(boxes) & (count > 0) & (count == slots if self.full else count <= slots)
        for grouping in self.groupings:
            labels = grouping.labels[boxes]
            for label, least in grouping.floors:
                good &= (labels == label).sum(axis=1) >= least
        for span in self.spans:
            if span.low is not None:
                good &= (span.totals(boxes) >= span.low).astype(bool)
        return good & ~self.partial(boxes).any(axis=1)

    def partial(self, boxes: Boxes) -> BoolArray:
        """Shaped as boxes: True for slots whose lot is not in the box as a whole."""
        if self.mates is None:
            return np.zeros(boxes.shape, bool)
        labels = self.groupings[self.mates].labels[boxes]
        return (labels >= 0) & (_counts(labels) < self.lots[labels])

    def within_limits(self, boxes: Boxes) -> BoolArray:
        """(n_boxes,) True where no "not too many" rule is broken; adding items never mends a False."""
        good = np.ones(len(boxes), bool)
        for g in range(len(self.groupings)):
            good &= ~self.over(g, boxes).any(axis=1)
        for span in self.spans:
            if span.high is not None:
                good &= (span.totals(boxes) <= span.high).astype(bool)
        return good

    def over(self, g: int, boxes: Boxes) -> BoolArray:
        """Shaped as boxes: True for slots whose label stands in the box more often than grouping `g` lets it."""
        grouping = self.groupings[g]
        if not len(grouping.most):
            return np.zeros(boxes.shape, bool)
        labels = grouping.labels[boxes]
        return (labels >= 0) & (_counts(labels) > grouping.most[labels])


def _counts(labels: Labels) -> npt.NDArray[np.int16]:
    """Shaped as labels: how often each label stands in its row."""
    counts = np.zeros(labels.shape, np.int16)
    for s in range(labels.shape[1]):
        counts += labels == labels[:, s : s + 1]
    return counts


def compile_rules(rules: BoxRules, n_items: int, width: int) -> Rulebook:
    """Compile the rules of one box for boxes of at most `width` slots."""
    groupings = [
        Grouping(_small(np.append(group.labels, -1)), group.most, _floors(group.least)) for group in rules.groups
    ]
    groupings += _apart([pair for pair in rules.pairs if pair.kind == "apart"], n_items)
    relaxations = _relaxations(groupings, width)
    spans = tuple(_span(band, width) for band in rules.bands)
    lots = _lots([pair for pair in rules.pairs if pair.kind == "together"], n_items)
    mates = len(groupings) if lots else None
    return Rulebook((*groupings, *lots), relaxations, spans, rules.short != "ship_short", mates)


def _lots(pairs: list[PairRule], n_items: int) -> list[Grouping]:
    """Items linked by together pairs, as a grouping without limits; none when there are no such pairs."""
    first = np.arange(n_items)
    for _ in pairs:  # a chain of n pairs is known throughout after at most n rounds
        for pair in pairs:
            first[[pair.i, pair.j]] = min(first[pair.i], first[pair.j])
    _, labels, size = np.unique(first, return_inverse=True, return_counts=True)
    number = np.where(size > 1, np.cumsum(size > 1) - 1, -1)
    n_lots = int((size > 1).sum())
    limits = np.full(n_lots, NO_LIMIT, np.int64)
    return [Grouping(_small(np.append(number[labels], -1)), limits)] if n_lots else []


def _span(band: Band, width: int) -> Span:
    """No box reaches beyond width * the largest amount: a higher limit says no more than that, and fits int64."""
    reach = width * int(band.amount.max(initial=0)) + 1
    amount = np.append(band.amount, 0).astype(np.int64 if reach < 2**60 else object)
    low = None if band.low is None else min(max(band.low, 0), reach)
    high = None if band.high is None else max(min(band.high, reach), -1)
    return Span(amount, low, high)


def _small(labels: IntArray | npt.NDArray[np.int32]) -> Labels:
    return labels.astype(np.int16 if labels.max() < np.iinfo(np.int16).max else np.int32)


def _floors(least: IntArray) -> tuple[tuple[int, int], ...]:
    return tuple((int(label), int(least[label])) for label in np.flatnonzero(least))


def _apart(pairs: list[PairRule], n_items: int) -> list[Grouping]:
    """Apart pairs as groupings of two items; pairs that share no item share a grouping."""
    tables: list[npt.NDArray[np.int32]] = []
    for pair in pairs:
        for labels in tables:
            if labels[pair.i] < 0 and labels[pair.j] < 0:
                break
        else:
            labels = np.full(n_items + 1, -1, np.int32)
            tables.append(labels)
        labels[[pair.i, pair.j]] = labels.max() + 1
    return [Grouping(_small(labels), np.ones(labels.max() + 1, np.int64)) for labels in tables]


def _relaxations(groupings: list[Grouping], width: int) -> tuple[Relaxation, ...]:
    """Every largest family of nested upper limits, and every grouping with lower limits on its own."""
    binding = [g for g, grouping in enumerate(groupings) if grouping.most.min(initial=NO_LIMIT) < width]
    families: list[tuple[int, ...]] = []
    for first in binding:
        family = [first]
        family += [g for g in binding if g != first and all(_laminar(groupings[g], groupings[h]) for h in [first])]
        kept: list[int] = []
        for g in family:
            if all(_laminar(groupings[g], groupings[h]) for h in kept):
                kept.append(g)
        if not any(set(kept) <= set(other) for other in families):
            families.append(tuple(sorted(kept)))
    found = [Relaxation(family) for family in families] or [Relaxation(())]
    found += [Relaxation((g,), g) for g, grouping in enumerate(groupings) if grouping.floors]
    return tuple(found)


def _laminar(one: Grouping, other: Grouping) -> bool:
    """True when any two groups, one of each grouping, are disjoint or one holds the other."""
    both = (one.labels >= 0) & (other.labels >= 0)
    pairs, shared = np.unique(np.stack([one.labels[both], other.labels[both]]), axis=1, return_counts=True)
    size_one = np.bincount(one.labels[one.labels >= 0])
    size_other = np.bincount(other.labels[other.labels >= 0])
    return bool(((shared == size_one[pairs[0]]) | (shared == size_other[pairs[1]])).all())
