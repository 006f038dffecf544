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
import numpy.typing as npt
from scipy.optimize import minimize

from optimizer.compiled import Int32, Int64
from optimizer.coupling import Coupling
from optimizer.problem import POINTS, BoxProblem
from optimizer.result import Prices
from optimizer.rounds import Answer, Late, Rounds

Float = npt.NDArray[np.float64]
FINEST_UNIT = 1000
SAMPLES = (2_000, 20_000, 60_000)
MAX_ROUNDS = 120
SAMPLE_ROUNDS = 60
CROWDED = 0.01
"""Share of a sample's units that its best prices leave astray where customers are too much alike for prices alone."""
JITTERS = (1e-2, 2e-3, 3e-4)
"""Points by which scores are jittered, one after the other, where customers crowd."""


class NoBoxError(Exception):
    """Some customer has no legal box at all (only with short="stop"): no plan exists."""


@dataclass(frozen=True, eq=False)
class PriceSpace:
    """Prices as one vector of floats, in 1/unit micro-points: stock (P * M), then at_least (Q), then at_most (Q).

    upper   highest sensible price of each row; 0 where the row cannot bind
    scale   what one step of the ascent means for each row
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
    # The bound curves the more, the more customers hold a row's items: steps are scaled by 1 / sqrt(curvature).
    units = np.maximum(1.0, np.minimum(coupling.stock, n_served[:, None])).ravel()
    per_item = np.minimum(coupling.stock, n_served[:, None]).sum(axis=0)
    counted = np.maximum(1.0, (coupling.amount > 0) @ per_item)
    quota_scale = 1.0 / (typical * np.sqrt(counted / units.mean()))
    units /= units.mean()
    return PriceSpace(
        coupling,
        unit,
        upper=np.floor(np.concatenate([stock_upper.ravel(), at_least, at_most])),
        scale=np.concatenate([1.0 / np.sqrt(units), quota_scale, quota_scale]) * POINTS * unit,
        limit=np.concatenate(
            [coupling.stock.ravel(), -coupling.at_least, np.where(has_cap, coupling.at_most, 0)]
        ).astype(float),
    )


@dataclass
class Best:
    """The prices with the lowest bound met so far."""

    prices: Prices | None = None
    bound: int | None = None  # in 1/unit micro-points

    def offer(self, prices: Prices, bound: int) -> None:
        """Keep the prices if their bound is lower."""
        if self.bound is None or bound < self.bound:
            self.prices, self.bound = prices, bound


def bound_of(rounds: Rounds, prices: Prices) -> tuple[int, Answer]:
    """Exact bound of `prices` over all pairs, in 1/unit micro-points, and the best boxes.

    Raises NoBoxError when some customer has no legal box.
    """
    answer = rounds.all_pairs(rounds.coupling.table(prices))
    if answer.worth is None:
        raise NoBoxError
    return rounds.coupling.worth(prices) + answer.worth, answer


class _Enough(Exception):
    """The prices are good enough."""


@dataclass
class Climb:
    """Where an ascent ended: the best prices met, as a vector, the bound there (over shortlists), and units astray."""

    x: Float
    bound: float = np.inf
    astray: int = 0


def ascend(
    rounds: Rounds,
    space: PriceSpace,
    x: Float,
    *,
    limit: Float,
    tolerance: float,
    reach: float = 1.0,
    enough: int = 0,
    most: int = MAX_ROUNDS,
    jitter: int = 0,
) -> Climb:
    """Lower the bound from x by L-BFGS-B; ends early, with what it has, when the deadline passes.

    limit      right-hand sides to use; a sample's are scaled down
    tolerance  the ascent ends when a step lowers the bound by less than this share of it
    reach      about how far the best prices are from x, in points per item: the length of the first step
    enough     the ascent ends when no more than so many units of priced items are packed beyond stock or left over
    most       most rounds
    jitter     as in `Rounds.run`: smooths the bound where many customers are alike
    """
    free = space.upper > 0
    per, scale = POINTS * space.unit, space.scale * reach
    at, climb, n_stock = x.copy(), Climb(x.copy()), space.coupling.stock.size

    def value(scaled: Float) -> tuple[float, Float]:
        at[free] = scaled * scale[free]
        prices = space.prices(at)
        answer = rounds.run(rounds.coupling.table(prices), jitter=jitter)
        if answer.worth is None:
            raise NoBoxError
        y = space.vector(prices)
        bound = float(limit @ y) + answer.worth
        slack = limit - space.used(answer.usage)
        if bound < climb.bound:
            climb.bound, climb.x = bound, y
            climb.astray = int(np.where(y > 0, np.abs(slack), np.maximum(0.0, -slack))[:n_stock].sum())
            if climb.astray <= enough:
                raise _Enough
        gradient = slack * scale
        return bound / per, gradient[free] / per

    if not free.any():
        return climb
    bounds = list(zip(np.zeros(int(free.sum())), space.upper[free] / scale[free], strict=True))
    options = {"maxfun": most, "maxiter": most, "ftol": tolerance, "gtol": 0.0, "maxcor": 20}
    start: Any = (x / scale)[free]
    with suppress(Late, _Enough):
        minimize(value, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)  # type: ignore[call-overload]
    return climb


def approach(
    rounds: Rounds,
    space: PriceSpace,
    x: Float,
    *,
    limit: Float,
    tolerance: float,
    reach: float = 1.0,
    enough: int = 0,
    most: int = MAX_ROUNDS,
    turns: int = 4,
    met: Callable[[Prices, int], None] | None = None,
) -> tuple[Float, Int32 | None]:
    """`ascend` until what shortlists say is true of all pairs; returns the prices and the best boxes there.

    Where the prices of a shortlist's items run away from those it was made at, it lacks items. A pass over all pairs
    then mends the lists, and the ascent starts again from the best prices known.

    met   told every price met on the way and its bound over all pairs, in 1/unit micro-points
    """
    best, lowest, boxes = x, np.inf, None
    for _ in range(turns):
        climb = ascend(rounds, space, best, limit=limit, tolerance=tolerance, reach=reach, enough=enough, most=most)
        prices = space.prices(climb.x)
        answer = rounds.all_pairs(rounds.coupling.table(prices))
        if answer.worth is None:
            raise NoBoxError
        bound = float(limit @ climb.x) + answer.worth
        if met is not None:
            met(prices, rounds.coupling.worth(prices) + answer.worth)
        if bound < lowest:
            best, lowest, boxes = climb.x, bound, answer.boxes
        if bound - climb.bound <= max(tolerance, 1e-8) * abs(bound):
            break
    return best, boxes


def rough_prices(rounds: Rounds, space: PriceSpace, warm: Prices | None) -> tuple[Float, bool]:
    """Prices to start from, as a vector: those given, or from ever larger samples of the customers.

    warm   prices to start from; ignored where the shape does not fit

    Returns the prices, and whether customers crowd: so many are alike that prices cannot tell them apart.
    """
    if warm is not None and _fits(warm, space.coupling):
        return space.vector(warm), False
    x, before, crowded = np.zeros(space.limit.size), 0, False
    for size in SAMPLES:
        if size * 3 < rounds.n_customers:
            small = rounds.sample(size)
            limit = space.limit * _shares(space.coupling, small.coupling)
            x = x if before else level(small, space, limit)
            reach = reach_from(before)
            if not crowded:
                x = approach(small, space, x, limit=limit, tolerance=1e-7, reach=reach, most=SAMPLE_ROUNDS)[0]
                astray = ascend(small, space, x, limit=limit, tolerance=1e-7, most=1).astray
                crowded = size > SAMPLES[0] and astray > CROWDED * small.sizes.sum()
            if crowded:
                units = int(JITTERS[0] * POINTS * space.unit)
                x = ascend(
                    small, space, x, limit=limit, tolerance=1e-7, reach=reach, jitter=units, most=SAMPLE_ROUNDS
                ).x
            before = size
    return (x if before else level(rounds, space, space.limit)), crowded


def reach_from(sampled: int) -> float:
    """About how far, in points per item, the best prices of a sample are from those of everyone; 0 = no sample."""
    return 1.0 / float(np.sqrt(max(4, sampled)))


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
