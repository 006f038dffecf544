"""The second opinion: is a plan legal, is its value right, and does its proof hold?

Imports neither OR-tools nor Numba nor any code of the solver; everything is recomputed from the problem alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.problem import BoxProblem, Plan, Termination
from optimizer.verify.bound import NoLegalBoxError, price_bound
from optimizer.verify.boxes import ROWS, Fault, check, quota_totals, usage

__all__ = ["Fault", "NoLegalBoxError", "check", "check_plan", "plan_value", "price_bound", "shortfalls", "usage"]


def shortfalls(problem: BoxProblem, boxes: npt.NDArray[np.int32]) -> list[int]:
    """Missing amount of each quota's at_least, 0 where it is met or there is none."""
    sent = quota_totals(problem, boxes)
    return [max(0, (quota.at_least or 0) - found) for quota, found in zip(problem.quotas, sent, strict=True)]


def plan_value(problem: BoxProblem, boxes: npt.NDArray[np.int32]) -> int:
    """Value in micro-points: utility packed, less penalties for missing slots and for unmet at_least quotas.

    boxes   int32 (n_customers, any width) item positions, -1 = missing slot

    Exact for any input: block sums fit int64 (65,536 boxes of int32 utilities), all else is Python ints.
    """
    packed = np.asarray(boxes)
    value = 0
    for lo in range(0, problem.n_customers, ROWS):
        box = packed[lo : lo + ROWS]
        utility, _ = problem.block(lo, lo + len(box))
        rows, slots = np.nonzero(box >= 0)
        value += int(utility[rows, box[rows, slots]].sum(dtype=np.int64))
    missing = int(problem.sizes.sum(dtype=np.int64)) - int((packed >= 0).sum())
    value -= problem.rules.short_penalty * missing
    return value - sum(
        quota.penalty * gap for quota, gap in zip(problem.quotas, shortfalls(problem, packed), strict=True)
    )


def check_plan(problem: BoxProblem, plan: Plan) -> list[Fault]:
    """Everything wrong with a plan: its boxes, their order, its value, its bound, and how it says it ended."""
    if plan.boxes is None:
        return _check_absent(problem, plan)
    boxes = np.asarray(plan.boxes)
    expected = (problem.n_customers, problem.width)
    if boxes.dtype != np.int32 or boxes.shape != expected:
        return [Fault("shape", None, None, f"expected int32 boxes {expected}, found {boxes.dtype} {boxes.shape}")]
    faults = check(problem, boxes)
    if any(fault.rule == "position" for fault in faults):
        return faults
    faults += _check_order(problem, boxes)
    value = plan_value(problem, boxes)
    if plan.value != value:
        faults.append(_fault(f"the plan says its value is {plan.value}, the boxes are worth {value}"))
    if plan.termination not in (Termination.OPTIMAL, Termination.FEASIBLE):
        faults.append(_fault(f"the plan has boxes but says it ended {plan.termination.value}"))
    return faults + _check_bound(problem, plan, value)


def _check_absent(problem: BoxProblem, plan: Plan) -> list[Fault]:
    """Faults of a plan without boxes."""
    faults = []
    if plan.value is not None:
        faults.append(_fault(f"the plan has no boxes but a value, {plan.value}"))
    if plan.termination in (Termination.OPTIMAL, Termination.FEASIBLE):
        faults.append(_fault(f"the plan has no boxes but says it ended {plan.termination.value}"))
    if plan.termination is Termination.INFEASIBLE and problem.rules.short != "stop":
        faults.append(_fault('the plan says infeasible, which only short="stop" can be'))
    if plan.upper_bound is not None:
        faults += _check_bound(problem, plan, None)
    return faults


def _check_order(problem: BoxProblem, boxes: npt.NDArray[np.int32]) -> list[Fault]:
    """Rows must list items best first: by utility descending, then position ascending."""
    faults = []
    for lo in range(0, problem.n_customers, ROWS):
        box = boxes[lo : lo + ROWS]
        if box.shape[1] < 2 or not problem.n_items:
            break
        utility = problem.block(lo, lo + len(box))[0][np.arange(len(box))[:, None], box]
        better = (utility[:, 1:] > utility[:, :-1]) | ((utility[:, 1:] == utility[:, :-1]) & (box[:, 1:] < box[:, :-1]))
        wrong = (better & (box[:, 1:] >= 0) & (box[:, :-1] >= 0)).any(axis=1)
        words = "expected items by utility, best first, then by position"
        faults += [Fault("order", lo + int(c), None, words) for c in np.flatnonzero(wrong)]
    return faults


def _check_bound(problem: BoxProblem, plan: Plan, value: int | None) -> list[Fault]:
    """The bound must follow from the prices, lie above the value, and meet it exactly when the plan says optimal."""
    bound = plan.upper_bound
    if bound is None or plan.prices is None:
        if bound is not None:
            return [_fault("the plan claims a bound but has no prices to prove it")]
        optimal = plan.termination is Termination.OPTIMAL
        return [_fault("the plan says optimal but proves no bound")] if optimal else []
    try:
        proved = price_bound(problem, plan.prices, plan.boxes)
    except ValueError as refusal:
        return [_fault(f"the prices prove nothing: {refusal}")]
    faults = []
    if bound != proved:
        faults.append(_fault(f"the plan says no plan exceeds {bound}, its prices prove {proved}"))
    if value is not None and value > bound:
        faults.append(_fault(f"the plan's value {value} lies above its own bound {bound}"))
    if value is not None and (plan.termination is Termination.OPTIMAL) != (value == bound):
        faults.append(_fault(f"the plan says {plan.termination.value} with value {value} and bound {bound}"))
    return faults


def _fault(words: str) -> Fault:
    return Fault("plan", None, None, words)
