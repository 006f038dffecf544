"""Is a case's goal met? Each figure that misses is named with what was asked."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.registry import Goal
from benchmarks.results import Result
from benchmarks.tables import gap_words, mib_words, ratio_words, seconds_words


def verdict(result: Result) -> str:
    """In words: "aim met", "met", "missed: ...", "wrong: ...", or why it is not judged."""
    wrong = result.wrong()
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return f"wrong: {wrong[0]}{more}"
    if not result.own_size:
        return "other size"
    missed, below = list(missing(result, result.case.must)), list(missing(result, result.case.aim))
    if missed:
        return f"missed: {'; '.join(missed)}"
    if result.case.aim == Goal():
        return "met" if result.case.must != Goal() else "no goal"
    return f"met; aim: {'; '.join(below)}" if below else "aim met"


def missing(result: Result, goal: Goal) -> Iterator[str]:
    """Each figure that does not reach the goal, next to what was asked."""
    gap = result.gap(result.ours)
    if goal.gap is not None and (gap is None or gap > goal.gap):
        yield f"gap {gap_words(gap) or 'unknown'}, asked {gap_words(goal.gap)}"
    if goal.seconds is not None and result.ours.seconds > goal.seconds:
        yield f"{seconds_words(result.ours.seconds)} s, asked {seconds_words(goal.seconds)}"
    total = result.ours.total_mib
    if goal.total_mib is not None and (total is None or total > goal.total_mib):
        yield f"{mib_words(total) or 'unknown'} MiB in all, asked {mib_words(goal.total_mib)}"
    if goal.optimum_of is not None:
        yield from _below_optimum(result, goal.optimum_of)
    for peer, asked in goal.faster:
        runs = result.peers.get(peer)
        if runs is None or result.time_ratio(runs) < asked:
            found = "not run" if runs is None else f"{ratio_words(result.time_ratio(runs), runs.cut_short)} in time"
            yield f"{peer} {found}, asked {ratio_words(asked)}"
    for peer, asked in goal.leaner:
        runs = result.peers.get(peer)
        ratio = None if runs is None else result.memory_ratio(runs)
        if ratio is None or ratio < asked:
            yield f"{peer} {ratio_words(ratio) or 'not measured'} in memory, asked {ratio_words(asked)}"


def _below_optimum(result: Result, peer: str) -> Iterator[str]:
    """Where the peer has a better plan than ours, or nobody knows the optimum."""
    runs = result.peers.get(peer)
    for seed in dict.fromkeys(seed for seed, _ in result.ours.outcomes):
        ours = min((o.value for o in result.ours.of_seed(seed) if o.value is not None), default=None)
        theirs = [o.value for o in (runs.of_seed(seed) if runs is not None else ()) if o.value is not None]
        if ours is not None and ours == result.bound(seed):
            continue  # proved, whoever asks
        if not theirs:
            yield f"{peer} {'not run' if runs is None else 'found no plan'}, seed {seed} is not proved"
        elif ours is None or ours < max(theirs):
            yield f"seed {seed}: {peer} found {max(theirs):,}, we {'nothing' if ours is None else format(ours, ',')}"
