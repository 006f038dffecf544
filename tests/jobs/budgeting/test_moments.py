"""The moment that a night must be over by, as people write it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from jobs.budgeting.moments import moment_of
from jobs.faults import UsageRefused

NOW = datetime(2026, 11, 28, 2, 15, 30)


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's clock is Berlin's."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("05:30", "2026-11-28T05:30:00+01:00"),
        ("5:30", "2026-11-28T05:30:00+01:00"),
        ("02:15", "2026-11-29T02:15:00+01:00"),
        ("00:00", "2026-11-29T00:00:00+01:00"),
        ("90m", "2026-11-28T03:45:30+01:00"),
        ("90min", "2026-11-28T03:45:30+01:00"),
        ("2h", "2026-11-28T04:15:30+01:00"),
        ("1h30m", "2026-11-28T03:45:30+01:00"),
        ("45s", "2026-11-28T02:16:15+01:00"),
        (" 1h0m10s ", "2026-11-28T03:15:40+01:00"),
        ("1d", "2026-11-29T02:15:30+01:00"),
    ],
)
def test_times_of_day_and_durations_are_understood(text: str, wanted: str) -> None:
    assert moment_of(text, NOW) == datetime.fromisoformat(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "24:00",
        "5:60",
        "0m",
        "-1h",
        "90",
        "5.30",
        "tomorrow",
        "999999999d",
        "1h2h",
        "05:30:00",
        "9" * 400 + "h",
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageRefused, match=r"--deadline: found .*, expected a time of day such as"):
        moment_of(text, NOW)


@pytest.mark.parametrize(
    ("text", "wanted"), [("05:30", "2026-10-25T05:30:00+01:00"), ("4h30m", "2026-10-25T04:30:00+01:00")]
)
def test_a_night_in_which_clocks_are_moved_ends_by_the_clock_or_after_so_long(text: str, wanted: str) -> None:
    assert moment_of(text, datetime(2026, 10, 25, 1, 0)) == datetime.fromisoformat(wanted)
