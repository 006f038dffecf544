"""A line of a log: when, of which run, in which stage, and what; as text for people, as JSON for what gathers logs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class LogFormat(StrEnum):
    """How a command that has no terminal tells what it does."""

    TEXT = "text"
    JSON = "json"


def log_line(form: LogFormat, run_id: str | None, stage: str | None, line: str, **more: Any) -> str:
    """One line; of a text that has several, each is on a line of its own with the same head.

    run_id  None = it is not known yet
    stage   None = none has begun
    more    figures and words for JSON only; event says what kind of line it is
    """
    now = datetime.now(UTC)
    if form is LogFormat.JSON:
        head = {"at": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z", "run_id": run_id, "stage": stage}
        return json.dumps({**head, "event": "note", **more, "line": line.strip()}, allow_nan=False)
    head_text = f"{now:%Y-%m-%dT%H:%M:%SZ} {run_id or '-'} {stage or '-':<9}"
    return "\n".join(f"{head_text} {part}".rstrip() for part in line.splitlines() or [""])
