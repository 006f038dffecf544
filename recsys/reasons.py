"""Why a score is what it is: the single strongest thing that raised it, read off the parts that made it.

Contributions are counted in the unit of the blend, so a past item, an attribute, a profile answer and popularity can be
compared; the largest one is the reason. Words are made in jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.inner_loops import parts
from recsys.base.threads import one_blas_thread
from recsys.kernels import kernel, once, parallel
from recsys.scoring.blend import Weights
from recsys.training import Inputs, Settings, Trained

Array = npt.NDArray[Any]


class Why(IntEnum):
    """Kind of reason; `detail` holds what the name says.

    PAST_ITEM   the customer chose this item before, and it raised the score most: detail = item position
    ATTRIBUTE   an attribute value of the item and of past items: detail = column of item_features
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
    explained      float32 (n_items, f)  item factors times the inverse of (Y'Y + regularization I): the share of
                   past item j in the affinity for item i is close to confidence(c, j) x explained[i] @ item_factors[j]
    """

    trained: Trained
    item_features: sp.csr_matrix
    customer_features: sp.csr_matrix
    explained: npt.NDArray[np.float32]
    alpha: float
    unsaid: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, trained: Trained, inputs: Inputs, settings: Settings, unsaid: npt.NDArray[np.bool_] | None = None
    ) -> Reasoner:
        """Prepare once per model; unsaid as above, None = every answer may be named."""
        named = np.zeros(inputs.customer_features.shape[1], bool) if unsaid is None else unsaid
        Y = trained.model.item_factors.astype(np.float64)
        fitted = Y[trained.model.warm_items]
        with one_blas_thread():
            gram = fitted.T @ fitted + settings.als.regularization * np.eye(Y.shape[1])
            explained = np.linalg.solve(gram, Y.T).T
        features = inputs.item_features, inputs.customer_features
        return cls(trained, *features, explained.astype(np.float32), trained.alpha, named)

    def of_pairs(self, customer_idx: Array, item_idx: Array, weights: Weights) -> tuple[Array, Array]:
        """Kind (int8) and detail (int32) of each pair, both (n_pairs,)."""
        model, lean = self.trained.model, self.trained.model.preferences
        by_case = np.array([one.all for one in (weights.known, weights.new, weights.cold)]) / weights.total
        kind, detail = np.empty(len(customer_idx), np.int8), np.empty(len(customer_idx), np.int32)
        _reasons(
            np.ascontiguousarray(customer_idx, np.int64),
            np.ascontiguousarray(item_idx, np.int64),
            by_case.astype(np.float32),
            model.moments.mean,
            model.moments.scale,
            model.popularity,
            model.warm_customers,
            model.item_known,
            np.diff(model.attributes.indptr) > 0,
            model.customer_factors,
            model.item_factors,
            self.explained,
            np.float32(self.alpha),
            self.trained.item_map.coefficients,
            self.trained.customer_map.coefficients,
            (lean.customer, lean.item, lean.attribute, lean.past_item, lean.answer),
            lean.length,
            _sorted_parts(model.profiles),
            _sorted_parts(model.similarity),
            _sorted_parts(model.follows),
            _sorted_parts(model.ease),
            _sorted_parts(model.attributes),
            _sorted_parts(model.taste),
            _sorted_parts(self.item_features),
            _sorted_parts(self.customer_features),
            self.unsaid,
            kind,
            detail,
        )
        return kind, detail


def _sorted_parts(matrix: sp.csr_matrix) -> tuple[Array, Array, Array]:
    """Row starts, columns (rising within a row) and values of a CSR, for the kernel."""
    rising = matrix if matrix.has_sorted_indices else matrix.sorted_indices()
    return parts(sp.csr_matrix(rising))


@once
def _at(matrix, row, column):  # type: ignore[no-untyped-def]
    """Value of a CSR cell, 0 when absent; binary search."""
    starts, columns, values = matrix
    lo, hi = starts[row], starts[row + 1]
    while lo < hi:
        middle = (lo + hi) // 2
        if columns[middle] < column:
            lo = middle + 1
        else:
            hi = middle
    if lo < starts[row + 1] and columns[lo] == column:
        return values[lo]
    return np.float32(0)


@once
def _dot(a, b):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for f in range(len(a)):
        total += a[f] * b[f]
    return total


@once
def _shared(matrix, one, other):  # type: ignore[no-untyped-def]
    """Inner product of two sparse rows."""
    starts, columns, values = matrix
    a, b, total = starts[one], starts[other], np.float32(0)
    while a < starts[one + 1] and b < starts[other + 1]:
        if columns[a] == columns[b]:
            total += values[a] * values[b]
            a += 1
            b += 1
        elif columns[a] < columns[b]:
            a += 1
        else:
            b += 1
    return total


@kernel
def _best_past(c, i, unit, profiles, near, follows, ease, attributes, item_factors, explained, alpha, lean, length):  # type: ignore[no-untyped-def]
    """The past item that raised the score most, by how much, and what the parts from item to item add in all."""
    starts, columns, values = profiles
    best, best_idx, total = np.float32(0), np.int32(-1), np.float32(0)
    for at in range(starts[c], starts[c + 1]):
        j, weight = columns[at], values[at]
        direct = unit[2] * weight * _shared(attributes, j, i)
        direct += unit[3] * weight * _at(near, j, i)
        direct += unit[4] * weight * _at(follows, j, i)
        direct += unit[5] * weight * _at(ease, j, i)
        total += direct
        if weight > 0 and j != i:
            raised = direct + unit[0] * (1 + alpha * weight) * _dot(explained[i], item_factors[j])
            raised += unit[1] * weight * _dot(lean[3][j], lean[1][i]) / length[c]
            if raised > best:
                best, best_idx = raised, j
    return best, best_idx, total


@kernel
def _best_attribute(c, i, unit, customer_factors, item_lean, item_features, attributes, taste, lean):  # type: ignore[no-untyped-def]
    """The attribute value of item i that raised its score for c most, by how much, and what attributes add in all.

    A value that says nothing about taste is never named, nor one that past items do not speak for.
    """
    starts, columns, values = item_features
    best, best_idx, total = np.float32(0), np.int32(-1), np.float32(0)
    for at in range(starts[i], starts[i + 1]):
        a = columns[at]
        told, liked = _at(attributes, i, a), _at(taste, c, a)
        direct = unit[2] * told * liked
        total += direct
        raised = direct + values[at] * (
            unit[0] * _dot(customer_factors[c], item_lean[a]) + unit[1] * _dot(lean[0][c], lean[2][a])
        )
        if told > 0 and liked > 0 and raised > best:
            best, best_idx = raised, a
    return best, best_idx, total


@kernel
def _best_answer(c, i, unit, item_factors, customer_lean, customer_features, unsaid, lean, length):  # type: ignore[no-untyped-def]
    """The profile answer of c that raised the score of i most, of those that may be named, and by how much."""
    starts, columns, values = customer_features
    best, best_idx = np.float32(0), np.int32(-1)
    for at in range(starts[c], starts[c + 1]):
        a = columns[at]
        raised = values[at] * (
            unit[0] * _dot(customer_lean[a], item_factors[i]) + unit[1] * _dot(lean[4][a], lean[1][i]) / length[c]
        )
        if raised > best and not unsaid[a]:
            best, best_idx = raised, a
    return best, best_idx


@parallel
def _reasons(  # type: ignore[no-untyped-def]
    customer_idx, item_idx, weights, mean, scale, popularity, warm_customers, item_known, has_attributes,
    customer_factors, item_factors, explained, alpha, item_lean, customer_lean, lean, length,
    profiles, near, follows, ease, attributes, taste, item_features, customer_features, unsaid, kind, detail,
):  # fmt: skip
    for pair in numba.prange(len(customer_idx)):
        c, i = customer_idx[pair], item_idx[pair]
        known, warm = item_known[i], item_known[i] > 0
        case = (0 if warm else 1) if warm_customers[c] else 2
        if case == 2:
            unit = weights[2, :6] / scale[:, c]
        else:
            unit = (weights[1, :6] + known * (weights[0, :6] - weights[1, :6])) / scale[:, c]
        score = unit[0] * (_dot(customer_factors[c], item_factors[i]) - mean[0, c])
        if has_attributes[i]:
            score += unit[1] * (_dot(lean[0][c], lean[1][i]) - mean[1, c])
        if case == 2:
            best, what = _best_answer(c, i, unit, item_factors, customer_lean, customer_features, unsaid, lean, length)
            why = 3
        elif case == 0:
            best, what, rest = _best_past(
                c, i, unit, profiles, near, follows, ease, attributes, item_factors, explained, alpha, lean, length
            )
            why = 1
            score += rest - unit[3] * mean[3, c] - unit[4] * mean[4, c] - unit[5] * mean[5, c]
        else:
            best, what, rest = _best_attribute(
                c, i, unit, customer_factors, item_lean, item_features, attributes, taste, lean
            )
            why = 2
            score += rest
        if case < 2 and has_attributes[i]:
            score -= unit[2] * mean[2, c]
        liked = popularity[i] * (weights[1, 6] + known * (weights[2 if case == 2 else 0, 6] - weights[1, 6]))
        if liked > best and warm:
            why, what = 4, np.int32(-1)
        if score + liked <= 0 or (what < 0 and why != 4):
            why, what = 0, np.int32(-1)
        kind[pair], detail[pair] = why, what
