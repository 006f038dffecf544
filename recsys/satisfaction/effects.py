"""What an item and a customer each add to the log-odds of a like: a logistic model with two crossed random effects.

log-odds of a like = mean + item effect + customer effect. An effect is normal around what attributes or profile
predict: it sits there without opinions and moves to the row's own rate as opinions come in. Items and customers take
turns (backfitting: Ghosh, Hastie and Owen 2022, "Scalable logistic regression with crossed random effects").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.parts.ridge import fit_weighted
from recsys.satisfaction.effect_kernels import posterior_moments, sums
from recsys.satisfaction.ratings import Ratings

Doubles = npt.NDArray[np.float64]

MOST_SWEEPS = 500
TOLERANCE = 1e-4
"""A fit ends when no effect of a row with opinions moved further than this in a sweep (log-odds)."""
LEARNING_SWEEPS = 12
MAP_SWEEPS = (2, 6)
"""Learning sweeps at whose end the regularization of the maps is chosen."""
PRIOR_VARIANCE, PRIOR_ROWS = 0.1, 4.0
"""The variance of effects before any was seen, and how many rows of evidence it counts as."""
VARIANCES = (1e-4, 9.0)


@dataclass(frozen=True)
class Spread:
    """How far the effects of one side spread.

    variance        > 0, of the effects around what the map predicts. With a like rate of p, 1 / (variance p (1 - p))
                    opinions of a row count as much as the prediction: 25 at variance 0.25 and p = 0.8
    regularization  > 0, of the map; 1 / (variance of one coefficient)
    """

    variance: float = PRIOR_VARIANCE
    regularization: float = 30.0


@dataclass(frozen=True)
class Spreads:
    """The spread of both sides."""

    item: Spread = Spread()
    customer: Spread = Spread()


@dataclass(frozen=True, eq=False)
class Effects:
    """A fitted model: log-odds of a like = mean + item[i] + customer[c].

    item      float64 (n_items,)
    customer  float64 (n_customers,)
    """

    mean: float
    item: Doubles
    customer: Doubles


@dataclass(frozen=True, eq=False)
class Side:
    """The opinions by row of one side, items or customers.

    starts    int64 (n_rows + 1,)  opinions starts[r]..starts[r + 1] are of row r
    other     int32 (n,)           who or what stands on the other side; like float32 (n,)
    features  CSR float64 (n_rows, n_features)
    seen      rows with opinions; seen_features those rows, then an empty one for the two opinions given to the mean
    """

    starts: npt.NDArray[np.int64]
    other: npt.NDArray[np.int32]
    like: npt.NDArray[np.float32]
    features: sp.csr_matrix
    seen: npt.NDArray[np.int64]
    seen_features: sp.csr_matrix

    @classmethod
    def of(cls, table: Any, features: sp.csr_matrix) -> Side:
        """From CSR or CSC, explicit zeros kept."""
        wide = sp.csr_matrix(features, dtype=np.float64)
        starts = table.indptr.astype(np.int64)
        seen = np.flatnonzero(np.diff(starts))
        ended = sp.vstack([wide[seen], sp.csr_matrix((1, wide.shape[1]))], format="csr")
        return cls(starts, table.indices.astype(np.int32), table.data, wide, seen, ended)


def sides(ratings: Ratings, item_features: sp.csr_matrix, customer_features: sp.csr_matrix) -> tuple[Side, Side]:
    """The items' side and the customers'."""
    starts = np.concatenate(([0], np.cumsum(np.bincount(ratings.customer_idx, minlength=ratings.n_customers))))
    shape = (ratings.n_customers, ratings.n_items)
    by_customer = sp.csr_matrix((ratings.like, ratings.item_idx, starts), shape=shape)
    return Side.of(by_customer.tocsc(), item_features), Side.of(by_customer, customer_features)


def fit_effects(items: Side, customers: Side, spreads: Spreads, tolerance: float = TOLERANCE) -> Effects:
    """The effects that maximise the penalised log likelihood, which has one maximum.

    sum over opinions of [like x - log(1 + exp x)]                            x = mean + item + customer
    + [mean - 2 log(1 + exp mean)]                                            one like and one dislike of nobody's
    - for each side: |effect - F B|^2 / (2 variance) + regularization |B|^2 / 2      F features, B the map
    """
    at = _start(items, customers)
    for _ in range(MOST_SWEEPS):
        last, at = at, _sweep(items, customers, at, spreads)
        moved = np.abs(at.item - last.item).max(initial=0), np.abs(at.customer - last.customer).max(initial=0)
        if max(*moved, abs(at.mean - last.mean)) < tolerance:
            break
    return at


def learn_spreads(items: Side, customers: Side) -> Spreads:
    """The spreads under which the opinions are most likely.

    A variance is the fixed point of sum of E[deviation]^2 / sum of (1 - Var / variance), both over rows with opinions
    and under each row's posterior (Schall 1991); PRIOR_ROWS rows of PRIOR_VARIANCE stand beside them, so that it moves
    smoothly away from that as opinions come in.
    """
    at, spreads = _start(items, customers), Spreads()
    for sweep in range(LEARNING_SWEEPS):
        for name in ("item", "customer"):
            side, other = (items, at.customer) if name == "item" else (customers, at.item)
            own, spread = getattr(at, name), getattr(spreads, name)
            free = replace(spread, regularization=None) if sweep in MAP_SWEEPS else spread
            own, mean, said, chosen = _turn(side, own, other, at.mean, free)
            spread = Spread(_variance(side, own, other, mean, said, spread.variance), chosen)
            at, spreads = replace(at, mean=mean, **{name: own}), replace(spreads, **{name: spread})
    return spreads


def _start(items: Side, customers: Side) -> Effects:
    n_likes, n = float(items.like.sum(dtype=np.float64)), len(items.like)
    zeros = np.zeros(len(items.starts) - 1), np.zeros(len(customers.starts) - 1)
    return Effects(float(np.log((n_likes + 1) / (n - n_likes + 1))), *zeros)


def _sweep(items: Side, customers: Side, at: Effects, spreads: Spreads) -> Effects:
    item, mean, _, _ = _turn(items, at.item, at.customer, at.mean, spreads.item)
    customer, mean, _, _ = _turn(customers, at.customer, item, mean, spreads.customer)
    return Effects(mean, item, customer)


def _turn(side: Side, own: Doubles, other: Doubles, mean: float, spread: Any) -> tuple[Doubles, float, Doubles, float]:
    """One side given the other: its effects, the mean, what its map predicts, and the map's regularization.

    The log likelihood is replaced by a parabola below it that touches it here (Jaakkola and Jordan 2000), whose maximum
    over mean, map and effects is a weighted ridge regression; so no step makes the fit worse, and none needs a search.
    """
    gradient, bend = sums(side.starts, side.other, side.like, own, other, mean)
    gradient, bend = gradient[side.seen], bend[side.seen]
    wanted = own[side.seen] + gradient / bend
    weight = bend / (1 + spread.variance * bend)
    of_mean, bend_of_mean = -np.tanh(mean / 2), np.tanh(mean / 2) / mean if abs(mean) > 1e-6 else 0.5
    found, regularization = fit_weighted(
        side.seen_features,
        np.append(wanted, of_mean / bend_of_mean),
        np.append(weight, bend_of_mean),
        spread.regularization,
    )
    shift = float(found.intercept[0])
    said = np.asarray(side.features @ found.coefficients[:, 0].astype(np.float64))
    effects = said.copy()
    effects[side.seen] += spread.variance * weight * (wanted - shift - said[side.seen])
    return effects, mean + shift, said, regularization


def _variance(side: Side, own: Doubles, other: Doubles, mean: float, said: Doubles, variance: float) -> float:
    """One step towards the most likely variance of a side's effects around `said`."""
    middle, spread = posterior_moments(side.starts, side.other, side.like, own, other, mean, said, variance)
    middle, spread = middle[side.seen], spread[side.seen]
    evidence = np.maximum(1 - spread / variance, 0).sum() + PRIOR_ROWS
    found = (((middle - said[side.seen]) ** 2).sum() + PRIOR_ROWS * PRIOR_VARIANCE) / evidence
    return float(np.clip(found, *VARIANCES))
