"""`boxwise evaluate --tune`: is there a better setting of the recommender than the campaign's own?

Three windows of the past, each later than the one before: on the first a setting is searched for, on the second the
best one is confirmed, and the third, which `boxwise evaluate` reports, is only looked at when everything is decided.
The best of many tries looks better than it is; on a window that had no say in choosing it, it does not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from jobs.faults import Fault, InputRefused
from jobs.learning.evaluate import MAX_CUSTOMERS, Window, hidden_window, mixes_known
from jobs.learning.train import Progress, Recommender, train
from jobs.learning.tune_asked import Answers, Asked, Gain, mean
from jobs.learning.tune_search import MOST_TRIES, search
from jobs.learning.tune_settings import Limits, Setting
from recsys.threads import one_blas_thread

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables

FEWEST = 50
"""With fewer customers to ask nothing is searched, confirmed or held against a setting."""


class Verdict(Enum):
    """What comes of a search."""

    BETTER = "surely better: suggested"
    NOTHING_FOUND = "no setting tried is better"
    NOT_CONFIRMED = "the best one found is not surely better on the next window"
    WORSE_FOR_SOME = "it is, but it is surely worse for one of the questions"
    WORSE_NOW = "it was, but on the newest window it is surely worse"


@dataclass(frozen=True)
class Tried:
    """One setting of the search.

    ndcg     mean nDCG over all answers; gain over the present setting
    seconds  training and judging; no part of what makes two tunings the same
    """

    setting: Setting
    ndcg: float
    gain: Gain
    seconds: float = field(compare=False)


@dataclass(frozen=True)
class Compared:
    """The present and the best setting on one window, weights of the parts and all as a night would have them.

    n            question -> customers asked; n_customers of them are distinct
    now, then    question -> nDCG with the present setting, and with the best one
    mean_now, mean_then  over all answers
    """

    since: date
    until: date
    n_customers: int
    n: dict[str, int]
    now: dict[str, float]
    then: dict[str, float]
    mean_now: float
    mean_then: float
    gain: Gain


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


@one_blas_thread()
def tune(
    campaign: Campaign,
    tables: Tables,
    *,
    progress: Progress | None = None,
    most: int = MOST_TRIES,
    max_customers: int = MAX_CUSTOMERS,
) -> Tuning:
    """Search, confirm and look. Same inputs and seed, same figures; the campaign is not changed.

    progress       called as progress(text, done, total)
    most           settings tried at most
    max_customers  customers per question at most

    Raises InputRefused in one line where the past is too short, or asks too few customers, to choose by.
    """
    newest, middle, first = _windows(campaign, tables)
    present = Setting.of(campaign)
    started = time.perf_counter()
    own = train(campaign, first.early, as_of=first.day_before, progress=_told(progress, "present setting"))
    asked = Asked.of(campaign, first, own, max_customers)
    if len(asked.customers[0]) < FEWEST:
        found = f"{len(asked.customers[0]):,} customers to ask about {first.since} to {first.until}"
        raise InputRefused([_too_little(tables, found, f"at least {FEWEST} who chose something new then")])
    tried, best = _searched(campaign, asked, own, time.perf_counter() - started, most, progress)
    head = (tuple(tried), best, first.since, first.until, len(asked.customers[0]), asked.n_answers)
    if best == present:
        return Tuning(*head, None, None, Verdict.NOTHING_FOUND)
    confirmed = _compared(campaign, best, middle, max_customers, progress)
    verdict = decide(confirmed, None)
    if verdict is not Verdict.BETTER:
        return Tuning(*head, confirmed, None, verdict)
    reported = _compared(campaign, best, newest, max_customers, progress)
    return Tuning(*head, confirmed, reported, decide(confirmed, reported))


def decide(confirmed: Compared, reported: Compared | None) -> Verdict:
    """Whether the best setting found is suggested.

    It must be better on the window that did not choose it, all answers together, beyond the 95 % interval, and surely
    worse for no question. The reported window can only speak against it, so that no luck of that window is ever told
    as a gain.
    """
    if confirmed.n_customers < FEWEST or not confirmed.gain.overall.low > 0:
        return Verdict.NOT_CONFIRMED
    if _worse_part(confirmed):
        return Verdict.WORSE_FOR_SOME
    if reported is None or reported.n_customers < FEWEST:
        return Verdict.BETTER
    worse = reported.gain.overall.high < 0 or _worse_part(reported)
    return Verdict.WORSE_NOW if worse else Verdict.BETTER


def _worse_part(compared: Compared) -> bool:
    return any(compared.n[name] >= FEWEST and gain.high < 0 for name, gain in compared.gain.by_part.items())


def _windows(campaign: Campaign, tables: Tables) -> tuple[Window, Window, Window]:
    """The reported window, the one before it, and the one before that."""
    windows: list[Window] = []
    early, until = tables, campaign.ship_date
    for _ in range(3):
        window = hidden_window(campaign, early, until)
        if window is None:
            days = tables.events["occurred_at"].dt.normalize().nunique()
            found = f"{len(tables.events):,} events on {days:,} days"
            expected = "enough for three windows to choose, confirm and report on: events on four days at the least"
            raise InputRefused([_too_little(tables, found, expected)])
        windows.append(window)
        early, until = window.early, window.day_before
    return windows[0], windows[1], windows[2]


def _too_little(tables: Tables, found: str, expected: str) -> Fault:
    path = tables.sources["events"].path
    return Fault("[inputs.events] sql" if path is None else path.name, None, None, found, expected)


def _searched(
    campaign: Campaign, asked: Asked, own: Recommender, own_seconds: float, most: int, progress: Progress | None
) -> tuple[list[Tried], Setting]:
    """Every setting tried, and the best; all by the weights that a new shop starts from, so that none has an edge.

    own  the recommender with the present setting, trained in `own_seconds`
    """
    took: dict[Setting, float] = {}
    present, window = Setting.of(campaign), asked.window

    def ask(setting: Setting) -> Answers:
        started = time.perf_counter()
        pace = f", {sum(took.values()) / len(took):.0f} s each" if took else ""
        told = _told(progress, f"setting {len(took) + 1} of at most {most}{pace}")
        if setting == present:
            known, trained = own, own_seconds
        else:
            known, trained = train(setting.applied(campaign), window.early, as_of=window.day_before, progress=told), 0.0
        answers = asked.answers(known)
        took[setting] = trained + time.perf_counter() - started
        return answers

    limits = Limits.of(own, present)
    found = search(present, [Setting.as_shipped()], limits, ask, asked.worth_a_step, most)
    before = found.tried[present]
    rows = [
        Tried(one, mean(answers), asked.gain(answers, before), took.get(one, 0.0))
        for one, answers in found.tried.items()
    ]
    return rows, found.best


def _compared(campaign: Campaign, best: Setting, window: Window, most: int, progress: Progress | None) -> Compared:
    """Both settings on a window, each with the weights of the parts that the window before it speaks for.

    The present setting's figures are those of `boxwise evaluate` for this window.
    """
    told = _told(progress, f"present and best setting on {window.since} to {window.until}")
    now, then = (_as_a_night(one, window, told) for one in (campaign, best.applied(campaign)))
    asked = Asked.of(campaign, window, now, most)
    before, after = asked.answers(now), asked.answers(then)
    return Compared(
        since=window.since,
        until=window.until,
        n_customers=len(asked.customers[0]),
        n={part.name: len(part.customers) for part in asked.parts},
        now={name: float(values.mean()) for name, values in before.items()},
        then={name: float(values.mean()) for name, values in after.items()},
        mean_now=mean(before),
        mean_then=mean(after),
        gain=asked.gain(after, before),
    )


def _as_a_night(campaign: Campaign, window: Window, progress: Progress | None) -> Recommender:
    """The recommender that a night on the eve of this window would have had."""
    mixes = mixes_known(campaign, window.early, window.day_before, progress)
    return train(campaign, window.early, as_of=window.day_before, mixes=mixes, progress=progress)


def _told(progress: Progress | None, doing: str) -> Progress | None:
    """A progress that says first which setting it is about."""
    if progress is None:
        return None

    def told(text: str, done: int | None = None, total: int | None = None) -> None:
        progress(f"{doing}: {text}", done, total)

    return told
