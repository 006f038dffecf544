"""Prices to start from: last night's, or from samples of the customers, ever larger."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.oracle.coupling import Coupling
from optimizer.oracle.oracle import Oracle
from optimizer.pricing.dual_ascent import Ascent, Climb, NoBoxError, approach, ascend
from optimizer.pricing.hessian import spread
from optimizer.pricing.price_space import Float, PriceSpace
from optimizer.problem import Prices


@dataclass(frozen=True)
class Rough:
    """Prices to start from.

    x        as a vector
    near     about how far the best prices are, in 1/unit micro-points
    spread   how much worse a customer's fourth-best box is than the best, in 1/unit micro-points
    crowded  so many customers are alike that prices cannot tell them apart
    """

    x: Float
    near: float
    spread: float
    crowded: bool


def rough_prices(oracle: Oracle, space: PriceSpace, warm: Prices | None) -> Rough:
    """Prices to start from: those given, or from ever larger samples of the customers.

    warm   prices to start from; ignored where the shape does not fit
    """
    effort = oracle.effort
    sizes = [size for size in effort.samples if size * 3 < oracle.n_customers]
    crowded = oracle.alike > effort.alike
    if warm is None or not _fits(warm, space.coupling):
        small = oracle.sample(sizes[0]) if sizes else oracle
        x = level(small, space, _limit(space, small))
        wide = spread(small, small.coupling.table(space.prices(x)))
        if not sizes:
            return Rough(x, 2.0 * wide, wide, crowded=False)
        return _from_samples(oracle, space, sizes, Rough(x, 2.0 * wide, wide, crowded), small)
    x = space.vector(warm)
    small = oracle.sample(sizes[0]) if sizes else oracle
    wide = spread(small, small.coupling.table(space.prices(x)))
    if not crowded and sizes and (climb := _far_better(small, space, x, wide)) is not None:
        return _from_samples(oracle, space, sizes[1:], Rough(climb.x, climb.near, wide, crowded))
    return Rough(x, wide, wide, crowded)


def _from_samples(
    oracle: Oracle, space: PriceSpace, sizes: list[int], start: Rough, first: Oracle | None = None
) -> Rough:
    """Better prices from ever larger samples of the customers.

    first  the sample of the first size, where it was made before
    """
    effort = oracle.effort
    x, near, wide, crowded = start.x, start.near, start.spread, start.crowded
    for size in sizes:
        small = first if first is not None and size == sizes[0] else oracle.sample(size)
        how = Ascent(_limit(space, small), effort.rough / size, effort.sample_rounds, patience=3)
        if not crowded:
            climb, _ = approach(small, space, x, near, how)
            x, near = climb.x, climb.near
            few = effort.crowded * small.sizes.sum() + 2 * np.count_nonzero(x)  # a priced row may be off by one or two
            crowded = size > effort.samples[0] and climb.astray(space.coupling.stock.size) > few
        if crowded:
            small.run(small.coupling.table(space.prices(x)))  # lists are made without jitter
            climb = ascend(small, space, x, near, replace(how, jitter=int(effort.jitters[0] * wide)))
            x, near = climb.x, climb.near
    return Rough(x, near, wide, crowded)


def _far_better(small: Oracle, space: PriceSpace, x: Float, wide: float) -> Climb | None:
    """The best prices of a sample, where given ones are so far from them that samples get nearer sooner than everyone.

    The best prices of a sample lower its bound also by chance: by half the trace of C inv(H), where C is the covariance
    of what n customers use of each row, about n p, and H is how the bound bends, about n p / wide. So about `wide` for
    each row that can have a price; more than `effort.astray` times that is no chance.
    """
    effort, limit = small.effort, _limit(space, small)
    answer = small.run(small.coupling.table(space.prices(x)))
    if answer.worth is None:
        raise NoBoxError
    how = Ascent(limit, effort.rough / small.n_customers, effort.sample_rounds, patience=3)
    climb, _ = approach(small, space, x, wide, how)
    gain = float(limit @ space.vector(space.prices(x))) + answer.worth - climb.bound
    return climb if gain > effort.astray * wide * np.count_nonzero(space.upper) else None


def _limit(space: PriceSpace, small: Oracle) -> Float:
    """Right-hand sides for a sample: its share of what everyone shares."""
    return space.limit * _shares(space.coupling, small.coupling)


def level(oracle: Oracle, space: PriceSpace, limit: Float) -> Float:
    """The best of a few price levels that are the same for all items: where boxes must stay short, prices are high."""
    in_stock = np.arange(limit.size) < space.coupling.stock.size
    wanted = max(1, int(oracle.sizes.sum()))
    if limit[in_stock].sum() > wanted:
        return np.zeros(limit.size)
    penalty = oracle.rules.penalty * space.unit
    best, lowest = np.zeros(limit.size), np.inf
    for share in (0.0, 0.5, 0.8, 0.9, 1.0, 1.05, 1.1, 1.2, 1.5):
        x = np.where(in_stock, np.minimum(space.upper, share * penalty), 0.0)
        answer = oracle.run(oracle.coupling.table(space.prices(x)))
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
