"""The one entrance to packing: problem in, plan with its proof out.

Prices first (they prove the bound and choose near-best boxes), then integers for the customers still contested.
"""

from __future__ import annotations

import numpy as np

from optimizer.compiled import Int32
from optimizer.filling import filling_problem
from optimizer.flow import ALL_ARCS, is_plain, solve_plain
from optimizer.integers import MAX_CUSTOMERS, first_plan, pick, polish, sharpen
from optimizer.prices import NoBoxError, find_prices
from optimizer.problem import POINTS, BoxProblem
from optimizer.result import Plan, Prices, Termination
from optimizer.rounding import round_support
from optimizer.run import Progress, Run

FEW_CUSTOMERS = 10_000
"""Up to so many customers prices are always finished by column generation over everyone, ..."""
MANY_CUSTOMERS = 50_000
"""... up to so many where the ascent alone leaves too wide a gap."""
GOOD_GAP = 1e-6
"""A gap at which rounding is good enough."""
FAIR_GAP = 1e-4
"""A gap at which one programme without progress is enough, however small the problem."""
SMALL = 3_000
"""Up to so many customers a plan is improved until nothing helps; beyond, ..."""
FINE_GAP = 1e-5
"""... until no plan could be this much better."""


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
        impossible = _search(run, seed, prices)
    except NoBoxError:
        impossible = True
    run.report("done")
    if run.boxes is None:
        return Plan(Termination.INFEASIBLE if impossible else Termination.NO_SOLUTION, None, None, None, None)
    assert run.value is not None
    state = Termination.OPTIMAL if run.proved() else Termination.FEASIBLE
    return Plan(state, _best_first(problem, run.boxes), run.value, run.upper_bound(), run.best.prices)


def _search(run: Run, seed: int, warm: Prices | None) -> bool:
    """Find plan and prices; True when it is proved that no plan exists."""
    plain, n = is_plain(run), run.problem.n_customers
    if plain and n * run.problem.n_items <= ALL_ARCS and solve_plain(run, 0):
        return False
    run.report("prices")
    tolerance = 1e-6 if n <= FEW_CUSTOMERS else 1e-8
    find_prices(run.rounds, run.space, run.best, seed=seed, warm=warm, tolerance=tolerance, stop=run.late)
    run.report("repair")
    first_plan(run)
    run.report("integers")
    if plain and solve_plain(run, POINTS // 100):
        return False
    nothing_better = (run.boxes is not None or n <= MAX_CUSTOMERS) and _integers(run)
    if run.boxes is None and not nothing_better and not run.late():
        return _fill(run, seed)
    return nothing_better


def _integers(run: Run) -> bool:
    """Sharpen prices and boxes in turn; True when no better plan (or none at all) exists."""
    n = run.problem.n_customers
    if n <= FEW_CUSTOMERS:
        sharpen(run, 30, 0.0 if n <= SMALL else 1e-9)
        round_support(run, GOOD_GAP)
    stale = 0
    for turn in range(5):
        gap = run.gap()
        good = gap is not None and gap <= (GOOD_GAP if n <= SMALL else FINE_GAP)
        fine = gap is not None and gap <= FAIR_GAP
        if run.proved() or run.late() or stale == 2 or (stale and fine) or (good and n > SMALL):
            return False
        before = run.value
        if pick(run, min(2_000 << turn, 16_000)):
            return True
        polish(run)
        if turn == 0 and FEW_CUSTOMERS < n <= MANY_CUSTOMERS and (run.gap() or 0.0) > 10 * GOOD_GAP:
            sharpen(run, 10)
        stale = stale + 1 if run.value == before else 0
    return False


def _fill(run: Run, seed: int) -> bool:
    """Look for any plan at all (short="stop"); True when it is proved that there is none."""
    filled = solve(filling_problem(run.problem), seed=seed, deadline_s=run.remaining())
    if filled.value == 0 and run.offer_boxes(filled.boxes):
        polish(run)
        _integers(run)
        return False
    return filled.upper_bound is not None and filled.upper_bound < 0


def _best_first(problem: BoxProblem, boxes: Int32) -> Int32:
    """Each box by utility falling, then position rising; missing slots last."""
    ordered = boxes.copy()
    step = 65_536
    for lo in range(0, boxes.shape[0] if problem.n_items else 0, step):
        box = boxes[lo : lo + step]
        utility, _ = problem.block(lo, lo + box.shape[0])
        worth = np.take_along_axis(utility, np.maximum(box, 0), axis=1).astype(np.int64)
        order = np.lexsort((box, -worth, box < 0), axis=1)
        ordered[lo : lo + step] = np.take_along_axis(box, order, axis=1)
    return ordered
