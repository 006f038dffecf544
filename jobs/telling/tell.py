"""Who is told how a night ended: its line in history.jsonl, metrics, lineage, the command of [notify].

Any of them can fail (a full disk, a command that hangs); the others are told all the same, and the night's end stands.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from jobs.config.campaign import Campaign
from jobs.operating.records import append_row
from jobs.telling import lineage, metrics
from jobs.telling.notify import NotifyFailed, notify
from jobs.telling.outcome import Outcome, Tellers
from jobs.words import printable

Teller = Callable[[Outcome], None]


def ended(outcome: Outcome) -> list[str]:
    """Tell everyone, in order; a line for each who could not be told."""
    return [line for what, teller in TELLERS for line in _told(what, partial(teller, outcome))]


def begun(campaign: Campaign, night_id: str, at_utc: str) -> list[str]:
    """Tell who hears of a beginning: lineage."""
    return _told(NO_LINEAGE, partial(lineage.begun, campaign, night_id, at_utc))


def _told(what: str, teller: Callable[[], None]) -> list[str]:
    try:
        teller()
    except Exception as bad:  # whatever it is: the night goes as it goes, and an error here must not undo that
        kind = "" if isinstance(bad, (OSError, NotifyFailed, lineage.LineageFailed)) else f"{type(bad).__name__}: "
        return [f"{what}: {kind}{printable(' '.join(str(bad).split()))}; that changes nothing about the night"]
    return []


def _remember(outcome: Outcome) -> None:
    append_row(outcome.campaign.runs, outcome.row)


def _measure(outcome: Outcome) -> None:
    asked = outcome.campaign.operate.metrics
    path = outcome.campaign.runs / metrics.FILE if asked is None else Path(outcome.campaign.root, asked)
    metrics.write_metrics(path, outcome.campaign.runs)


NO_LINEAGE = "[operate] lineage could not be told"
TELLERS: tuple[tuple[str, Teller], ...] = (
    ("history.jsonl could not be written", _remember),
    ("[operate] metrics could not be written", _measure),
    (NO_LINEAGE, lineage.ended),
    ("[notify] failed", notify),
)
"""In order, each with what is said where it fails."""
EVERYONE = Tellers(begun, ended)
