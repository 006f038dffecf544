"""What a tuning is made of, and the rule by which a setting is suggested: pure, figures in, verdict out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from jobs.evaluating.sentences import AS_GOOD
from jobs.tuning.settings import Setting
from jobs.tuning.window import Row
from recsys.ranking.metrics import Interval

FEWEST = 50
"""With fewer customers to ask nothing is searched, confirmed or held against a setting."""


class Verdict(Enum):
    """What comes of a search."""

    BETTER = "surely better: suggested"
    NOTHING_FOUND = "no setting tried is better"
    NOT_CONFIRMED = "the best one found is not surely better on the next window"
    WORSE_FOR_SOME = "it is, but it is surely worse for one of the questions"
    WORSE_NOW = "surely better on the window that confirmed it, but surely worse on the newest one: not suggested"


@dataclass(frozen=True)
class Tried:
    """One setting of the search.

    ndcg     mean nDCG over all answers; gain: over the present setting
    seconds  training and judging; no part of what makes two tunings the same
    """

    setting: Setting
    ndcg: float
    gain: Interval
    seconds: float = field(compare=False)


@dataclass(frozen=True)
class Compared:
    """The present and the best setting on one window, weights of the parts and all as a night would have them.

    n_customers  distinct customers asked
    rows         all answers together, then each question on its own
    """

    since: date
    until: date
    n_customers: int
    rows: tuple[Row, ...]

    @property
    def window(self) -> str:
        """`2026-01-01 to 2026-02-01`."""
        return f"{self.since} to {self.until}"

    @property
    def gain(self) -> Interval:
        """Of all answers together."""
        return self.rows[0].gain


@dataclass(frozen=True)
class Tuning:
    """What was tried and what came of it.

    tried         in the order of trying; the first is the present setting
    best          the setting that the search ended on
    since, until  the window of the search; n_customers, n_answers of how many it asked what
    confirmed     present and best on the next window; None where nothing better was found
    reported      the same on the window that `boxwise evaluate` reports; None where nothing was confirmed
    """

    tried: tuple[Tried, ...]
    best: Setting
    since: date
    until: date
    n_customers: int
    n_answers: int
    confirmed: Compared | None
    reported: Compared | None
    verdict: Verdict

    @property
    def present(self) -> Setting:
        """The campaign's own setting."""
        return self.tried[0].setting


def decide(confirmed: Compared, reported: Compared | None) -> Verdict:
    """Whether the best setting found is suggested.

    It must be better on the window that did not choose it, all answers together, beyond the 95 % interval, and for no
    question surely worse by more than AS_GOOD, which nobody would see. The reported window can only speak against it,
    so that no luck of that window is ever told as a gain.
    """
    if confirmed.n_customers < FEWEST or not confirmed.gain.low > 0:
        return Verdict.NOT_CONFIRMED
    if worse_parts(confirmed):
        return Verdict.WORSE_FOR_SOME
    if reported is None or reported.n_customers < FEWEST:
        return Verdict.BETTER
    is_worse = reported.gain.high < 0 or bool(worse_parts(reported))
    return Verdict.WORSE_NOW if is_worse else Verdict.BETTER


def worse_parts(compared: Compared) -> list[str]:
    """Questions, put to enough customers, for which the best setting is surely worse by more than AS_GOOD."""
    return [row.name for row in compared.rows[1:] if row.n >= FEWEST and row.gain.high < -AS_GOOD]
