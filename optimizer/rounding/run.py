"""One solve under way: the best plan and the best prices so far, and the clock. Both only ever improve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from optimizer.effort import STANDARD, Effort
from optimizer.oracle.oracle import Choices, Oracle
from optimizer.oracle.runner import Runner
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.pricing.dual_ascent import Best, bound_of
from optimizer.pricing.price_space import Float, PriceSpace, choose_unit, price_space
from optimizer.problem import BoxProblem, Int32, Int64, Prices
from optimizer.rounding.ledger import usage_of
from optimizer.rounding.time_left import TimeLeft

Progress = Callable[[str, float, float | None, float | None], None]
"""Called as progress(phase, seconds since the start, gap or None, seconds left or None)."""


@dataclass(frozen=True)
class Clock:
    """When to stop. `reserve_s` is kept for handing out the plan."""

    deadline_s: float | None = None
    reserve_s: float = 0.0
    started: float = field(default_factory=perf_counter)

    def seconds(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.started

    def remaining(self) -> float | None:
        """Seconds of work that are left; None = no deadline."""
        return None if self.deadline_s is None else self.deadline_s - self.reserve_s - self.seconds()

    def late(self) -> bool:
        """True when it is time to stop."""
        remaining = self.remaining()
        return remaining is not None and remaining <= 0


@dataclass
class Run:
    """The state that the stages of a solve share. Customers are in the canonical order of the rounds.

    boxes, value   the best plan so far, micro-points
    time_left      how long it will go on
    best           the best prices so far, proved over all pairs
    crowded        many customers are alike
    support        choices that the last LP used: good company for the best plan's boxes in an integer programme
    """

    problem: BoxProblem
    oracle: Oracle
    space: PriceSpace
    clock: Clock
    time_left: TimeLeft
    progress: Progress | None = None
    best: Best = field(default_factory=Best)
    boxes: Int32 | None = None
    value: int | None = None
    support: Choices | None = None
    crowded: bool = False

    @classmethod
    def of(
        cls,
        problem: BoxProblem,
        deadline_s: float | None = None,
        progress: Progress | None = None,
        seed: int = 0,
        effort: Effort = STANDARD,
    ) -> Run:
        """A run that has found nothing yet."""
        clock = Clock(deadline_s, 0.02 + 2e-7 * problem.n_customers)
        unit = choose_unit(problem)
        oracle = ThreadedOracle(problem, unit, seed=seed, effort=effort, runner=Runner(late=clock.late))
        space = price_space(problem, oracle.coupling, unit)
        return cls(problem, oracle, space, clock, TimeLeft(problem.n_customers), progress)

    @property
    def effort(self) -> Effort:
        """How much work is put in."""
        return self.oracle.effort

    def everyone(self) -> Int32:
        """int32 (n_customers,) all customer positions."""
        return np.arange(self.problem.n_customers, dtype=np.int32)

    def remaining(self) -> float | None:
        """Seconds until the deadline; None = no deadline."""
        return self.clock.remaining()

    def late(self) -> bool:
        """True when the deadline has passed."""
        return self.clock.late()

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

    def offer_prices(self, prices: Prices) -> tuple[int, Int32]:
        """Compute the exact bound of prices over all pairs and keep them if it is the lowest.

        Returns the bound, in 1/unit micro-points, and the best boxes there.
        """
        bound, answer = bound_of(self.oracle, prices)
        assert answer.boxes is not None
        self.best.offer(prices, bound, answer.boxes)
        return bound, answer.boxes

    def offer_x(self, x: Float) -> tuple[int, Int32]:
        """`offer_prices` of a vector."""
        return self.offer_prices(self.space.prices(x))

    def table(self) -> Int64:
        """The price table of the best prices."""
        assert self.best.prices is not None
        return self.oracle.coupling.table(self.best.prices)

    def offer_boxes(self, boxes: Int32 | None) -> bool:
        """Keep the boxes if they overdraw nothing and are worth more than the best so far."""
        if boxes is None:
            return False
        usage = usage_of(self.oracle.coupling, boxes)
        if self.oracle.coupling.overdrawn(usage):
            return False
        value = int(self.oracle.gains(self.everyone(), boxes).sum()) - self.oracle.coupling.shortfall_cost(usage)
        if self.value is not None and value <= self.value:
            return False
        self.boxes, self.value = boxes.copy(), value
        return True

    def report(self, phase: str) -> None:
        """Tell the listener where the solve is."""
        if self.progress is None:
            return
        seconds, remaining = self.clock.seconds(), self.clock.remaining()
        left = 0.0 if phase == "done" else self.time_left.enter(phase, seconds, crowded=self.crowded)
        if remaining is not None:
            left = max(0.0, remaining if left is None else min(left, remaining))
        self.progress(phase, seconds, self.gap(), left)
