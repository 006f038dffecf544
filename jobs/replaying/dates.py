"""Which ship dates a replay goes through: the campaign's own one, and steps from it into the past and the future."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from jobs.faults import UsageRefused
from jobs.words import shown

MOST_NIGHTS = 1_000
"""More is a slip of the pen: a night a day for three years is about as many."""
YEARS = (1900, 2199)
"""As in the tables."""


@dataclass(frozen=True)
class Step:
    """From one ship date to the next: whole months or whole days, one of the two above 0."""

    months: int = 0
    days: int = 0

    @classmethod
    def of(cls, text: str) -> Step:
        """Read `1mo`, `2w` or `7d`. Raises UsageRefused for anything else."""
        told = re.fullmatch(r"([1-9][0-9]{0,3}) ?(mo|w|d)", text)
        if told is None:
            raise UsageRefused(f"--every: found {shown(text)}, expected months, weeks or days, such as 1mo, 2w or 7d")
        number = int(told[1])
        return {"mo": cls(months=number), "w": cls(days=7 * number), "d": cls(days=number)}[told[2]]

    def from_day(self, day: date, times: int) -> date:
        """The day so many steps away; in a month that is too short, its last day."""
        if self.days:
            return day + timedelta(days=self.days * times)
        year, month = divmod(day.year * 12 + day.month - 1 + self.months * times, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def ship_dates(own: date, first: date, last: date, step: Step) -> tuple[date, ...]:
    """Every ship date from first to last, both included, that lies whole steps away from the campaign's own one.

    Raises UsageRefused where there is none, or no end of them.
    """
    for option, day in (("--from", first), ("--to", last)):
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise UsageRefused(f"{option}: found {day}, expected a day of the years {YEARS[0]} to {YEARS[1]}")
    if first > last:
        raise UsageRefused(f"--from: found {first}, expected a day up to --to, which is {last}")
    times = range(_steps(own, first, step), _steps(own, last, step) + 2)
    if len(times) > MOST_NIGHTS:
        raise UsageRefused(f"--every: found more than {MOST_NIGHTS:,} nights from {first} to {last}, expected fewer")
    found = tuple(day for day in (step.from_day(own, number) for number in times) if first <= day <= last)
    if not found:
        raise UsageRefused(
            f"found no ship date from {first} to {last}, expected one: they are whole steps away from the campaign's "
            f"own, {own}"
        )
    return found


def _steps(own: date, day: date, step: Step) -> int:
    """Whole steps from one day to another; of months, not looking at the day of the month."""
    if step.days:
        return (day - own).days // step.days
    return ((day.year - own.year) * 12 + day.month - own.month) // step.months
