"""runs/history.csv: the order in which runs were published and rolled back, kept by appending only.

The link `runs/current` is the truth and this file its memory: a night killed between the two is healed by the next.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Action = Literal["publish", "rollback"]
FILE = "history.csv"
HEADER = "\ufeffpublished_utc,run_id,action\n"


@dataclass(frozen=True)
class Entry:
    """One line: when, which run became the current one, and by what."""

    published_utc: str
    run_id: str
    action: str


def read(runs: Path) -> list[Entry]:
    """Every whole line, oldest first; a line cut short by a crash is left out."""
    path = runs / FILE
    if not path.exists():
        return []
    whole, _, _ = path.read_text(encoding="utf-8-sig").rpartition("\n")
    return [Entry(*row) for row in list(csv.reader(io.StringIO(whole)))[1:] if len(row) == 3]


def append(runs: Path, run_id: str, action: Action) -> None:
    """Add a line and force it to disk; first take away a line that a crash cut short."""
    line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ},{run_id},{action}\n"
    with (runs / FILE).open("a+b") as file:
        file.seek(0)
        data = file.read()
        whole = data.rfind(b"\n") + 1
        file.truncate(whole)
        file.write((line if whole else HEADER + line).encode())
        file.flush()
        os.fsync(file.fileno())


def standing(entries: list[Entry]) -> list[str]:
    """The published runs that stand, oldest first: publishing adds one, a rollback takes away those after its run."""
    stack: list[str] = []
    for entry in entries:
        if entry.action == "rollback" and entry.run_id in stack:
            while stack[-1] != entry.run_id:
                stack.pop()
        elif stack[-1:] != [entry.run_id]:
            stack.append(entry.run_id)
    return stack


def heal(runs: Path, current: str | None) -> list[str]:
    """The standing runs, after writing down a swap that a crash kept out of the file.

    current   the run that `runs/current` points at; None = nothing is published
    """
    stack = standing(read(runs))
    if current is not None and stack[-1:] != [current]:
        append(runs, current, "rollback" if current in stack else "publish")
        stack = standing(read(runs))
    return stack
