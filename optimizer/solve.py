"""The one entrance to packing: problem in, plan with its proof out.

Prices first (they prove the bound and choose near-best boxes), then integers for the customers that are still contested.
"""

from __future__ import annotations

import numpy as np

from optimizer.compiled import Int32
from optimizer.integers import first_plan, pick, polish, sharpen
from optimizer.prices import NoBoxError, find_prices
from optimizer.problem import BoxProblem
from optimizer.result import Plan, Prices, Termination
from optimizer.run import Progress, Run

FEW_CUSTOMERS = 3_000
"""Up to so many customers the bound is sharpened by column generation over everyone."""


def solve(
    problem: BoxProblem,
    *,
    seed: int = 0,
    deadline_s: float | None = None,
    prices: Prices | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Pack every box: a legal plan of high value, and prices that prove how near to the best it is.

    seed        decides which customers the first, rough prices are found on
    deadline_s  seconds after which the best plan so far is returned; None = until the work is done
    prices      a warm start, e.g. last night's `Plan.prices`; ignored when its shape does not fit
    progress    called now and then with (phase, seconds since the start, gap or None)

    Same inputs, same plan, for any number of threads, unless a deadline cuts the work short.
    """
    run = Run.of(problem, deadline_s, progress)
    try:
        run.report("prices")
        find_prices(run.rounds, run.space, run.best, seed=seed, warm=prices, stop=run.late)
    except NoBoxError:
        return Plan(Termination.INFEASIBLE, None, None, None, None)
    run.report("repair")
    first_plan(run)
    run.report("integers")
    nothing_better = _integers(run)
    if run.boxes is None:
        return _without_plan(run, seed, nothing_better)
    run.report("done")
    return _finished(run)


def _integers(run: Run) -> bool:
    """Sharpen prices and boxes in turn; True when no better plan (or none at all) exists."""
    if run.problem.n_customers <= FEW_CUSTOMERS:
        sharpen(run, 30)
    for _ in range(4):
        if run.proved() or run.late():
            return False
        before = run.value
        if pick(run):
            return True
        polish(run)
        if run.value == before:
            break
    return False


def _without_plan(run: Run, seed: int, none_exists: bool) -> Plan:
    """Only with short="stop": decide whether full boxes for everyone exist at all, utility aside."""
    return Plan(Termination.INFEASIBLE if none_exists else Termination.NO_SOLUTION, None, None, None, None)


def _finished(run: Run) -> Plan:
    assert run.boxes is not None and run.value is not None
    bound = run.upper_bound()
    state = Termination.OPTIMAL if run.value == bound else Termination.FEASIBLE
    return Plan(state, _best_first(run.problem, run.boxes), run.value, bound, run.best.prices)


def _best_first(problem: BoxProblem, boxes: Int32) -> Int32:
    """Each box by utility falling, then position rising; missing slots last."""
    sorted_boxes = np.empty_like(boxes)
    step = 65_536
    for lo in range(0, boxes.shape[0], step):
        box = boxes[lo : lo + step]
        if box.size and problem.n_items:
            utility, _ = problem.block(lo, lo + box.shape[0])
            worth = np.take_along_axis(utility, np.maximum(box, 0), axis=1).astype(np.int64)
            order = np.lexsort((box, -worth, box < 0), axis=1)
            sorted_boxes[lo : lo + step] = np.take_along_axis(box, order, axis=1)
        else:
            sorted_boxes[lo : lo + step] = box
    return sorted_boxes
