"""Preferences: from the attributes of past items and from profile answers to the attributes of what is chosen next.

A ridge regression over pairs (Kronecker regularized least squares, Pahikkala et al. 2014): the wish of a customer
described by x for an item described by a is x' M a, fitted in closed form, cut to a few directions, and so a second
pair of factor arrays. Unlike a cosine it learns that who buys combs buys oil. Unlike a map of factors it needs no
events of the item, nor of a customer whose profile says something: it serves new items and new customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import eigh

from recsys.base.events import Events, profiles
from recsys.base.rows import row_lengths, unit_rows
from recsys.base.seeds import keyed
from recsys.base.threads import one_blas_thread
from recsys.parts.sequence import liked_in_order

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

STEP_BACK = 0.9
"""What each older moment of a customer keeps of the weight of the one after it."""
REACH = 15
"""Earlier events looked at per event."""
MOST_EVENTS = 300_000
"""Events learned from at most, those of customers drawn by hash."""
MOST_DIRECTIONS = 512
"""Directions of each side before the fit."""
STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)
"""Regularizations to choose from, in units of the mean square of an item's attributes."""


@dataclass(frozen=True, eq=False)
class Preferences:
    """wish(c, i) = customer[c] @ item[i].

    customer    float32 (n_customers, f); rows of zeros where nothing is known
    item        float32 (n_items, f); likewise
    attribute   float32 (n_attributes, f)  what one attribute of an item adds to the item's row
    past_item   float32 (n_items, f)  what one past item adds to a customer's row before it is divided by `length`
    answer      float32 (n_profile_values, f)  what one answer adds, likewise
    length      float32 (n_customers,) > 0
    """

    customer: Floats
    item: Floats
    attribute: Floats
    past_item: Floats
    answer: Floats
    length: Floats


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Sums over the events of some customers: what was known before each, against what was chosen."""

    gram: Doubles
    right: Doubles

    @classmethod
    def of(cls, known: sp.csr_matrix, chosen: sp.csr_matrix, weight: Doubles) -> _Pairs:
        weighted = sp.csr_matrix(sp.diags(weight) @ chosen)
        return cls(np.asarray((known.T @ known).todense()), np.asarray((known.T @ weighted).todense()))

    def plus(self, other: _Pairs) -> _Pairs:
        return _Pairs(self.gram + other.gram, self.right + other.right)


def fit_preferences(
    events: Events,
    half_life_days: float,
    attributes: sp.csr_matrix,
    item_features: sp.csr_matrix,
    customer_features: sp.csr_matrix,
    customer_seeds: npt.NDArray[np.uint64],
    n_factors: int,
) -> Preferences:
    """Fit M and cut it to `n_factors` directions.

    attributes         CSR (n_items, n_attributes), rows of length 1 or 0: how past items describe a customer
    item_features      CSR (n_items, n_attributes): how the next item is described
    customer_features  CSR (n_customers, n_profile_values): the answers, which describe the customer too

    An event counts by 1 / sqrt(customers of its item), so that M tells who wants an item rather than what is popular.
    The regularization is the one with the least squared error over the pairs of a fifth of the customers, by hash.
    """
    counts = np.bincount(events.item_idx[events.weight > 0], minlength=events.n_items)
    seen = sp.csr_matrix(item_features[np.flatnonzero(counts > 0)], dtype=np.float64)
    answers = unit_rows(customer_features)
    with one_blas_thread():
        fit, held = _pairs(events, attributes, item_features, answers, customer_seeds, counts)
        M_in, M_out = _solved(fit, held, np.asarray((seen.T @ seen).todense()), n_factors)
        n_attributes = attributes.shape[1]
        past = sp.csr_matrix(profiles(events, half_life_days, STEP_BACK, 0.0).maximum(0) @ attributes)
        described = sp.csr_matrix(sp.hstack((unit_rows(past), answers)))
        length = row_lengths(described)
        customer = (described @ M_in) / length[:, None]
        return Preferences(
            customer=np.asarray(customer, np.float32),
            item=np.asarray(item_features @ M_out, np.float32),
            attribute=np.asarray(M_out, np.float32),
            past_item=np.asarray(attributes @ M_in[:n_attributes], np.float32),
            answer=np.asarray(M_in[n_attributes:], np.float32),
            length=(length * row_lengths(past)).astype(np.float32),
        )


def _pairs(
    events: Events,
    attributes: sp.csr_matrix,
    item_features: sp.csr_matrix,
    answers: sp.csr_matrix,
    customer_seeds: npt.NDArray[np.uint64],
    counts: npt.NDArray[np.integer],
) -> tuple[_Pairs, _Pairs]:
    """Sums over four fifths of the customers, and over the others."""
    customer, item, age = liked_in_order(events, _drawn(events, customer_seeds, MOST_EVENTS))
    known = sp.csr_matrix(sp.hstack((unit_rows(before(customer, item, age, attributes)), answers[customer])))
    known = unit_rows(known)
    said = np.flatnonzero(np.diff(known.indptr))
    held = keyed(customer_seeds[customer[said]], 21) % np.uint64(5) == 0
    weight = 1 / np.sqrt(counts[item])
    parts = []
    for rows in (said[~held], said[held]):
        chosen = sp.csr_matrix(item_features[item[rows]], dtype=np.float64)
        parts.append(_Pairs.of(sp.csr_matrix(known[rows]), chosen, weight[rows]))
    return parts[0], parts[1]


def _drawn(events: Events, seeds: npt.NDArray[np.uint64], most: int) -> npt.NDArray[np.bool_]:
    """Customers drawn by hash while their events that count are at most `most`: bool (n_customers,)."""
    per = np.bincount(events.customer_idx[events.weight > 0], minlength=len(seeds))
    if per.sum() <= most:
        return np.ones(len(seeds), bool)
    order = np.lexsort((np.arange(len(seeds)), keyed(seeds, 22)))
    use = np.zeros(len(seeds), bool)
    use[order[np.cumsum(per[order]) <= most]] = True
    return use


def before(
    customer: npt.NDArray[Any], item: npt.NDArray[Any], age: npt.NDArray[Any], attributes: sp.csr_matrix
) -> sp.csr_matrix:
    """What was known of the customer just before each event: CSR (n_events, n_attributes), events in order.

    Sum over the REACH events before it, of strictly earlier moments, of STEP_BACK ** (events between) x attributes.
    """
    n = len(customer)
    total = sp.csr_matrix((n, attributes.shape[1]), dtype=np.float64)
    for lag in range(1, min(REACH, max(n - 1, 0)) + 1):
        here = np.flatnonzero((customer[lag:] == customer[:-lag]) & (age[lag:] < age[:-lag])) + lag
        rows = sp.csr_matrix(
            (np.full(len(here), STEP_BACK ** (lag - 1)), (here, np.arange(len(here)))), shape=(n, len(here))
        )
        total = sp.csr_matrix(total + rows @ attributes[item[here - lag]])
    return total


def _solved(fit: _Pairs, held: _Pairs, item_gram: Doubles, n_factors: int) -> tuple[Doubles, Doubles]:
    """M as a product of two thin matrices, (n_known, f) and (n_attributes, f)."""
    strength = _strength(fit, held, item_gram)
    both = fit.plus(held)
    a, Ua = _directions(both.gram)
    b, Ub = _directions(item_gram)
    if not len(a) or not len(b):
        return np.zeros((len(both.gram), 1)), np.zeros((len(item_gram), 1))
    core = (Ua.T @ both.right @ Ub) / (a[:, None] * b[None, :] + strength)
    left, size, right = np.linalg.svd(np.sqrt(a)[:, None] * core * np.sqrt(b)[None, :], full_matrices=False)
    f = min(n_factors, len(size))
    left, right = _signed(left[:, :f], right[:f])
    half = np.sqrt(size[:f])
    return Ua @ (left / np.sqrt(a)[:, None]) * half, Ub @ (right.T / np.sqrt(b)[:, None]) * half


def _signed(left: Doubles, right: Doubles) -> tuple[Doubles, Doubles]:
    """Each direction with its largest entry above zero, so that the sign is nobody's choice."""
    top = np.sign(left[np.argmax(np.abs(left), axis=0), np.arange(left.shape[1])])
    sign = np.where(top == 0, 1.0, top)
    return left * sign, right * sign[:, None]


def _strength(fit: _Pairs, held: _Pairs, item_gram: Doubles) -> float:
    """The regularization with the least squared error on the held-out pairs; the strongest of equals.

    Error, but for a constant: tr(M' G_held M A) - 2 tr(M' R_held), G over customers, A over items.
    """
    unit = float(np.trace(item_gram)) / max(len(item_gram), 1)
    if not held.gram.any() or not fit.gram.any() or unit <= 0:
        return max(unit, 1e-12) * STRENGTHS[len(STRENGTHS) // 2]
    a, Ua = _directions(fit.gram)
    b, Ub = _directions(item_gram)
    mine, gram, right = Ua.T @ fit.right @ Ub, Ua.T @ held.gram @ Ua, Ua.T @ held.right @ Ub
    errors = []
    for strength in STRENGTHS:
        core = mine / (a[:, None] * b[None, :] + strength * unit)
        errors.append(
            float(np.einsum("ij,ij->", gram @ core, core * b[None, :]) - 2 * np.einsum("ij,ij->", core, right))
        )
    return unit * STRENGTHS[len(STRENGTHS) - 1 - int(np.argmin(errors[::-1]))]


def _directions(gram: Doubles) -> tuple[Doubles, Doubles]:
    """Largest eigenvalues, and their vectors as columns; what is 0 is left out."""
    n = len(gram)
    if not n:
        return np.zeros(0), np.zeros((0, 0))
    values, vectors = eigh(gram, subset_by_index=(max(0, n - MOST_DIRECTIONS), n - 1))
    use = values > 1e-9 * max(float(values[-1]), 1e-300)
    return np.asarray(values[use]), np.asarray(vectors[:, use])
