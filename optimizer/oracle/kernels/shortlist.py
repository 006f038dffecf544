"""Shortlists: which items of a customer are listed, and what is written down for the rounds to come."""

from __future__ import annotations

import numpy as np

from optimizer.kernels import kernel, once
from optimizer.oracle.box_rules import (
    BUNDLE,
    BUNDLE_START,
    FULL,
    HEAD,
    LEAST,
    LOWER,
    MEMBER,
    MOST,
    N_BANDS,
    N_BUNDLES,
    N_FAMILIES,
    N_GROUPINGS,
    N_ITEMS,
    N_LOWER,
    N_ROWS,
    PENALTY,
    ROW,
    ROW_START,
)
from optimizer.oracle.kernels.bounds import scan_bound
from optimizer.oracle.kernels.memory import (
    BEST,
    COUNT,
    FOUND,
    INSIDE,
    LIST,
    LISTED,
    MULTIPLIER,
    NEVER,
    NONE,
    ORDER,
    OTHERS,
    OUTSIDE,
    PICK,
    PICKED,
    PREFIX,
    RAW,
    RELAXED,
    RELAXED_OF,
    SIZE,
    STATE,
    USABLE,
    ZERO,
    Whole,
)
from optimizer.oracle.kernels.ranking import list_item
from optimizer.oracle.standing import UNKNOWN
from optimizer.problem import Bool, Int32, Int64


@once
def weigh_items(s: Int64, r: Int64, utility: Int32, allowed: Bool, price: Int64, unit: int) -> None:
    """RAW worth of every item; of a bundle's items, their share of the bundle."""
    raw = s[RAW]
    for i in range(utility.size):
        raw[i] = unit * (np.int64(utility[i]) + r[HEAD, PENALTY]) - price[i]
    for i in range(utility.size):
        raw[i] = raw[i] if allowed[i] else NEVER
    for t in range(r[HEAD, N_BUNDLES]):
        lo, hi = r[BUNDLE_START, t], r[BUNDLE_START, t + 1]
        whole, worth = True, np.int64(0)
        for m in range(lo, hi):
            whole &= allowed[r[MEMBER, m]]
            worth += raw[r[MEMBER, m]]
        for m in range(lo, hi):
            raw[r[MEMBER, m]] = worth // (hi - lo) + (1 if m - lo < worth % (hi - lo) else 0) if whole else NEVER


@kernel
def list_bundle(s: Int64, r: Int64, item: int) -> None:
    """List an item with all that go together with it, unless it is listed or not allowed."""
    t = r[BUNDLE, item]
    if s[RAW, item] == NEVER or s[USABLE, item]:
        return
    if t < 0:
        list_item(s, item, s[RAW, item])
        return
    for m in range(r[BUNDLE_START, t], r[BUNDLE_START, t + 1]):
        list_item(s, r[MEMBER, m], s[RAW, r[MEMBER, m]])


@kernel
def gather_top(s: Int64, score: Int64, n_items: int, n: int) -> int:
    """Put at least the n items of highest score, or all there are, in ORDER: score falling, position rising; how many.

    A bar that a few more than n items pass is found by halving: counting is done many items at a time, sorting is not.
    """
    low, high = -NEVER, NEVER
    for i in range(n_items):
        low = min(low, score[i] if score[i] != NEVER else -NEVER)
        high = max(high, score[i])
    passing = n_items
    while passing > n + 6 and low < high - 1:
        bar = low + (high - low) // 2
        count = 0
        for i in range(n_items):
            count += 1 if score[i] >= bar else 0
        if count >= n:
            low, passing = bar, count
        else:
            high = bar
    end = 0
    for i in range(n_items):
        if score[i] >= low:
            s[PREFIX, end] = score[i]
            s[ORDER, end] = i
            end += 1
    for k in range(1, end):
        worth, item, at = s[PREFIX, k], s[ORDER, k], k
        while at > 0 and s[PREFIX, at - 1] < worth:
            s[PREFIX, at], s[ORDER, at] = s[PREFIX, at - 1], s[ORDER, at - 1]
            at -= 1
        s[PREFIX, at], s[ORDER, at] = worth, item
    return end


@kernel
def list_top(s: Int64, r: Int64, score: Int64, n: int) -> None:
    """List about n items of high score, no more than a few of one group than a box can hold, so that all groups show.

    Uses the places of ranks and counts, and leaves the counts at 0.
    """
    end = min(n, gather_top(s, score, r[HEAD, N_ITEMS], n))
    for at in range(end):
        i = s[ORDER, at]
        full = False
        for g in range(r[HEAD, N_GROUPINGS]):
            row = r[ROW + g, i]
            full |= row >= 0 and s[COUNT, row] >= r[MOST, row] + 5
        if not full:
            for g in range(r[HEAD, N_GROUPINGS]):
                if r[ROW + g, i] >= 0:
                    s[COUNT, r[ROW + g, i]] += 1
            list_bundle(s, r, np.int64(i))
    for row in range(r[HEAD, N_ROWS]):
        s[COUNT, row] = 0


@kernel
def list_needed(s: Int64, r: Int64, locked: Int32) -> None:
    """List what a box may not be legal without: locked items, and the best few of each row with an at-least side."""
    for k in range(locked.size):
        if locked[k] >= 0:
            list_bundle(s, r, np.int64(locked[k]))
    for at in range(r[HEAD, N_LOWER]):
        g = r[LOWER, at]
        for row in range(r[ROW_START, g], r[ROW_START, g + 1]):
            for _ in range(r[LEAST, row] + 2 if r[LEAST, row] > 0 else 0):
                best: Whole = NONE
                for i in range(r[HEAD, N_ITEMS]):
                    open_ = r[ROW + g, i] == row and not s[USABLE, i] and s[RAW, i] > NEVER
                    if open_ and (best < 0 or s[RAW, i] > s[RAW, best]):
                        best = i
                if best >= 0:
                    list_bundle(s, r, np.int64(best))


@once
def list_missed(s: Int64, r: Int64, slots: int, shift: int) -> bool:
    """List every item that could still be in a box better than the best found; True when there are such items.

    A box with item j off the list is worth at most j + the best slots - 1 others, each at its relaxed worth; those on
    the list obey the rules of one family, those off the list are as good as the best of them.
    That is left in OTHERS and OUTSIDE.
    """
    n_items = r[HEAD, N_ITEMS]
    out = s[RELAXED_OF]
    for i in range(n_items):
        out[i] = s[RAW, i]
    for b in range(r[HEAD, N_BANDS]):
        if s[MULTIPLIER, b] != 0:
            for i in range(n_items):
                out[i] += s[MULTIPLIER, b] * r[-1 - b, i]
    highest = NEVER
    for i in range(n_items):
        worth = NEVER if s[USABLE, i] or s[RAW, i] == NEVER else out[i]
        highest = max(highest, worth)
    if highest == NEVER:
        return False
    left = slots - s[STATE, SIZE] - 1
    others = np.int64(0)
    if left > 0:
        scan_bound(s, r, ZERO, left, ZERO if r[HEAD, N_FAMILIES] else NONE, NONE)
        for k in range(left):
            floor = highest if r[HEAD, FULL] else max(0, highest)
            others += max(out[s[PICK, k]], floor) if k < s[STATE, PICKED] else floor
    need = s[BEST + 0, 0] if s[STATE, FOUND] else NEVER
    bar = need - (s[STATE, RELAXED] + others - shift)  # an item must be worth more than this
    s[STATE, OTHERS] = s[STATE, RELAXED] + others - shift if left >= 0 else NEVER // 2
    s[STATE, OUTSIDE] = s[STATE, OTHERS] + highest
    if left < 0 or (s[STATE, FOUND] and highest <= bar):
        return False
    for i in range(n_items):
        if not s[USABLE, i] and s[RAW, i] != NEVER and (not s[STATE, FOUND] or out[i] > bar):
            list_bundle(s, r, np.int64(i))
    return True


@once
def limit_outside(s: Int64, r: Int64, item: Int32) -> Whole:
    """What no box with an item off this shortlist can be worth more than, after `list_missed`; UNKNOWN = not known."""
    score, highest = s[RELAXED_OF], NEVER
    for i in range(r[HEAD, N_ITEMS]):
        score[i] = s[RAW, i]
    for b in range(r[HEAD, N_BANDS]):
        if s[MULTIPLIER, b] != 0:
            for i in range(r[HEAD, N_ITEMS]):
                score[i] += s[MULTIPLIER, b] * r[-1 - b, i]
    for k in range(item.size):
        if item[k] >= 0:
            score[item[k]] = NEVER
    for i in range(r[HEAD, N_ITEMS]):
        highest = max(highest, score[i] if s[RAW, i] != NEVER else NEVER)
    if highest == NEVER:  # every item that may be sent is on the list
        return NEVER
    return UNKNOWN if s[STATE, OTHERS] == UNKNOWN else s[STATE, OTHERS] + highest


@once
def write_shortlist(s: Int64, r: Int64, tilt: Int64, n: int, utility: Int32, item: Int32, gain: Int32) -> None:
    """From the best box and the multipliers: the n most promising items, by position."""
    n_items = r[HEAD, N_ITEMS]
    locked_or_best = s[STATE, LISTED]
    score = s[RELAXED_OF]
    tilted = False
    for b in range(r[HEAD, N_BANDS]):
        tilted |= tilt[b] != 0
    if tilted:  # else these are the first of the others
        list_top(s, r, s[RAW], n // 4)
    for i in range(n_items):
        score[i] = s[RAW, i]
        if score[i] != NEVER:
            for b in range(r[HEAD, N_BANDS]):
                score[i] += tilt[b] * r[-1 - b, i]
    list_top(s, r, score, n)
    kept = min(s[STATE, LISTED], max(n, locked_or_best), item.size)
    for k in range(s[STATE, LISTED]):  # by position, so that equals are met in the same order everywhere
        s[INSIDE, s[LIST, k]] = k < kept
    at = 0
    for i in range(n_items):
        if s[INSIDE, i]:
            item[at], gain[at] = i, utility[i]
            s[INSIDE, i] = False
            at += 1
    for k in range(at, item.size):
        item[k] = -1
