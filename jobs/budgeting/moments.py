"""The moment that a night must be over by, as an operator writes it: `05:30`, or `90m`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from jobs.faults import UsageRefused
from jobs.words import printable

CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
LASTING = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m(?:in)?)?(?:(\d{1,6})s)?")


def moment_of(text: str, now: datetime) -> datetime:
    """A time of day, the next there is on this machine's clock, or how long from now: `05:30`, `2h`, `90m`, `1h30m`.

    now  by this machine's clock, without a zone

    Raises UsageRefused for anything else.
    """
    if (clock := CLOCK.fullmatch(text.strip())) and int(clock[1]) < 24 and int(clock[2]) < 60:
        at = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return (at if at > now else at + timedelta(days=1)).astimezone()
    if text.strip() and (lasting := LASTING.fullmatch(text.strip())):
        hours, minutes, seconds = (int(part or 0) for part in lasting.groups())
        if hours + minutes + seconds:
            return now.astimezone() + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    expected = 'a time of day such as "05:30", or how long, such as "90m"'
    raise UsageRefused(f'--deadline: found "{printable(text)}", expected {expected}')
