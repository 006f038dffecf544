"""A published run as the night had it in its hands after packing: for explanations that need the whole plan."""

from __future__ import annotations

from jobs.outputs.rebuild import Rebuilt
from jobs.packing.pack import Packed
from optimizer.problem import Plan, Termination


def repacked(run: Rebuilt) -> Packed:
    """The shop, the problem and the plan, with the value, bound and prices that the run claims."""
    told = run.certificate
    value, bound = (None if told.get(name) is None else int(told[name]) for name in ("value", "upper_bound"))
    plan = Plan(Termination(told["termination"]), run.boxes, value, bound, run.prices)
    return Packed(run.shop, run.scores, run.allowed, run.problem, plan)
