"""The weights of the parts, fitted to what customers did: which weighted sum puts first what they took.

Lists ask which items a customer takes next, packing which customers take an item: the same search, along rows of
customers or rows of items. A step is taken as far as it surely helps, never all or nothing: a day
more of events then moves weights a little, and not everybody's list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.scoring.quality_kernels import qualities_of_rows

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

STEPS = (1.0, 0.0, 0.5, 2.0)
"""What a weight may be multiplied by."""
FROM_ZERO = 0.25
"""Instead of twice nothing, a weight near 0 is tried at this share of the largest."""
ROUNDS = 4
AT_REST = 0.01
"""A round that moves no more than this share of all weights is the last."""
FLOOR = 1.0
"""A gain of fewer standard errors than that is noise, no reason to leave a weight that was fitted."""
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

    def __post_init__(self) -> None:
        """Refuse a right column that is not ranked: it would have no place."""
        rows = np.repeat(np.arange(self.truth.shape[0]), np.diff(self.truth.indptr))
        if not self.allowed[rows, self.truth.indices].all():
            raise ValueError("expected everything that was right to be allowed")

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


def fit_part_weights(
    question: Question, start: Floats, movable: npt.NDArray[np.bool_], *, by_place: bool, fitted: bool = False
) -> Fit:
    """Fit the weights of the parts, one part after the other, ROUNDS times or until they are at rest.

    A weight becomes the mean of what it is, counting 1, and of what STEPS makes of it, counting exp(z / 2); z is the
    mean gain in quality over the present weight, in standard errors of that gain. Rows are compared in pairs. Without
    any gain a weight of a new shop shrinks a little, as what does not help should. Where the start was `fitted`, a step
    counts exp((z - FLOOR) / 2) - 1, or 0 where z < FLOOR: it stays where nothing surely helps.

    start     float32 (n_parts,) >= 0
    movable   bool (n_parts,)  the others keep their weight
    fitted    the start was found by an earlier search: it is left only where that surely helps
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
    for _ in range(ROUNDS):
        last = weights.copy()
        for part in np.flatnonzero(movable):
            weights[part] = _stepped(question, weights, int(part), by_place, fitted)
        weights *= np.float32(total / weights.sum(dtype=np.float64))
        if np.abs(weights - last).sum(dtype=np.float64) <= AT_REST * total:
            break
    after = quality(question, weights, by_place=by_place)
    return Fit(weights, float(before.mean()), float(after.mean()), n_rows)


def _stepped(question: Question, weights: Floats, part: int, by_place: bool, fitted: bool) -> float:
    """The weight of a part after one step."""
    value, largest = float(weights[part]), float(weights.max())
    values = [value * step for step in STEPS]
    values[-1] = max(values[-1], FROM_ZERO * largest)
    current, *tried = qualities(question, weights, part, np.array(values, np.float32), by_place=by_place)
    nothing_else = not np.delete(weights, part).any()
    shares = [1.0]
    for tried_value, found in zip(values[1:], tried, strict=True):
        may_be = tried_value != 0 or not nothing_else
        shares.append(_share(found - current, fitted=fitted) if may_be else 0.0)
    return float(np.average(values, weights=shares))


def _share(gain: npt.NDArray[np.float64], *, fitted: bool) -> float:
    """How much a step with this gain per row counts beside staying, which counts 1."""
    noise = float(gain.std()) / np.sqrt(len(gain))
    z = float(np.clip(gain.mean() / noise, -SURE, SURE)) if noise > 0 else 0.0
    return float(np.expm1(max(z - FLOOR, 0.0) / 2)) if fitted else float(np.exp(z / 2))


def quality(question: Question, weights: Floats, *, by_place: bool) -> npt.NDArray[np.float64]:
    """Quality of every row's ranking, 0..1: float64 (n_rows,); things of equal score count half before each other.

    Scores are compared to 1/4096 of a standard deviation.
    """
    whole = np.asarray(weights, np.float32)
    found: npt.NDArray[np.float64] = qualities(question, whole, len(whole) - 1, whole[-1:], by_place=by_place)[0]
    return found


def qualities(
    question: Question, weights: Floats, part: int, values: Floats, *, by_place: bool
) -> npt.NDArray[np.float64]:
    """The same for several weights of one part, in one pass over the cells: float64 (n_values, n_rows).

    weights  float32 (n_parts,) of the other parts; part: which one is tried; values: float32 (n_values,) its weights
    """
    truth = question.truth
    out = np.zeros((len(values), truth.shape[0]))
    qualities_of_rows(
        question.parts,
        np.asarray(weights, np.float32),
        part,
        np.asarray(values, np.float32),
        question.allowed,
        truth.indptr.astype(np.int64),
        truth.indices.astype(np.int64),
        by_place,
        out,
    )
    return out
