"""Who is told how a night ended: its line in history.jsonl, then the metrics, then the command of [notify].

Any of them can fail (a full disk, a command that hangs); the others are told all the same, and the night's end stands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jobs.operating import metrics
from jobs.operating.notify import NotifyFailed, notify
from jobs.operating.outcome import Outcome
from jobs.operating.records import append_row
from jobs.words import printable

Teller = Callable[[Outcome], None]


def tell(outcome: Outcome) -> list[str]:
    """Tell everyone, in order; a line for each who could not be told."""
    failed = []
    for what, teller in TELLERS:
        try:
            teller(outcome)
        except Exception as bad:  # whatever it is: the night has ended as it has, and an error here must not undo that
            kind = "" if isinstance(bad, (OSError, NotifyFailed)) else f"{type(bad).__name__}: "
            failed.append(f"{what}: {kind}{printable(' '.join(str(bad).split()))}; how the night ended stays as it is")
    return failed


def _remember(outcome: Outcome) -> None:
    append_row(outcome.campaign.runs, outcome.row)


def _measure(outcome: Outcome) -> None:
    asked = outcome.campaign.operate.metrics
    path = outcome.campaign.runs / metrics.FILE if asked is None else Path(outcome.campaign.root, asked)
    metrics.write_metrics(path, outcome.campaign.runs)


TELLERS: tuple[tuple[str, Teller], ...] = (
    ("history.jsonl could not be written", _remember),
    ("[operate] metrics could not be written", _measure),
    ("[notify] failed", notify),
)
"""In order, each with what is said where it fails."""
