"""A night watched from outside: how it ended, written to history.jsonl whatever the end is.

What is told here can fail (a full disk, a page that does not answer); the night's own end never changes for it.
"""

from __future__ import annotations

import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.config.campaign import Campaign
from jobs.config.load import read_draft
from jobs.ending import refusal_of
from jobs.faults import Exit, UsageRefused
from jobs.operating.nights import PUBLISHED, status_by_exit
from jobs.operating.records import now_utc
from jobs.operating.run_record import read_settings, run_record
from jobs.progress import Stages
from jobs.stopping import last_step

MOST_LINES = 200
"""So many lines of a refusal are kept in its row."""


@dataclass(frozen=True)
class Outcome:
    """How a night ended.

    campaign  as far as its file is sound
    row       its line of history.jsonl
    night_id  a name of this very night, for several may make the same run
    """

    campaign: Campaign
    row: Mapping[str, Any]
    night_id: str = ""

    @property
    def folder(self) -> Path | None:
        """The published run's folder."""
        return self.campaign.runs / str(self.row["run_id"]) if self.row["status"] == PUBLISHED else None


@dataclass(frozen=True)
class Tellers:
    """Who is told of a night; the lines say what could not be told.

    begun  hears the campaign, the night's own name and the moment it began
    ended  hears the outcome
    """

    begun: Callable[[Campaign, str, str], list[str]]
    ended: Callable[[Outcome], list[str]]


@dataclass
class Watch:
    """What is seen of a night while it runs.

    published  the run it has published, said by who runs it
    row        once it has ended: its line of history.jsonl
    """

    stages: Stages
    tellers: Tellers
    night_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began_utc: str = field(default_factory=now_utc)
    began: float = field(default_factory=time.monotonic)
    published: Path | None = None
    row: dict[str, Any] = field(default_factory=dict)


@contextmanager
def watched(campaign_path: Path, stages: Stages, tellers: Tellers) -> Iterator[Watch]:
    """Watch a night; when it ends, also in a refusal, a signal or a bug, tell everyone who wants to know.

    tellers  see `jobs.telling.tell.EVERYONE`

    A campaign that is not there has nobody to tell.
    """
    watch = Watch(stages, tellers)
    try:
        campaign = read_draft(campaign_path).campaign
    except UsageRefused:
        yield watch
        return
    _say(watch, tellers.begun(campaign, watch.night_id, watch.began_utc))
    try:
        yield watch
    except BaseException as bad:
        with last_step():  # how it ended is settled: a second signal changes nothing
            _end(watch, campaign, *_told(bad))
        raise
    with last_step():
        _end(watch, campaign, Exit.PUBLISHED, [])


def _told(bad: BaseException) -> tuple[int, list[str]]:
    """Exit code and lines of a night that ended so."""
    refusal = refusal_of(bad)
    if refusal is not None:
        return refusal.exit, list(refusal.lines)
    return Exit.BUG, [line.rstrip() for line in traceback.format_exception_only(bad)]


def _end(watch: Watch, campaign: Campaign, exit_code: int, lines: list[str]) -> None:
    """Say in the log how the night ended, and tell everyone else."""
    watch.row = _row(watch, campaign, exit_code, lines)
    if exit_code != Exit.PUBLISHED and not watch.stages.is_live:  # who reads the log later wants to know when
        took = f"after {watch.row['seconds']:,.1f} s, exit {exit_code}"
        watch.stages.line(f"{watch.row['status']} {took}", event="ended", exit=exit_code)
    _say(watch, watch.tellers.ended(Outcome(campaign, watch.row, watch.night_id)))


def _say(watch: Watch, untold: list[str]) -> None:
    for line in untold:
        watch.stages.line(line, event="untold")


def _row(watch: Watch, campaign: Campaign, exit_code: int, lines: list[str]) -> dict[str, Any]:
    stages = watch.stages
    row: dict[str, Any] = {
        "began_utc": watch.began_utc,
        "ended_utc": now_utc(),
        "status": status_by_exit(exit_code),
        "exit": int(exit_code),
        "stage": None if exit_code == Exit.PUBLISHED else stages.current,
        "seconds": round(time.monotonic() - watch.began, 1),
        "lines": lines[:MOST_LINES],
    }
    took = {"stages": [{**vars(done)} for done in stages.measured]}  # tonight's, also of a run that was there before
    if watch.published is not None:
        return {**row, **run_record(watch.published), **took}
    return {
        **row,
        "run_id": stages.run_id,
        "campaign": campaign.name,
        "ship_date": str(campaign.ship_date),
        "inputs": dict(stages.inputs),
        "settings": read_settings(campaign.path),
        **took,
    }
