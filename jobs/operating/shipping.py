"""`boxwise shipped`: say which run's boxes went out, or see which did, ship date by ship date."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from jobs.answers.reply import Answer
from jobs.faults import UsageRefused
from jobs.operating.nights import PUBLISHED, read_nights
from jobs.operating.records import now_utc
from jobs.publishing import shipped as store
from jobs.publishing.disk import told_in_a_line
from jobs.words import printable


def shipped_runs(runs: Path) -> dict[date, store.Shipped]:
    """The run that shipped, by planned ship date, oldest first; of every night that published."""
    known = []
    for night in reversed(read_nights(runs).all):
        day = night.row.get("ship_date") if night.status == PUBLISHED else None
        if isinstance(day, str):
            known.append((str(night.row["run_id"]), _date(day)))
    return store.shipped(runs, [(run_id, day) for run_id, day in known if day is not None])


def _date(told: str) -> date | None:
    try:
        return date.fromisoformat(told[:10])
    except ValueError:
        return None


def shipped_answer(runs: Path) -> Answer:
    """Every ship date and the run that shipped."""
    found = list(shipped_runs(runs).values())
    lines = [_line(one) for one in reversed(found)] or [f"no night has published in {runs} yet"]
    return Answer(tuple(lines), {"shipped": [_content(one) for one in reversed(found)]})


def say_shipped(run: Path, on: date | None) -> Answer:
    """Write down that this run's boxes went out.

    on  the day they did; None = the planned one

    Raises UsageRefused where it is no published run, CheckFailed where the disk refuses.
    """
    folder = run.resolve()
    day, runs = store.ship_date_of(folder), folder.parent
    if day is None or not (folder / "manifest.json").is_file():
        raise UsageRefused(f"{run} is not a run: expected a run's folder, e.g. runs/current, or a campaign's")
    if not any(night.row.get("run_id") == folder.name and night.kept for night in read_nights(runs).all):
        raise UsageRefused(f"{run} was never published: its boxes cannot have been sent")
    said = store.Shipped(day, folder.name, on or day, now_utc())
    with told_in_a_line("write down what shipped", runs / store.FILE, "nothing was written"):
        store.say(runs, said)
    return Answer((_line(said),), {"shipped": [_content(said)]})


def _line(one: store.Shipped) -> str:
    day = "" if one.shipped_on == one.ship_date else f", on {one.shipped_on}"
    why = f"said on {one.said_utc[:10]}" if one.said_utc else "nobody said so: the last one published before"
    return f"boxes of {one.ship_date}: {printable(one.run_id)} shipped{day} ({why})"


def _content(one: store.Shipped) -> dict[str, Any]:
    said = one.said_utc or None
    days = {"ship_date": one.ship_date.isoformat(), "shipped_on": one.shipped_on.isoformat()}
    return {**days, "run_id": one.run_id, "said_utc": said}
