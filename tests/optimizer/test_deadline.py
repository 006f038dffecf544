"""A deadline is kept to within a second; what comes back is legal, with an honest gap, however little time there was.

Each solve is watched from its first report to its last: plans only get better and proofs only get tighter.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from time import perf_counter

import numpy as np
import pytest

from optimizer.problem import BoxProblem, Plan, Termination
from optimizer.rounding.run import Run
from optimizer.solve import solve
from optimizer.verify import check, check_plan, plan_value
from optimizer.warm_up import compile_kernels
from tests.optimizer.shops import on_demand, ruled

LATE_S = 1.0
"""Seconds that a solve may go on after its deadline."""
large = cache(lambda: ruled(20_000, 200))


@cache
def _shop(name: str) -> tuple[BoxProblem, BoxProblem]:
    """The problem to solve, and the same as a matrix, which is quick to check."""
    if name == "small":
        return ruled(300, 40), ruled(300, 40)
    return (large() if name == "large" else on_demand(large(), 0.02)), large()


def timed(problem: BoxProblem, deadline_s: float) -> tuple[float, Plan]:
    """Seconds and plan; tried again if it came late, for the machine may have been busy with something else."""
    seconds, plan = 0.0, None
    for _ in range(2):
        started = perf_counter()
        plan = solve(problem, deadline_s=deadline_s)
        seconds = perf_counter() - started
        if seconds <= deadline_s + LATE_S:
            break
    assert plan is not None
    return seconds, plan


@pytest.mark.parametrize("deadline_s", [0.0, 0.01, 0.3, 1])
@pytest.mark.parametrize("name", ["small", "large", "slow pairs"])
def test_a_deadline_is_kept_and_the_plan_is_legal(
    name: str, deadline_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, matrix = _shop(name)
    compile_kernels()
    seen: list[list[tuple[int | None, int | None, float | None]]] = []
    start, report = Run.of.__func__, Run.report  # type: ignore[attr-defined]

    def watched_start(cls: type[Run], *given: object) -> Run:
        seen.append([])
        run: Run = start(cls, *given)
        return run

    def watched_report(run: Run, phase: str) -> None:
        seen[-1].append((run.value, run.upper_bound(), run.gap()))
        report(run, phase)

    monkeypatch.setattr(Run, "of", classmethod(watched_start))
    monkeypatch.setattr(Run, "report", watched_report)
    seconds, plan = timed(problem, deadline_s)

    assert seconds <= deadline_s + LATE_S
    assert plan.boxes is not None
    assert check(matrix, plan.boxes) == []
    assert plan.value == plan_value(matrix, plan.boxes)
    assert plan.gap is None or plan.gap >= 0
    proved = plan.upper_bound is not None and plan.upper_bound == plan.value
    assert plan.termination is (Termination.OPTIMAL if proved else Termination.FEASIBLE)
    if plan.upper_bound is not None:
        assert check_plan(matrix, plan) == []
    for values, bounds, gaps in (zip(*reports, strict=True) for reports in seen):
        assert_rises(values)
        assert_rises([None if bound is None else -bound for bound in bounds])
        assert_rises([None if gap is None else -gap for gap in gaps])


def assert_rises(numbers: Sequence[float | None]) -> None:
    """Numbers never fall; None is less than any."""
    known = [-np.inf if number is None else number for number in numbers]
    assert known == sorted(known)


def test_more_time_gives_no_worse_a_plan_and_no_deadline_the_best() -> None:
    problem = ruled(300, 40)
    at_once, later, done = solve(problem, deadline_s=0.0), solve(problem, deadline_s=60), solve(problem)

    assert at_once.value is not None
    assert later.value is not None
    assert at_once.value < later.value
    assert (later.value, later.upper_bound) == (done.value, done.upper_bound)


def test_progress_tells_phase_time_and_gap_as_they_are() -> None:
    heard: list[tuple[str, float, float | None, float | None]] = []
    plan = solve(ruled(300, 40), deadline_s=60, progress=lambda *said: heard.append(said))
    phases, seconds, gaps, left = zip(*heard, strict=True)

    assert len(set(phases)) >= 4
    assert phases[-1] == "done"
    assert list(seconds) == sorted(seconds)
    assert gaps[0] is None
    assert gaps[-1] == plan.gap
    assert all(0 <= ahead <= 60 - at for at, ahead in zip(seconds, left, strict=True))
    assert left[-1] == 0
