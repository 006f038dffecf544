"""How moments and amounts are written in a column, told by looking at all of it, and the SQL that reads them so.

Nothing is guessed from one cell: 03/04/2026 is a day only where another cell shows which number is the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?)?")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}")
_DAYS = (
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2}"), "%Y/%m/%d"),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), "%d.%m.%Y"),
    (re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}"), "%b %d, %Y"),
    (re.compile(r"[A-Z][a-z]{3,8} \d{1,2}, \d{4}"), "%B %d, %Y"),
    (re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}"), "%d %b %Y"),
    (re.compile(r"\d{1,2} [A-Z][a-z]{3,8} \d{4}"), "%d %B %Y"),
)
_TIMES = (
    (re.compile(r"\d{1,2}:\d\d"), "%H:%M"),
    (re.compile(r"\d{1,2}:\d\d:\d\d"), "%H:%M:%S"),
    (re.compile(r"\d{1,2}:\d\d ?[AaPp][Mm]"), "%I:%M %p"),
    (re.compile(r"\d{1,2}:\d\d:\d\d ?[AaPp][Mm]"), "%I:%M:%S %p"),
)
MONTH_FIRST, DAY_FIRST = "%m/%d/%Y", "%d/%m/%Y"


@dataclass
class Moments:
    """The moments of a column, seen one by one.

    Formats are those of strptime, which Python and DuckDB share. ISO moments need none.
    """

    has_iso: bool = False
    formats: set[str] = field(default_factory=set)
    strange: str | None = None
    _month_first: bool = False
    _day_first: bool = False
    _days: set[tuple[str, str]] = field(default_factory=set)
    _last_iso: str = ""
    _says_utc: bool = False

    def add(self, cell: str) -> None:
        """See one cell."""
        text = cell.strip()
        if not text:
            return
        if _ISO.fullmatch(text):
            self.has_iso = True
            self._says_utc |= text.endswith("UTC")
            self._last_iso = max(self._last_iso, text[:10])
            return
        day, written = _day_format(text)
        if written is None:
            self.strange = self.strange or text
            return
        rest = text[len(day) :]
        gap = re.match(r",? +", rest)
        clock = rest[gap.end() :] if gap else ""
        time = next((name for shape, name in _TIMES if shape.fullmatch(clock)), None)
        if rest and (gap is None or time is None):
            self.strange = self.strange or text
            return
        if slashes := _SLASHES.fullmatch(day):
            self._month_first |= int(slashes[2]) > 12
            self._day_first |= int(slashes[1]) > 12
        tail = f"{gap[0]}{time}" if gap and time else ""
        self.formats.add(written + tail)
        self._days.add((day, written))

    @property
    def can_be_read_two_ways(self) -> bool:
        """Days such as 03/04/2026, and no cell that tells which number is the month."""
        slashes = any(name.startswith(MONTH_FIRST) for name in self.formats)
        return slashes and self._month_first == self._day_first

    @property
    def last(self) -> date | None:
        """The last day seen, or None where there is none that can be told."""
        if self.can_be_read_two_ways:
            return None
        days = [date.fromisoformat(self._last_iso)] if _is_day(self._last_iso) else []
        for day, written in self._days:
            try:
                days.append(datetime.strptime(day, self._settled(written)).date())
            except ValueError:  # 31.02.2026: the night refuses it by its row
                continue
        return max(days, default=None)

    def sql(self, column: str) -> str:
        """The column as ISO text; as it is where it is written so, or where it cannot be told how it is written."""
        if not self.formats or self.can_be_read_two_ways:
            return f"replace({column}, ' UTC', 'Z')" if self._says_utc else column
        formats = ", ".join(f"'{self._settled(name)}'" for name in sorted(self.formats))
        read = f"strftime(strptime(trim({column}), [{formats}]), '%Y-%m-%d %H:%M:%S')"
        if not self.has_iso:
            return read
        return f"CASE WHEN regexp_matches({column}, '^ *[0-9]{{4}}-') THEN {column} ELSE {read} END"

    def _settled(self, written: str) -> str:
        if not self._day_first:
            return written
        return written.replace(MONTH_FIRST, DAY_FIRST)


def _day_format(text: str) -> tuple[str, str | None]:
    """The day that a text begins with, and its format; days with slashes as month first, which is settled later."""
    if slashes := _SLASHES.match(text):
        return slashes[0], MONTH_FIRST
    for shape, written in _DAYS:
        if found := shape.match(text):
            return found[0], written
    return "", None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass
class Amounts:
    """The amounts of a column, seen one by one: is the comma its decimal sign?"""

    commas: int = 0
    points: int = 0

    def add(self, cell: str) -> None:
        """See one cell."""
        text = cell.strip()
        self.commas += bool(re.search(r",\d{1,2}\D*$|(^|\D)0,\d", text))
        self.points += bool(re.search(r"\.\d{1,2}\D*$", text))

    @property
    def has_decimal_commas(self) -> bool:
        """9,50 and never 9.50."""
        return self.commas > 0 and self.points == 0

    def sql(self, column: str) -> str:
        """The column as digits with a point, without currency and thousands; empty where it holds no digit."""
        if self.has_decimal_commas:
            return f"nullif(replace(regexp_replace({column}, '[^0-9,-]', '', 'g'), ',', '.'), '')"
        return f"nullif(regexp_replace({column}, '[^0-9.-]', '', 'g'), '')"


def month_later(day: date) -> date:
    """The same day of the next month, or its last day."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
