"""How moments and amounts are written: told by the whole column, and never guessed where it can be read two ways."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.recipes.shapes import Amounts, Moments, month_later

duckdb = pytest.importorskip("duckdb", reason="the SQL runs in DuckDB, the extra sql")


def moments(*cells: str) -> Moments:
    """Moments that have seen these cells."""
    seen = Moments()
    for cell in cells:
        seen.add(cell)
    return seen


def read(seen: Moments | Amounts, *cells: str) -> list[str | None]:
    """What the SQL makes of the cells."""
    values = ", ".join(f"({place}, '{cell}')" for place, cell in enumerate(cells))
    sql = f"SELECT {seen.sql('cell')} FROM (VALUES {values}) AS t(place, cell) ORDER BY place"
    return [row[0] for row in duckdb.sql(sql).fetchall()]


@pytest.mark.parametrize(
    "cell",
    ["2026-10-01", "2026-10-01 10:00", "2026-10-01T10:11:12", "2026-10-01 10:00:00 +0200", "2026-10-01 10:00:00.123Z"],
)
def test_iso_moments_stay_as_they_are(cell: str) -> None:
    seen = moments(cell, "")

    assert read(seen, cell) == [cell]
    assert seen.last == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("3.4.2026", "04.11.2026 9:05"), ["2026-04-03 00:00:00", "2026-11-04 09:05:00"]),
        (("2026/10/01 10:00:00",), ["2026-10-01 10:00:00"]),
        (("October 1, 2026", "May 12, 2026 4:05 pm"), ["2026-10-01 00:00:00", "2026-05-12 16:05:00"]),
        (("Oct 1, 2026 10:00 AM",), ["2026-10-01 10:00:00"]),
        (("1 October 2026",), ["2026-10-01 00:00:00"]),
        (("03/04/2026", "12/31/2026 23:59"), ["2026-03-04 00:00:00", "2026-12-31 23:59:00"]),
        (("03/04/2026", "31/12/2026, 23:59"), ["2026-04-03 00:00:00", "2026-12-31 23:59:00"]),
        (("2026-10-01 10:00:00", "02.10.2026"), ["2026-10-01 10:00:00", "2026-10-02 00:00:00"]),
        (("2026-10-01 10:00:00 UTC",), ["2026-10-01 10:00:00Z"]),
    ],
)
def test_other_forms_are_read_as_what_they_are(cells: tuple[str, ...], expected: list[str]) -> None:
    seen = moments(*cells)

    assert not seen.can_be_read_two_ways
    assert read(seen, *cells) == expected
    assert seen.last == max(date.fromisoformat(day[:10]) for day in expected)


@pytest.mark.parametrize("cells", [("03/04/2026",), ("03/04/2026", "12/12/2026 10:00"), ("13/04/2026", "04/13/2026")])
def test_days_that_can_be_read_two_ways_are_not_guessed(cells: tuple[str, ...]) -> None:
    seen = moments(*cells)

    assert seen.can_be_read_two_ways
    assert seen.last is None
    assert read(seen, *cells) == list(cells)


def test_what_is_no_moment_is_left_to_the_check() -> None:
    seen = moments("soon", "2026-10-01")

    assert seen.strange == "soon"
    assert read(seen, "soon") == ["soon"]


def test_a_day_that_no_calendar_has_is_not_the_last() -> None:
    assert moments("31.02.2026", "2026-99-99", "01.02.2026").last == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("9.50", "1,234.50", "$39.00", ""), ["9.50", "1234.50", "39.00", None]),
        (("9,50", "1.234,50", "39,00 €"), ["9.50", "1234.50", "39.00"]),
        (("0,125", "1,250"), ["0.125", "1.250"]),
        (("0.125", "12"), ["0.125", "12"]),
        (("1,234", "7"), ["1234", "7"]),
        (("not stocked", "-3"), [None, "-3"]),
    ],
)
def test_amounts_lose_currency_and_thousands(cells: tuple[str, ...], expected: list[str | None]) -> None:
    seen = Amounts()
    for cell in cells:
        seen.add(cell)

    assert read(seen, *cells) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 10, 15), date(2026, 11, 15)),
        (date(2026, 12, 31), date(2027, 1, 31)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 30), date(2028, 2, 29)),
        (date(2026, 5, 31), date(2026, 6, 30)),
    ],
)
def test_a_month_later_is_a_day_that_there_is(day: date, expected: date) -> None:
    assert month_later(day) == expected
