"""`boxwise runs`: a line for every night, newest first, and what a night that did not publish had to say."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from jobs.answers.reply import Answer
from jobs.operating.nights import PUBLISHED, Night, Nights, read_nights
from jobs.operating.run_record import headline
from jobs.words import printable

HEADS = ("ended (UTC)", "run", "status", "gap", "quality", "seconds", "boxes", "short")
N_TEXTS = 3
"""The first columns are words, the others figures."""
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
    rows = [_cells(night) for night in shown]
    lines = _wide(rows)
    width = _width()
    if width is not None and max(map(len, lines)) > width:
        lines = ["", *(_narrow(row, width) for row in rows)]
    for place, line in enumerate(lines):
        if line:
            yield line
        if place and (words := _words(shown[place - 1])):
            yield _cut(f"    {words}", width)
    if older := len(nights.all) - len(shown):
        yield f"{older:,} earlier {'night is' if older == 1 else 'nights are'} not shown; --last shows more"


def _wide(rows: list[tuple[str, ...]]) -> list[str]:
    """A table: its head, and a line for each night."""
    widths = [max(len(row[column]) for row in [HEADS, *rows]) for column in range(len(HEADS))]
    aligned = [str.ljust if column < N_TEXTS else str.rjust for column in range(len(HEADS))]
    return [
        "  ".join(align(cell, width) for align, cell, width in zip(aligned, row, widths, strict=True)).rstrip()
        for row in [HEADS, *rows]
    ]


def _narrow(row: tuple[str, ...], width: int) -> str:
    """A night on a few short lines, each figure with its name; what is not known is left out."""
    told = [f"{name} {cell}" for name, cell in zip(HEADS[N_TEXTS:], row[N_TEXTS:], strict=True) if cell != NOTHING]
    run = [] if row[1] == NOTHING else [f"    {row[1]}"]
    figures = textwrap.wrap(", ".join(told), width, initial_indent="    ", subsequent_indent="    ")
    return "\n".join([f"{row[0]}  {row[2]}", *run, *figures])


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
    others = len(night.words) - 1
    more = f" (and {others:,} more {'line' if others == 1 else 'lines'})" if others > 0 else ""
    stage = f"in {night.row['stage']}: " if night.row.get("stage") else ""
    story = "" if night.story is None else f"; its story: {night.story}"
    return stage + printable(night.words[0] if night.words else "no word of why") + more + story


def _of(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)


def _width() -> int | None:
    """Letters that a line of the terminal holds; None = nobody watches, and lines may have any length."""
    return max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def _cut(line: str, width: int | None) -> str:
    return line if width is None or len(line) <= width else line[: width - 3] + "..."
