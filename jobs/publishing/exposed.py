"""Folders of runs that others could have a hand in: what leads elsewhere is refused, what is open to all is told.

Readers follow `runs/current` without a question, so it may lead to a run of its own folder and nowhere else.
"""

from __future__ import annotations

import stat
from pathlib import Path

from jobs.faults import UsageRefused

CURRENT, LOCK = "current", ".night.lock"


def refuse_hostile(runs: Path) -> None:
    """Raise UsageRefused unless `runs/current` is absent or leads to a run of this folder, and the lock is no link."""
    if (runs / LOCK).is_symlink():
        raise UsageRefused(f"{runs / LOCK} is a link, expected a file of our own: take it away")
    current = runs / CURRENT
    if not current.is_symlink():
        if current.exists():
            raise UsageRefused(f"{current} is not a link made by boxwise: move it away, then run the night again")
        return
    told = current.readlink()
    leads_to = (runs / told).parent.resolve() / told.name
    if leads_to.parent != runs.resolve() or told.name in ("", "..", CURRENT) or leads_to.is_symlink():
        raise UsageRefused(
            f"{current} leads to {told}, expected the folder of one of its runs: link it there, or take it away"
        )


def exposed(runs: Path) -> tuple[str, ...]:
    """A line for the folder of runs, and one for the published run, where every user of the machine may write to it."""
    lines = []
    for folder in (runs, runs / CURRENT):
        try:
            mode = folder.stat().st_mode
        except OSError:
            continue
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            what = f"every user of this machine may write to {folder}, and so change what the shop reads"
            lines.append(f"WARNING: {what}; chmod o-w {folder}")
    return tuple(lines)
