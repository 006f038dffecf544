"""Does what a night counts grow faster than its customers? Function by function and stage by stage, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from benchmarks.night.counting import Counting, Function

FUNCTION, STAGE = 1.5, 1.25
"""Exponents that a function's and a whole stage's count may grow by: 1 = in proportion, 2 = with the square. What is
not in proportion in one function is seldom 1.3 at these sizes; a stage has a part that does not grow at all."""
LEAST = {"lines": 5_000, "bytes": 1 << 18}
"""Counts below this are taken for as much: a few lines that become many, once a campaign is large enough for them."""


def faults(few: Counting, many: Counting, ratio: float) -> list[str]:
    """What grows faster than it may, the largest first.

    few, many  counts of two nights; many has `ratio` times the customers
    """
    found = []
    for what, before, after in (("lines", few.lines, many.lines), ("bytes", few.made, many.made)):
        found += list(_functions(what, before, after, ratio))
        found += list(_stages(what, before, after, ratio))
    return [words for _, words in sorted(found, reverse=True)]


def _functions(what: str, few: Counter[Function], many: Counter[Function], ratio: float) -> Iterator[tuple[int, str]]:
    for (stage, name), count in many.items():
        before = few[stage, name]
        if count > ratio**FUNCTION * max(before, LEAST[what]):
            yield count, f"{stage}: {name}: {_words(what, before, count, ratio)}"


def _stages(what: str, few: Counter[Function], many: Counter[Function], ratio: float) -> Iterator[tuple[int, str]]:
    for stage in dict.fromkeys(stage for stage, _ in many):
        before, count = (sum(n for (own, _), n in counts.items() if own == stage) for counts in (few, many))
        if count > ratio**STAGE * max(before, LEAST[what]):
            yield count, f"{stage}, all in all: {_words(what, before, count, ratio)}"


def _words(what: str, before: int, count: int, ratio: float) -> str:
    times = f"{count / before:.1f} times as many" if before else "more"
    return f"{before:,} {what} become {count:,}, {times} for {ratio:g} times the customers"
