"""What the runs of a case say together: medians, the worst gap, how far others are, and what is wrong in any case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.measure import Outcome
from benchmarks.registry import Case

LEAST_MIB = 1.0
"""Memory below this is not told apart."""
WHOLE = ("optimal", "packed", "feasible")
"""How a run of ours ends that did all it set out to do; a general solver's "feasible" ran into its limit."""


@dataclass
class Runs:
    """All runs of one runner on one case: (seed, outcome), in order."""

    runner: str
    outcomes: list[tuple[int, Outcome]]

    @property
    def finished(self) -> bool:
        """True when every run ended by itself."""
        return all(outcome.status in WHOLE for _, outcome in self.outcomes)

    @property
    def cut_short(self) -> bool:
        """True when some run ended by its limit: the whole work takes longer than the seconds say."""
        ended = [outcome.status for _, outcome in self.outcomes]
        return not all(status in ("optimal", "packed") for status in ended)

    @property
    def seconds(self) -> float:
        """Median seconds."""
        return median(outcome.seconds for _, outcome in self.outcomes)

    @property
    def extra_mib(self) -> float | None:
        """Median of the extra memory."""
        known = self._each("extra_mib")
        return median(known) if known else None

    @property
    def total_mib(self) -> float | None:
        """Highest memory of any run."""
        return max(self._each("total_mib"), default=None)

    @property
    def short_boxes(self) -> int | None:
        """Most short boxes of any run."""
        return max(self._each("short_boxes"), default=None)

    def phases(self) -> dict[str, float]:
        """Median seconds of each phase, in the order they came."""
        names = dict.fromkeys(name for _, outcome in self.outcomes for name in outcome.phases)
        return {name: median(outcome.phases.get(name, 0.0) for _, outcome in self.outcomes) for name in names}

    def of_seed(self, seed: int) -> Iterator[Outcome]:
        """The runs of a seed."""
        return (outcome for own, outcome in self.outcomes if own == seed)

    def _each(self, field: str) -> list[Any]:
        """A field of every run; nothing when some run has none."""
        known = [getattr(outcome, field) for _, outcome in self.outcomes]
        return [] if None in known else known


@dataclass
class Result:
    """A case at one size: our runs, and the peers' by name."""

    case: Case
    n_customers: int
    n_items: int
    ours: Runs
    peers: dict[str, Runs]

    @property
    def own_size(self) -> bool:
        """Goals are judged at the case's own size only."""
        return (self.n_customers, self.n_items) == (self.case.n_customers, self.case.n_items)

    def bound(self, seed: int) -> int | None:
        """The lowest bound that our runs prove for a seed, in exact arithmetic."""
        return min((outcome.bound for outcome in self.ours.of_seed(seed) if outcome.bound is not None), default=None)

    def gap(self, runs: Runs) -> float | None:
        """The widest gap of these runs to our proved bound, None when one is without a plan."""
        gaps = []
        for seed, outcome in runs.outcomes:
            bound = self.bound(seed)
            if bound is None or outcome.value is None:
                return None
            gaps.append((bound - outcome.value) / max(1, abs(bound)))
        return max(gaps, default=None)

    def time_ratio(self, peer: Runs) -> float:
        """How many times our median seconds the peer takes."""
        return peer.seconds / max(1e-9, self.ours.seconds)

    def memory_ratio(self, peer: Runs) -> float | None:
        """How many times our extra memory the peer takes."""
        if peer.extra_mib is None or self.ours.extra_mib is None:
            return None
        return max(LEAST_MIB, peer.extra_mib) / max(LEAST_MIB, self.ours.extra_mib)

    def wrong(self) -> list[str]:
        """What is wrong whatever the goal: broken rules, a bound that is none, unlike plans from like inputs."""
        everyone = [self.ours, *self.peers.values()]
        found = [f"{runs.runner}: {words}" for runs in everyone for _, o in runs.outcomes for words in o.faults]
        if not self.ours.finished:
            found.append(next(o.status for _, o in self.ours.outcomes if o.status not in WHOLE))
        if any(outcome.bound_agrees is False for _, outcome in self.ours.outcomes):
            found.append("the second opinion finds another bound")
        for seed in dict.fromkeys(seed for seed, _ in self.ours.outcomes):
            if len({outcome.digest for outcome in self.ours.of_seed(seed)}) > 1:
                found.append(f"seed {seed}: plans differ between runs")
            bound = self.bound(seed)
            for name, runs in self.peers.items():
                values = [outcome.value for outcome in runs.of_seed(seed) if outcome.value is not None]
                if bound is not None and values and max(values) > bound:
                    found.append(f"seed {seed}: {name} found more than our bound allows")
        return found

    def as_json(self) -> dict[str, Any]:
        """Everything measured, for a file."""

        def runs(of: Runs) -> list[dict[str, Any]]:
            return [{"seed": seed, **asdict(outcome)} for seed, outcome in of.outcomes]

        facts = {"case": self.case.name, "n_customers": self.n_customers, "n_items": self.n_items}
        return {**facts, "ours": runs(self.ours), "peers": {name: runs(of) for name, of in self.peers.items()}}
