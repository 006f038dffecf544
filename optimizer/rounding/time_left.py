"""How long a solve will go on, about: the phases still to come, at the speed of those that are done.

What a phase costs was measured once, on one machine and one kind of rules; how much dearer this machine and these rules
are, the phases done so far tell. No figure here changes a plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer.problem import POINTS

SETUP, SAMPLES, FIRST, PRICES, TIES = "set-up", "prices from samples", "a first plan", "prices", "prices between ties"
PLAN, POLISH, INTEGERS, SWAPS = "a plan at these prices", "polish", "integers", "swaps between customers"
COST = {
    SETUP: (0.0, 0.7),
    SAMPLES: (0.8, 0.0),
    FIRST: (0.0, 7.5),
    PRICES: (0.0, 11.0),
    TIES: (0.0, 21.0),
    PLAN: (0.0, 1.8),
    POLISH: (0.0, 1.0),
    INTEGERS: (0.5, 5.0),
    SWAPS: (0.0, 5.5),
}
"""Seconds of a phase, and seconds for each million customers, as `python -m benchmarks.packing` measured them."""
PLAIN = (SETUP, SAMPLES, FIRST, PRICES, PLAN, POLISH, INTEGERS)
TIED = (SETUP, SAMPLES, FIRST, *(TIES, PLAN) * 3, POLISH, INTEGERS)
LAMINAR = (SETUP, SWAPS)


@dataclass
class TimeLeft:
    """The way of a solve through its phases. Reports may name phases that are not on it: parts of the one before.

    n_customers  how many boxes are packed
    """

    n_customers: int
    way: tuple[str, ...] = PLAIN
    at: int = 0
    began: float = field(default=0.0)

    def enter(self, phase: str, seconds: float, *, crowded: bool) -> float | None:
        """A phase begins, so many seconds after the start; about how many seconds are left, None = not known."""
        if phase == SWAPS:
            self.way = LAMINAR
        elif crowded and self.way == PLAIN:
            self.way = TIED
        later = [at for at in range(self.at, len(self.way)) if self.way[at] == phase and (at > self.at or not at)]
        if later:
            self.at, self.began = later[0], seconds
        done = sum(self._cost(name) for name in self.way[: self.at])
        if not done or not seconds:
            return None
        left = sum(self._cost(name) for name in self.way[self.at :])
        speed = self.began / done
        return max(speed * left - (seconds - self.began), 0.1 * (seconds - self.began))

    def _cost(self, phase: str) -> float:
        once, each = COST[phase]
        return once + each * self.n_customers / POINTS
