"""The search for a better setting: one key at a time, from the campaign's own setting, each step twice or three times.

A full grid of four keys and five values is 625 trainings; a walk finds the same hill in about ten to twenty, because
each key has one best value and they hardly depend on each other. The walk knows nothing of what it asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from jobs.tuning.settings import STEPS, Limits, Setting

MOST_TRIES = 20
"""Trainings of one search at most, the present setting's included."""

A = TypeVar("A")


def search(
    present: Setting,
    other: Setting,
    limits: Limits,
    ask: Callable[[Setting], A],
    better: Callable[[A, A], bool],
    most: int = MOST_TRIES,
) -> Walk[A]:
    """Ask about the present setting and another start, then walk from the better one until no step is better.

    other   where a walk may begin as well, such as the setting of a new shop: far from a good place, the next step may
            be no better than the last
    ask     trains a setting and answers; called once per setting, and never for two that are felt alike
    better  better(new, old): is a step worth taking
    most    settings asked about at most
    """
    answer = ask(present)
    walk = Walk(limits, ask, better, most, {present: answer}, {limits.felt(present): answer}, present)
    if walk.take(other):
        walk.put_back(present)
    moved = True
    while moved:
        moved = False
        for key in STEPS:
            moved = walk.along(key) or moved
    return walk


@dataclass
class Walk(Generic[A]):
    """Where a walk is, or has ended, and what it has asked.

    tried  every setting looked at and its answer, in that order, those that are felt like another one included; the
           first is the present one
    felt   what was trained, as it is felt, and its answer
    best   where it stands; the present setting where no step was worth taking
    """

    limits: Limits
    ask: Callable[[Setting], A]
    better: Callable[[A, A], bool]
    most: int
    tried: dict[Setting, A]
    felt: dict[Setting, A]
    best: Setting

    def know(self, setting: Setting) -> bool:
        """Have an answer for a setting, asking if need be; False where too many were asked about."""
        felt = self.limits.felt(setting)
        if felt not in self.felt:
            if len(self.felt) >= self.most:
                return False
            self.felt[felt] = self.ask(setting)
        self.tried.setdefault(setting, self.felt[felt])
        return True

    def take(self, step: Setting | None) -> bool:
        """Ask about a setting, unless it is known, and go there if it is better; whether it went."""
        if step is None or self.limits.felt(step) in self.felt or not self.know(step):
            return False
        if not self.better(self.tried[step], self.tried[self.best]):
            return False
        self.best = step
        return True

    def put_back(self, present: Setting) -> None:
        """After a jump, give every key its present value again unless the new one is worth a step: a suggestion names
        only what matters."""
        for key in STEPS:
            back = replace(self.best, **{key: getattr(present, key)})
            if self.know(back) and not self.better(self.tried[self.best], self.tried[back]):
                self.best = back

    def along(self, key: str) -> bool:
        """Go along one key as long as it gets better, up first, then down; whether it moved."""
        start = self.best
        for up in (True, False):
            while self.take(self.limits.step(self.best, key, up=up)):
                pass
            if self.best != start:
                break
        return self.best != start
