"""Every night of a campaign, newest first: from history.jsonl, history.csv, run folders and refused nights' stories.

A night that no line tells (it is older, or was killed before it could say so) is told by what else it left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jobs.operating.records import Row, moment, read_rows
from jobs.operating.run_record import headline, run_record, run_seconds
from jobs.publishing import history
from jobs.publishing.publish import current_run

PUBLISHED, REFUSED, STOPPED, FAILED = "published", "refused", "stopped", "failed"
REFUSED_RUNS, STORY = "refused", "refused.json"
SAME_NIGHT_S = 300
"""A refused night's story and its line in history.jsonl are written so close to each other."""


@dataclass(frozen=True)
class Night:
    """One night.

    row      its line of history.jsonl, or what stands for it
    current  readers see its run now
    kept     its run's folder is there
    stands   its run is published, and was not taken back by a rollback
    story    folder of a refused night's story; None = there is none
    """

    row: Row
    current: bool = False
    kept: bool = False
    stands: bool = False
    story: Path | None = None

    @property
    def ended(self) -> datetime:
        """When it ended."""
        found = moment(self.row["ended_utc"])
        assert found is not None  # read_rows and all others here see to that
        return found

    @property
    def status(self) -> str:
        """published, refused, stopped or failed."""
        return str(self.row["status"])

    @property
    def lines(self) -> list[str]:
        """What it ended by saying."""
        return [str(line) for line in self.row.get("lines") or []]

    @property
    def words(self) -> list[str]:
        """The same without the line that says where its story is, for whoever is told that anyway."""
        return [line for line in self.lines if self.story is None or str(self.story) not in line]

    def as_json(self, runs: Path) -> dict[str, Any]:
        """What `boxwise runs --json` tells of it."""
        plan, quality = self.row.get("plan") or {}, headline(self.row.get("quality") or [])
        kept = ("metric", "part", "value", "low", "high", "n")
        return {
            "run_id": self.row.get("run_id"),
            "ended_utc": self.row["ended_utc"],
            "status": self.status,
            "exit": int(self.row.get("exit", 0)),
            "stage": self.row.get("stage"),
            "current": self.current,
            "stands": self.stands,
            "folder": str(runs / str(self.row["run_id"])) if self.kept else None,
            "story": None if self.story is None else str(self.story),
            "seconds": self.row.get("seconds"),
            "ship_date": self.row.get("ship_date"),
            "gap": plan.get("gap"),
            "boxes": plan.get("boxes"),
            "short_boxes": plan.get("short_boxes"),
            "quality": None if quality is None else {name: quality.get(name) for name in kept},
            "lines": self.lines,
        }


@dataclass(frozen=True)
class Nights:
    """All nights of a folder of runs, newest first, and the run that readers see."""

    runs: Path
    all: list[Night] = field(default_factory=list)
    current: str | None = None

    def last(self, *statuses: str) -> Night | None:
        """The newest night that ended so; None = none did."""
        return next((night for night in self.all if night.status in statuses), None)


def read_nights(runs: Path) -> Nights:
    """Every night; none where there are no runs yet."""
    rows, current, entries = read_rows(runs), current_run(runs), history.read(runs)
    standing = set(history.standing(entries))
    rows += _unwritten(runs, rows, entries, current)
    rows.sort(key=lambda row: str(row["ended_utc"]))
    stories = _stories(runs)
    newest = {row.get("run_id"): place for place, row in enumerate(rows) if row["status"] == PUBLISHED}
    shown = {place for run_id, place in newest.items() if run_id == current}  # of several nights that made it, the last
    nights = [_night(runs, row, place in shown, standing, stories) for place, row in enumerate(rows)]
    left = [Night(row, story=folder) for folder, row in stories.items()]
    every = sorted([*nights, *left], key=lambda night: night.ended)
    return Nights(runs, every[::-1], current)  # of one second: the later line first


def _night(runs: Path, row: Row, current: bool, standing: set[str], stories: dict[Path, Row]) -> Night:
    """A line with what became of its run; a story that is its own is taken out of those left."""
    run_id = row.get("run_id")
    if row["status"] == PUBLISHED:
        kept = (runs / str(run_id) / "manifest.json").is_file()
        return Night(row, current, kept, current or run_id in standing)
    for folder, story in stories.items():
        apart = abs((Night(row).ended - Night(story).ended).total_seconds())
        if (story["run_id"], story["exit"]) == (run_id, row.get("exit")) and apart <= SAME_NIGHT_S:
            del stories[folder]
            return Night(row, story=folder)
    return Night(row)


def _unwritten(runs: Path, rows: list[Row], entries: list[history.Entry], current: str | None) -> Iterator[Row]:
    """Rows for runs that were published and that no line tells."""
    told = {row.get("run_id") for row in rows if row["status"] == PUBLISHED}
    published = {entry.run_id: entry.published_utc for entry in entries if entry.action == "publish"}
    if current is not None:
        published.setdefault(current, "")
    for run_id, at in published.items():
        if run_id in told:
            continue
        record = record_of(runs / run_id)
        when = at if moment(at) is not None else record.get("written_utc")
        if moment(when) is not None:
            seconds = run_seconds(record)
            yield {**record, "run_id": run_id, "ended_utc": when, "status": PUBLISHED, "exit": 0, "seconds": seconds}


def record_of(folder: Path) -> Row:
    """What a run folder tells; nothing where it is gone or damaged."""
    try:
        return run_record(folder)
    except (OSError, ValueError):
        return {}


def _stories(runs: Path) -> dict[Path, Row]:
    """Folder -> what its refused.json tells, as a line of history.jsonl."""
    found: dict[Path, Row] = {}
    for path in sorted((runs / REFUSED_RUNS).glob(f"*/{STORY}")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            row = {name: told.get(name) for name in ("run_id", "stage", "lines")}
            row |= {"ended_utc": told["at"], "exit": int(told["exit"])}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if moment(row["ended_utc"]) is not None:
            found[path.parent] = {**row, "status": status_by_exit(row["exit"])}
    return found


def status_by_exit(exit_code: int) -> str:
    """published, refused, stopped or failed, by the exit code of the night."""
    return {0: PUBLISHED, 1: FAILED, 8: STOPPED}.get(exit_code, REFUSED)
