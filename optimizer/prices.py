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
from optimizer.rounds import Rounds, ThreadRounds

Float = npt.NDArray[np.float64]
FINEST_UNIT = 1000
SAMPLES = (2_000, 20_000)
MAX_ROUNDS = 120


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
    return PriceSpace(
        coupling,
        unit,
        upper=np.floor(np.concatenate([stock_upper.ravel(), at_least, at_most])),
        scale=np.concatenate([np.ones(coupling.stock.size), 1.0 / typical, 1.0 / typical]) * POINTS * unit,
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


def bound_of(rounds: Rounds, prices: Prices) -> tuple[int, Int64]:
    """Exact bound of `prices` over all customers, in 1/unit micro-points, and the usage of the best boxes.

    Raises NoBoxError when some customer has no legal box.
    """
    answer = rounds.run(rounds.coupling.table(prices))
    if answer.worth is None:
        raise NoBoxError
    return rounds.coupling.worth(prices) + answer.worth, answer.usage


def ascend(
    rounds: Rounds, space: PriceSpace, x: Float, *, limit: Float, tolerance: float, stop: Callable[[], bool], best: Best
) -> Float:
    """Lower the bound from x by L-BFGS-B; returns the best x met.

    limit      right-hand sides to use; a sample's are scaled down
    tolerance  the ascent ends when a step lowers the bound by less than this share of it
    stop       asked between rounds; True ends the ascent
    best       offered every bound met, if `limit` is the whole problem's
    """
    free = space.upper > 0
    exact = limit is space.limit
    per = POINTS * space.unit
    at = x.copy()
    lowest, lowest_x = np.inf, x.copy()

    def value(scaled: Float) -> tuple[float, Float]:
        nonlocal lowest, lowest_x
        if stop():
            raise TimeoutError
        at[free] = scaled * space.scale[free]
        prices = space.prices(at)
        answer = rounds.run(rounds.coupling.table(prices))
        if answer.worth is None:
            raise NoBoxError
        y = space.vector(prices)
        bound = float(limit @ y) + answer.worth
        if exact:
            best.offer(prices, rounds.coupling.worth(prices) + answer.worth)
        if bound < lowest:
            lowest, lowest_x = bound, y
        gradient = (limit - space.used(answer.usage)) * space.scale
        return bound / per, gradient[free] / per

    if not free.any():
        return x
    bounds = list(zip(np.zeros(int(free.sum())), space.upper[free] / space.scale[free], strict=True))
    options = {"maxfun": MAX_ROUNDS, "maxiter": MAX_ROUNDS, "ftol": tolerance, "gtol": 0.0, "maxcor": 20}
    start: Any = (x / space.scale)[free]
    with suppress(TimeoutError):
        minimize(value, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)  # type: ignore[call-overload]
    return lowest_x


def find_prices(
    rounds: ThreadRounds,
    space: PriceSpace,
    best: Best,
    *,
    seed: int,
    warm: Prices | None,
    tolerance: float,
    stop: Callable[[], bool],
) -> None:
    """Good prices into `best`: on samples of 2,000 and 20,000 customers first, then on everyone.

    warm       prices to start from, skipping the samples; ignored where the shape does not fit
    tolerance  as in `ascend`, for the ascent on everyone
    """
    n = rounds.coupling.segment.size
    fits = warm is not None and _fits(warm, space.coupling)
    x = space.vector(warm) if warm is not None and fits else np.zeros(space.limit.size)
    best.offer(space.prices(x), bound_of(rounds, space.prices(x))[0])
    order = np.random.default_rng(seed).permutation(n).astype(np.int32)
    for size in SAMPLES:
        if size * 2 < n and not fits:
            sample = np.sort(order[:size])
            limit = space.limit * _shares(space.coupling, sample)
            x = ascend(rounds.subset(sample), space, x, limit=limit, tolerance=1e-6, stop=stop, best=best)
    for _ in range(2):
        before = best.bound
        x = ascend(rounds, space, x, limit=space.limit, tolerance=tolerance, stop=stop, best=best)
        assert best.bound is not None
        assert before is not None
        if stop() or before - best.bound <= abs(before) * 100 * tolerance:
            break


def _fits(prices: Prices, coupling: Coupling) -> bool:
    quotas = coupling.at_least.shape
    return prices.stock.shape == coupling.stock.shape and prices.at_least.shape == prices.at_most.shape == quotas


def _shares(coupling: Coupling, sample: Int32) -> Float:
    """For each row, which share of the customers that it binds is in the sample."""
    counts = np.zeros((2, coupling.n_segments))
    for k, segment in enumerate((coupling.segment[sample], coupling.segment)):
        counts[k] = np.bincount(segment, minlength=coupling.n_segments)
    in_pool = counts @ (coupling.pool_of[:, None] == np.arange(coupling.stock.shape[0]))
    in_quota = counts @ coupling.member
    pool_share, quota_share = (part[0] / np.maximum(1.0, part[1]) for part in (in_pool, in_quota))
    shares: Float = np.concatenate([np.repeat(pool_share, coupling.stock.shape[1]), quota_share, quota_share])
    return shares
