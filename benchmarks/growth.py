"""How the cost per pair of customer and item behaves as a campaign grows: a table with bars, and which phase grew.

A solver that scales keeps its microseconds per pair; the plot (`benchmarks.growth_plot`) shows them on two log scales.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from benchmarks.growth_plot import Line, log_log
from benchmarks.results import Result
from benchmarks.tables import gap_words, markdown_table, mib_words, seconds_words, text_table, write_tables

SIZES = tuple((n, 200) for n in (3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000))
SETTLED = 30_000
"""Customers from which on the cost per pair should not grow; below, what is done once weighs in."""
HEAD = ("customers", "us per pair", "", "seconds", "min-max", "extra MiB", "gap")
LEFT = (2,)
WIDTH = 40
"""Characters of the longest bar."""
Table = Callable[[Sequence[str], Sequence[Sequence[str]], Collection[int]], str]


def per_pair(result: Result, seconds: float) -> float:
    """Microseconds per pair of customer and item."""
    return seconds * 1e6 / (result.n_customers * result.n_items)


def bar(value: float, most: float) -> str:
    """A bar of up to WIDTH characters, in eighths of one."""
    eighths = round(8 * WIDTH * value / most) if most > 0 else 0
    full, part = divmod(eighths, 8)
    return ("█" * full + ("▏▎▍▌▋▊▉"[part - 1] if part else "")).ljust(WIDTH)


def page(results: Sequence[Result], table: Table) -> str:
    """The growth in text or Markdown: totals with bars, microseconds per pair by phase, and what they come to."""
    costs = [per_pair(result, result.ours.seconds) for result in results]
    rows = []
    for result, cost in zip(results, costs, strict=True):
        runs, each = result.ours, [outcome.seconds for _, outcome in result.ours.outcomes]
        rows.append([
            f"{result.n_customers:,}", seconds_words(cost), bar(cost, max(costs)), seconds_words(runs.seconds),
            f"{seconds_words(min(each))}-{seconds_words(max(each))}", mib_words(runs.extra_mib),
            gap_words(result.gap(runs)),
        ])  # fmt: skip
    phases = phase_costs(results)
    by_size = [
        [f"{result.n_customers:,}", *(seconds_words(costs[n]) for costs in phases.values())]
        for n, result in enumerate(results)
    ]
    parts = [table(HEAD, rows, LEFT)]
    if phases:
        parts.append("Microseconds per pair, by phase:\n\n" + table(("customers", *phases), by_size, ()))
    wrong = [f"{result.n_customers:,} customers: {words}\n" for result in results for words in result.wrong()]
    return "\n".join([*parts, summary(results), *(["".join(wrong)] if wrong else [])])


def phase_costs(results: Sequence[Result]) -> dict[str, list[float]]:
    """Microseconds per pair of each phase, one per result, in the order the phases come."""
    spent = [result.ours.phases() for result in results]
    names = dict.fromkeys(name for phases in spent for name in phases)
    return {
        name: [per_pair(result, phases.get(name, 0.0)) for result, phases in zip(results, spent, strict=True)]
        for name in names
    }


def summary(results: Sequence[Result]) -> str:
    """One line: does the cost per pair grow beyond SETTLED customers, and in which phase the most."""
    settled = [n for n, result in enumerate(results) if result.n_customers >= SETTLED]
    if len(settled) < 2:
        return f"Fewer than two sizes of {SETTLED:,} customers or more: nothing is said of growth.\n"
    first, last = settled[0], settled[-1]
    low, high = (per_pair(results[n], results[n].ours.seconds) for n in (first, last))
    sizes = f"From {results[first].n_customers:,} to {results[last].n_customers:,} customers the cost per pair"
    if high <= low:
        return f"{sizes} does not grow: {seconds_words(low)} to {seconds_words(high)} us.\n"
    grown = {name: costs[last] - costs[first] for name, costs in phase_costs(results).items()}
    most = max(grown, key=lambda name: grown[name], default=None)
    where = "" if most is None else f", most of it in {most} ({seconds_words(max(0.0, grown[most]))} us)"
    return f"{sizes} grows {high / low:.2f}x, {seconds_words(low)} to {seconds_words(high)} us{where}.\n"


def plot(results: Sequence[Result]) -> str:
    """The SVG: microseconds per pair over customers, in all and by phase."""
    customers = [float(result.n_customers) for result in results]
    costs = [per_pair(result, result.ours.seconds) for result in results]
    notes = [f"{seconds_words(result.ours.seconds)} s" for result in results]
    lines = [Line("in all", list(zip(customers, costs, strict=True)), notes)]
    phases = phase_costs(results)
    least = min(costs) / 100  # what takes less than a hundredth is not drawn, nor more than six phases
    for name in sorted(phases, key=lambda name: -max(phases[name]))[:6]:
        points = [(n, cost) for n, cost in zip(customers, phases[name], strict=True) if cost >= least]
        lines += [Line(name, points)] if points else []
    case = results[0].case
    title = f"Cost per pair of customer and item: {case.name}, {results[0].n_items:,} items"
    return log_log(title, "customers", "microseconds per pair", lines)


def write(folder: Path, facts: dict[str, str], results: Sequence[Result]) -> None:
    """growth.md, to be pasted, growth.json and growth.svg."""
    write_tables(folder, "growth", facts, page(results, markdown_table), results)
    (folder / "growth.svg").write_text(plot(results), encoding="utf-8")


def text(results: Sequence[Result]) -> str:
    """What is printed."""
    return page(results, text_table)
