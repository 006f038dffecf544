"""What a night must reach, and what it aims at: each figure named, with what was asked and what was found.

Goals hold for their own case only, on two quiet cores. Those of packing alone are judged by `benchmarks.packing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.night.results import Result, comparable, growth
from benchmarks.tables import gap_words, ratio_words, seconds_words

LARGE, LARGEST, GROWS_FROM = "synth-300000x200", "synth-1000000x500", "synth-30000x200"


@dataclass(frozen=True)
class Judged:
    """One figure.

    must, aim  limits, None = nothing is asked; at_least turns both round
    words      how `found` is told
    """

    case: str
    what: str
    found: float
    must: float | None
    aim: float | None
    unit: str
    at_least: bool = False

    def verdict(self) -> str:
        """Missed, met, or the aim met too."""
        if self.must is not None and not self._reaches(self.must):
            return "MISSED"
        if self.aim is not None and self._reaches(self.aim):
            return "aim met"
        return "met" if self.must is not None else "aim missed"

    def row(self) -> list[str]:
        """The figure as a row of the table."""
        return [self.case, self.what, *map(self._words, (self.found, self.must, self.aim)), self.verdict()]

    def _reaches(self, limit: float) -> bool:
        return self.found >= limit if self.at_least else self.found <= limit

    def _words(self, figure: float | None) -> str:
        if figure is None:
            return ""
        if self.unit == "x":
            return ratio_words(figure)
        return {"s": f"{seconds_words(figure)} s", "GiB": f"{figure:.2f} GiB", "%": f"{figure:.0%}"}.get(
            self.unit, f"{figure:.2f}"
        )


def judged(results: Sequence[Result]) -> list[Judged]:
    """Every figure that these results have and that something is asked of."""
    found: list[Judged] = []
    for result in results:
        if result.nights:
            found += _of_case(result)
            found += _of_again(result)
    for few, many in comparable(results):
        if (few.case.name, many.case.name) == (GROWS_FROM, LARGE):
            powers = growth(few, many, lambda stage: stage.seconds)
            found += [Judged(LARGE, f"growth of {name}", powers[name], 1.1, 1.05, "exponent") for name in powers]
    return found


def _of_case(result: Result) -> Iterator[Judged]:
    name, stages = result.case.name, result.stages()
    if name == "demo":
        yield Judged(name, "whole night, compiled", result.seconds, 25, 15, "s")
    if name == LARGE:
        if result.fits:
            yield Judged(name, "whole first night / implicit's fit", result.seconds / result.fit_seconds, 7, 5, "x")
        yield Judged(name, "peak memory", result.peak_mib / 1024, 4, 3, "GiB")
        for stage, must, aim in (("audit", 15, 6), ("lists", 15, 8), ("pack", 12, 7)):
            yield Judged(name, stage, stages[stage].seconds, must, aim, "s")
        yield Judged(name, "evaluate / night", stages["evaluate"].seconds / result.seconds, 0.40, 0.30, "%")
    if name == LARGEST:
        yield Judged(name, "whole night", result.seconds, 25 * 60, 12 * 60, "s")
        yield Judged(name, "peak memory", result.peak_mib / 1024, 12, 8, "GiB")


def _of_again(result: Result) -> Iterator[Judged]:
    """The night after: its packing, the whole of it, and what evaluation is of it."""
    if not result.again:
        return
    name, first, later = result.case.name, result.stages(), result.stages(result.again)
    seconds = sum(stage.seconds for stage in later.values())
    yield Judged(
        name, "again: packing faster", _times(first["pack"].seconds, later["pack"].seconds), 3, None, "x", True
    )
    yield Judged(name, "again: whole night faster", result.seconds / seconds, None, 2, "x", True)
    if name == LARGE:
        yield Judged(name, "again: evaluate / night", later["evaluate"].seconds / seconds, 0.25, 0.15, "%")
        if result.fits:
            yield Judged(name, "again: whole night / implicit's fit", seconds / result.fit_seconds, None, 3, "x")


def _times(one: float, other: float) -> float:
    return one / max(1e-9, other)


def gaps(result: Result) -> str:
    """The gaps that first nights and nights again prove, the widest of each."""
    first, later = (max((night.gap for night in nights), default=None) for nights in (result.nights, result.again))
    return gap_words(first) + ("" if later is None else f", again {gap_words(later)}")
