"""The benchmark of locks runs on a small shop, and its table tells what it measured."""

import pytest

pytest.importorskip("benchmarks.locks", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.locks import measured, table


def test_every_step_is_measured_and_most_customers_have_a_lock() -> None:
    small = measured(200, 30)
    assert 150 < small["locks"] < 250
    assert 0 < small["not kept"] < small["locks"]
    assert [line[:20].strip() for line in table({200: small})[1:]] == list(small)


def test_growth_is_told_between_the_smallest_and_the_largest() -> None:
    lines = table({1_000: {"a step": 100.0, "locks": 2.0}, 10: {"a step": 1.0, "locks": 2.0}})
    assert lines[0].split() == ["customers", "10", "1,000", "growth"]
    assert [line.split()[-1] for line in lines[1:]] == ["1.00", "0.00"]
