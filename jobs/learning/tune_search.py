"""The search for a better setting: one key at a time, from the campaign's own setting, each step twice or three times.

A full grid of four keys and five values is 625 trainings; a walk finds the same hill in about ten to twenty, because
each key has one best value and they hardly depend on each other. The walk knows nothing of what it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from jobs.learning.tune_settings import STEPS, Limits, Setting

MOST_TRIES = 20
"""Trainings of one search at most, the present setting's included."""

A = TypeVar("A")


@dataclass(frozen=True, eq=False)
class Found(Generic[A]):
    """What a search found.

    tried  every setting asked about and its answer, in the order of asking; the first is the present one
    best   the one the walk ended on; the present one where no step was worth taking
    """

    tried: dict[Setting, A]
    best: Setting


def search(
    present: Setting,
    starts: Sequence[Setting],
    limits: Limits,
    ask: Callable[[Setting], A],
    better: Callable[[A, A], bool],
    most: int = MOST_TRIES,
) -> Found[A]:
    """Ask about the present setting and the other starts, then walk from the best of them until no step is better.

    starts  settings from which a walk may begin as well, such as that of a new shop: far from a good place, the next
            step may be no better than the last
    ask     trains a setting and answers; called once per setting, and never for two that are felt alike
    better  better(new, old): is a step worth taking
    most    settings asked about at most
    """
    walk = _Walk(limits, ask, better, most, {present: ask(present)}, present, {limits.felt(present)})
    for start in starts:
        walk.take(start)
    moved = True
    while moved:
        moved = False
        for key in STEPS:
            moved = walk.along(key) or moved
    return Found(walk.tried, walk.best)


@dataclass
class _Walk(Generic[A]):
    """Where a walk is, and what it has asked."""

    limits: Limits
    ask: Callable[[Setting], A]
    better: Callable[[A, A], bool]
    most: int
    tried: dict[Setting, A]
    best: Setting
    felt: set[Setting]

    def take(self, step: Setting | None) -> bool:
        """Ask about a setting, unless it is known or too many were asked about; go there if it is better."""
        if step is None or len(self.tried) >= self.most or self.limits.felt(step) in self.felt:
            return False
        self.felt.add(self.limits.felt(step))
        self.tried[step] = self.ask(step)
        if not self.better(self.tried[step], self.tried[self.best]):
            return False
        self.best = step
        return True

    def along(self, key: str) -> bool:
        """Go along one key as long as it gets better, up first, then down; whether it moved."""
        start = self.best
        for up in (True, False):
            while self.take(self.limits.step(self.best, key, up=up)):
                pass
            if self.best != start:
                break
        return self.best != start
