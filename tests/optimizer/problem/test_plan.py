"""A plan says what is known and nothing more; prices that break their signs cannot be built."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.problem import Plan, Prices, Termination

NONE = np.zeros(0, np.int64)


@pytest.mark.parametrize(
    ("value", "bound", "gap"),
    [
        (90, 100, 0.1),
        (100, 100, 0.0),
        (-110, -100, 0.1),
        (0, 0, 0.0),
        (-1, 0, 1.0),
        (None, 100, None),
        (90, None, None),
    ],
)
def test_the_gap_is_relative_to_the_bound_and_unknown_when_either_is(
    value: int | None, bound: int | None, gap: float | None
) -> None:
    assert Plan(Termination.FEASIBLE, None, value, bound, None).gap == gap


@pytest.mark.parametrize("name", ["stock", "at_least", "at_most"])
def test_prices_below_zero_or_not_int64_are_refused(name: str) -> None:
    halves: dict[str, Any] = {name: np.array([0.5])}
    wrong: dict[str, Any] = {name: np.array([0, -3])}
    fine = Prices(stock=np.zeros((1, 2), np.int64), at_least=NONE, at_most=NONE)

    with pytest.raises(ValueError, match=f"expected int64 {name} >= 0, found int64 -3"):
        replace(fine, **wrong)
    with pytest.raises(ValueError, match=f"expected int64 {name} >= 0, found float64"):
        replace(fine, **halves)


def test_a_unit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="expected unit >= 1, got 0"):
        Prices(np.zeros((1, 2), np.int64), NONE, NONE, unit=0)


def test_prices_are_read_only_and_leave_the_givers_array_alone() -> None:
    given = np.zeros((1, 2), np.int64)
    prices = Prices(given, NONE, NONE)

    with pytest.raises(ValueError, match="read-only"):
        prices.stock[0, 0] = 1
    given[0, 0] = 1
