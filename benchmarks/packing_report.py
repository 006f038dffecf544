"""The table of a run of benchmarks: a row per case, a row below it per peer, then where our seconds went."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from statistics import median

from benchmarks.goals import verdict
from benchmarks.peers import PEERS
from benchmarks.registry import FIRST_RUN
from benchmarks.results import Result, Runs
from benchmarks.tables import gap_words, mib_words, ratio_words, seconds_words, size_words

HEAD = (
    "case", "customers x items", "seconds", "min-max", "extra MiB", "MiB in all", "gap", "short boxes", "ended",
    "second opinion", "time", "memory", "goal",
)  # fmt: skip
PHASES = ("case", "seconds", "us per pair", "first plan", "of which")
LEFT = (0, 8, 9, 12)
Table = Callable[[Sequence[str], Sequence[Sequence[str]], Collection[int]], str]
LEGEND = """\
seconds: median, from the problem in memory to boxes in memory, compiled code warm; extra MiB: peak beyond the problem.
gap: to the bound that our prices prove, for peers too. time, memory: times ours; ">" where the limit stopped it.
"""


def rows(result: Result) -> list[list[str]]:
    """The row of our runs, then one per peer."""
    name = result.case.name
    size = size_words(result.n_customers, result.n_items)
    ours = [name, size, *_figures(result, result.ours), _second(result.ours), "1", "1", verdict(result)]
    return [ours, *(_peer_row(result, runs) for runs in result.peers.values())]


def _peer_row(result: Result, runs: Runs) -> list[str]:
    time = ratio_words(result.time_ratio(runs), runs.cut_short) if result.ours.seconds else ""
    ratios = [time, ratio_words(result.memory_ratio(runs))]
    return [f"  {PEERS[runs.runner].words}", "", *_figures(result, runs), "", *ratios, ""]


def _figures(result: Result, runs: Runs) -> list[str]:
    """Columns from seconds to how it ended."""
    each = [outcome.seconds for _, outcome in runs.outcomes]
    between = f"{seconds_words(min(each))}-{seconds_words(max(each))}" if len(each) > 1 else ""
    short = "" if runs.short_boxes is None else f"{runs.short_boxes:,}"
    gap = None if result.case.kind == FIRST_RUN else result.gap(runs)
    ended = ", ".join(dict.fromkeys(outcome.status for _, outcome in runs.outcomes))
    memory = [mib_words(runs.extra_mib), mib_words(runs.total_mib)]
    return [seconds_words(runs.seconds), between, *memory, gap_words(gap), short, ended]


def _second(runs: Runs) -> str:
    """Does `optimizer.verify.plan` find the same bound, and in how many seconds."""
    asked = [outcome for _, outcome in runs.outcomes if outcome.bound_agrees is not None]
    if not asked:
        return ""
    took = seconds_words(median(outcome.second_s or 0.0 for outcome in asked))
    return f"{'agrees' if all(outcome.bound_agrees for outcome in asked) else 'DIFFERS'}, {took} s"


def phase_row(result: Result) -> list[str]:
    """Where our seconds went: per pair, until the first legal plan, and by phase."""
    runs, pairs = result.ours, max(1, result.n_customers * result.n_items)
    first = [outcome.first_plan_s for _, outcome in runs.outcomes if outcome.first_plan_s is not None]
    phases = ", ".join(f"{name} {seconds_words(seconds)}" for name, seconds in runs.phases().items())
    per_pair = "" if result.case.kind == FIRST_RUN else seconds_words(runs.seconds * 1e6 / pairs)
    found = seconds_words(median(first)) if first else ""
    return [result.case.name, seconds_words(runs.seconds), per_pair, found, phases]


def page(results: Sequence[Result], table: Table) -> str:
    """Both tables and the legend, in text or Markdown."""
    parts = [table(HEAD, [row for result in results for row in rows(result)], LEFT), LEGEND]
    parts.append(table(PHASES, [phase_row(result) for result in results], (0, 4)))
    wrong = [f"{result.case.name}: {words}\n" for result in results for words in result.wrong()]
    return "\n".join([*parts, *(["".join(wrong)] if wrong else [])])
