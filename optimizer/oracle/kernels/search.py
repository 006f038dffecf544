"""Branch and bound over the listed items of one customer: easy cases first, then a dive, then the whole search."""

from __future__ import annotations

import numpy as np

from optimizer.kernels import kernel, once
from optimizer.oracle.box_rules import BUNDLE, FULL, HEAD, MAY_BE_EMPTY, N_BANDS, PLAIN
from optimizer.oracle.kernels.bounds import is_hopeless, tune_multiplier
from optimizer.oracle.kernels.box import is_legal, keep_box, know_box, pop_to, push_one, push_whole, threshold_at
from optimizer.oracle.kernels.memory import (
    ARRANGED,
    BOX,
    FLOOR,
    INSIDE,
    KEEP,
    LEADER,
    LIST,
    LISTED,
    MULTIPLIER,
    NEVER,
    ONE,
    ORDER,
    RANK_AT,
    RELAXED_OF,
    RIVAL,
    ROUND,
    SIZE,
    SIZE_AT,
    STATE,
    USABLE,
    WORTH,
    WORTH_OF,
    ZERO,
    Whole,
)
from optimizer.oracle.kernels.ranking import arrange, rank_to
from optimizer.problem import Int32, Int64


@once
def _search(s: Int64, r: Int64, slots: int, slack: int, shift: int) -> None:
    """Try every box that adds ranked items to the present one, but for the hopeless; the best end up in the list."""
    depth, rank = 0, ZERO
    while True:
        size, down = s[STATE, SIZE], False
        if size < slots:
            judged = False
            while rank_to(s, r, rank + 1):
                if not judged and is_hopeless(s, r, rank, slots - size, shift, threshold_at(s, slack)):
                    break
                judged = True
                item = s[ORDER, rank]
                t = r[BUNDLE, item]
                if (t < 0 or s[LEADER, t] == rank) and not s[INSIDE, item] and push_whole(s, r, item, slots):
                    down = True
                    break
                rank += 1
        if down:
            if is_legal(s, r, slots) and s[STATE, WORTH] > threshold_at(s, slack):
                keep_box(s)
            s[RANK_AT, depth], s[SIZE_AT, depth] = rank, size
            depth += 1
            rank += 1
            continue
        if depth == 0:
            return
        depth -= 1
        pop_to(s, r, s[SIZE_AT, depth])
        rank = s[RANK_AT, depth] + 1


@once
def _dive(s: Int64, r: Int64, slots: int) -> None:
    """See what the box is worth that takes every item in the order of the ranks, as long as the rules allow it."""
    size, rank = s[STATE, SIZE], 0
    while s[STATE, SIZE] < slots and rank_to(s, r, rank + 1):
        item = s[ORDER, rank]
        rank += 1
        if s[RELAXED_OF, item] <= 0 and not r[HEAD, FULL]:
            break
        if (r[BUNDLE, item] < 0 or s[LEADER, r[BUNDLE, item]] == rank - 1) and not s[INSIDE, item]:
            push_whole(s, r, item, slots)
    if is_legal(s, r, slots):
        know_box(s)
    pop_to(s, r, size)


@kernel
def bound_rivals(s: Int64, n: int, slots: int, last: int, beyond: int) -> None:
    """RIVAL: what no box but the one of the n items of most worth, which is in hand, can be worth more than.

    Another box lacks at least one of them, or has more.

    last, beyond   worth of the least of them, and of the next item
    """
    s[STATE, RIVAL] = max(ZERO, s[STATE, WORTH] - (last if n else ZERO) + (max(beyond, ZERO) if n == slots else ZERO))
    if n < slots and beyond > NEVER:
        s[STATE, RIVAL] = max(s[STATE, RIVAL], s[STATE, WORTH] + beyond)
    if s[STATE, WORTH] <= 0:  # it is no better than the empty box
        s[STATE, RIVAL] = ZERO


@once
def _take_top(s: Int64, r: Int64, slots: int) -> None:
    """`_easy` where no rule binds at all: the best box is the items of most worth."""
    n, beyond = 0, NEVER
    for k in range(s[STATE, LISTED]):
        i = s[LIST, k]
        worth = s[WORTH_OF, i]
        if worth <= 0 and not r[HEAD, FULL]:
            beyond = max(beyond, worth)
            continue
        at = n
        if n == slots:
            at = slots - 1
            last = s[BOX, at]
            if worth < s[WORTH_OF, last] or (worth == s[WORTH_OF, last] and i > last):
                beyond = max(beyond, worth)
                continue
            beyond = max(beyond, s[WORTH_OF, last])
        else:
            n += 1
        while at > 0:
            before = s[BOX, at - 1]
            if s[WORTH_OF, before] > worth or (s[WORTH_OF, before] == worth and before < i):
                break
            s[BOX, at] = before
            at -= 1
        s[BOX, at] = i
    s[STATE, SIZE] = n
    for k in range(n):
        s[STATE, WORTH] += s[WORTH_OF, s[BOX, k]]
    if n > 0 and (n == slots or not r[HEAD, FULL]) and s[STATE, WORTH] > threshold_at(s, ZERO):
        keep_box(s)
    bound_rivals(s, n, slots, s[WORTH_OF, s[BOX, n - 1]] if n else ZERO, beyond)
    s[STATE, SIZE], s[STATE, WORTH] = 0, 0


@once
def _easy(s: Int64, r: Int64, slots: int) -> bool:
    """Keep the items of most worth if they make a legal box: then no box is worth more. False = they do not."""
    rank, legal = 0, rank_to(s, r, ONE) or not r[HEAD, FULL]
    while legal and s[STATE, SIZE] < slots and rank_to(s, r, rank + 1):
        item = s[ORDER, rank]
        if s[RELAXED_OF, item] <= 0 and not r[HEAD, FULL]:
            break
        legal = r[BUNDLE, item] < 0 and push_one(s, r, item, slots)
        rank += 1
    if legal and s[STATE, SIZE] > 0:
        legal = is_legal(s, r, slots)
        if legal and s[STATE, WORTH] > threshold_at(s, ZERO):
            keep_box(s)
    legal = legal and (rank > 0 or r[HEAD, MAY_BE_EMPTY])
    if legal:
        n = s[STATE, SIZE]
        beyond = s[RELAXED_OF, s[ORDER, n]] if rank_to(s, r, n + 1) else NEVER
        bound_rivals(s, n, slots, s[RELAXED_OF, s[ORDER, n - 1]] if n else ZERO, beyond)
    pop_to(s, r, ZERO)
    return legal


@once
def _recall(s: Int64, box: Int32) -> None:
    """See what a legal box known from before is worth, if all its items are on the list: something to beat."""
    worth, size = np.int64(0), 0
    for k in range(box.size):
        if box[k] >= 0:
            if not s[USABLE, box[k]]:
                return
            worth += s[WORTH_OF, box[k]]
            size += 1
    if size > 0:
        s[STATE, FLOOR] = max(s[STATE, FLOOR], worth)


@kernel
def search_listed(s: Int64, r: Int64, locked: Int32, slots: int, slack: int, tilt: Int64, last: Int32) -> Whole:
    """Fill the list of best boxes from the listed items; returns the shift of the last band multipliers.

    tilt   int64 (B,)  multipliers to start from; the last ones are left there
    last   int32 (W,) or empty: a box that was legal and best at other prices, to start from
    """
    for k in range(LISTED):
        s[STATE, k] = 0
    s[STATE, FLOOR], s[STATE, RIVAL] = NEVER, NEVER
    for b in range(r[HEAD, N_BANDS]):
        s[MULTIPLIER, b] = 0
    if r[HEAD, MAY_BE_EMPTY] or slots == 0:
        keep_box(s)
    holds, shift, one = True, np.int64(0), s[STATE, KEEP] == 1 or s[STATE, ROUND] == 1
    if one and slots > 0 and locked.size == 0:
        if r[HEAD, PLAIN]:
            _take_top(s, r, slots)
            return shift
        arrange(s, r)
        if _easy(s, r, slots):
            for b in range(r[HEAD, N_BANDS]):
                tilt[b] = 0
            return shift
    if one:
        _recall(s, last)
    for k in range(locked.size):
        item = np.int64(locked[k])
        if item >= 0 and not s[INSIDE, item]:
            holds = holds and s[USABLE, item] and push_whole(s, r, item, slots)
    if holds and slots > 0:
        for k in range(s[STATE, SIZE]):
            s[USABLE, s[BOX, k]] = False  # not to be ranked again
            s[STATE, ARRANGED] = 0
        if is_legal(s, r, slots) and s[STATE, WORTH] > threshold_at(s, slack):
            keep_box(s)
        for _ in range(2 if r[HEAD, N_BANDS] > 1 else 1):
            for b in range(r[HEAD, N_BANDS]):
                tune_multiplier(s, r, b, slots, slack, tilt[b])
        for b in range(r[HEAD, N_BANDS]):
            tilt[b] = s[MULTIPLIER, b]
        shift = arrange(s, r)
        if one:
            _dive(s, r, slots)
        _search(s, r, slots, slack, shift)
    for k in range(s[STATE, SIZE]):
        s[USABLE, s[BOX, k]] = True
    pop_to(s, r, ZERO)
    s[STATE, RIVAL] = threshold_at(s, slack)
    return shift
