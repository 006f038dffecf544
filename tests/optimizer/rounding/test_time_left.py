"""Seconds left are an estimate: never negative, true to the speed so far, and all phases of a real solve are known."""

from __future__ import annotations

import pytest

from optimizer.rounding.time_left import (
    COST,
    FIRST,
    INTEGERS,
    LAMINAR,
    PLAIN,
    PRICES,
    SAMPLES,
    SWAPS,
    TIED,
    TIES,
    TimeLeft,
)
from optimizer.solve import solve
from tests.optimizer.shops import ruled


def test_the_speed_so_far_tells_what_is_left() -> None:
    time_left = TimeLeft(1_000_000)

    assert time_left.enter(SAMPLES, 0.7, crowded=False) == pytest.approx(0.8 + 7.5 + 11.0 + 1.8 + 1.0 + 5.5)
    assert time_left.enter(FIRST, 3.0, crowded=False) == pytest.approx(2 * (7.5 + 11.0 + 1.8 + 1.0 + 5.5))
    assert time_left.enter(PRICES, 18.0, crowded=False) == pytest.approx(2 * (11.0 + 1.8 + 1.0 + 5.5))


def test_a_part_of_a_phase_takes_from_what_is_left_of_it() -> None:
    time_left = TimeLeft(1_000_000)
    begun = time_left.enter(INTEGERS, 22.8, crowded=False)
    later = [time_left.enter(name, seconds, crowded=False) for name, seconds in (("rounding", 25.0), (INTEGERS, 40.0))]

    assert begun == pytest.approx(5.5)
    assert later == [pytest.approx(5.5 - 2.2), pytest.approx(1.72)]  # past its time: a tenth of what it took


def test_alike_customers_and_rules_that_nest_take_other_ways() -> None:
    tied, nested = TimeLeft(1_000_000), TimeLeft(1_000_000)
    tied.enter(SAMPLES, 0.7, crowded=False)

    first = tied.enter(TIES, 9.0, crowded=True)
    again = tied.enter(TIES, 31.8, crowded=True)

    assert first == pytest.approx(3 * 22.8 + 6.5)
    assert again == pytest.approx(2 * 22.8 + 6.5)
    assert nested.enter(SWAPS, 0.7, crowded=False) == pytest.approx(5.5)


def test_nothing_is_told_before_anything_was_done() -> None:
    assert TimeLeft(1_000_000).enter(SAMPLES, 0.0, crowded=False) is None


def test_every_phase_of_a_solve_is_on_a_way_or_a_part_of_one() -> None:
    told: list[tuple[str, float | None]] = []
    solve(ruled(12_000, 60), progress=lambda phase, seconds, gap, left: told.append((phase, left)))

    known = {phase for phase, _ in told} & set(COST)
    assert known >= {SAMPLES, FIRST, PRICES, INTEGERS}
    assert all(left is not None and left >= 0 for _, left in told)
    assert {*PLAIN, *TIED, *LAMINAR} == set(COST)
