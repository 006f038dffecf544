"""Nights over the past, oldest first: each knows what was known on its day, and what the nights before it sent.

A second call makes nothing anew: a night is told by all that it depends on, and stays while that is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jobs.config.campaign import Campaign
from jobs.config.load import load
from jobs.faults import AnotherNight, DiskRefused, Exit, Refusal, TooLittleMemory
from jobs.inputs.tables import read
from jobs.outputs.manifest import make_run_id
from jobs.publishing.publish import current_run
from jobs.replaying.dates import Step, ship_dates
from jobs.replaying.folder import RUNS, Past, go_back, night_folder, opened, past_of, write_past
from jobs.replaying.known import add_sent, known_on, settings_of, write_known

MEANT = ("ship_date", "events.rows", "events.repeated", "events.kind", "shipments", "edits")
"""Changes from night to night that the replay itself makes, by cutting one delivery at one day after the other."""
Night = Callable[[Path, Sequence[str]], tuple[str, ...]]
"""Runs the night of a campaign folder to its publication, given what to accept; its last lines. Raises Refusal."""
Say = Callable[[str], None]


class NightsRefused(Refusal):
    """Nights of a replay were refused; it ends as the first of them would have."""

    def __init__(self, refused: Sequence[Past]) -> None:
        self.exit = refused[0].exit
        days = ", ".join(str(past.ship_date) for past in refused[:5])
        more = f" and {len(refused) - 5:,} more" if len(refused) > 5 else ""
        nights = "1 night was" if len(refused) == 1 else f"{len(refused):,} nights were"
        super().__init__(f"{nights} refused: {days}{more}")

    @classmethod
    def of(cls, nights: Iterable[Past]) -> NightsRefused | None:
        """What to end with after these nights; None = all were published."""
        refused = [past for past in nights if past.run_id is None]
        return cls(refused) if refused else None


@dataclass(frozen=True)
class Asked:
    """Which past is to be gone through.

    campaign        the campaign's folder, or its TOML file
    first, last     ship dates from then to then
    every           from one ship date to the next: 1mo, 2w, 7d
    into            the folder of the replay; None = `replay` beside the campaign.toml
    real_shipments  each night knows what was really sent before it, and not what the nights before it would have
    accept          names of changes from night to night that are meant, beside MEANT
    stop            end at the first night that is refused
    """

    campaign: Path
    first: date
    last: date
    every: str = "1mo"
    into: Path | None = None
    real_shipments: bool = False
    accept: tuple[str, ...] = ()
    stop: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the replay."""
        beside = self.campaign if self.campaign.is_dir() else self.campaign.parent
        return (self.into or beside / "replay").absolute()


def replay(asked: Asked, night: Night, *, say: Say) -> tuple[Past, ...]:
    """Go through the nights; what came of each, oldest first. The campaign's own runs are not touched.

    night  runs one night, e.g. jobs.nightly.nightly
    say    hears one line before and after each night

    Raises InputRefused with every fault of the campaign as it is now, UsageRefused, AnotherNight; and what tells that
    the machine refuses: DiskRefused, TooLittleMemory.
    """
    campaign = load(asked.campaign)
    days = ship_dates(campaign.ship_date, asked.first, asked.last, Step.of(asked.every))
    into = asked.folder
    with opened(into):
        plan = _planned(asked, campaign, days, into, say)
        done = list(plan.kept)
        for past in done:
            say(f"{past.ship_date}: as before, {past.run_id or _why(past)}")
        for day, toml in plan.to_make.items():
            say(f"{day}: night {len(done) + 1} of {len(days)}")
            done.append(_made(asked, plan, into, day, toml, done, night, say))
            say(f"{day}: {done[-1].run_id or _why(done[-1])}")
            if asked.stop and done[-1].run_id is None:
                break
    return tuple(done)


def summary(nights: Iterable[Past], into: Path) -> tuple[str, ...]:
    """What a replay says at its end; of each night, one line."""
    told = list(nights)
    refused = [past for past in told if past.run_id is None]
    anew = sum(past.anew for past in told)
    made = "nothing was made anew" if not anew else f"{anew:,} made now, {len(told) - anew:,} as before"
    return (
        f"{len(told):,} night{'s' * (len(told) > 1)} from {told[0].ship_date} to {told[-1].ship_date}: "
        f"{made}, {len(refused):,} refused",
        *(f"  {past.ship_date}  {past.run_id or _why(past)}" for past in told),
        f"Look at {into / RUNS}; what each night knew is in {into / 'DATE'}",
    )


def as_json_of(nights: Iterable[Past], into: Path) -> dict[str, Any]:
    """The same as JSON values."""
    told = [
        {"ship_date": str(past.ship_date), "exit": int(past.exit), "run_id": past.run_id, "anew": past.anew}
        | {"campaign": str(night_folder(into, past.ship_date)), "lines": list(past.lines)}
        for past in nights
    ]
    return {"nights": told, "runs": str(into / RUNS)}


@dataclass(frozen=True)
class _Plan:
    """Nights that stay, and those that are to be made: their settings, and what they would be told by."""

    kept: tuple[Past, ...]
    to_make: dict[date, str]
    key: Callable[[date, str, Sequence[Past]], str]


def _planned(asked: Asked, campaign: Campaign, days: Sequence[date], into: Path, say: Say) -> _Plan:
    """Find the nights that stay, and write the campaigns of all others; the tables are held no longer than that."""
    own, toml = campaign.ship_date, campaign.path.read_bytes()
    say("reading the campaign as it is now")
    tables = read(campaign.model_copy(update={"ship_date": max(own, days[-1])}))
    settings = {day: settings_of(toml, day) for day in days}
    sources = tables.sources

    def key(day: date, text: str, before: Sequence[Past]) -> str:
        same = make_run_id("", sources, text.encode(), campaign.seed)
        nights = [f"{past.ship_date} {past.run_id}" for past in before]
        told = [same, str(day == own), str(asked.real_shipments), *asked.accept, *nights]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    kept: list[Past] = []
    for day in days:
        past = past_of(into, day)
        if past is None or past.made_from != key(day, settings[day], kept):
            break
        kept.append(past)
    to_make = {day: settings[day] for day in days[len(kept) :]}
    if to_make and (gone := go_back(into, kept)):
        say(f"nights of before that would not be the same any more: {gone:,} runs removed")
    for day, text in to_make.items():
        first = None if asked.real_shipments else days[0]
        write_known(night_folder(into, day), known_on(tables, day, own=own, first=first), text)
    if undated := int(tables.edits["made_on"].isna().sum()):
        say(f"edits without a day on which they were made (made_on): {undated:,}; they are of the night of {own} only")
    return _Plan(tuple(kept), to_make, key)


def _made(
    asked: Asked, plan: _Plan, into: Path, day: date, toml: str, done: Sequence[Past], night: Night, say: Say
) -> Past:
    """Run one night, and keep what came of it."""
    folder, runs = night_folder(into, day), into / RUNS
    if not asked.real_shipments:
        sent = [(past.ship_date, runs / past.run_id / "assignments.csv") for past in done if past.run_id]
        if idle := add_sent(folder, sent):
            say(f"locks left out, for the replay has sent the product before, or one of its family: {idle:,}")
    made_from = plan.key(day, toml, done)
    try:
        lines = night(folder, (*MEANT, *asked.accept))
        past = Past(day, made_from, Exit.PUBLISHED, current_run(runs), lines, anew=True)
    except (AnotherNight, DiskRefused, TooLittleMemory):
        raise
    except Refusal as refused:
        past = Past(day, made_from, Exit(refused.exit), None, refused.lines, anew=True)
    write_past(into, past)
    return past


def _why(past: Past) -> str:
    more = f" ({len(past.lines):,} lines in all: {past.ship_date}/night.json)" if len(past.lines) > 1 else ""
    return f"refused, exit {int(past.exit)}: {past.lines[0] if past.lines else 'without a word'}{more}"
