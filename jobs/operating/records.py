"""runs/history.jsonl: a line of JSON for every night, published or not; it outlives the run's folder.

Appended to and never changed. A line that a crash cut short is left out, and taken away by the next one written.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "history.jsonl"
Row = dict[str, Any]


def read_rows(runs: Path) -> list[Row]:
    """Every whole line, oldest first."""
    try:
        whole, _, _ = (runs / FILE).read_bytes().rpartition(b"\n")
    except FileNotFoundError:
        return []
    rows = [_row(line) for line in whole.splitlines()]
    return [row for row in rows if row is not None]


def _row(line: bytes) -> Row | None:
    """A line's object; None = it is none, or tells nothing of a night."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    if not isinstance(row, dict) or not isinstance(row.get("status"), str) or moment(row.get("ended_utc")) is None:
        return None
    return row


def append_row(runs: Path, row: Mapping[str, Any]) -> None:
    """Add a line and force it to disk. A night and one that it keeps from running may do so at once."""
    line = json.dumps(row, allow_nan=False).encode() + b"\n"
    runs.mkdir(parents=True, exist_ok=True)
    with (runs / FILE).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(_end_of_whole_lines(runs / FILE))
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _end_of_whole_lines(path: Path) -> int:
    return path.read_bytes().rfind(b"\n") + 1


def now_utc() -> str:
    """This moment as files and lines tell it: 2026-11-28T02:21:06Z."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(told: object) -> datetime | None:
    """The moment that such a text tells; None = it tells none."""
    if not isinstance(told, str):
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
