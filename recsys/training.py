"""From events, attributes and profiles to a fitted model: the one place where the parts are made, in order.

Warm rows get factors from their events; cold rows get them from what is said about them; popularity stands behind both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys import als
from recsys.blend import Floats, Moments, standard_scores
from recsys.events import Events, profiles, strengths
from recsys.model import Model, personal_moments
from recsys.neighbours import item_similarity
from recsys.popularity import recent_popularity
from recsys.ridge import LinearMap, fit_map
from recsys.seeds import sample

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Settings:
    """How to train.

    als               factors, regularization, alpha, sweeps
    half_life_days    after this an event counts half
    popularity_days   half-life of popularity
    step_back, floor  how much less each older moment of a customer counts in her profile, and the least it keeps
    n_neighbours      items kept per item in the item-kNN part
    map_regularization      of the ridge map attributes -> item factors
    profile_regularization  of the ridge map profile -> customer factors
    n_reference       items over which parts are standardised, at most
    """

    als: als.AlsSettings = field(default_factory=als.AlsSettings)
    half_life_days: float = 180.0
    popularity_days: float = 180.0
    step_back: float = 0.7
    floor: float = 0.05
    n_neighbours: int = 200
    map_regularization: float = 10.0
    profile_regularization: float = 10.0
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
    """The model, and the two maps that serve cold rows (kept because reasons are read off them)."""

    model: Model
    item_map: LinearMap
    customer_map: LinearMap


def train(inputs: Inputs, settings: Settings, progress: Progress | None = None) -> Trained:
    """Fit everything. Deterministic: same inputs and settings, same bytes, for any number of cores."""
    events = inputs.events
    strength = strengths(events, settings.half_life_days)
    profile = profiles(events, settings.half_life_days, settings.step_back, settings.floor)
    told = None if progress is None else lambda done, total: progress("factorizing", done, total)
    fitted = als.fit(strength, profile, inputs.customer_seeds, inputs.item_seeds, settings.als, told)
    warm_customers, warm_items = als.warm_rows(profile), als.warm_rows(sp.csr_matrix(strength.T))
    item_map = fit_map(inputs.item_features, fitted.item, _likes(strength, 0) * warm_items, settings.map_regularization)
    customer_map = fit_map(
        inputs.customer_features, fitted.customer, _likes(strength, 1) * warm_customers, settings.profile_regularization
    )
    attributes = unit_rows(weigh_rare(inputs.item_features))
    likes = sp.csr_matrix(strength.multiply(strength > 0))
    model = Model(
        customer_factors=_filled(fitted.customer, warm_customers, customer_map, inputs.customer_features),
        item_factors=_filled(fitted.item, warm_items, item_map, inputs.item_features),
        warm_customers=warm_customers,
        warm_items=warm_items,
        profiles=profile,
        similarity=item_similarity(likes, settings.n_neighbours),
        attributes=attributes,
        taste=sp.csr_matrix(profile @ attributes),
        popularity=_popularity(inputs, warm_items, settings),
        reference=_reference(inputs, settings.n_reference),
        moments=Moments(np.zeros((3, 0), np.float32), np.zeros((3, 0), np.float32)),
    )
    return Trained(replace(model, moments=personal_moments(model)), item_map, customer_map)


def _likes(matrix: sp.csr_matrix, axis: int) -> npt.NDArray[np.int64]:
    """How many likes each column (axis 0) or row (axis 1) has."""
    return np.asarray((matrix > 0).sum(axis=axis), np.int64).ravel()


def _filled(factors: Floats, warm: npt.NDArray[np.bool_], mapped: LinearMap, features: sp.csr_matrix) -> Floats:
    """Fitted rows where warm, mapped rows elsewhere."""
    out = factors.copy()
    out[~warm] = mapped.predict(sp.csr_matrix(features[np.flatnonzero(~warm)]))
    return out


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
    said = fit_map(inputs.item_features, z[:, None], warm_items.astype(np.int64), settings.map_regularization)
    return np.where(warm_items, z, said.predict(inputs.item_features)[:, 0]).astype(np.float32)


def weigh_rare(features: sp.csr_matrix) -> sp.csr_matrix:
    """Each value times log((1 + n rows) / (1 + rows that have it)): what everybody has says nothing."""
    have = np.bincount(features.indices, minlength=features.shape[1])
    out = features.astype(np.float32).tocsr()
    out.data *= np.log((1 + features.shape[0]) / (1 + have)).astype(np.float32)[out.indices]
    out.eliminate_zeros()
    return sp.csr_matrix(out)


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Rows scaled to Euclidean length 1; empty rows stay empty."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), np.float64).ravel())
    out = matrix.copy()
    out.data = (out.data / np.repeat(np.where(length > 0, length, 1), np.diff(out.indptr))).astype(np.float32)
    return sp.csr_matrix(out)
