"""Prices of stock and quotas by dual ascent: the lower the bound they prove, the better the boxes they choose.

For any prices the bound holds (weak duality); the ascent starts on a small sample of customers, where a round is cheap,
and ends on all of them. Prices are integers throughout, so a bound is exact arithmetic at every step.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from optimizer.compiled import Int32, Int64
from optimizer.coupling import Coupling
from optimizer.curvature import best_step, curvature, learnt, rows_of, spread
from optimizer.problem import BoxProblem
from optimizer.result import Prices
from optimizer.rounds import Answer, Late, Rounds

Float = npt.NDArray[np.float64]
FINEST_UNIT = 1000
SAMPLES = (2_000, 20_000)
MAX_ROUNDS = 40
SAMPLE_ROUNDS = 30
ROUGH = 0.02
"""The ascent on a sample of n customers ends at a tolerance of ROUGH / n: a finer one would fit the sample only."""
CROWDED = 0.01
"""Share of a sample's units that its best prices leave astray where customers are too much alike for prices alone."""
ALIKE = 0.02
"""Share of customers with a double above which customers crowd for certain."""
JITTERS = (0.3, 0.12, 0.05)
"""Share of the spread between good boxes by which scores are jittered, one after the other, where customers crowd."""


class NoBoxError(Exception):
    """Some customer has no legal box at all (only with short="stop"): no plan exists."""


@dataclass(frozen=True, eq=False)
class PriceSpace:
    """Prices as one vector of floats, in 1/unit micro-points: stock (P * M), then at_least (Q), then at_most (Q).

    upper   highest sensible price of each row; 0 where the row cannot bind
    scale   price of each row that costs an item of it about one: 1 for stock, 1 / amount for quotas
    limit   right-hand side of each row: stock, -at_least, at_most (0 where there is none)
    """

    coupling: Coupling
    unit: int
    upper: Float
    scale: Float
    limit: Float

    def prices(self, x: Float) -> Prices:
        """Integer prices nearest to x."""
        whole = np.rint(np.clip(x, 0.0, self.upper)).astype(np.int64)
        n_stock, n_quotas = self.coupling.stock.size, self.coupling.at_least.size
        return Prices(
            stock=whole[:n_stock].reshape(self.coupling.stock.shape),
            at_least=whole[n_stock : n_stock + n_quotas],
            at_most=whole[n_stock + n_quotas :],
            unit=self.unit,
        )

    def vector(self, prices: Prices) -> Float:
        """The vector of given prices, rescaled to this unit and clipped to sensible values."""
        x = np.concatenate([prices.stock.ravel(), prices.at_least, prices.at_most]).astype(float)
        return np.clip(x * (self.unit / prices.unit), 0.0, self.upper)

    def used(self, usage: Int64) -> Float:
        """What a usage table takes of each row; negative for at-least rows."""
        amount = self.coupling.amount_used(usage)
        used: Float = np.concatenate([self.coupling.stock_used(usage).ravel(), -amount, amount]).astype(float)
        return used


def choose_unit(problem: BoxProblem) -> int:
    """The finest price unit, up to 1/1000 micro-point, that keeps every sum of a box within int64."""
    per_item = _highest(problem) + sum(_top(q.amount) * q.penalty for q in problem.quotas if q.at_least)
    return int(max(1, min(FINEST_UNIT, 2**58 // max(1, problem.width * per_item))))


def _top(amount: Int64) -> int:
    return int(amount.max(initial=0))


def _highest(problem: BoxProblem) -> int:
    """Micro-points above which no item is ever worth its price."""
    if problem.in_blocks:
        utility = 2**31
    else:
        utility = int(max(problem.utility.max(initial=0), -int(problem.utility.min(initial=0))))
    return 4 * max(1, problem.width) * (utility + problem.rules.short_penalty) + 1


def price_space(problem: BoxProblem, coupling: Coupling, unit: int) -> PriceSpace:
    """The space in which prices of `problem` are sought."""
    top = float(_highest(problem) * unit)
    n_served = np.bincount(problem.pools, minlength=problem.n_pools)
    stock_upper = np.where(coupling.stock >= n_served[:, None], 0.0, top)
    heaviest = np.maximum(1, coupling.amount.max(axis=1, initial=0)).astype(float)
    safe = 2.0**58 / max(1, problem.width * max(1, heaviest.size)) / heaviest
    at_least = np.where(coupling.at_least > 0, np.minimum(coupling.penalty.astype(float) * unit, safe), 0.0)
    has_cap = np.array([q.at_most is not None for q in problem.quotas], bool)
    subsidy = float((at_least * heaviest).sum())
    at_most = np.where(has_cap, np.minimum((top + subsidy) / 1.0, safe), 0.0)
    typical = np.array([a[a > 0].mean() if (a > 0).any() else 1.0 for a in coupling.amount])
    return PriceSpace(
        coupling,
        unit,
        upper=np.floor(np.concatenate([stock_upper.ravel(), at_least, at_most])),
        scale=np.concatenate([np.ones(coupling.stock.size), 1.0 / typical, 1.0 / typical]),
        limit=np.concatenate(
            [coupling.stock.ravel(), -coupling.at_least, np.where(has_cap, coupling.at_most, 0)]
        ).astype(float),
    )


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


def bound_of(rounds: Rounds, prices: Prices) -> tuple[int, Answer]:
    """Exact bound of `prices` over all pairs, in 1/unit micro-points, and the best boxes.

    Raises NoBoxError when some customer has no legal box.
    """
    answer = rounds.all_pairs(rounds.coupling.table(prices))
    if answer.worth is None:
        raise NoBoxError
    return rounds.coupling.worth(prices) + answer.worth, answer


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
    jitter     as in `Rounds.run`: smooths the bound where many customers are alike
    patience   steps in a row that disappoint before it ends: few customers make a bound of corners, where steps cannot
               do better
    afresh     count ties anew at every step; False = only once, and learn from the steps taken
    """

    limit: Float
    tolerance: float
    most: int = MAX_ROUNDS
    jitter: int = 0
    patience: int = MAX_ROUNDS
    afresh: bool = True


def ascend(rounds: Rounds, space: PriceSpace, x: Float, near: float, how: Ascent) -> Climb:
    """Lower the bound from x by Newton's method within a trust region; ends early when the deadline passes.

    The bound is convex and, with many customers, all but smooth: near its lowest point a step squares the distance to
    it. How it bends is counted from customers near a tie (optimizer/curvature.py).

    near    about how far the best prices are from x, in 1/unit micro-points

    Raises NoBoxError when some customer has no legal box.
    """
    climb = _look(rounds, space, x, near, how)
    free = np.flatnonzero(space.upper > 0)
    if not free.size:
        return climb
    scale = space.scale[free]  # from here on prices are counted in these
    rows = sparse.diags_array(scale) @ rows_of(space.coupling)[free]
    with suppress(Late):
        trust, poor = near, 0
        for _ in range(how.most):
            if climb.matrix is None or how.afresh:
                table = rounds.coupling.table(space.prices(climb.x))
                counted = curvature(rounds, rows, table, max(1.0, climb.near), jitter=how.jitter)
                climb.near, climb.matrix = counted.nearest, counted.matrix
            low = np.maximum(-climb.x[free] / scale, -trust)
            high = np.minimum((space.upper - climb.x)[free] / scale, trust)
            slope = climb.slope[free] * scale
            step = best_step(climb.matrix, slope, low, high)
            hoped = -float(slope @ step + step @ (climb.matrix @ step) / 2)
            if hoped <= how.tolerance * abs(climb.bound):
                break
            x = climb.x.copy()
            x[free] += scale * step
            there = _look(rounds, space, x, climb.near, how)
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


def _look(rounds: Rounds, space: PriceSpace, x: Float, near: float, how: Ascent) -> Climb:
    """One round at x, rounded to whole prices."""
    prices = space.prices(x)
    answer = rounds.run(rounds.coupling.table(prices), jitter=how.jitter)
    if answer.worth is None:
        raise NoBoxError
    y = space.vector(prices)
    return Climb(y, float(how.limit @ y) + answer.worth, how.limit - space.used(answer.usage), near)


def approach(
    rounds: Rounds,
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
        climb = ascend(rounds, space, x if best is None else best.x, near if best is None else best.near, how)
        prices = space.prices(climb.x)
        answer = rounds.all_pairs(rounds.coupling.table(prices))
        if answer.worth is None:
            raise NoBoxError
        bound = float(how.limit @ climb.x) + answer.worth
        if met is not None:
            met(prices, rounds.coupling.worth(prices) + answer.worth, answer.boxes)
        seemed, climb.bound = climb.bound, bound
        if best is None or bound < best.bound:
            best, boxes = climb, answer.boxes
        if bound - seemed <= max(how.tolerance, 1e-8) * abs(bound):
            break
    assert best is not None
    return best, boxes


@dataclass(frozen=True)
class Rough:
    """Prices to start from.

    x        as a vector
    near     about how far the best prices are, in 1/unit micro-points
    spread   how much worse a customer's fourth-best box is than her best, in 1/unit micro-points
    crowded  so many customers are alike that prices cannot tell them apart
    """

    x: Float
    near: float
    spread: float
    crowded: bool


def rough_prices(rounds: Rounds, space: PriceSpace, warm: Prices | None) -> Rough:
    """Prices to start from: those given, or from ever larger samples of the customers.

    warm   prices to start from; ignored where the shape does not fit
    """
    sizes = [size for size in SAMPLES if size * 3 < rounds.n_customers]
    if warm is not None and _fits(warm, space.coupling):
        x = space.vector(warm)
        first = rounds.sample(sizes[0]) if sizes else rounds
        wide = spread(first, first.coupling.table(space.prices(x)))
        return Rough(x, wide, wide, crowded=False)
    if not sizes:
        x = level(rounds, space, space.limit)
        wide = spread(rounds, rounds.coupling.table(space.prices(x)))
        return Rough(x, 2.0 * wide, wide, crowded=False)
    x, near, wide, crowded = np.zeros(space.limit.size), 0.0, 0.0, rounds.alike > ALIKE
    for size in sizes:
        small = rounds.sample(size)
        limit = space.limit * _shares(space.coupling, small.coupling)
        if size == sizes[0]:
            x = level(small, space, limit)
            wide = spread(small, small.coupling.table(space.prices(x)))
            near = 2.0 * wide
        how = Ascent(limit, ROUGH / size, SAMPLE_ROUNDS, patience=3)
        if not crowded:
            climb, _ = approach(small, space, x, near, how)
            x, near = climb.x, climb.near
            few = CROWDED * small.sizes.sum() + 2 * np.count_nonzero(x)  # every priced row may be off by one or two
            crowded = size > SAMPLES[0] and climb.astray(space.coupling.stock.size) > few
        if crowded:
            small.run(small.coupling.table(space.prices(x)))  # lists are made without jitter
            climb = ascend(small, space, x, near, replace(how, jitter=int(JITTERS[0] * wide)))
            x, near = climb.x, climb.near
    return Rough(x, near, wide, crowded)


def level(rounds: Rounds, space: PriceSpace, limit: Float) -> Float:
    """The best of a few price levels that are the same for all items: where boxes must stay short, prices are high."""
    in_stock = np.arange(limit.size) < space.coupling.stock.size
    wanted = max(1, int(rounds.sizes.sum()))
    if limit[in_stock].sum() > wanted:
        return np.zeros(limit.size)
    penalty = rounds.rules.penalty * space.unit
    best, lowest = np.zeros(limit.size), np.inf
    for share in (0.0, 0.5, 0.8, 0.9, 1.0, 1.05, 1.1, 1.2, 1.5):
        x = np.where(in_stock, np.minimum(space.upper, share * penalty), 0.0)
        answer = rounds.run(rounds.coupling.table(space.prices(x)))
        if answer.worth is None:
            raise NoBoxError
        bound = float(limit @ x) + answer.worth
        if bound < lowest:
            best, lowest = x, bound
    return best


def _fits(prices: Prices, coupling: Coupling) -> bool:
    quotas = coupling.at_least.shape
    return prices.stock.shape == coupling.stock.shape and prices.at_least.shape == prices.at_most.shape == quotas


def _shares(everyone: Coupling, sample: Coupling) -> Float:
    """For each row, which share of the customers that it binds is in the sample."""
    n_segments = everyone.n_segments
    counts = np.stack([np.bincount(who.segment, minlength=n_segments) for who in (sample, everyone)]).astype(float)
    in_pool = counts @ (everyone.pool_of[:, None] == np.arange(everyone.stock.shape[0]))
    in_quota = counts @ everyone.member
    pool_share, quota_share = (part[0] / np.maximum(1.0, part[1]) for part in (in_pool, in_quota))
    shares: Float = np.concatenate([np.repeat(pool_share, everyone.stock.shape[1]), quota_share, quota_share])
    return shares
