"""runs/shipped.csv: which run's boxes really went out, said by whoever shipped them; kept by appending only.

Where nobody says, it is the last run that readers saw before the ship date. What customers did since is joined to it.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from jobs.publishing import history

FILE = "shipped.csv"
KEPT = 2
"""Runs of so many ship dates stay, whatever keep_runs says: the coming one's and the last one's."""
HEADER = "\ufeffsaid_utc,ship_date,run_id,shipped_on\n"


@dataclass(frozen=True)
class Shipped:
    """The run whose boxes went out.

    ship_date   the day that campaign.toml planned
    shipped_on  the day that it was; the planned one unless said
    said_utc    when somebody said so; "" = nobody did, and it is the last run published before
    """

    ship_date: date
    run_id: str
    shipped_on: date
    said_utc: str = ""


def read_said(runs: Path) -> dict[date, Shipped]:
    """What was said, by planned ship date; of several sayings the last. Lines that cannot be read are left out."""
    path = runs / FILE
    if not path.exists():
        return {}
    whole, _, _ = path.read_text(encoding="utf-8-sig").rpartition("\n")
    found = {}
    for row in list(csv.reader(io.StringIO(whole)))[1:]:
        try:
            said, planned, run_id, on = row
            one = Shipped(date.fromisoformat(planned), run_id, date.fromisoformat(on), said)
        except ValueError:
            continue
        found[one.ship_date] = one
    return found


def say(runs: Path, shipped: Shipped) -> None:
    """Add a line and force it to disk; first take away a line that a crash cut short."""
    text = io.StringIO()
    row = (shipped.said_utc, shipped.ship_date, shipped.run_id, shipped.shipped_on)
    csv.writer(text, lineterminator="\n").writerow(row)
    with (runs / FILE).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.write((text.getvalue() if whole else HEADER + text.getvalue()).encode())
        file.flush()
        os.fsync(file.fileno())


def shipped(runs: Path, ship_dates: Iterable[tuple[str, date]]) -> dict[date, Shipped]:
    """The run that shipped, by planned ship date, oldest first: as said, or the last that readers saw before the day.

    ship_dates  (run_id, ship date that it was made for) of every run that is known
    """
    planned = dict(ship_dates)
    found: dict[date, Shipped] = {}
    for entry in history.read(runs):
        day = planned.get(entry.run_id)
        if day is None:
            continue
        is_before = _day(entry.published_utc) < day.isoformat()
        if is_before or day not in found:  # of runs that were all made later (a past made again) it is the first
            found[day] = Shipped(day, entry.run_id, day)
    found |= read_said(runs)
    return {day: found[day] for day in sorted(found)}


def last_shipped(runs: Path, run_ids: Iterable[str]) -> set[str]:
    """Of these runs, those that shipped on the last two ship dates: what customers did since is joined to them."""
    days = {run_id: ship_date_of(runs / run_id) for run_id in run_ids}
    found = shipped(runs, [(run_id, day) for run_id, day in days.items() if day is not None])
    return {one.run_id for one in list(found.values())[-KEPT:]}


def ship_date_of(run: Path) -> date | None:
    """The ship date that a run was made for; None = it cannot be read."""
    try:
        told = tomllib.loads((run / "inputs" / "campaign.toml").read_text(encoding="utf-8-sig"))
        day = told["campaign"]["ship_date"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return day.date() if isinstance(day, datetime) else day if isinstance(day, date) else None


def _day(utc: str) -> str:
    return utc[:10]
