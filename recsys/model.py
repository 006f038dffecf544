"""The fitted recommender as arrays: parts, their moments, and scores by blocks.

Cold rows are already filled by the maps when this is built (recsys/training.py), so nobody is ranked by zeros. Matrix
products have one fixed number of rows, so that a score does not depend on how many others are asked for with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.blend import Floats, Mix, Moments, moments_of, squash
from recsys.kernels import dense_product
from recsys.threads import one_blas_thread

Ints = npt.NDArray[np.integer]

GRID = 1_024
"""Customers per matrix product; a product of another shape may differ in its last bit."""


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that scores.

    customer_factors   float32 (n_customers, f)  fitted, or mapped from the profile for cold customers
    item_factors       float32 (n_items, f)      fitted, or mapped from attributes for cold items
    warm_customers     bool (n_customers,)       has at least one like
    warm_items         bool (n_items,)           likewise
    profiles           CSR (n_customers, n_items)  signed, newest events up: what a customer is known by
    similarity         CSR (n_items, n_items)    item neighbours; rows and columns of cold items are empty
    attributes         CSR (n_items, n_attributes) rows of length 1 (or 0: nothing known)
    taste              CSR (n_customers, n_attributes) = profiles @ attributes
    popularity         float32 (n_items,)  standard score of log recent popularity; for cold items predicted
    reference          int64 (n_reference,)  items over which parts are standardised
    moments            means and scales of the personal parts per customer
    """

    customer_factors: Floats
    item_factors: Floats
    warm_customers: npt.NDArray[np.bool_]
    warm_items: npt.NDArray[np.bool_]
    profiles: sp.csr_matrix
    similarity: sp.csr_matrix
    attributes: sp.csr_matrix
    taste: sp.csr_matrix
    popularity: Floats
    reference: Ints
    moments: Moments

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return len(self.customer_factors), len(self.item_factors)

    def scores(self, customer_idx: Ints, item_idx: Ints, mix: Mix) -> Floats:
        """Scores in (0, 1), float32 (len(customer_idx), len(item_idx)); see recsys/blend.py for what they mean."""
        out = np.empty((len(customer_idx), len(item_idx)), np.float32)
        for lo, hi, block in self.score_blocks(customer_idx, item_idx, mix):
            out[lo:hi] = block
        return out

    def score_blocks(self, customer_idx: Ints, item_idx: Ints, mix: Mix) -> Iterator[tuple[int, int, Floats]]:
        """The same by blocks of GRID customers: (lo, hi, float32 (hi - lo, n_items))."""
        columns = Columns.of(self, item_idx)
        for lo in range(0, len(customer_idx), GRID):
            hi = min(lo + GRID, len(customer_idx))
            yield lo, hi, self.score_with(np.asarray(customer_idx[lo:hi]), columns, mix)

    def score_with(self, customers: Ints, columns: Columns, mix: Mix) -> Floats:
        """Scores of at most GRID customers for prepared columns."""
        t = np.zeros((len(customers), len(columns.item_idx)), np.float32)
        for part, weight in enumerate((mix.affinity, mix.neighbours, mix.attributes)):
            if weight > 0:
                z = columns.part(self, part, customers)
                z -= self.moments.mean[part, customers, None]
                z *= np.float32(weight / mix.total) / self.moments.scale[part, customers, None]
                z *= columns.present[part]
                t += z
        warm = self.warm_customers[customers]
        t[warm] += columns.popular(mix.popularity, mix)
        t[~warm] += columns.popular(mix.cold_popularity, mix)
        return squash(t)


@dataclass(frozen=True, eq=False)
class Columns:
    """The item side of a block, prepared once for many blocks of customers.

    known       bool (m,)    warm items
    popularity  float32 (m,) standard scores
    present     bool (3, m)  which items have each personal part at all; absence is neutral, never a low score
    """

    item_idx: Ints
    known: npt.NDArray[np.bool_]
    popularity: Floats
    factors: Floats
    similarity: sp.csr_matrix
    attributes: sp.csr_matrix
    present: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, model: Model, item_idx: Ints) -> Columns:
        """Cut the columns of these items out of the model."""
        idx = np.asarray(item_idx, np.int64)
        attributes = sp.csr_matrix(model.attributes[idx])
        known = model.warm_items[idx]
        return cls(
            item_idx=idx,
            known=known,
            popularity=model.popularity[idx],
            factors=np.ascontiguousarray(model.item_factors[idx].T),
            similarity=sp.csr_matrix(model.similarity[:, idx]),
            attributes=sp.csr_matrix(attributes.T),
            present=np.stack((np.ones(len(idx), bool), known, np.diff(attributes.indptr) > 0)),
        )

    def part(self, model: Model, part: int, customers: Ints) -> Floats:
        """One personal part (0 affinity, 1 neighbours, 2 attributes) on its own scale: float32 (n, m)."""
        if part == 0:
            padded = np.zeros((GRID, model.customer_factors.shape[1]), np.float32)
            padded[: len(customers)] = model.customer_factors[customers]
            with one_blas_thread():
                return (padded @ self.factors)[: len(customers)]
        left, right = ((model.profiles, self.similarity), (model.taste, self.attributes))[part - 1]
        return dense_product(left, customers, right)

    def popular(self, weight: float, mix: Mix) -> Floats:
        """What popularity adds to t: float32 (m,)."""
        weights = np.where(self.known, weight, mix.new_popularity) / mix.total
        return np.asarray(self.popularity * weights, np.float32)


def personal_moments(model: Model) -> Moments:
    """Mean and scale of each personal part over the model's reference items, for every customer."""
    columns = Columns.of(model, model.reference)
    n_customers = model.shape[0]
    mean, scale = np.zeros((3, n_customers), np.float32), np.full((3, n_customers), np.inf, np.float32)
    for lo in range(0, n_customers, GRID):
        customers = np.arange(lo, min(lo + GRID, n_customers))
        for part in range(3):
            values = columns.part(model, part, customers)
            mean[part, customers], scale[part, customers] = moments_of(values, columns.present[part])
    return Moments(mean, _typical_for_cold(scale, model.warm_customers))


def _typical_for_cold(scale: Floats, warm: npt.NDArray[np.bool_]) -> Floats:
    """Give cold customers the median affinity scale of warm ones, where it is the larger.

    A map that learned little gives them factors that hardly differ; divided by their own tiny spread, noise would be
    blown up to look like taste.
    """
    if warm.any():
        known = scale[0, warm][np.isfinite(scale[0, warm])]
        typical = np.float32(np.median(known)) if len(known) else np.float32(np.inf)
        scale[0, ~warm] = np.maximum(scale[0, ~warm], typical)
    return scale
