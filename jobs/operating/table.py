"""`boxwise runs`: a line for every night, newest first, and what a night that did not publish had to say."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from jobs.answers.reply import Answer
from jobs.operating.nights import PUBLISHED, Night, Nights, read_nights
from jobs.operating.run_record import headline
from jobs.words import printable

HEADS = ("ended (UTC)", "run", "status", "gap", "quality", "seconds", "boxes", "short")
NOTHING = "-"
NARROWEST = 40
"""Lines are not cut shorter than this, however narrow the terminal is."""


def runs_answer(runs: Path, last: int) -> Answer:
    """The table, and the same as JSON.

    last  so many nights at most
    """
    nights = read_nights(runs)
    shown = nights.all[:last]
    content = {"runs": [night.as_json(runs) for night in shown], "nights": len(nights.all), "current": nights.current}
    return Answer(tuple(_lines(nights, shown, runs)), content)


def _lines(nights: Nights, shown: list[Night], runs: Path) -> Iterator[str]:
    if not shown:
        yield f"no night has ended in {runs} yet"
        return
    rows = [HEADS, *(_cells(night) for night in shown)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    for place, row in enumerate(rows):
        cells = [
            cell.ljust(width) if at < 3 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield _cut("  ".join(cells).rstrip())
        if place and (words := _words(shown[place - 1])):
            yield _cut(f"    {words}")
    if older := len(nights.all) - len(shown):
        yield f"{older:,} earlier {'night is' if older == 1 else 'nights are'} not shown; --last shows more"


def _cells(night: Night) -> tuple[str, ...]:
    plan, quality, seconds = (
        night.row.get("plan") or {},
        headline(night.row.get("quality") or []),
        night.row.get("seconds"),
    )
    return (
        f"{night.ended:%Y-%m-%d %H:%M}",
        printable(str(night.row.get("run_id") or NOTHING)),
        status_words(night),
        _of(plan.get("gap"), ".4%"),
        NOTHING if quality is None else f"{quality['value']:.3f} [{quality['low']:.3f}, {quality['high']:.3f}]",
        _of(seconds, ",.0f"),
        _of(plan.get("boxes"), ","),
        _of(plan.get("short_boxes"), ","),
    )


def status_words(night: Night) -> str:
    """How the night ended, and what became of its run."""
    if night.status != PUBLISHED:
        return f"{night.status}, exit {night.row.get('exit')}"
    became = "current" if night.current else "" if night.stands else "taken back"
    return ", ".join(part for part in (PUBLISHED, became, "" if night.kept else "removed") if part)


def _words(night: Night) -> str:
    """The first line of a night that did not publish, and where its story is."""
    if night.status == PUBLISHED:
        return ""
    others = len(night.lines) - 1
    more = f" (and {others:,} more {'line' if others == 1 else 'lines'})" if others > 0 else ""
    stage = f"in {night.row['stage']}: " if night.row.get("stage") else ""
    story = "" if night.story is None else f"; its story: {night.story}"
    return stage + printable(night.lines[0] if night.lines else "no word of why") + more + story


def _of(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)


def _cut(line: str) -> str:
    """As much of a line as a terminal shows in one; all of it where nobody watches."""
    if not sys.stdout.isatty():
        return line
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    return line if len(line) <= width else line[: width - 3] + "..."
