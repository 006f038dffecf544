"""One solve under way: the best plan and the best prices so far, and the clock. Both only ever improve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from optimizer.compiled import Int32
from optimizer.ledger import usage_of
from optimizer.prices import Best, PriceSpace, bound_of, choose_unit, price_space
from optimizer.problem import BoxProblem
from optimizer.result import Prices
from optimizer.rounds import Choices, ThreadRounds

Progress = Callable[[str, float, float | None], None]
"""Called as progress(phase, seconds since the start, gap or None)."""


@dataclass
class Run:
    """The state that the stages of a solve share.

    support   choices that the last LP used: good company for the best plan's boxes in an integer programme
    """

    problem: BoxProblem
    rounds: ThreadRounds
    space: PriceSpace
    deadline_s: float | None = None
    progress: Progress | None = None
    started: float = field(default_factory=perf_counter)
    best: Best = field(default_factory=Best)
    boxes: Int32 | None = None
    value: int | None = None
    support: Choices | None = None

    @classmethod
    def of(cls, problem: BoxProblem, deadline_s: float | None = None, progress: Progress | None = None) -> Run:
        """A run that has found nothing yet."""
        started, unit = perf_counter(), choose_unit(problem)
        rounds = ThreadRounds(problem, unit)
        space = price_space(problem, rounds.coupling, unit)
        return cls(problem, rounds, space, deadline_s, progress, started)

    def everyone(self) -> Int32:
        """int32 (n_customers,) all customer positions."""
        return np.arange(self.problem.n_customers, dtype=np.int32)

    def seconds(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.started

    def remaining(self) -> float | None:
        """Seconds until the deadline; None = no deadline."""
        return None if self.deadline_s is None else self.deadline_s - self.seconds()

    def late(self) -> bool:
        """True when the deadline has passed."""
        remaining = self.remaining()
        return remaining is not None and remaining <= 0

    def upper_bound(self) -> int | None:
        """Micro-points that no plan can exceed."""
        return None if self.best.bound is None else self.best.bound // self.space.unit

    def proved(self) -> bool:
        """True when the plan is known to be optimal."""
        return self.value is not None and self.value == self.upper_bound()

    def gap(self) -> float | None:
        """Relative gap so far; None = not known."""
        bound = self.upper_bound()
        return None if bound is None or self.value is None else (bound - self.value) / max(1, abs(bound))

    def offer_prices(self, prices: Prices) -> int:
        """Compute the exact bound of prices and keep them if it is the lowest; returns it, in 1/unit micro-points."""
        bound, _ = bound_of(self.rounds, prices)
        self.best.offer(prices, bound)
        return bound

    def offer_boxes(self, boxes: Int32 | None) -> bool:
        """Keep the boxes if they overdraw nothing and are worth more than the best so far."""
        if boxes is None:
            return False
        usage = usage_of(self.rounds.coupling, boxes)
        if self.rounds.coupling.overdrawn(usage):
            return False
        value = sum(self.rounds.gains(self.everyone(), boxes).tolist()) - self.rounds.coupling.shortfall_cost(usage)
        if self.value is not None and value <= self.value:
            return False
        self.boxes, self.value = boxes.copy(), value
        return True

    def report(self, phase: str) -> None:
        """Tell the listener where the solve is."""
        if self.progress is not None:
            self.progress(phase, self.seconds(), self.gap())
