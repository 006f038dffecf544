"""`boxwise status`: is what readers see young enough, what is hidden, and what kept the last nights from publishing.

Made for a monitor: the exit code tells, the first line says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobs.answers.reply import Answer
from jobs.faults import Exit
from jobs.operating.lasting import span
from jobs.operating.nights import FAILED, PUBLISHED, REFUSED, STOPPED, Night, read_nights
from jobs.operating.run_record import headline
from jobs.operating.table import status_words
from jobs.publishing.overrides import Hidden, hidden
from jobs.words import printable

MOST_HIDDEN, MOST_LINES = 10, 5


@dataclass(frozen=True)
class Status:
    """How a campaign stands.

    state    "fine", "stale" (the last success is too old) or "never" (nothing was ever published)
    current  the run that readers see
    success  the newest night that published; age_s: seconds since then
    refusal  the newest night that did not
    night    the newest of all
    """

    state: str
    current: str | None
    success: Night | None
    age_s: float | None
    max_age_s: float
    refusal: Night | None
    night: Night | None
    hidden: tuple[Hidden, ...]

    @property
    def exit(self) -> int:
        """0, or 10 where a person should look."""
        return Exit.PUBLISHED if self.state == "fine" else Exit.STALE


def status_of(runs: Path, max_age_s: float, now: datetime | None = None) -> Status:
    """Look at a folder of runs; one that is not there yet has published nothing."""
    nights = read_nights(runs)
    success = nights.last(PUBLISHED)
    age = None if success is None else ((now or datetime.now(UTC)) - success.ended).total_seconds()
    state = "never" if age is None or nights.current is None else "fine" if age <= max_age_s else "stale"
    refusal, night = nights.last(REFUSED, STOPPED, FAILED), next(iter(nights.all), None)
    return Status(state, nights.current, success, age, max_age_s, refusal, night, tuple(hidden(runs)))


def status_answer(status: Status, runs: Path) -> Answer:
    """The status in lines, and as JSON."""
    return Answer(tuple(_lines(status, runs)), _content(status, runs))


def _content(status: Status, runs: Path) -> dict[str, Any]:
    def told(night: Night | None) -> dict[str, Any] | None:
        return None if night is None else night.as_json(runs)

    return {
        "state": status.state,
        "current": status.current,
        "last_success": told(status.success),
        "age_seconds": None if status.age_s is None else int(status.age_s),
        "max_age_seconds": int(status.max_age_s),
        "hidden": [vars(row) for row in status.hidden],
        "last_night": told(status.night),
        "last_refusal": told(status.refusal),
    }


def _lines(status: Status, runs: Path) -> Iterator[str]:
    yield _verdict(status, runs)
    if status.current is not None:
        yield f"  readers see: {status.current}"
    success = status.success
    if success is not None:
        plan, quality = success.row.get("plan") or {}, headline(success.row.get("quality") or [])
        parts = [f"{plan['boxes']:,} boxes, {plan['short_boxes']:,} not full"] if plan.get("boxes") is not None else []
        parts += [f"gap {plan['gap']:.4%}"] if plan.get("gap") is not None else []
        parts += [f"{quality['metric']} {quality['value']:.3f}"] if quality else []
        if parts:
            yield f"  that night: {', '.join(parts)}"
    names = [row.words for row in status.hidden]
    more = f" and {len(names) - MOST_HIDDEN:,} more" if len(names) > MOST_HIDDEN else ""
    yield f"  hidden products: {len(names):,}" + (f" ({', '.join(names[:MOST_HIDDEN])}{more})" if names else "")
    yield from _refusal(status)


def _verdict(status: Status, runs: Path) -> str:
    if status.success is None or status.age_s is None:
        return f"NEVER PUBLISHED: no night has published in {runs}"
    run = printable(str(status.success.row.get("run_id")))
    when = f"{run} was published {span(status.age_s)} ago ({status.success.ended:%Y-%m-%d %H:%M} UTC)"
    if status.state == "never":
        return f"NOTHING IS PUBLISHED: runs/current is gone; {when}"
    return f"fine: {when}" if status.state == "fine" else f"STALE: {when}, more than {span(status.max_age_s)}"


def _refusal(status: Status) -> Iterator[str]:
    refusal = status.refusal
    if refusal is None:
        yield "  last refusal: none"
        return
    since = " (later nights have published)" if status.success and status.success.ended > refusal.ended else ""
    stage = f" in the stage {refusal.row['stage']}" if refusal.row.get("stage") else ""
    yield f"  last refusal: {refusal.ended:%Y-%m-%d %H:%M} UTC, {status_words(refusal)}{stage}{since}"
    for line in refusal.words[:MOST_LINES]:
        yield f"    {printable(line)}"
    if len(refusal.words) > MOST_LINES:
        yield f"    and {len(refusal.words) - MOST_LINES:,} more lines"
    if refusal.story is not None:
        yield f"    its story: {refusal.story}"
