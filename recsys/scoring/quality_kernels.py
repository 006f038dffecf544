"""How well rows rank what was right, compiled: places by one search per column, never by comparing every pair."""

from __future__ import annotations

import numba
import numpy as np

from recsys.kernels import kernel, parallel


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
            n_allowed += allowed[row, column]
        score = np.empty(n_columns, np.float32)
        for value in range(values.size):
            for column in range(n_columns):
                score[column] = others[column] + values[value] * parts[part, row, column]
            above = above_each(score, allowed[row], right)
            out[value, row] = _of_a_row(above, n_allowed, by_place)


@kernel
def above_each(score, allowed, right):  # type: ignore[no-untyped-def]
    """How many allowed columns stand above each right one, equals counting half: exact, by one search per column.

    The right scores are sorted once; each column then finds how many of them lie below it, and counts there.
    """
    order = np.argsort(score[right], kind="mergesort")
    sorted_right = score[right][order]
    n_right = right.size
    ends = np.zeros(n_right + 1)  # ends[k]: columns that stand above the first k of the sorted right ones
    for column in range(score.size):
        if allowed[column]:
            below, not_above = _places(sorted_right, score[column])
            ends[below] += 0.5
            ends[not_above] += 0.5
    above = np.empty(n_right)
    running = 0.0
    for k in range(n_right - 1, -1, -1):
        running += ends[k + 1]
        above[order[k]] = running - 0.5  # less itself, which is no better than itself
    return above


@kernel
def _places(ordered, score):  # type: ignore[no-untyped-def]
    """How many of some ascending numbers are below a score, and how many are not above it."""
    lo, hi = 0, ordered.size
    while lo < hi:
        middle = (lo + hi) // 2
        if ordered[middle] < score:
            lo = middle + 1
        else:
            hi = middle
    below, hi = lo, ordered.size
    while lo < hi:
        middle = (lo + hi) // 2
        if ordered[middle] <= score:
            lo = middle + 1
        else:
            hi = middle
    return below, lo


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
