"""Numbers and dates as ranges: neighbours are alike, ranges are named, few numbers are values."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jobs.features.attributes import Attributes, product_attributes
from jobs.features.cells import Cells
from jobs.features.numbers import FEW, N_RANGES, measured, middles, range_block, shown_day, shown_number

Numbers = st.lists(st.floats(-1e9, 1e9).map(lambda value: round(value, 3)), min_size=FEW + 1, max_size=60, unique=True)


def attributes(values: list[object]) -> Attributes:
    kind = None if isinstance(values[0], float) else "str"
    frame = pd.DataFrame({"x": pd.Series(values, dtype=kind)})
    return product_attributes(frame, np.arange(len(frame)), len(frame))


def cosines(values: list[float]) -> np.ndarray:
    """How alike any two rows are: 1 = the same."""
    dense = attributes([float(value) for value in values]).matrix.toarray().astype(float)
    return np.asarray(dense @ dense.T)


def slow_weights(value: float, middle: list[float]) -> list[float]:
    """How much a number belongs to each range: one hat per middle, by the book."""
    out = []
    for at, peak in enumerate(middle):
        left = middle[at - 1] if at else None
        right = middle[at + 1] if at + 1 < len(middle) else None
        if value == peak or (value < peak and left is None) or (value > peak and right is None):
            out.append(1.0)
        elif value < peak:
            out.append(max(0.0, (value - left) / (peak - left)))  # type: ignore[operator]
        else:
            out.append(max(0.0, (right - value) / (right - peak)))  # type: ignore[operator]
    return out


@settings(deadline=None)
@given(Numbers)
def test_each_number_belongs_to_the_ranges_whose_middles_are_next_to_it(values: list[float]) -> None:
    cells = Cells.of(pd.Series(values))
    measure = measured(cells)
    assert measure is not None
    middle = middles(np.array(values), np.ones(len(values), np.int64))
    slow = np.array([slow_weights(value, middle.tolist()) for value in values])

    made = range_block("x", cells, measure, keep_empty=False)

    assert made.matrix.toarray() == pytest.approx(slow, abs=1e-5)
    assert slow.sum(axis=1) == pytest.approx(1)
    assert len(made.values) == N_RANGES


@settings(deadline=None)
@given(Numbers)
def test_a_range_is_named_by_where_it_is_the_nearest(values: list[float]) -> None:
    assume(np.diff(np.sort(values)).min() > 0.01)
    cells = Cells.of(pd.Series(values))
    measure = measured(cells)
    assert measure is not None
    made = range_block("x", cells, measure, keep_empty=False)
    share = made.matrix.toarray()
    for at, name in enumerate(made.values):
        low, high = map(float, name.split(" to "))
        slack = 1e-3 * max(abs(low), abs(high)) + 1e-3  # names have four digits
        for value, mine in zip(values, share[:, at], strict=True):
            if mine > 0.5 + 1e-6:
                assert low - slack <= value <= high + slack


def test_neighbours_are_alike_wherever_the_borders_lie() -> None:
    prices = [round(5 + 0.37 * number, 2) for number in range(100)]
    alike = cosines(prices)

    assert min(alike[at, at + 1] for at in range(99)) > 0.95
    assert alike[50, 60] < alike[50, 55] < alike[50, 51] < 1
    assert alike[0, 50] == 0


def test_19_99_and_20_01_are_alike_and_neither_is_like_60() -> None:
    alike = cosines([19.99, 20.01, 60, *range(100)])

    assert alike[0, 1] > 0.999
    assert alike[0, 2] == 0


def test_ranges_have_equal_counts_and_names() -> None:
    made = attributes([float(number) for number in range(80)])

    assert made.value[0] == "0 to 9.875"
    assert made.value[-1] == "69.12 to 79"
    assert len(made.value) == N_RANGES
    assert (made.matrix.toarray().argmax(axis=1) == np.repeat(range(8), 10)).all()


def test_numbers_in_texts_are_numbers() -> None:
    one, other = attributes([float(number) for number in range(80)]), attributes([str(number) for number in range(80)])

    assert one.value == other.value
    assert abs(one.matrix - other.matrix).nnz == 0


def test_few_numbers_are_values_however_they_are_written() -> None:
    made = attributes(["12", "12.0", "7", "7", "-3", "-3.00"])

    assert made.value == ("-3", "12", "7")
    assert made.matrix.toarray().tolist() == [[0, 1, 0]] * 2 + [[0, 0, 1]] * 2 + [[1, 0, 0]] * 2
    assert attributes([2.0, 1.0, 2.0, float("nan"), 1.0]).value == ("1", "2")


def test_a_number_that_never_changes_says_nothing() -> None:
    assert attributes([5.0] * 40).value == ()
    assert attributes(["5", "5.0"] * 20).value == ()


def test_rows_beside_one_number_that_nearly_all_have_are_told_apart() -> None:
    alike = cosines([0.0] * 400 + [float(number) for number in range(1, 21)])

    assert alike[0, 1] == pytest.approx(1)
    assert alike[0, 419] == 0
    assert alike[418, 419] > 0.9


def test_dates_are_numbers_of_days() -> None:
    days = [date(2026, 1, 1) + timedelta(days=3 * number) for number in range(80)]
    made = attributes([str(day) for day in days])
    dense = made.matrix.toarray().astype(float)

    assert made.value[0].startswith("2026-01-01 to 2026-01-")
    assert made.value[-1].endswith(f"to {days[-1]}")
    assert (dense[:-1] * dense[1:]).sum(axis=1).min() > 0.95
    assert attributes([f"{day} 18:30:00" for day in days]).value[0].startswith("2026-01-01 to 2026-01-")
    assert attributes([f"{day}T18:30:00Z" for day in days]).matrix.toarray() == pytest.approx(dense, abs=1e-5)


def test_few_dates_are_values_and_a_day_that_is_none_makes_no_dates() -> None:
    assert attributes(["2026-01-01", "2026-02-01"] * 3).value == ("2026-01-01", "2026-02-01")
    days = [f"2026-02-{number:02d}" for number in range(1, 32)]
    assert measured(Cells.of(pd.Series(days))) is None


@pytest.mark.parametrize("odd", ["12,5", "nan", "inf", "1e999", "12 g", "1_000", "0x1f", "٣"])
def test_one_cell_that_is_no_number_makes_no_numbers(odd: str) -> None:
    assert measured(Cells.of(pd.Series([*(str(number) for number in range(40)), odd]))) is None


def test_names_of_numbers_and_days_can_be_read() -> None:
    assert [shown_number(value) for value in (12345.6, 0.00123456, 2.5, 0.0)] == ["12350", "0.001235", "2.5", "0"]
    assert [shown_day(value) for value in (0.0, 0.9, -0.5)] == ["1970-01-01", "1970-01-01", "1969-12-31"]
