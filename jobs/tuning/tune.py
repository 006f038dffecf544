"""`boxwise evaluate --tune`: is there a better setting of the recommender than the campaign's own?

Three windows of the past, each later than the one before: on the first a setting is searched for, on the second the
best one is confirmed, and the third, which `boxwise evaluate` reports, is only looked at when everything is decided.
The best of many tries looks better than it is; on a window that had no say in choosing it, it does not.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jobs.evaluating.drawn import drawn
from jobs.evaluating.evaluate import MAX_CUSTOMERS, weights_known
from jobs.evaluating.steps import SHARES, Steps
from jobs.evaluating.window import Window, hidden_window
from jobs.faults import Fault, InputRefused
from jobs.learning.recommender import Recommender
from jobs.learning.train import Progress, train
from jobs.tuning.search import MOST_TRIES, search
from jobs.tuning.settings import Limits, Setting
from jobs.tuning.verdict import FEWEST, Compared, Tried, Tuning, Verdict, decide
from jobs.tuning.window import Answers, Asked, mean
from recsys.base.threads import one_blas_thread

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables


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
    newest, middle, first = _windows(campaign, drawn(campaign, tables).tables)
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


def _windows(campaign: Campaign, tables: Tables) -> tuple[Window, Window, Window]:
    """The reported window, the one before it, and the one before that."""
    windows: list[Window] = []
    early, until = tables, campaign.ship_date
    for _ in range(3):
        window = hidden_window(campaign, early, until)
        if window is None:
            days = tables.events["occurred_at"].dt.normalize().nunique()
            found = f"{len(tables.events):,} events on {days:,} day{'s' * (days != 1)}"
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
        told = _told(progress, f"setting {len(took) + 1} of at most {most}{pace}", len(took), most)
        if setting == present:
            known, trained = own, own_seconds
        else:
            known, trained = train(setting.applied(campaign), window.early, as_of=window.day_before, progress=told), 0.0
        answers = asked.answers(known)
        took[setting] = trained + time.perf_counter() - started
        return answers

    limits = Limits.of(own, present)
    found = search(present, Setting.as_shipped(), limits, ask, asked.worth_a_step, most)
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
    rows = asked.rows(asked.answers(then), asked.answers(now))
    return Compared(window.since, window.until, len(asked.customers[0]), rows)


def _as_a_night(campaign: Campaign, window: Window, progress: Progress | None) -> Recommender:
    """The recommender that a night on the eve of this window would have had."""
    weights = weights_known(campaign, window.early, window.day_before, Steps(progress, SHARES))
    return train(campaign, window.early, as_of=window.day_before, weights=weights, progress=progress)


def _told(progress: Progress | None, doing: str, at: int | None = None, of: int | None = None) -> Progress | None:
    """A progress that says first which setting it is about; with `at` and `of`, how many of how many are done."""
    if progress is None:
        return None

    def told(text: str, done: int | None = None, total: int | None = None) -> None:
        progress(f"{doing}: {text}", *((done, total) if of is None else (at, of)))

    return told
