"""The listed items of a customer, ranked by falling worth as far as the search asks for it."""

from __future__ import annotations

import numpy as np

from optimizer.kernels import kernel, small
from optimizer.oracle.box_rules import BUNDLE, BUNDLE_START, FULL, HEAD, HIGH, LOW, MEMBER, N_BANDS, N_BUNDLES, N_ITEMS
from optimizer.oracle.kernels.memory import (
    ALL,
    ARRANGED,
    BOX,
    LAST_MULTIPLIER,
    LEADER,
    LIST,
    LISTED,
    MULTIPLIER,
    NEVER,
    ORDER,
    PREFIX,
    RANKED,
    RELAXED,
    RELAXED_OF,
    SIZE,
    STATE,
    USABLE,
    WORTH_OF,
    Whole,
)
from optimizer.problem import Int64

CHUNK = 12
"""Items ranked in one pass."""


@small
def list_item(s: Int64, item: int, worth: int) -> None:
    """Put one item on the list."""
    s[LIST, s[STATE, LISTED]] = item
    s[STATE, LISTED] += 1
    s[USABLE, item] = True
    s[WORTH_OF, item] = worth


@kernel
def clear_list(s: Int64) -> None:
    """Leave no trace of the list."""
    for k in range(s[STATE, LISTED]):
        s[USABLE, s[LIST, k]] = False
    s[STATE, LISTED] = 0


@kernel
def bundle_up(s: Int64, r: Int64, spread: bool) -> None:
    """A bundle with a member that is not on the list is not usable; `spread` its worth evenly over its members."""
    for t in range(r[HEAD, N_BUNDLES]):
        lo, hi = r[BUNDLE_START, t], r[BUNDLE_START, t + 1]
        whole, worth = True, np.int64(0)
        for m in range(lo, hi):
            whole &= s[USABLE, r[MEMBER, m]]
            worth += s[WORTH_OF, r[MEMBER, m]]
        share, rest = worth // (hi - lo), worth % (hi - lo)
        for m in range(lo, hi):
            if not whole:
                s[USABLE, r[MEMBER, m]] = False
            elif spread:
                s[WORTH_OF, r[MEMBER, m]] = share + (1 if m - lo < rest else 0)


@kernel
def arrange(s: Int64, r: Int64) -> Whole:
    """Weigh the items by the present band multipliers and rank them anew; returns the sum of multiplier x limit.

    Nothing is done where the list is as it was (ARRANGED) and so are the multipliers.
    """
    shift = np.int64(0)
    tilted = False
    for b in range(r[HEAD, N_BANDS]):
        if s[MULTIPLIER, b] > 0:
            shift += s[MULTIPLIER, b] * r[LOW, b]
            tilted = True
        elif s[MULTIPLIER, b] < 0:
            shift += s[MULTIPLIER, b] * r[HIGH, b]
            tilted = True
    same = s[STATE, ARRANGED] != 0
    for b in range(r[HEAD, N_BANDS]):
        same &= s[MULTIPLIER, b] == s[LAST_MULTIPLIER, b]
    if same:
        return shift
    s[STATE, ARRANGED] = 1
    for b in range(r[HEAD, N_BANDS]):
        s[LAST_MULTIPLIER, b] = s[MULTIPLIER, b]
    for k in range(s[STATE, LISTED]):
        i = s[LIST, k]
        relaxed = s[WORTH_OF, i]
        if tilted:
            for b in range(r[HEAD, N_BANDS]):
                relaxed += s[MULTIPLIER, b] * r[-1 - b, i]
        s[RELAXED_OF, i] = relaxed
    s[STATE, RANKED], s[STATE, ALL], s[STATE, RELAXED] = 0, 0, 0
    for k in range(s[STATE, SIZE]):
        s[STATE, RELAXED] += s[RELAXED_OF, s[BOX, k]]
    for t in range(r[HEAD, N_BUNDLES]):
        s[LEADER, t] = -1
    return shift


@small
def rank_to(s: Int64, r: Int64, n: int) -> bool:
    return bool(s[STATE, RANKED] >= n or _rank_more(s, r, n))


@kernel
def _rank_more(s: Int64, r: Int64, n: int) -> bool:
    """Make sure that the first n items are ranked; False when there are fewer.

    One pass over the list ranks the next CHUNK of them: a box rarely needs more than the first, so sorting all of
    them would be waste.
    """
    while s[STATE, RANKED] < n:
        if s[STATE, ALL]:
            return False
        start = s[STATE, RANKED]
        end, top = start, min(start + CHUNK, r[HEAD, N_ITEMS])
        last = s[ORDER, start - 1] if start else np.int32(-1)
        ceiling = s[RELAXED_OF, last] if start else NEVER
        for k in range(s[STATE, LISTED]):
            i = s[LIST, k]
            relaxed = s[RELAXED_OF, i]
            if not s[USABLE, i]:
                continue
            if start and (relaxed > ceiling or (relaxed == ceiling and i <= last)):
                continue
            at = end
            if end == top:
                at = top - 1
                worst = s[ORDER, at] if top > start else np.int32(-1)
                if top == start or relaxed < s[RELAXED_OF, worst]:
                    continue
                if relaxed == s[RELAXED_OF, worst] and i > worst:
                    continue
            else:
                end += 1
            while at > start:
                before = s[ORDER, at - 1]
                if s[RELAXED_OF, before] > relaxed or (s[RELAXED_OF, before] == relaxed and before < i):
                    break
                s[ORDER, at] = before
                at -= 1
            s[ORDER, at] = i
        s[STATE, RANKED] = end
        s[STATE, ALL] = end < start + CHUNK
        for at in range(start, end):
            item = s[ORDER, at]
            worth = s[RELAXED_OF, item]
            s[PREFIX, at + 1] = s[PREFIX, at] + (worth if worth > 0 or r[HEAD, FULL] else 0)
            if r[BUNDLE, item] >= 0 and s[LEADER, r[BUNDLE, item]] < 0:
                s[LEADER, r[BUNDLE, item]] = at
    return True
