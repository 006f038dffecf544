"""Those who are worse off than the rest: where nearly everybody is short, the few who would stay short all the same.

If there were as much more of everything as is missing on the average, and a little on top, some boxes would still stay
short: a smaller cut inside the large one explains them better.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.explaining.cuts import Ground, find_cuts
from optimizer.explaining.refill import refill
from optimizer.problem import Cut, Int32

MORE = 1.1
"""So many times the average shortage is taken away before looking for who is still short."""
FEWER = 0.5
"""An inner cut has at most this share of the customers of the one around it."""


def inner_cuts(ground: Ground, boxes: Int32, cuts: list[Cut]) -> list[Cut]:
    """Smaller cuts inside plain ones, of customers who lack more than the average; those that empty most slots first.

    boxes   int32 (n_customers, any) the plan's
    """
    problem, stock = ground.problem, ground.problem.stock.copy()
    outer = [cut for cut in cuts if cut.plain and cut.units]
    for cut in outer:
        units = stock[cut.pool, cut.item]
        stock[cut.pool, cut.item] = np.floor(units * (MORE * cut.needed / cut.units)).astype(np.int64) + 1
    if not outer:
        return []
    richer = replace(problem, stock=stock)
    reach = refill(richer, ground.pairs, boxes, ground.want)
    found = find_cuts(replace(ground, problem=richer), reach, None)
    inner = [_of(ground, cut) for cut in found if cut.plain]
    return [cut for cut in inner if any(_inside(cut, around) for around in outer)]


def _of(ground: Ground, cut: Cut) -> Cut:
    """The cut with the stock that there really is."""
    units = int(ground.problem.stock[cut.pool, cut.item].sum())
    return replace(cut, units=units, missing=cut.needed - units)


def _inside(cut: Cut, around: Cut) -> bool:
    return len(cut.customers) <= FEWER * len(around.customers) and bool(np.isin(cut.customers, around.customers).all())
