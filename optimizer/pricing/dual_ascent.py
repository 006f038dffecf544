"""Prices of stock and quotas by dual ascent: the lower the bound they prove, the better the boxes they choose.

For any prices the bound holds (weak duality); the ascent starts on a small sample of customers, where a round is cheap,
and ends on all of them. Prices are integers throughout, so a bound is exact arithmetic at every step.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from optimizer.oracle.oracle import Answer, Oracle
from optimizer.oracle.runner import Late
from optimizer.pricing.hessian import hessian, rows_of
from optimizer.pricing.newton_step import best_step, learnt
from optimizer.pricing.price_space import Float, PriceSpace
from optimizer.problem import Int32, Prices


class NoBoxError(Exception):
    """Some customer has no legal box at all (only with short="stop"): no plan exists."""


@dataclass
class Best:
    """The prices with the lowest bound met so far."""

    prices: Prices | None = None
    bound: int | None = None  # in 1/unit micro-points
    boxes: Int32 | None = None  # everyone's best at these prices, where they are at hand

    def offer(self, prices: Prices, bound: int, boxes: Int32 | None = None) -> None:
        """Keep the prices if their bound is lower."""
        if self.bound is None or bound < self.bound:
            self.prices, self.bound, self.boxes = prices, bound, boxes


def bound_of(oracle: Oracle, prices: Prices) -> tuple[int, Answer]:
    """Exact bound of `prices` over all pairs, in 1/unit micro-points, and the best boxes.

    Raises NoBoxError when some customer has no legal box.
    """
    answer = oracle.all_pairs(oracle.coupling.table(prices))
    if answer.worth is None:
        raise NoBoxError
    return oracle.coupling.worth(prices) + answer.worth, answer


@dataclass
class Climb:
    """Where an ascent stands.

    x        the best prices met, as a vector; bound there (over shortlists)
    slope    limit less what is used at x: what a higher price of each row would add to the bound
    near     about how far, in 1/unit micro-points, the best prices are: where ties are counted, and the longest step
    matrix   how the bound bends there, for rows that can have a price, in their scale; None = not counted yet
    """

    x: Float
    bound: float
    slope: Float
    near: float
    matrix: Any = None

    def astray(self, n_stock: int) -> int:
        """Units of priced items that are packed beyond stock or left over, and of others that are beyond stock."""
        stray = np.where(self.x > 0, np.abs(self.slope), np.maximum(0.0, -self.slope))
        return int(stray[:n_stock].sum())


@dataclass(frozen=True)
class Ascent:
    """How an ascent is done.

    limit      right-hand sides to use; a sample's are scaled down
    tolerance  it ends when a step cannot lower the bound by more than this share of it
    most       most rounds
    jitter     as in `Oracle.run`: smooths the bound where many customers are alike
    patience   steps in a row that disappoint before it ends: few customers make a bound of corners, where steps cannot
               do better
    afresh     count ties anew at every step; False = only once, and learn from the steps taken
    """

    limit: Float
    tolerance: float
    most: int = 40
    jitter: int = 0
    patience: int = 40
    afresh: bool = True


def ascend(oracle: Oracle, space: PriceSpace, x: Float, near: float, how: Ascent) -> Climb:
    """Lower the bound from x by Newton's method within a trust region; ends early when the deadline passes.

    The bound is convex and, with many customers, all but smooth: near its lowest point a step squares the distance to
    it. How it bends is counted from customers near a tie (optimizer/pricing/hessian.py).

    near    about how far the best prices are from x, in 1/unit micro-points

    Raises NoBoxError when some customer has no legal box.
    """
    climb = _look(oracle, space, x, near, how)
    free = np.flatnonzero(space.upper > 0)
    if not free.size:
        return climb
    scale = space.scale[free]  # from here on prices are counted in these
    rows = sparse.diags_array(scale) @ rows_of(space.coupling)[free]
    with suppress(Late):
        trust, poor, first = near, 0, not how.afresh
        for _ in range(how.most):
            if climb.matrix is None or how.afresh:
                table = oracle.coupling.table(space.prices(climb.x))
                counted = hessian(oracle, rows, table, max(1.0, climb.near), jitter=how.jitter)
                climb.near, climb.matrix = counted.nearest, counted.matrix
                trust = max(trust, climb.near) if first else trust
                first = False
            low = np.maximum(-climb.x[free] / scale, -trust)
            high = np.minimum((space.upper - climb.x)[free] / scale, trust)
            slope = climb.slope[free] * scale
            step = best_step(climb.matrix, slope, low, high)
            hoped = -float(slope @ step + step @ (climb.matrix @ step) / 2)
            if hoped <= how.tolerance * abs(climb.bound):
                break
            x = climb.x.copy()
            x[free] += scale * step
            there = _look(oracle, space, x, climb.near, how)
            got, length = climb.bound - there.bound, float(np.abs(step).max())
            if not how.afresh:
                taken, change = (there.x - climb.x)[free] / scale, (there.slope - climb.slope)[free] * scale
                climb.matrix = learnt(climb.matrix, taken, change)
            poor = poor + 1 if got < 0.25 * hoped else 0
            if poor:
                trust = 0.3 * min(trust, length)
            elif got > 0.6 * hoped and length > 0.9 * trust:
                trust *= 2.0
            if got > 0:
                near = min(climb.near, 3.0 * float(np.quantile(np.abs(step), 0.8)))
                climb = Climb(there.x, there.bound, there.slope, near, climb.matrix)
            if trust < 1.0 or poor == how.patience:
                break
    return climb


def _look(oracle: Oracle, space: PriceSpace, x: Float, near: float, how: Ascent) -> Climb:
    """One round at x, rounded to whole prices."""
    prices = space.prices(x)
    answer = oracle.run(oracle.coupling.table(prices), jitter=how.jitter)
    if answer.worth is None:
        raise NoBoxError
    y = space.vector(prices)
    return Climb(y, float(how.limit @ y) + answer.worth, how.limit - space.used(answer.usage), near)


def approach(
    oracle: Oracle,
    space: PriceSpace,
    x: Float,
    near: float,
    how: Ascent,
    *,
    turns: int = 4,
    met: Callable[[Prices, int, Int32 | None], None] | None = None,
) -> tuple[Climb, Int32 | None]:
    """`ascend` until what shortlists say is true of all pairs; returns the prices and the best boxes there.

    Where the prices of a shortlist's items run away from those it was made at, it lacks items. A pass over all pairs
    then mends the lists, and the ascent starts again from the best prices known.

    met   told every price met on the way, its bound over all pairs, in 1/unit micro-points, and the boxes there
    """
    best: Climb | None = None
    boxes = None
    for _ in range(turns):
        climb = ascend(oracle, space, x if best is None else best.x, near if best is None else best.near, how)
        prices = space.prices(climb.x)
        answer = oracle.all_pairs(oracle.coupling.table(prices))
        if answer.worth is None:
            raise NoBoxError
        bound = float(how.limit @ climb.x) + answer.worth
        if met is not None:
            met(prices, oracle.coupling.worth(prices) + answer.worth, answer.boxes)
        seemed, climb.bound = climb.bound, bound
        if best is None or bound < best.bound:
            best, boxes = climb, answer.boxes
        if bound - seemed <= max(how.tolerance, 1e-8) * abs(bound):
            break
    assert best is not None
    return best, boxes
