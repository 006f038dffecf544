"""The moment that a night must be over by, as an operator writes it: `05:30`, or `90m`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from jobs.faults import UsageRefused
from jobs.operating.lasting import seconds_in
from jobs.words import shown

MOST_SECONDS = 366 * 86400
CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


def moment_of(text: str, now: datetime) -> datetime:
    """A time of day, the next there is on this machine's clock, or how long from now: `05:30`, `2h`, `90m`, `1h30m`.

    now  by this machine's clock, without a zone

    Raises UsageRefused for anything else.
    """
    if (clock := CLOCK.fullmatch(text.strip())) and int(clock[1]) < 24 and int(clock[2]) < 60:
        at = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return (at if at > now else at + timedelta(days=1)).astimezone()
    seconds = seconds_in(text) or 0
    if 0 < seconds <= MOST_SECONDS:
        return now.astimezone() + timedelta(seconds=seconds)
    expected = 'a time of day such as "05:30", or how long, such as "90m"'
    raise UsageRefused(f"--deadline: found {shown(text)}, expected {expected}")
