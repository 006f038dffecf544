"""The tables of whole nights: one row per campaign, where the seconds went, how stages grow, and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from benchmarks.night.goals import gaps, judged
from benchmarks.night.results import Result, comparable, growth
from benchmarks.night.run import Stage
from benchmarks.tables import mib_words, ratio_words, seconds_words

HEAD = (
    "campaign", "customers", "products", "events", "seconds", "core seconds", "peak MiB", "gap", "implicit's fit, s",
    "night / fit", "fitted",
)  # fmt: skip
GOALS = ("campaign", "what", "found", "must", "aim", "")
AGAIN = ("campaign", "stage", "first night", "again", "faster")
Table = Callable[[Sequence[str], Sequence[Sequence[str]], Collection[int]], str]
FIGURES: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("Seconds", lambda stage: seconds_words(stage.seconds)),
    ("Core seconds", lambda stage: seconds_words(stage.core_seconds)),
    ("Peak MiB so far", lambda stage: mib_words(stage.peak_mib)),
)
LEGEND = """\
seconds: median of a first night, from starting Python to its end, compiled code at hand. peak: of the whole process.
fitted: customers x products with events, and pairs, that implicit factorizes: 64 factors, 15 sweeps, all cores.
"""


def page(results: Sequence[Result], table: Table) -> str:
    """All tables and the legend, in text or Markdown."""
    measured = [result for result in results if result.nights]
    parts = [table(HEAD, [row(result) for result in measured], (0,)), LEGEND] if measured else []
    for title, words in FIGURES if measured else ():
        parts.append(f"{title}, by stage:\n\n{by_stage(measured, words, table)}")
    if any(result.again for result in measured):
        rows = table(AGAIN, [line for result in measured for line in again_rows(result)], (0, 1))
        parts.append(f"The same night again, a hundredth of customers, events and stock rows changed:\n\n{rows}")
    powers = growth_table(measured, table)
    parts += [f"Growth, by seconds (by core seconds); 1 = in proportion to customers:\n\n{powers}"] if powers else []
    figures = [figure.row() for figure in judged(measured)]
    parts += [table(GOALS, figures, (0, 1, 5))] if figures else []
    return "\n".join([*parts, *remarks(results)])


def row(result: Result) -> list[str]:
    """The row of a case."""
    night, fit = result.nights[0], result.fits[0] if result.fits else None
    rows = [f"{n:,}" for n in (night.customers, night.products, night.events)]
    spent = sum(stage.core_seconds for stage in result.stages().values())
    took = [seconds_words(result.seconds), seconds_words(spent), mib_words(result.peak_mib), gaps(result)]
    if fit is None:
        return [result.case.name, *rows, *took, "", "", ""]
    ratio = ratio_words(result.seconds / result.fit_seconds)
    fitted = f"{fit.customers:,} x {fit.products:,}, {fit.pairs:,} pairs"
    return [result.case.name, *rows, *took, seconds_words(result.fit_seconds), ratio, fitted]


def by_stage(results: Sequence[Result], words: Callable[[Stage], str], table: Table) -> str:
    """A row per stage, a column per case."""
    each = [result.stages() for result in results]
    names = dict.fromkeys(name for stages in each for name in stages)
    rows = [[name, *(words(stages[name]) if name in stages else "" for stages in each)] for name in names]
    return table(("stage", *(result.case.words for result in results)), rows, (0,))


def growth_table(results: Sequence[Result], table: Table) -> str:
    """A row per stage, a column from each size to the next."""
    pairs = comparable(results)
    if not pairs:
        return ""
    walls = [growth(few, many, lambda stage: stage.seconds) for few, many in pairs]
    cores = [growth(few, many, lambda stage: stage.core_seconds) for few, many in pairs]
    names = dict.fromkeys(name for few, _ in pairs for name in few.stages())
    rows = [
        [name, *(f"{_power(wall, name)} ({_power(core, name)})" for wall, core in zip(walls, cores, strict=True))]
        for name in names
    ]
    sizes = [f"{few.nights[0].customers:,} to {many.nights[0].customers:,}" for few, many in pairs]
    return table(("stage", *sizes), rows, (0,))


def _power(powers: dict[str, float], name: str) -> str:
    return f"{powers[name]:.2f}" if name in powers else "-"


def again_rows(result: Result) -> list[list[str]]:
    """First night and night again, the whole and stage by stage."""
    if not result.again:
        return []
    first, later = result.stages(), result.stages(result.again)
    pairs = [(name, first[name].seconds, later[name].seconds) for name in first if name in later]
    whole = ("whole night", sum(a for _, a, _ in pairs), sum(b for _, _, b in pairs))
    return [
        [result.case.name, name, seconds_words(a), seconds_words(b), ratio_words(a / b) if b else ""]
        for name, a, b in (whole, *pairs)
    ]


def remarks(results: Sequence[Result]) -> list[str]:
    """What was not as it should be: nights that failed, compiled, or gave other bytes from the same tables."""
    said = [f"{result.failed}\n" for result in results if result.failed]
    for result in results:
        compiled = sum(night.compiled for night in (*result.nights, *result.again))
        if compiled:
            said.append(f"{result.case.name}: {compiled} kernels were compiled within its nights; run it once more.\n")
        if len({night.run_id for night in result.nights}) > 1:
            said.append(f"{result.case.name}: the same tables gave other runs.\n")
    return said
