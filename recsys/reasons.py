"""Why a score is what it is: the single strongest thing that raised it, read off the parts that made it.

Contributions are counted in the unit of the blend, so a past item, an attribute, a profile answer and popularity can be
compared; the largest one is the reason. Words are made in jobs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.inner_loops import parts
from recsys.base.threads import one_blas_thread
from recsys.reason_arrays import Csr, Factors, Known, Past, Preferences, Said, Scores
from recsys.reason_kernels import explain, tabulate
from recsys.scoring.blend import Weights
from recsys.training import Inputs, Settings, Trained

Array = npt.NDArray[Any]
MOST_CELLS = 4_000_000
"""Pairs of items whose contributions are worked out once (24 bytes each) where more pairs are asked for than that."""

FEWEST = 10_000
"""Pairs that are worth a thread."""


class Why(IntEnum):
    """Kind of reason; `detail` holds what the name says.

    PAST_ITEM   the customer chose this item before, and it raised the score most: detail = item position
    ATTRIBUTE   an attribute value of the item and of past items: detail = column of item_features; never one that is
                not to be told (Reasoner.unsaid_attributes)
    PROFILE     a profile answer that speaks for the item: detail = column of customer_features; never one that is
                not to be told (Reasoner.unsaid)
    POPULAR     popularity, and nothing personal, raised the score most: detail = -1
    OTHER       the score is not above the customer's average item, or nothing that can be named raised it: detail = -1
    """

    OTHER = 0
    PAST_ITEM = 1
    ATTRIBUTE = 2
    PROFILE = 3
    POPULAR = 4


@dataclass(frozen=True, eq=False)
class Reasoner:
    """Everything the reasons are read from, laid out for the kernel.

    item_lean      float32 (n_attributes, f)  the map attributes -> factors
    customer_lean  float32 (n_profile_values, f)  the map profile -> factors
    unsaid         bool (n_profile_values,)  answers the customer did not put in words: they count, and are never told
    unsaid_attributes  bool (n_attributes,)  the same of values of items
    explained      float32 (n_items, f)  item factors times the inverse of (Y'Y + regularization I): the share of
                   past item j in the affinity for item i is close to confidence(c, j) x explained[i] @ item_factors[j]
    """

    trained: Trained
    item_features: sp.csr_matrix
    customer_features: sp.csr_matrix
    explained: npt.NDArray[np.float32]
    alpha: float
    unsaid: npt.NDArray[np.bool_]
    unsaid_attributes: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        trained: Trained,
        inputs: Inputs,
        settings: Settings,
        unsaid: npt.NDArray[np.bool_] | None = None,
        unsaid_attributes: npt.NDArray[np.bool_] | None = None,
    ) -> Reasoner:
        """Prepare once per model; what is not to be told as above, None = everything may be named."""
        answers = np.zeros(inputs.customer_features.shape[1], bool) if unsaid is None else unsaid
        values = np.zeros(inputs.item_features.shape[1], bool) if unsaid_attributes is None else unsaid_attributes
        Y = trained.model.item_factors.astype(np.float64)
        fitted = Y[trained.model.warm_items]
        with one_blas_thread():
            gram = fitted.T @ fitted + settings.als.regularization * np.eye(Y.shape[1])
            explained = np.linalg.solve(gram, Y.T).T
        features = inputs.item_features, inputs.customer_features
        return cls(trained, *features, explained.astype(np.float32), trained.alpha, answers, values)

    def of_pairs(self, customer_idx: Array, item_idx: Array, weights: Weights) -> tuple[Array, Array]:
        """Kind (int8) and detail (int32) of each pair, both (n_pairs,)."""
        model = self.trained.model
        by_case = np.array([one.all for one in (weights.known, weights.new, weights.cold)]) / weights.total
        kind, detail = np.empty(len(customer_idx), np.int8), np.empty(len(customer_idx), np.int32)
        factors, prefers, past, said = self._parts()
        n_items = len(model.item_factors)
        if n_items**2 <= min(len(customer_idx), MOST_CELLS):
            past = past._replace(between=np.empty((n_items, n_items, 6), np.float32))
            tabulate(factors, prefers, past, said.attributes, past.between)
        described = np.diff(model.attributes.indptr) > 0
        told = (
            np.ascontiguousarray(customer_idx, np.int32),
            np.ascontiguousarray(item_idx, np.int32),
            Scores(by_case.astype(np.float32), model.moments.mean, model.moments.scale, model.popularity),
            factors,
            prefers,
            Known(model.warm_customers, model.item_known, described, self.unsaid, self.unsaid_attributes),
            past,
            said,
            kind,
            detail,
        )
        n_parts = min(numba.get_num_threads(), 1 + len(kind) // FEWEST)
        cuts = np.linspace(0, len(kind), n_parts + 1).astype(int).tolist()
        with ThreadPoolExecutor(n_parts) as pool:  # a loop that Numba shares out takes twice as long to compile
            list(pool.map(lambda lo, hi: explain(lo, hi, *told), cuts[:-1], cuts[1:]))
        return kind, detail

    def _parts(self) -> tuple[Factors, Preferences, Past, Said]:
        """The model as the kernels read it."""
        model, lean = self.trained.model, self.trained.model.preferences
        maps = self.trained.item_map.coefficients, self.trained.customer_map.coefficients
        profiles, near, follows, ease = map(_csr, (model.profiles, model.similarity, model.follows, model.ease))
        return (
            Factors(model.customer_factors, model.item_factors, *maps, self.explained, np.float32(self.alpha)),
            Preferences(lean.customer, lean.item, lean.attribute, lean.past_item, lean.answer, lean.length),
            Past(profiles, near, follows, ease, between=np.empty((0, 0, 6), np.float32)),
            Said(*map(_csr, (model.attributes, model.taste, self.item_features, self.customer_features))),
        )


def _csr(matrix: sp.csr_matrix) -> Csr:
    """The rows of a CSR for the kernel, columns rising."""
    rising = matrix if matrix.has_sorted_indices else matrix.sorted_indices()
    return parts(sp.csr_matrix(rising))
