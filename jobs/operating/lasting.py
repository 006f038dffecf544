"""How long something lasts, as operators write it (`26h`, `1h30m`) and as they are told it (`26 h`)."""

from __future__ import annotations

import re

from jobs.faults import UsageRefused
from jobs.words import shown

PARTS = re.compile("".join(rf"(?:(\d{{1,9}}(?:\.\d{{1,9}})?){unit})?" for unit in ("d", "h", "m(?:in)?", "s")))
SECONDS = (86400, 3600, 60, 1)


def seconds_in(text: str) -> float | None:
    """Seconds of `90s`, `30m`, `26h`, `2d` or `1h30m`; None = it is no such text."""
    found = PARTS.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        return None
    return sum(float(part) * unit for part, unit in zip(found.groups(), SECONDS, strict=True) if part)


def duration(said: str, option: str) -> float:
    """The same of an option. Raises UsageRefused for anything else."""
    found = seconds_in(said)
    if found is None:
        raise UsageRefused(f"{option}: found {shown(said)}, expected a number and s, m, h or d, e.g. 26h")
    return found


def span(seconds: float) -> str:
    """A time in the largest words that fit: 5 s, 12 min, 26 h, 4 days."""
    if seconds < 90:
        return f"{max(0, seconds):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 72 * 3600 else f"{seconds / 86400:.0f} days"
