"""How well rows rank what was right, compiled: places by one look-up per column, never by comparing every pair."""

from __future__ import annotations

import numba
import numpy as np

from recsys.base.rising import lower, upper
from recsys.base.stable_sort import stable_order
from recsys.kernels import kernel, parallel

FEW = 12
"""With so many right columns or fewer, comparing each of them with the whole row is the fastest way."""
GRAIN = np.float32(3 << 10)
"""Added to a score and taken away again, it leaves multiples of 1/4096: sums that differ in how they were added up are
equal then, and no order of adding decides which of two columns stands above the other."""


@parallel
def qualities_of_rows(parts, weights, part, values, allowed, starts, columns, by_place, out):  # type: ignore[no-untyped-def]
    """Quality of every row's ranking under each weight of one part; see `recsys.scoring.fit_weights.qualities`."""
    n_parts, n_rows, n_columns = parts.shape
    for row in numba.prange(n_rows):
        others = np.zeros(n_columns, np.float32)
        for other in range(n_parts):
            if other != part and weights[other] != 0:
                for column in range(n_columns):
                    others[column] += weights[other] * parts[other, row, column]
        right = columns[starts[row] : starts[row + 1]]
        n_allowed = 0
        for column in range(n_columns):
            if allowed[row, column]:
                n_allowed += 1
            else:
                others[column] = -np.inf
        score = np.empty(n_columns, np.float32)
        above = np.empty(right.size)
        for value in range(values.size):
            for column in range(n_columns):
                summed = others[column] + values[value] * parts[part, row, column]
                score[column] = (summed + GRAIN) - GRAIN
            above_each(score, right, above)
            out[value, row] = _of_a_row(above, n_allowed, by_place)


@kernel
def above_each(score, right, above):  # type: ignore[no-untyped-def]
    """How many columns stand above each right one, equals counting half, itself left out; -inf is not ranked."""
    if right.size <= FEW:
        for k in range(right.size):
            above[k] = _above(score, score[right[k]])
    else:
        _above_many(score, right, above)


@kernel
def _above(score, own):  # type: ignore[no-untyped-def]
    """The count for one right column, by comparing."""
    higher, equal = np.int32(0), np.int32(0)
    for column in range(score.size):
        higher += np.int32(score[column] > own)
        equal += np.int32(score[column] == own)
    return higher + 0.5 * (equal - 1)


@kernel
def _above_many(score, right, above):  # type: ignore[no-untyped-def]
    """The counts for many: each column finds its place among the right ones, sorted once, and counts there."""
    n_right = right.size
    order = stable_order(score[right])
    ordered = score[right][order]
    first, per_score = _index(ordered)
    halves = np.zeros(n_right + 1, np.int64)  # halves[k]: columns that stand above the first k, two for each
    for column in range(score.size):
        own = score[column]
        if own > ordered[-1]:
            halves[n_right] += 2
        elif own >= ordered[0]:
            bucket = int((own - ordered[0]) * per_score)
            below = lower(ordered, first[bucket], first[bucket + 1], own)
            halves[below] += 1
            halves[upper(ordered, below, first[bucket + 1], own)] += 1
    running = 0
    for k in range(n_right - 1, -1, -1):
        running += halves[k + 1]
        above[order[k]] = 0.5 * (running - 1)  # less itself, which is no better than itself


@kernel
def _index(ordered):  # type: ignore[no-untyped-def]
    """Buckets of equal width over some ascending numbers: how many lie in earlier ones, and buckets per unit."""
    n_buckets = 4 * ordered.size
    width = ordered[-1] - ordered[0]
    per_score = np.float32(n_buckets - 1) / width if width > 0 else np.float32(0)
    first = np.zeros(n_buckets + 2, np.int64)
    for number in ordered:
        first[int((number - ordered[0]) * per_score) + 1] += 1
    for bucket in range(n_buckets + 1):
        first[bucket + 1] += first[bucket]
    return first, per_score


@kernel
def _of_a_row(above, n_allowed, by_place):  # type: ignore[no-untyped-def]
    """Quality of one row from how many stand above each right one."""
    n_right = above.size
    total, ideal = 0.0, 0.0
    for at in range(n_right):
        if by_place:
            total += 1 / np.log2(above[at] + 2)
            ideal += 1 / np.log2(at + 2.0)
        else:
            total += above[at]
    if by_place:
        return total / ideal
    if n_allowed > n_right:
        # what was right stands above what was right too: n_right (n_right - 1) / 2 such pairs
        return 1 - (total - n_right * (n_right - 1) / 2) / (n_right * (n_allowed - n_right))
    return 0.5
