"""The one entrance to packing: problem in, plan with its proof out.

Prices first (they prove the bound and choose near-best boxes), then integers for the customers still contested.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from optimizer.effort import STANDARD, Effort
from optimizer.feasibility import filling_problem
from optimizer.laminar.customers import LaminarCustomers
from optimizer.laminar.pack import pack_laminar
from optimizer.laminar.tree import as_prices
from optimizer.oracle.runner import Late
from optimizer.pricing.dual_ascent import Ascent, NoBoxError, approach, ascend
from optimizer.pricing.first_prices import Rough, rough_prices
from optimizer.problem import BoxProblem, Int32, Plan, Prices, Termination
from optimizer.rounding.integers import whole_boxes
from optimizer.rounding.ledger import usage_of
from optimizer.rounding.programmes import first_plan, polish
from optimizer.rounding.repair import repair
from optimizer.rounding.run import Progress, Run
from optimizer.warm_up import compile_kernels


def solve(
    problem: BoxProblem,
    *,
    seed: int = 0,
    deadline_s: float | None = None,
    prices: Prices | None = None,
    progress: Progress | None = None,
    effort: Effort = STANDARD,
) -> Plan:
    """Pack every box: a legal plan of high value, and prices that prove how near to the best it is.

    seed        decides which customers the first, rough prices are found on
    deadline_s  seconds after which the best plan so far is returned; None = until the work is done
    prices      a warm start, e.g. last night's `Plan.prices`; ignored when its shape does not fit
    progress    called now and then with (phase, seconds since the start, gap or None, seconds left or None); the last
                is an estimate
    effort      how much work is put in; see optimizer/effort.py

    Same inputs, same plan, for any number of threads, unless a deadline cuts the work short.
    """
    compile_kernels(problem)
    run = Run.of(problem, deadline_s, progress, seed, effort)
    impossible = False
    with suppress(Late), _blas().limit(limits=1, user_api="blas"):  # more are slower on vectors this short
        try:
            impossible = _search(run, seed, prices)
        except NoBoxError:
            impossible = True
    if run.boxes is None and problem.rules.short != "stop":
        run.offer_boxes(np.full((problem.n_customers, problem.width), -1, np.int32))
    run.report("done")
    if run.boxes is None:
        state = Termination.INFEASIBLE if impossible else Termination.NO_SOLUTION
        return Plan(state, None, None, None, None, cut_short=run.late() and not impossible)
    assert run.value is not None
    state = Termination.OPTIMAL if run.proved() else Termination.FEASIBLE
    boxes = np.empty_like(run.boxes)
    boxes[run.oracle.order] = run.oracle.best_first(run.boxes)
    return Plan(state, boxes, run.value, run.upper_bound(), run.best.prices, run.late() and not run.proved())


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _search(run: Run, seed: int, warm: Prices | None) -> bool:
    """Find plan and prices; True when it is proved that no plan exists."""
    n = run.problem.n_customers
    if _laminar(run):
        return False
    run.report("prices from samples")
    rough = rough_prices(run.oracle, run.space, warm)
    run.report("a first plan")
    _, boxes = run.offer_x(rough.x)
    if n > run.effort.few_customers and run.remaining() is not None:
        first_plan(run, boxes)  # in hand should the deadline come; else the plan at better prices is soon enough
    _prices(run, rough)
    run.report("polish")
    polish(run)
    run.report("integers")
    nothing_better = (run.boxes is not None or n <= run.effort.most_customers) and whole_boxes(run)
    if run.boxes is None and not nothing_better and not run.late():
        return _fill(run, seed)
    return nothing_better


def _laminar(run: Run) -> bool:
    """Where rules nest: the best plan and the prices that prove it; False = the rules cross, or no proof was found."""
    customers = LaminarCustomers.of(run.oracle)
    if customers is None:
        return False
    run.report("swaps between customers")
    settled = pack_laminar(customers)
    if settled.over:
        return False
    boxes = np.full((run.problem.n_customers, run.problem.width), -1, np.int32)
    width = min(boxes.shape[1], settled.boxes.shape[1])
    boxes[:, :width] = settled.boxes[:, :width]
    coupling = run.oracle.coupling
    shortfall = coupling.shortfall_cost(usage_of(coupling, boxes))
    run.boxes, run.value = boxes, settled.worth - shortfall
    run.oracle.admit(boxes)
    prices = as_prices(coupling, settled.price, run.space.unit)
    if settled.proved:
        run.best.offer(prices, run.value * run.space.unit)
    return settled.proved


def _prices(run: Run, rough: Rough) -> None:
    """The best prices for everyone, and a plan near them.

    Where many customers are alike, prices alone send them all to the same items. Then all scores are jittered, by
    less each time: doubles part ways, prices settle between the ties, and the boxes are nearly within stock.
    """
    few = run.problem.n_customers <= run.effort.few_customers
    oracle, space = run.oracle, run.space
    x, near, crowded = rough.x, rough.near, rough.crowded
    run.crowded = crowded
    how = Ascent(
        space.limit,
        run.effort.coarse if few else run.effort.fine,
        run.effort.first_rounds,
        patience=run.effort.first_rounds if few else 2,
        afresh=few,
    )
    if not crowded:
        run.report("prices")
        climb, boxes = approach(oracle, space, x, near, how, met=run.best.offer)
        if boxes is None:
            return
        x, near = climb.x, climb.near
        run.report("a plan at these prices")
        run.offer_boxes(repair(run.problem, oracle, oracle.coupling.table(space.prices(x)), boxes, run.late))
        crowded = _crowded(run, boxes)
    run.crowded = crowded
    for share in run.effort.jitters if crowded else ():
        run.report("prices between ties")
        jitter = int(share * rough.spread)
        jittered = replace(
            how, tolerance=run.effort.tie_tolerance, most=run.effort.tie_rounds, jitter=jitter, afresh=True
        )
        x = ascend(oracle, space, x, max(near, 0.7 * jitter), jittered).x
        near = 0.3 * jitter
        run.offer_x(x)
        table = oracle.coupling.table(space.prices(x))
        jittered_boxes = oracle.run(table, boxes=True, jitter=jitter).boxes
        assert jittered_boxes is not None
        run.report("a plan at these prices")
        run.offer_boxes(repair(run.problem, oracle, table, jittered_boxes, run.late))


def _crowded(run: Run, boxes: Int32) -> bool:
    """True when the boxes that prices choose overdraw stock by more than the few customers per row that must."""
    coupling = run.oracle.coupling
    over = np.maximum(0, coupling.stock_used(usage_of(coupling, boxes)) - coupling.stock)
    return bool(over.sum() > 4 * np.count_nonzero(over) + 0.002 * run.oracle.sizes.sum())


def _fill(run: Run, seed: int) -> bool:
    """Look for any plan at all (short="stop"); True when it is proved that there is none."""
    filled = solve(filling_problem(run.problem), seed=seed, deadline_s=run.remaining(), effort=run.effort)
    boxes = None if filled.boxes is None or filled.value != 0 else filled.boxes[run.oracle.order]
    if boxes is not None:
        run.oracle.admit(boxes)
    if run.offer_boxes(boxes):
        polish(run)
        whole_boxes(run)
        return False
    return filled.upper_bound is not None and filled.upper_bound < 0
