"""Ship dates of a replay: whole steps from the campaign's own, and no others."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.faults import UsageRefused
from jobs.replaying.dates import Step, ship_dates

OWN = date(2026, 12, 5)
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@settings(max_examples=100)
@given(days, days, st.integers(0, 1_000), st.integers(1, 40))
def test_days_are_those_that_counting_by_hand_finds(own: date, first: date, length: int, step: int) -> None:
    last = first + timedelta(days=length)
    every_day = [first + timedelta(days=number) for number in range(length + 1)]
    by_hand = [day for day in every_day if (day - own).days % step == 0]

    try:
        found = list(ship_dates(own, first, last, Step(days=step)))
    except UsageRefused:
        found = [] if length < 1_000 * step else by_hand

    assert found == by_hand


@settings(max_examples=100)
@given(days, days, st.integers(0, 2_000), st.integers(1, 7))
def test_months_keep_the_day_of_the_month_as_far_as_the_month_has_it(
    own: date, first: date, length: int, step: int
) -> None:
    last = first + timedelta(days=length)
    every_day = [first + timedelta(days=number) for number in range(length + 1)]

    def fits(day: date) -> bool:
        ends = (day + timedelta(days=1)).day == 1
        months = (day.year - own.year) * 12 + day.month - own.month
        return months % step == 0 and (day.day == own.day or (ends and own.day > day.day))

    try:
        found = list(ship_dates(own, first, last, Step(months=step)))
    except UsageRefused:
        found = []

    assert found == [day for day in every_day if fits(day)]


def test_a_range_taken_from_a_longer_one_has_the_same_days() -> None:
    long = ship_dates(OWN, date(2025, 1, 1), date(2026, 12, 31), Step(months=1))

    assert long[0] == date(2025, 1, 5)
    assert long[-1] == OWN
    assert ship_dates(OWN, date(2026, 3, 5), date(2026, 6, 5), Step(months=1)) == long[14:18]


@pytest.mark.parametrize(
    ("text", "step"),
    [("1mo", Step(months=1)), ("12mo", Step(months=12)), ("2w", Step(days=14)), ("30 d", Step(days=30))],
)
def test_steps(text: str, step: Step) -> None:
    assert Step.of(text) == step


@pytest.mark.parametrize("text", ["", "0d", "mo", "1.5mo", "-1d", "1y", "99999d", "7d\n", "٣d"])
def test_steps_that_are_none(text: str) -> None:
    with pytest.raises(UsageRefused, match=r"--every: found .* expected months, weeks or days"):
        Step.of(text)


@pytest.mark.parametrize(
    ("first", "last", "step", "words"),
    [
        (date(2026, 2, 1), date(2026, 1, 1), Step(months=1), "--from: found 2026-02-01"),
        (date(2026, 2, 6), date(2026, 3, 4), Step(months=1), "found no ship date from 2026-02-06 to 2026-03-04"),
        (date(1950, 1, 1), date(2026, 1, 1), Step(days=1), "--every: found more than 1,000 nights"),
        (date(1, 1, 1), date(2026, 1, 1), Step(months=1), "--from: found 0001-01-01"),
        (date(2026, 1, 1), date(9999, 1, 1), Step(months=1), "--to: found 9999-01-01"),
    ],
)
def test_days_that_make_no_replay(first: date, last: date, step: Step, words: str) -> None:
    with pytest.raises(UsageRefused, match=words):
        ship_dates(OWN, first, last, step)
