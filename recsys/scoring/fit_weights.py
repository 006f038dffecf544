"""The weights of the parts, fitted to what customers did: which weighted sum puts first what they took.

Lists ask which items a customer takes next, packing which customers take an item: the same search, along rows of
customers or rows of items. A step is taken as far as it surely helps, never all or nothing: a day more of events then
moves weights a little, and not everybody's list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.kernels import parallel

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

STEPS = (1.0, 0.0, 0.5, 2.0)
"""What a weight may be multiplied by."""
FROM_ZERO = 0.25
"""Instead of twice nothing, a weight near 0 is tried at this share of the largest."""
ROUNDS = 4
SURE = 12.0
"""A gain of more standard errors than that is not surer."""
FEWEST_ROWS = 50
"""With fewer rows nothing is fitted."""


@dataclass(frozen=True, eq=False)
class Question:
    """Rows that each rank some columns, and what was right.

    parts    float32 (n_parts, n_rows, n_columns)  in standard deviations
    allowed  bool (n_rows, n_columns)  what is ranked; what was right must be
    truth    CSR (n_rows, n_columns)  a stored value = right; no row is empty
    """

    parts: Floats
    allowed: npt.NDArray[np.bool_]
    truth: sp.csr_matrix

    def turned(self) -> Question:
        """The same with columns as rows, those with something right: which customers for an item."""
        truth = sp.csr_matrix(self.truth.T)
        rows = np.flatnonzero(np.diff(truth.indptr))
        parts = np.ascontiguousarray(self.parts.transpose(0, 2, 1)[:, rows])
        return Question(parts, np.ascontiguousarray(self.allowed.T[rows]), sp.csr_matrix(truth[rows]))


@dataclass(frozen=True, eq=False)
class Fit:
    """What was found.

    weights  float32 (n_parts,), with the sum of the start's
    before   mean quality at the start; after likewise, both on the rows that were fitted to
    n_rows   rows fitted to; 0 = too few, and the weights are the start's
    """

    weights: Floats
    before: float
    after: float
    n_rows: int


def fit_part_weights(question: Question, start: Floats, movable: npt.NDArray[np.bool_], *, by_place: bool) -> Fit:
    """Fit the weights of the parts, one part after the other, ROUNDS times.

    A weight becomes the mean of all that STEPS makes of it. Each step counts exp(z / 2), where z is its mean gain in
    quality over the present weight, in standard errors of that gain; rows are compared in pairs.

    start     float32 (n_parts,) >= 0
    movable   bool (n_parts,)  the others keep their weight
    by_place  True, for lists: the quality of a row is the sum of 1 / log2(r + 2) over the places r of what was right
              (0 = first), as a share of the best sum possible.
              False, for packing: the share of what was not right that is ranked below what was (AUC)
    """
    n_rows = question.truth.shape[0]
    weights = np.array(start, np.float32)
    if n_rows < FEWEST_ROWS or not weights.any():
        return Fit(weights, float("nan"), float("nan"), 0)
    before = quality(question, weights, by_place=by_place)
    total = float(np.sum(start, dtype=np.float64))
    current = before
    for _ in range(ROUNDS):
        for part in np.flatnonzero(movable):
            weights[part] = _stepped(question, weights, int(part), current, by_place)
            current = quality(question, weights, by_place=by_place)
        weights *= np.float32(total / weights.sum(dtype=np.float64))
    return Fit(weights, float(before.mean()), float(current.mean()), n_rows)


def _stepped(question: Question, weights: Floats, part: int, current: npt.NDArray[np.float64], by_place: bool) -> float:
    """The weight of a part after one step."""
    value, largest = float(weights[part]), float(weights.max())
    values = [value * step for step in STEPS]
    values[-1] = max(values[-1], FROM_ZERO * largest)
    surely = []
    for tried_value in values:
        tried = weights.copy()
        tried[part] = tried_value
        if not tried.any():
            surely.append(-SURE)
            continue
        gain = quality(question, tried, by_place=by_place) - current
        noise = float(gain.std()) / np.sqrt(len(gain))
        surely.append(float(np.clip(gain.mean() / noise, -SURE, SURE)) if noise > 0 else 0.0)
    share = np.exp(np.array(surely) / 2)
    return float(np.average(values, weights=share))


def quality(question: Question, weights: Floats, *, by_place: bool) -> npt.NDArray[np.float64]:
    """Quality of every row's ranking, 0..1: float64 (n_rows,); things of equal score count half before each other."""
    truth = question.truth
    out = np.zeros(truth.shape[0])
    _quality(
        question.parts,
        np.asarray(weights, np.float32),
        question.allowed,
        truth.indptr.astype(np.int64),
        truth.indices.astype(np.int64),
        by_place,
        out,
    )
    return out


@parallel
def _quality(parts, weights, allowed, starts, columns, by_place, out):  # type: ignore[no-untyped-def]
    n_parts, n_rows, n_columns = parts.shape
    for row in numba.prange(n_rows):
        t = np.zeros(n_columns, np.float32)
        for part in range(n_parts):
            if weights[part] != 0:
                for column in range(n_columns):
                    t[column] += weights[part] * parts[part, row, column]
        n_allowed = 0
        for column in range(n_columns):
            n_allowed += allowed[row, column]
        n_right = starts[row + 1] - starts[row]
        total, ideal = 0.0, 0.0
        for at in range(starts[row], starts[row + 1]):
            mine, above = t[columns[at]], 0.0
            for column in range(n_columns):
                if allowed[row, column] and column != columns[at]:
                    if t[column] > mine:
                        above += 1.0
                    elif t[column] == mine:
                        above += 0.5
            if by_place:
                total += 1 / np.log2(above + 2)
                ideal += 1 / np.log2(at - starts[row] + 2.0)
            else:
                total += above
        if by_place:
            out[row] = total / ideal
        elif n_allowed > n_right:
            # what was right stands above what was right too: n_right (n_right - 1) / 2 such pairs
            out[row] = 1 - (total - n_right * (n_right - 1) / 2) / (n_right * (n_allowed - n_right))
        else:
            out[row] = 0.5
