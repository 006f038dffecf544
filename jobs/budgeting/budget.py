"""The time of a night: what its stages took last time, and what each is given tonight, before the deadline.

Two stages can do with less: the evaluation looks at fewer customers, and packing stops with the best plan so far.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobs.faults import NoTimeLeft
from jobs.operating.nights import PUBLISHED, read_nights

STAGES = ("extract", "evaluate", "train", "score", "pack", "verify", "lists", "stage", "audit", "publish")
MAY_BE_KEPT = frozenset(("evaluate", "train", "score", "pack", "lists"))
"""Stages that may be kept of an earlier night, or of this one before it was stopped."""
SHARES = (1.0, 0.5, 0.25, 0.125)
"""Parts of the customers whom an evaluation looks at otherwise."""
ALWAYS = 0.25
"""Part of the evaluation's time that does not depend on how many customers it looks at."""
LEAST_PACKING = 0.5
"""Part of packing's time in which there is a plan, if not a proved one."""
NIGHTS = 10
"""So many of the last nights are looked through for a stage that was not reused."""


@dataclass(frozen=True)
class Took:
    """What a stage took in an earlier night, and how many rows that night read by table."""

    seconds: float
    rows: Mapping[str, int]


def took_before(runs: Path) -> dict[str, Took]:
    """What each stage took when it was last done by a night that published; nothing where none did."""
    found: dict[str, Took] = {}
    published = [night.row for night in read_nights(runs).all if night.status == PUBLISHED]
    for row in published[:NIGHTS]:
        inputs = row.get("inputs") or {}
        rows = {name: int(one["rows"]) for name, one in inputs.items() if one.get("rows")}
        for told in row.get("stages") or []:
            if not told.get("reused"):
                found.setdefault(str(told["stage"]), Took(float(told["seconds"]), rows))
    return found


@dataclass
class Budget:
    """What is left of the night.

    until   None = there is no deadline, and nothing here does anything
    before  what stages took before
    now     the clock
    share   part of the customers that the evaluation looks at
    rows    rows that tonight's tables have, once they are read
    stopped packing stopped before it was done
    done    stages that need not be done again
    """

    until: datetime | None
    before: Mapping[str, Took] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    share: float = 1.0
    rows: Mapping[str, int] = field(default_factory=dict)
    stopped: bool = False
    done: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, runs: Path, until: datetime | None) -> Budget:
        """The budget of a night that begins now."""
        return cls(until, {} if until is None else took_before(runs))

    def needs(self, stage: str, share: float = 1.0, least: bool = False) -> float:
        """Seconds that a stage takes, as it took before, in proportion to the rows that there are more of.

        share  part of the customers that an evaluation looks at; least: packing is stopped as soon as there is a plan
        """
        took = self.before.get(stage)
        if took is None:
            return 0.0
        more = max((n / took.rows[name] for name, n in self.rows.items() if took.rows.get(name)), default=1.0)
        part = 1.0
        if stage == "evaluate":
            part = ALWAYS + (1 - ALWAYS) * share
        elif stage == "pack" and least:
            part = LEAST_PACKING
        return took.seconds * max(1.0, more) * part

    def left(self) -> float:
        """Seconds until the deadline."""
        assert self.until is not None
        return (self.until - self.now()).total_seconds()

    def fits(self, ahead: Collection[str], share: float = 1.0, least: bool = False) -> bool:
        """Whether these stages can be done before the deadline."""
        return self.until is None or sum(self.needs(stage, share, least) for stage in ahead) <= self.left()

    def known(self, **done: bool) -> None:
        """What turned out of stages: they need not be done again, or must be."""
        for stage, is_done in done.items():
            (self.done.add if is_done else self.done.discard)(stage)

    def check(self, stage: str, done: Collection[str] = ()) -> None:
        """Raise NoTimeLeft where this stage and those after it cannot be done any more, however little each does.

        done  stages that may turn out to be done
        """
        ahead = [one for one in self._ahead(stage) if one not in done]
        if not self.fits(ahead, SHARES[-1], least=True):
            raise self.refusal(stage, ahead)

    def choose_share(self, is_kept: Callable[[float], bool], trained: bool) -> None:
        """Choose how many customers the evaluation looks at: the most that there is time for, or that is kept.

        is_kept  whether the evaluation of such a part is kept
        trained  whether the recommender is: with both, what is made of them may be, too

        Raises NoTimeLeft where there is no time for the smallest part.
        """
        if self.until is None:
            return
        for least in (False, True):
            for share in SHARES:
                judged = is_kept(share)
                self.done = {"train"} if trained else set()
                self.done |= {"evaluate"} if judged else set()
                self.done |= MAY_BE_KEPT if judged and trained else set()
                if self.fits(self._ahead("evaluate"), share, least):
                    self.share = share
                    return
        raise self.refusal("evaluate", self._ahead("evaluate"))

    def packing(self) -> float | None:
        """Seconds that packing is given; None = as many as it takes. Raises NoTimeLeft where that is too few."""
        if self.until is None:
            return None
        self.check("pack")
        return max(1.0, self.left() - sum(self.needs(stage) for stage in self._ahead("verify")))

    def _ahead(self, stage: str) -> list[str]:
        """This stage and those after it, but for those that are done."""
        return [one for one in STAGES[STAGES.index(stage) :] if one not in self.done]

    @property
    def shortened(self) -> tuple[str, ...]:
        """What was done with less than usual, for whoever reads of the night."""
        told = []
        if self.share < 1:
            told.append(f"the evaluation looked at 1/{1 / self.share:.0f} of the customers that it looks at otherwise")
        if self.stopped:
            told.append("packing was stopped with the best plan so far")
        return tuple(told)

    @property
    def lines(self) -> list[str]:
        """The same as lines of the log."""
        return [f"For the deadline, {words}" for words in self.shortened]

    def as_json(self) -> dict[str, Any] | None:
        """What manifest.json tells: null where there was no deadline."""
        if self.until is None:
            return None
        return {"at": f"{self.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "shortened": list(self.shortened)}

    def refusal(self, stage: str, ahead: Collection[str]) -> NoTimeLeft:
        """The line that says by how much it is too late, and of which stages."""
        assert self.until is not None
        least = {one: self.needs(one, SHARES[-1], least=True) for one in ahead}
        longest = sorted(least, key=lambda one: -least[one])[:3]
        told = ", ".join(f"{one} {least[one]:,.0f} s" for one in longest if least[one] >= 0.5)
        left = max(0.0, self.left())
        return NoTimeLeft(
            f"the night must be over at {self.until:%H:%M:%S}, in {left:,.0f} s, and from {stage} on takes at least "
            f"{sum(least.values()):,.0f} s as the last nights did{f' ({told})' if told else ''}; nothing was published"
        )
