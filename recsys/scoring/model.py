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

from recsys.base.inner_loops import dense_product
from recsys.base.threads import one_numpy_thread
from recsys.parts.preferences import Preferences
from recsys.scoring.blend import PERSONAL, Floats, Moments, PartWeights, Weights
from recsys.scoring.score_kernels import Rows, Table, blend, linked_moments, product_moments, rows_of

Ints = npt.NDArray[np.integer]

GRID = 1_024
"""Customers per matrix product; a product of another shape may differ in its last bit."""


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that scores.

    customer_factors   float32 (n_customers, f)  fitted, or mapped from the profile for cold customers
    item_factors       float32 (n_items, f)      fitted, or mapped from attributes for cold items
    warm_customers     bool (n_customers,)       has at least one like
    item_known         float32 (n_items,)        how far it weighs as a known item: 0 without likes, below 1 always
    profiles           CSR (n_customers, n_items)  signed, newest events up: what a customer is known by
    preferences        a second pair of factor arrays, from attributes and answers alone
    attributes         CSR (n_items, n_attributes) rows of length 1 (or 0: nothing known)
    taste              CSR (n_customers, n_attributes) = profiles @ attributes
    similarity         CSR (n_items, n_items)    item neighbours; rows and columns of cold items are empty
    follows            CSR (n_items, n_items)    what is chosen after an item; likewise
    ease               CSR (n_items, n_items)    weights of the linear model; likewise, or empty
    popularity         float32 (n_items,)  standard score of log recent popularity; for cold items predicted
    reference          int64 (n_reference,)  items over which parts are standardised
    moments            means and scales of the personal parts per customer
    """

    customer_factors: Floats
    item_factors: Floats
    warm_customers: npt.NDArray[np.bool_]
    item_known: Floats
    profiles: sp.csr_matrix
    preferences: Preferences
    attributes: sp.csr_matrix
    taste: sp.csr_matrix
    similarity: sp.csr_matrix
    follows: sp.csr_matrix
    ease: sp.csr_matrix
    popularity: Floats
    reference: Ints
    moments: Moments

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return len(self.customer_factors), len(self.item_factors)

    @property
    def warm_items(self) -> npt.NDArray[np.bool_]:
        """Items with at least one like: bool (n_items,)."""
        return np.asarray(self.item_known > 0)

    def scores(self, customer_idx: Ints, item_idx: Ints, weights: Weights) -> Floats:
        """Scores in (0, 1), float32 (len(customer_idx), len(item_idx)); recsys/scoring/blend.py says what they mean."""
        out = np.empty((len(customer_idx), len(item_idx)), np.float32)
        for lo, hi, block in self.score_blocks(customer_idx, item_idx, weights):
            out[lo:hi] = block
        return out

    def score_blocks(self, customer_idx: Ints, item_idx: Ints, weights: Weights) -> Iterator[tuple[int, int, Floats]]:
        """The same by blocks of GRID customers: (lo, hi, float32 (hi - lo, n_items))."""
        columns = Columns.of(self, item_idx)
        for lo in range(0, len(customer_idx), GRID):
            hi = min(lo + GRID, len(customer_idx))
            yield lo, hi, self.score_with(np.asarray(customer_idx[lo:hi]), columns, weights)

    def score_with(self, customers: Ints, columns: Columns, weights: Weights) -> Floats:
        """Scores of at most GRID customers for prepared columns."""
        known, new, cold, total = weights.known, weights.new, weights.cold, np.float32(weights.total)
        by_case = np.stack((columns.weights(known, new), columns.weights(cold, cold)))
        by_case *= columns.present / total
        popular = [columns.between(one.popularity, new.popularity) / total for one in (known, cold)]
        return blend(
            columns.products(self, customers, (by_case != 0).any(axis=(0, 2))),
            columns.known_by(self, customers),
            columns.tables,
            self.moments.mean[:, customers],
            self.moments.scale[:, customers],
            (~self.warm_customers[customers]).astype(np.int64),
            by_case,
            columns.popularity * np.stack(popular),
        )

    def standard(self, part: int, customers: Ints, columns: Columns) -> Floats:
        """A personal part in standard deviations from the customer's mean, 0 where an item lacks it: float32 (n, m)."""
        z = columns.part(self, part, customers)
        z -= self.moments.mean[part, customers, None]
        z *= 1 / self.moments.scale[part, customers, None]
        z *= columns.present[part]
        return z


@dataclass(frozen=True, eq=False)
class Columns:
    """The item side of a block, prepared once for many blocks of customers.

    known       float32 (m,)  how far each is known: 0 without likes, below 1 always
    popularity  float32 (m,) standard scores
    factors     float32 (f, m) of the affinity, and of the preferences
    links       CSR tables of attributes, neighbours, sequence and ease, columns cut to these items
    tables      the same as the kernels read them
    present     bool (n_parts, m)  which items have each personal part at all; absence is neutral, never a low score
    """

    item_idx: Ints
    known: Floats
    popularity: Floats
    factors: tuple[Floats, Floats]
    links: tuple[sp.csr_matrix, ...]
    tables: tuple[Table, ...]
    present: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, model: Model, item_idx: Ints) -> Columns:
        """Cut the columns of these items out of the model."""
        idx = np.asarray(item_idx, np.int64)
        attributes = sp.csr_matrix(model.attributes[idx])
        warm, described = model.warm_items[idx], np.diff(attributes.indptr) > 0
        cut = (sp.csr_matrix(table[:, idx]) for table in (model.similarity, model.follows, model.ease))
        links = (sp.csr_matrix(attributes.T), *cut)
        return cls(
            item_idx=idx,
            known=model.item_known[idx],
            popularity=model.popularity[idx],
            factors=tuple(np.ascontiguousarray(one[idx].T) for one in (model.item_factors, model.preferences.item)),  # type: ignore[arg-type]
            links=links,
            tables=tuple(Table.of(link) for link in links),
            present=np.stack((np.ones(len(idx), bool), described, described, warm, warm, warm)),
        )

    @property
    def similarity(self) -> sp.csr_matrix:
        """Neighbours of these items: CSR (n_items, m)."""
        return self.links[1]

    @property
    def attributes(self) -> sp.csr_matrix:
        """Attributes of these items: CSR (n_attributes, m)."""
        return self.links[0]

    def part(self, model: Model, part: int, customers: Ints) -> Floats:
        """One personal part, in the order of PERSONAL, on its own scale: float32 (n, m)."""
        if part < len(self.factors):
            return self.products(model, customers, np.arange(len(PERSONAL)) == part)[part]
        known_by = model.taste if part == len(self.factors) else model.profiles
        return dense_product(known_by, customers, self.links[part - len(self.factors)])

    def products(self, model: Model, customers: Ints, wanted: npt.NDArray[np.bool_]) -> tuple[Floats, ...]:
        """The wanted ones of the factor parts, float32 (n, m); (0, 0) for the others."""
        out = []
        for part, left in enumerate((model.customer_factors, model.preferences.customer)):
            if not wanted[part]:
                out.append(np.zeros((0, 0), np.float32))
                continue
            padded = np.zeros((GRID, left.shape[1]), np.float32)
            padded[: len(customers)] = left[customers]
            with one_numpy_thread():
                out.append(np.asarray(padded @ self.factors[part])[: len(customers)])
        return tuple(out)

    def known_by(self, model: Model, customers: Ints) -> tuple[Rows, ...]:
        """What the customers are known by, for each of the tables."""
        past = rows_of(model.profiles, customers)
        return (rows_of(model.taste, customers), *(past for _ in self.tables[1:]))

    def weights(self, known: PartWeights, new: PartWeights) -> Floats:
        """Weight of each personal part for each item: float32 (n_parts, m)."""
        pairs = zip(known.personal.tolist(), new.personal.tolist(), strict=True)
        return np.stack([self.between(one, other) for one, other in pairs])

    def between(self, known: float, new: float) -> Floats:
        """A weight for each item, between that of known and that of new ones: float32 (m,)."""
        return np.asarray(np.float32(new) + self.known * np.float32(known - new), np.float32)


def personal_moments(model: Model) -> Moments:
    """Mean and scale of each personal part over the model's reference items, for every customer.

    Those of recsys.scoring.blend.moments_of, without keeping the parts.
    """
    columns = Columns.of(model, model.reference)
    present = columns.present.astype(np.float32)
    shape = (len(PERSONAL), model.shape[0])
    mean, scale = np.zeros(shape, np.float32), np.full(shape, np.inf, np.float32)
    for lo in range(0, model.shape[0], GRID):
        hi = min(lo + GRID, model.shape[0])
        customers = np.arange(lo, hi)
        products = columns.products(model, customers, np.ones(len(PERSONAL), bool))
        known_by = columns.known_by(model, customers)
        for part in range(len(PERSONAL)):
            found = mean[part, lo:hi], scale[part, lo:hi]
            if part < len(products):
                product_moments(products[part], present[part], *found)
            else:
                link = part - len(products)
                linked_moments(*known_by[link], *columns.tables[link].arrays, present[part], *found)
    return Moments(mean, _typical_for_cold(scale, model.warm_customers))


def _typical_for_cold(scale: Floats, warm: npt.NDArray[np.bool_]) -> Floats:
    """Give cold customers the median scale of warm ones in the two factor parts, where it is the larger.

    A map that learned little gives them factors that hardly differ; divided by their own tiny spread, noise would be
    blown up to look like taste.
    """
    for part in range(2):
        known = scale[part, warm & np.isfinite(scale[part])]
        if len(known):
            scale[part, ~warm] = np.maximum(scale[part, ~warm], np.float32(np.median(known)))
        elif warm.any():
            scale[part, ~warm] = np.inf
    return scale
