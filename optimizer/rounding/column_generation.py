"""Column generation: the LP over good choices lowers the bound, its prices bring new choices."""

from __future__ import annotations

import numpy as np

from optimizer.oracle.oracle import EVERYTHING, Choices
from optimizer.problem import POINTS, Prices
from optimizer.rounding.columns import as_choices, merged, nearest_choices
from optimizer.rounding.master import Relaxed, relax
from optimizer.rounding.programmes import programme, slack
from optimizer.rounding.run import Run


def generate_columns(run: Run, turns: int, close: float = 1e-9) -> None:
    """Lower the bound by column generation: the LP over good choices gives prices, prices give new choices.

    close   how near to the LP's value, relatively, the bound is low enough
    """
    everyone = run.everyone()
    assert run.best.prices is not None
    keep = max(2, min(20, run.effort.most_choices // max(1, everyone.size)))
    near = run.oracle.choices(run.oracle.coupling.table(run.best.prices), everyone, keep, slack(run))
    pool = nearest_choices(near, run.effort.near_choices)
    if run.boxes is not None:
        pool = merged(pool, as_choices(run.boxes, everyone))
    stale = 0
    for _ in range(turns):
        if run.late() or run.proved() or pool.customer.size > 3 * run.effort.most_choices:
            return
        model, _ = programme(run, pool, everyone, run.boxes)
        answer = relax(model, run.remaining())
        if answer is None:
            return
        used = answer.weight > 1e-9
        run.support = Choices(pool.customer[used], pool.box[used], pool.worth[used])
        before = run.best.bound
        assert before is not None
        for prices in _mixtures(run, answer):
            run.offer_prices(prices)
            pool = merged(pool, _missed(run, prices, pool))
        run.report("prices from choices")
        assert run.best.bound is not None
        stale = stale + 1 if run.best.bound >= before - abs(before) * 1e-9 else 0
        bound = run.best.bound / run.space.unit
        if stale >= 5 or bound - answer.value * POINTS < max(0.5, close * abs(bound)):
            return


def _missed(run: Run, prices: Prices, pool: Choices) -> Choices:
    """Good boxes at `prices` of the customers whose best box there is not in the pool."""
    table = run.oracle.coupling.table(prices)
    best = run.oracle.choices(table, run.everyone(), 1, 0)
    mine = np.column_stack([pool.customer, -np.sort(-pool.box, axis=1)])
    theirs = np.column_stack([best.customer, -np.sort(-best.box, axis=1)])
    _, where, count = np.unique(np.concatenate([mine, theirs]), axis=0, return_inverse=True, return_counts=True)
    new = count[where.reshape(-1)[mine.shape[0] :]] == 1
    customers = best.customer[new][
        :: 1 + int(new.sum()) // run.effort.near_choices
    ]  # evenly, where they are too many for one turn
    return run.oracle.choices(
        table,
        customers,
        run.effort.more_choices if customers.size * run.effort.more_choices < run.effort.near_choices else 1,
        EVERYTHING,
    )


def _mixtures(run: Run, answer: Relaxed) -> list[Prices]:
    """The LP's prices, and prices on the way to them from the best so far."""
    assert run.best.prices is not None
    target = np.concatenate([answer.stock.ravel(), answer.at_least, answer.at_most]) * POINTS * run.space.unit
    here = run.space.vector(run.best.prices)
    return [run.space.prices(here + step * (target - here)) for step in (1.0, 0.5, 0.2)]
