"""The strongest reason of one pair, compiled: what each part adds to a score, taken apart by what it was made of.

Everything is counted in the unit of the blend: weight x contribution / scale of the part for this customer.
"""

from __future__ import annotations

import numpy as np

from recsys.base.rising import position
from recsys.kernels import kernel, once

AFFINITY, PREFERENCES, ATTRIBUTES, NEIGHBOURS, SEQUENCE, EASE = range(6)  # as in recsys.scoring.blend.PERSONAL
PERSONAL, POPULARITY = 6, 6  # how many parts know the customer, and the place of the one that does not
KNOWN, NEW, COLD = range(3)  # rows of Scores.weights
OTHER, PAST_ITEM, ATTRIBUTE, PROFILE, POPULAR = range(5)  # as in recsys.reasons.Why


@once
def _at(matrix, row, column):  # type: ignore[no-untyped-def]
    """Value of a cell, 0 when absent; binary search."""
    starts, columns, values = matrix
    at = position(columns, starts[row], starts[row + 1], column)
    if at >= 0:
        return values[at]
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


@once
def _between(j, i, factors, prefers, past, attributes):  # type: ignore[no-untyped-def]
    """What one unit of past item j says of item i, part by part; alpha and the customer's own length are not in it."""
    return (
        _shared(attributes, j, i),
        _at(past.near, j, i),
        _at(past.follows, j, i),
        _at(past.ease, j, i),
        _dot(factors.explained[i], factors.item[j]),
        _dot(prefers.past_item[j], prefers.item[i]),
    )


@kernel
def _best_past(c, i, unit, factors, prefers, past, attributes):  # type: ignore[no-untyped-def]
    """The past item that raised the score most, by how much, and what the parts from item to item add in all."""
    starts, columns, values = past.profiles
    known = len(past.between) > 0
    best, best_idx, total = np.float32(0), np.int32(-1), np.float32(0)
    for at in range(starts[c], starts[c + 1]):
        j, weight = columns[at], values[at]
        if known:
            row = past.between[i, j]
            alike, near, follows, ease, explains, likes = row[0], row[1], row[2], row[3], row[4], row[5]
        else:
            alike, near, follows, ease, explains, likes = _between(j, i, factors, prefers, past, attributes)
        direct = unit[ATTRIBUTES] * weight * alike
        direct += unit[NEIGHBOURS] * weight * near
        direct += unit[SEQUENCE] * weight * follows
        direct += unit[EASE] * weight * ease
        total += direct
        if weight > 0 and j != i:
            raised = direct + unit[AFFINITY] * (1 + factors.alpha * weight) * explains
            raised += unit[PREFERENCES] * weight * likes / prefers.length[c]
            if raised > best:
                best, best_idx = raised, j
    return best, best_idx, total


@kernel
def _best_attribute(c, i, unit, factors, prefers, said, unsaid):  # type: ignore[no-untyped-def]
    """The attribute value of item i that raised its score for c most, by how much, and what attributes add in all.

    A value that says nothing about taste is never named, nor one that past items do not speak for, nor an unsaid one.
    """
    starts, columns, values = said.item_features
    best, best_idx, total = np.float32(0), np.int32(-1), np.float32(0)
    for at in range(starts[i], starts[i + 1]):
        a = columns[at]
        told, own = _at(said.attributes, i, a), _at(said.taste, c, a)
        direct = unit[ATTRIBUTES] * told * own
        total += direct
        raised = direct + values[at] * (
            unit[AFFINITY] * _dot(factors.customer[c], factors.attribute[a])
            + unit[PREFERENCES] * _dot(prefers.customer[c], prefers.attribute[a])
        )
        if told > 0 and own > 0 and raised > best and not unsaid[a]:
            best, best_idx = raised, a
    return best, best_idx, total


@kernel
def _best_answer(c, i, unit, factors, prefers, customer_features, unsaid):  # type: ignore[no-untyped-def]
    """The profile answer of c that raised the score of i most, of those that may be named, and by how much."""
    starts, columns, values = customer_features
    best, best_idx = np.float32(0), np.int32(-1)
    for at in range(starts[c], starts[c + 1]):
        a = columns[at]
        raised = values[at] * (
            unit[AFFINITY] * _dot(factors.answer[a], factors.item[i])
            + unit[PREFERENCES] * _dot(prefers.answer[a], prefers.item[i]) / prefers.length[c]
        )
        if raised > best and not unsaid[a]:
            best, best_idx = raised, a
    return best, best_idx


@kernel
def _reason(c, i, scores, factors, prefers, known, past, said):  # type: ignore[no-untyped-def]
    """Kind and detail of one pair."""
    weights, mean, scale, popularity = scores
    share, warm = known.item_known[i], known.item_known[i] > 0
    case = (KNOWN if warm else NEW) if known.warm_customers[c] else COLD
    if case == COLD:
        unit = weights[COLD, :PERSONAL] / scale[:, c]
    else:
        between = weights[NEW, :PERSONAL] + share * (weights[KNOWN, :PERSONAL] - weights[NEW, :PERSONAL])
        unit = between / scale[:, c]
    score = unit[AFFINITY] * (_dot(factors.customer[c], factors.item[i]) - mean[AFFINITY, c])
    if known.has_attributes[i]:
        score += unit[PREFERENCES] * (_dot(prefers.customer[c], prefers.item[i]) - mean[PREFERENCES, c])
    if case == COLD:
        best, what = _best_answer(c, i, unit, factors, prefers, said.customer_features, known.unsaid)
        why = PROFILE
    elif case == KNOWN:
        best, what, rest = _best_past(c, i, unit, factors, prefers, past, said.attributes)
        why = PAST_ITEM
        rest -= unit[NEIGHBOURS] * mean[NEIGHBOURS, c]
        score += rest - unit[SEQUENCE] * mean[SEQUENCE, c] - unit[EASE] * mean[EASE, c]
    else:
        best, what, rest = _best_attribute(c, i, unit, factors, prefers, said, known.unsaid_attributes)
        why = ATTRIBUTE
        score += rest
    if case != COLD and known.has_attributes[i]:
        score -= unit[ATTRIBUTES] * mean[ATTRIBUTES, c]
    full = weights[COLD if case == COLD else KNOWN, POPULARITY]
    liked = popularity[i] * (weights[NEW, POPULARITY] + share * (full - weights[NEW, POPULARITY]))
    if liked > best and warm:
        why, what = POPULAR, np.int32(-1)
    if score + liked <= 0 or (what < 0 and why != POPULAR):
        why, what = OTHER, np.int32(-1)
    return why, what


@kernel
def explain(lo, hi, customer_idx, item_idx, scores, factors, prefers, known, past, said, kind, detail):  # type: ignore[no-untyped-def]
    """Write kind int8 and detail int32 of pairs lo..hi-1 of all; `recsys.reasons.Why` says what they mean."""
    for pair in range(lo, hi):
        kind[pair], detail[pair] = _reason(
            customer_idx[pair], item_idx[pair], scores, factors, prefers, known, past, said
        )


@kernel
def tabulate(factors, prefers, past, attributes, between):  # type: ignore[no-untyped-def]
    """Fill float32 (n_items, n_items, 6): what `_best_past` would work out again for every customer."""
    for i in range(between.shape[0]):
        for j in range(between.shape[1]):
            alike, near, follows, ease, explains, likes = _between(j, i, factors, prefers, past, attributes)
            row = between[i, j]
            row[0], row[1], row[2], row[3], row[4], row[5] = alike, near, follows, ease, explains, likes
