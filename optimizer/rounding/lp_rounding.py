"""From the LP's boxes to whole ones: almost every customer has one box already, the few others are decided exactly.

A basic optimum of the LP splits at most as many customers as there are tight rows, however many customers there are.
All keep their box but those, and a ring of customers who would give theirs up for almost nothing; the ring grows until
the plan is good enough.
"""

from __future__ import annotations

import numpy as np

from optimizer.oracle.oracle import EVERYTHING, Choices
from optimizer.problem import Int32
from optimizer.rounding.columns import as_choices, merged, nearest_choices
from optimizer.rounding.master_cpsat import choose_exactly
from optimizer.rounding.programmes import offer, programme
from optimizer.rounding.run import Run


def round_lp(run: Run, good_gap: float) -> None:
    """Improve the plan by rounding the LP's support, in growing programmes, until the gap is good or rings run out."""
    support = run.support
    if support is None or run.best.prices is None:
        return
    table = run.oracle.coupling.table(run.best.prices)
    order, whole = _by_readiness(run, support), _whole_boxes(run, support)
    n_split = int((np.unique(support.customer, return_counts=True)[1] != 1).sum())
    for ring, most in run.effort.rings:
        if run.late() or run.proved() or (run.gap() or 1.0) <= good_gap:
            return
        customers = np.sort(order[: n_split + ring])
        near = nearest_choices(run.oracle.choices(table, customers, 200, EVERYTHING), most + 20 * n_split)
        inside = np.isin(support.customer, customers)
        pool = merged(near, Choices(support.customer[inside], support.box[inside], support.worth[inside]))
        if run.boxes is not None:
            pool = merged(pool, as_choices(run.boxes, customers))
        model, rest = programme(run, pool, customers, whole)
        offer(run, rest, pool, choose_exactly(model, run.remaining(), run.effort.rounding_work))
        run.report("rounding")


def _whole_boxes(run: Run, support: Choices) -> Int32:
    """One box per customer of the support, of a split customer the first; everyone else's as in the plan."""
    none = np.full((run.problem.n_customers, run.problem.width), -1, np.int32)
    boxes = none if run.boxes is None else run.boxes.copy()
    boxes[support.customer[::-1]] = support.box[::-1]
    return boxes


def _by_readiness(run: Run, support: Choices) -> Int32:
    """Customers of the support: the split ones, then those whose second-best box is nearest to their best."""
    assert run.best.prices is not None
    table = run.oracle.coupling.table(run.best.prices)
    people, held = np.unique(support.customer, return_counts=True)
    two = run.oracle.choices(table, people.astype(np.int32), 2, EVERYTHING)
    margin = np.full(people.size, EVERYTHING, np.int64)
    again = np.flatnonzero(two.customer[1:] == two.customer[:-1]) + 1
    margin[np.searchsorted(people, two.customer[again])] = two.worth[again - 1] - two.worth[again]
    margin[held != 1] = -1
    order: Int32 = people[np.lexsort((people, margin))].astype(np.int32)
    return order
