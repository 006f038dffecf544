"""Results made by hand: what the report, the verdicts and the plot are tested on."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("benchmarks.measure", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.measure import OURS, Outcome
from benchmarks.registry import Case, Goal
from benchmarks.results import Result, Runs

CASE = Case(
    "plain",
    "by hand",
    "plain",
    1_000,
    100,
    peers=("flow",),
    must=Goal(gap=1e-6, seconds=5, faster=(("flow", 10),), leaner=(("flow", 3),)),
    aim=Goal(gap=0),
)
OUTCOME = Outcome(
    "feasible",
    2.0,
    extra_mib=10.0,
    total_mib=300.0,
    value=999_999,
    bound=1_000_000,
    short_boxes=3,
    digest="a",
    phases={"set-up": 0.5, "prices": 1.5},
    first_plan_s=1.0,
    bound_agrees=True,
    second_s=0.25,
)
FLOW = Outcome(
    "optimal", 30.0, extra_mib=40.0, total_mib=340.0, value=999_999, bound=999_999, short_boxes=3, digest="b"
)


def result(
    *ours: Outcome, flow: Outcome | None = FLOW, case: Case = CASE, n_customers: int = 1_000, n_items: int = 100
) -> Result:
    """A result of these runs of ours, all of seed 0, and one of the flow."""
    peers = {} if flow is None else {"flow": Runs("flow", [(0, flow)])}
    return Result(case, n_customers, n_items, Runs(OURS, [(0, outcome) for outcome in ours or (OUTCOME,)]), peers)


def other(**changed: object) -> Outcome:
    """OUTCOME with some figures changed."""
    return replace(OUTCOME, **changed)  # type: ignore[arg-type]
