"""Counts are of what was run, by stage and function; the judge knows a square from a straight line."""

from __future__ import annotations

import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("benchmarks.night", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.night.counting import Counting, in_turn, interpreted
from benchmarks.night.judging import LEAST, faults
from recsys.kernels import kernel


def looped(n: int) -> int:
    """Two lines for each of n."""
    found = 0
    for one in range(n):
        found += one
    return found


def filled(n: int) -> int:
    """An array of n bytes, gone when it is counted."""
    return int(np.ones(n, np.uint8).sum())


@kernel
def compiled(n: int) -> int:
    """The same loop as that of `looped`."""
    found = 0
    for one in range(n):
        found += one
    return found


def of(counting: Counting, name: str) -> tuple[int, int]:
    """Lines and bytes of a function of this file in the stage `work`."""
    (key,) = [key for key in counting.lines if key[0] == "work" and key[1].endswith(f":{name}")]
    return counting.lines[key], counting.made[key]


@pytest.mark.parametrize("memory", [False, True])
def test_lines_are_counted_exactly_and_outside_of_stages_nothing_is(memory: bool) -> None:
    found = []
    for n in (0, 10, 1_000):
        counting = Counting(memory=memory, also=__file__)
        looped(77)
        with counting.stage("work"):
            looped(n)
        found.append(of(counting, "looped")[0])

    assert [found[1] - found[0], found[2] - found[0]] == [20, 2_000]
    assert sys.gettrace() is None or "called" not in repr(sys.gettrace())
    assert not tracemalloc.is_tracing()


def test_bytes_add_up_though_none_is_kept() -> None:
    counting = Counting(memory=True, also=__file__)
    with counting.stage("work"):
        for _ in range(3):
            filled(1_000_000)

    assert 3_000_000 <= of(counting, "filled")[1] < 3_300_000


def test_of_two_threads_each_made_its_own_bytes() -> None:
    counting = Counting(memory=True, also=__file__)
    with in_turn(), counting.stage("work"), ThreadPoolExecutor(2) as pool:
        looped_beside = [pool.submit(looped, 1_000) for _ in range(20)]
        filled_beside = [pool.submit(filled, 10_000_000) for _ in range(20)]
        none = pool.submit(filled, -1)

    assert [done.result() for done in looped_beside] == [499_500] * 20
    assert [done.result() for done in filled_beside] == [10_000_000] * 20
    with pytest.raises(ValueError, match="negative"):
        none.result()
    assert of(counting, "looped")[1] < 10_000_000 < 190_000_000 < of(counting, "filled")[1]


def test_only_the_stages_asked_for_are_counted() -> None:
    counting = Counting(memory=False, only=("work",), also=__file__)
    for name in ("rest", "work"):
        with counting.stage(name):
            looped(5)

    assert {stage for stage, _ in counting.lines} == {"work"}
    assert [done.stage for done in counting.measured] == ["rest", "work"]


def test_a_compiled_kernel_is_seen_where_it_is_interpreted_and_is_itself_again_afterwards() -> None:
    before, counting = compiled, Counting(memory=False, also=__file__)
    with interpreted([__name__]) as n_kernels, counting.stage("work"):
        assert compiled(50) == looped(50)

    assert n_kernels == 1
    assert of(counting, "compiled") == of(counting, "looped")
    assert compiled is before


def nights(power: float, *, what: str = "lines") -> list[str]:
    """What is found where a function's count grows by this power of customers, from 100 to 400."""
    few, many = Counting(memory=True), Counting(memory=True)
    for counting, n in ((few, 100), (many, 400)):
        counts = counting.lines if what == "lines" else counting.made
        counts["train", "a.py:grows"] = int(LEAST[what] * (n / 100) ** power)
        counts["train", "a.py:is_always_so"] = 9 * LEAST[what]
    return faults(few, many, 4)


@pytest.mark.parametrize("what", ["lines", "bytes"])
@pytest.mark.parametrize(("power", "found"), [(0.0, 0), (1.0, 0), (1.3, 0), (1.6, 1), (2.0, 1)])
def test_a_square_is_named_and_a_straight_line_is_not(what: str, power: float, found: int) -> None:
    lines = nights(power, what=what)

    assert len(lines) == found
    assert all("train: a.py:grows: " in line and what in line for line in lines)


def test_a_stage_that_is_too_much_all_in_all_is_told_even_where_no_function_is() -> None:
    few, many = Counting(memory=False), Counting(memory=False)
    for name in "abc":
        few.lines["pack", f"a.py:{name}"], many.lines["pack", f"a.py:{name}"] = 10_000, 65_000

    (line,) = faults(few, many, 4)
    assert line == "pack, all in all: 30,000 lines become 195,000, 6.5 times as many for 4 times the customers"
    assert faults(few, many, 6) == []


def test_few_lines_that_become_many_are_no_fault() -> None:
    few, many = Counting(memory=False), Counting(memory=False)
    few.lines["pack", "a.py:begins"], many.lines["pack", "a.py:begins"] = 10, 5 * LEAST["lines"]

    assert faults(few, many, 4) == []
