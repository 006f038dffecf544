"""Integers: one box per customer out of several good ones, where prices alone leave a choice.

The same choices serve twice: their LP lowers the bound, their MIP picks the boxes. Customers that are far from any
other box keep theirs, so the programmes stay small however many customers there are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.oracle.oracle import EVERYTHING, Choices
from optimizer.problem import NO_LIMIT, Int32, Int64
from optimizer.rounding.columns import as_choices, merged, nearest_choices
from optimizer.rounding.ledger import usage_of
from optimizer.rounding.master import Chosen, Master, choose, relax
from optimizer.rounding.master_cpsat import choose_exactly
from optimizer.rounding.repair import improve, losses, repair
from optimizer.rounding.run import Run


def first_plan(run: Run, boxes: Int32) -> None:
    """A legal plan near the boxes that the best prices choose, by moving the customers that lose least."""
    run.offer_boxes(repair(run.problem, run.oracle, run.table(), boxes, run.late))


def polish(run: Run) -> None:
    """Let single customers move to better boxes while that pays."""
    for _ in range(4):
        if run.boxes is None or run.late() or run.proved():
            return
        table, best = _best_boxes(run)
        losers = np.flatnonzero(losses(run.oracle, table, run.boxes, best) > 0).astype(np.int32)
        if not losers.size or not run.offer_boxes(improve(run.oracle, table, run.boxes, losers)):
            return


def _best_boxes(run: Run) -> tuple[Int64, Int32]:
    """Price table and best boxes at the best prices."""
    table = run.table()
    if run.best.boxes is None:
        run.best.boxes = run.oracle.run(table, boxes=True).boxes
    assert run.best.boxes is not None
    return table, run.best.boxes


def split(run: Run) -> bool:
    """The LP over good choices of the contested customers, as `Run.support`; everyone else keeps a box. True = done.

    Where nearly everyone has one box anyway, the LP leaves few customers with parts of several boxes.
    """
    if run.boxes is None or run.best.prices is None:
        return False
    table, best = _best_boxes(run)
    customers, _ = contested(run, table, best, run.effort.split_customers)
    keep = max(2, min(50, run.effort.most_choices // max(1, customers.size)))
    pool = nearest_choices(run.oracle.choices(table, customers, keep, slack(run)), 2 * run.effort.split_customers)
    pool = merged(pool, as_choices(run.boxes, customers))
    model, _ = programme(run, pool, customers, run.boxes)
    answer = relax(model, run.remaining())
    if answer is None:
        return False
    used = answer.weight > 1e-9
    run.support = Choices(pool.customer[used], pool.box[used], pool.worth[used])
    return True


def slack(run: Run) -> int:
    """No plan better than the present one holds a box that loses more than this, in 1/unit micro-points."""
    if run.value is None or run.best.bound is None:
        return EVERYTHING
    return max(0, run.best.bound - run.value * run.space.unit)


def pick(run: Run, most: int) -> bool:
    """One integer programme at the best prices; True when it proves that no other plan is better.

    most   second-best boxes, third-best boxes, ... in the programme, the nearest to their customer's best first
    """
    table, best = _best_boxes(run)
    customers, whole = contested(run, table, best, run.effort.most_customers)
    keep = max(2, min(2_000, run.effort.most_choices // max(1, customers.size)))
    near = run.oracle.choices(table, customers, keep, slack(run))
    whole &= bool((np.bincount(near.customer, minlength=1) < keep).all())
    nearest = nearest_choices(near, most)
    whole &= nearest.customer.size == near.customer.size
    if run.support is not None:
        here = np.isin(run.support.customer, customers)
        support = Choices(run.support.customer[here], run.support.box[here], run.support.worth[here])
        nearest = merged(nearest, support)
    if run.boxes is not None:
        nearest = merged(nearest, as_choices(run.boxes, customers))
    model, rest = programme(run, nearest, customers, run.boxes)
    run.report("integers")
    proved = False
    if nearest.customer.size <= run.effort.exact_choices:
        chosen = choose_exactly(model, run.remaining(), run.effort.choosing_work, _in_hand(run, nearest))
        proved = offer(run, rest, nearest, chosen)
    if not proved:
        proved = offer(run, rest, nearest, choose(model, run.remaining(), run.effort.nodes))
    return whole and proved and run.oracle.complete


def offer(run: Run, rest: Int32, pool: Choices, chosen: Chosen) -> bool:
    """Offer the boxes of a programme's answer; True when no better ones are in the pool."""
    if chosen.taken is not None:
        boxes = rest.copy()
        boxes[pool.customer[chosen.taken]] = pool.box[chosen.taken]
        run.offer_boxes(boxes)
    return chosen.proved


def _in_hand(run: Run, pool: Choices) -> npt.NDArray[np.bool_] | None:
    """bool (n,): the choices that the present plan takes; None = there is no plan."""
    if run.boxes is None:
        return None
    same: npt.NDArray[np.bool_] = (-np.sort(-pool.box, axis=1) == -np.sort(-run.boxes[pool.customer], axis=1)).all(
        axis=1
    )
    return same


def contested(run: Run, table: Int64, best: Int32, most: int) -> tuple[Int32, bool]:
    """The customers to decide on (those off their best box, then those nearest another), and whether that is all."""
    n = run.problem.n_customers
    if n <= most or run.boxes is None:
        return run.everyone(), True
    near = _reach(run, table, most)
    margin = _margins(run, table, n, near)
    if near < slack(run) and (margin < EVERYTHING).sum() < most:
        near = slack(run)
        margin = _margins(run, table, n, near)
    margin[losses(run.oracle, table, run.boxes, best) > 0] = -1
    order = np.lexsort((np.arange(n), margin))[:most]
    chosen = np.sort(order[margin[order] < EVERYTHING]).astype(np.int32)
    return chosen, near == slack(run) and bool((margin < EVERYTHING).sum() == chosen.size)


def _reach(run: Run, table: Int64, most: int) -> int:
    """How near another box must be, so that about twice `most` customers have one: told by the first, a fair sample.

    The nearer the boxes that are looked for, the sooner all others are ruled out.
    """
    share = 2 * most / run.problem.n_customers
    if share >= 1:
        return slack(run)
    few = max(1, run.effort.counted // 8)
    margins = _margins(run, table, min(few, run.problem.n_customers), slack(run))
    return min(slack(run), int(np.quantile(margins, share, method="higher")))


def _margins(run: Run, table: Int64, n: int, near: int) -> Int64:
    """int64 (n,): of the first n customers, by how much their second-best box is worse; EVERYTHING = by over `near`."""
    margin = np.full(n, EVERYTHING, np.int64)
    least, asked = run.oracle.least_losses(table), run.everyone()[:n]
    second = run.oracle.choices(table, asked if least is None else asked[least[:n] <= near], 2, near)
    again = np.flatnonzero(second.customer[1:] == second.customer[:-1]) + 1
    margin[second.customer[again]] = second.worth[again - 1] - second.worth[again]
    return margin


def programme(run: Run, pool: Choices, customers: Int32, boxes: Int32 | None) -> tuple[Master, Int32]:
    """The programme over the pool's choices, and the boxes of everyone else (-1 for the customers of the programme).

    boxes   what everyone else keeps; None = the customers are everyone
    """
    coupling = run.oracle.coupling
    rest = np.full((run.problem.n_customers, run.problem.width), -1, np.int32)
    if boxes is not None:
        rest[:] = boxes
        rest[customers] = -1
    usage = usage_of(coupling, rest)
    amount = coupling.amount_used(usage)
    model = Master(
        coupling,
        pool.customer,
        pool.box,
        run.oracle.gains(pool.customer, pool.box),
        coupling.stock - coupling.stock_used(usage),
        coupling.at_least - amount,
        np.where(coupling.at_most < NO_LIMIT, coupling.at_most - amount, NO_LIMIT),
    )
    return model, rest
