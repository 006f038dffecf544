"""From events, attributes and profiles to a fitted model: the one place where the parts are made, in order.

Warm rows get factors from their events; cold rows get them from what is said about them; popularity stands behind both.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.events import Events, profiles, strengths
from recsys.base.rows import unit_rows
from recsys.base.seeds import sample
from recsys.base.threads import one_blas_thread
from recsys.parts import als
from recsys.parts.ease import ease
from recsys.parts.fold_in import fold_in
from recsys.parts.neighbours import item_similarity
from recsys.parts.popularity import recent_popularity
from recsys.parts.preferences import fit_preferences
from recsys.parts.ridge import LinearMap, fit_map
from recsys.parts.sequence import what_follows
from recsys.scoring.blend import PERSONAL, Floats, Moments, how_known, standard_scores
from recsys.scoring.model import Model, personal_moments

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Settings:
    """How to train.

    als               factors, regularization, alpha, sweeps
    half_life_days    after this an event counts half
    popularity_days   half-life of popularity
    step_back, floor  how much less each older moment of a customer counts in the profile, and the least it keeps
    n_neighbours      items kept per item in the parts that go from item to item
    ease_regularization, ease_items   of the linear model; with more warm items than that it is left out
    map_regularization      of the ridge map attributes -> item factors; None = chosen on held-out items
    profile_regularization  of the ridge map profile -> customer factors; None = chosen on held-out customers
    n_reference       items over which parts are standardised, at most
    """

    als: als.AlsSettings = field(default_factory=als.AlsSettings)
    half_life_days: float = 180.0
    popularity_days: float = 180.0
    step_back: float = 0.8
    floor: float = 0.05
    n_neighbours: int = 200
    ease_regularization: float = 50.0
    ease_items: int = 4_000
    map_regularization: float | None = None
    profile_regularization: float | None = None
    n_reference: int = 2_000


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a model is fitted on.

    events             everything customers did, up to the moment of scoring
    customer_seeds     uint64 (n_customers,) from the ids; item_seeds likewise
    item_features      CSR (n_items, n_attributes), >= 0; an empty row = nothing known
    customer_features  CSR (n_customers, n_profile_values), >= 0; an empty row = no profile row at all
    reference          bool (n_items,) items of this campaign's catalogue
    """

    events: Events
    customer_seeds: npt.NDArray[np.uint64]
    item_seeds: npt.NDArray[np.uint64]
    item_features: sp.csr_matrix
    customer_features: sp.csr_matrix
    reference: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Trained:
    """The model, and what reasons are read off: the two maps that serve cold rows, and the alpha that was used."""

    model: Model
    alpha: float
    item_map: LinearMap
    customer_map: LinearMap


def train(inputs: Inputs, settings: Settings, progress: Progress | None = None) -> Trained:
    """Fit everything. Deterministic: same inputs and settings, same bytes, for any number of cores.

    What needs no factors is learned beside them, on a thread of its own: most of it can use one core only.
    """
    events = inputs.events
    strength = strengths(events, settings.half_life_days)
    profile = profiles(events, settings.half_life_days, settings.step_back, settings.floor)
    likes = sp.csr_matrix((strength > 0).astype(np.float32))
    item_known = how_known(np.bincount(likes.indices, minlength=likes.shape[1]))
    told = None if progress is None else lambda done, total: progress("factorizing", done, total)
    with one_blas_thread(), ThreadPoolExecutor(1) as beside:  # BLAS is limited for both, and until both are done
        others = beside.submit(_without_factors, inputs, settings, likes, profile, item_known)
        fitted = als.fit(strength, inputs.customer_seeds, inputs.item_seeds, settings.als, told)
        factors = _with_priors(inputs, settings, fitted, strength, profile)
        model = Model(
            customer_factors=factors.customer,
            item_factors=factors.item,
            warm_customers=als.warm_rows(profile),
            item_known=item_known,
            profiles=profile,
            reference=_reference(inputs, settings.n_reference),
            moments=Moments(np.zeros((len(PERSONAL), 0), np.float32), np.zeros((len(PERSONAL), 0), np.float32)),
            **others.result(),
        )
    moments = personal_moments(model)
    return Trained(replace(model, moments=moments), fitted.alpha, factors.item_map, factors.customer_map)


def _without_factors(
    inputs: Inputs, settings: Settings, likes: sp.csr_matrix, profile: sp.csr_matrix, item_known: Floats
) -> dict[str, Any]:
    """The parts of a model that need no factors.

    Only kernels of one thread: where OpenMP is missing, two threads may not start Numba's at the same time. The order
    of events, which is sorted by many threads, is there since their profiles were made.
    """
    events, days, n = inputs.events, settings.half_life_days, settings.n_neighbours
    said = inputs.item_features, inputs.customer_features
    attributes = unit_rows(weigh_telling(inputs.item_features, likes)).astype(np.float32)
    return {
        "attributes": attributes,
        "taste": sp.csr_matrix(profile @ attributes),
        "preferences": fit_preferences(events, days, attributes, *said, inputs.customer_seeds, settings.als.n_factors),
        "similarity": item_similarity(likes, n),
        "follows": what_follows(events, days, n),
        "ease": ease(likes, settings.ease_regularization, n, settings.ease_items),
        "popularity": _popularity(inputs, item_known > 0, settings),
    }


@dataclass(frozen=True, eq=False)
class _Factors:
    """Factors of every row, warm or not, and the maps that gave the priors."""

    customer: Floats
    item: Floats
    item_map: LinearMap
    customer_map: LinearMap


def _with_priors(
    inputs: Inputs, settings: Settings, fitted: als.Fitted, strength: sp.csr_matrix, profile: sp.csr_matrix
) -> _Factors:
    """Solve every row once more with what is said about it as its prior; a row without events is that prior.

    Items first, then customers against these items. The maps are learned from the factors as ALS left them.
    """
    likes = strength > 0
    n_customers_of = np.bincount(likes.indices, minlength=likes.shape[1])
    item_map = fit_map(
        inputs.item_features, fitted.item, n_customers_of, settings.map_regularization, inputs.item_seeds
    )
    if not n_customers_of.any():
        nobody = np.zeros(likes.shape[0], np.int64)
        customer_map = fit_map(inputs.customer_features, fitted.customer, nobody, 1.0)
        return _Factors(fitted.customer, fitted.item, item_map, customer_map)
    confidence = als.confidences(sp.csr_matrix(strength.T), fitted.alpha)
    regularization = settings.als.regularization
    item = fold_in(confidence, fitted.customer, regularization, item_map.predict(inputs.item_features))
    known_by = als.confidences(profile, fitted.alpha)
    plain = fold_in(known_by, item, regularization)
    customer_map = fit_map(
        inputs.customer_features,
        plain,
        np.diff(likes.indptr) * als.warm_rows(profile),
        settings.profile_regularization,
        inputs.customer_seeds,
    )
    said = customer_map.predict(inputs.customer_features)
    said[np.diff(inputs.customer_features.indptr) == 0] = 0
    customer = fold_in(known_by, item, regularization, said) if said.any() else plain
    warm = als.warm_rows(profile)
    customer[~warm] = customer_map.predict(sp.csr_matrix(inputs.customer_features[np.flatnonzero(~warm)]))
    return _Factors(customer, item, item_map, customer_map)


def _reference(inputs: Inputs, size: int) -> npt.NDArray[np.int64]:
    """The catalogue, or a sample of it by hash of the id; all items when there is no catalogue."""
    catalogue = np.flatnonzero(inputs.reference)
    if not len(catalogue):
        catalogue = np.arange(len(inputs.reference))
    return np.asarray(catalogue[sample(inputs.item_seeds[catalogue], size)])


def _popularity(inputs: Inputs, warm_items: npt.NDArray[np.bool_], settings: Settings) -> Floats:
    """Standard scores of log popularity over the warm items; predicted from attributes for the others."""
    logs = np.log1p(recent_popularity(inputs.events, settings.popularity_days))
    z = standard_scores(logs, warm_items)
    said = fit_map(
        inputs.item_features, z[:, None], warm_items.astype(np.int64), settings.map_regularization, inputs.item_seeds
    )
    return np.where(warm_items, z, said.predict(inputs.item_features)[:, 0]).astype(np.float32)


def weigh_telling(features: sp.csr_matrix, likes: sp.csr_matrix) -> sp.csr_matrix:
    """Weigh each attribute value by how rare and how telling it is; what says nothing about taste gets 0.

    rare     log((1 + n items) / (1 + items that have it))
    telling  log(observed / expected), at least 0: how much more often than by chance two items liked by one customer
             both have it (both counts plus 5, so that a handful of pairs proves little)
    """
    have = np.bincount(features.indices, minlength=features.shape[1])
    rare = np.log((1 + features.shape[0]) / (1 + have))
    liked, squares = sp.csr_matrix(likes @ features), features.multiply(features)
    of_item, of_customer = np.asarray(likes.sum(axis=0)).ravel(), np.asarray(likes.sum(axis=1)).ravel()
    same_item = np.asarray(squares.T @ of_item).ravel()
    observed = np.asarray(liked.multiply(liked).sum(axis=0)).ravel() - same_item
    share = np.asarray(features.T @ of_item).ravel() / max(of_item.sum(), 1)
    expected = float((of_customer * (of_customer - 1)).sum()) * share**2
    telling = np.maximum(np.log((np.maximum(observed, 0) + 5) / (expected + 5)), 0)
    out = sp.csr_matrix(features, dtype=np.float32, copy=True)
    out.data *= (rare * telling).astype(np.float32)[out.indices]
    out.eliminate_zeros()
    return out
