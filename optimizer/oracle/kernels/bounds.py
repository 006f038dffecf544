"""What the rest of a box can be worth at the most: the bounds that end a branch, and band multipliers."""

from __future__ import annotations

import numpy as np

from optimizer.kernels import kernel, once
from optimizer.oracle.box_rules import (
    BUNDLE,
    FAMILY_OF,
    FULL,
    HEAD,
    HIGH,
    LEAST,
    LOW,
    LOWER,
    MOST,
    N_BANDS,
    N_FAMILIES,
    N_GROUPINGS,
    N_LOWER,
    ROW,
    ROW_START,
    STEEPEST,
)
from optimizer.oracle.kernels.box import is_legal, know_box, pop_to, push_whole, threshold_at
from optimizer.oracle.kernels.memory import (
    COUNT,
    EXTRA,
    FAMILY,
    IN_SCAN,
    INSIDE,
    KEEP,
    LEADER,
    MULTIPLIER,
    NEVER,
    NONE,
    ORDER,
    PICK,
    PICKED,
    PREFIX,
    RANKED,
    RELAXED,
    RELAXED_OF,
    ROUND,
    SIZE,
    STATE,
    TOTAL,
    WORTH_OF,
    ZERO,
    Whole,
)
from optimizer.oracle.kernels.ranking import arrange, rank_to
from optimizer.problem import Int64

FINE = 4.0
"""How finely band multipliers are tuned before the search."""


@kernel
def scan_bound(s: Int64, r: Int64, rank: int, left: int, family: int, lower: int) -> Whole:
    """Most relaxed worth that `left` more items from `rank` on can add, under some of the rules: an upper bound.

    Greedy, which is exact for one family of nested at-most rows, or for one grouping with at-least rows (`lower`);
    -1 = none. Rows that the box has filled are closed to every item. NEVER when no such items exist.
    """
    need = np.int64(0)
    if lower >= 0:
        for row in range(r[ROW_START, lower], r[ROW_START, lower + 1]):
            need += max(0, r[LEAST, row] - s[COUNT, row])
        if need > left:
            return NEVER
    free = left - need
    worth, n_picked, at = np.int64(0), 0, rank
    while n_picked < left and rank_to(s, r, at + 1):
        item = s[ORDER, at]
        at += 1
        gain = s[RELAXED_OF, item]
        if gain <= 0 and not r[HEAD, FULL] and need == 0:
            break
        t = r[BUNDLE, item]
        if s[INSIDE, item] or (t >= 0 and s[LEADER, t] < rank):
            continue
        open_ = True
        for g in range(r[HEAD, N_GROUPINGS]):
            row = r[ROW + g, item]
            if row >= 0:
                counts = g == lower or (family >= 0 and r[FAMILY_OF, family] >> g & 1)
                open_ &= s[COUNT, row] + (s[EXTRA, row] if counts else 0) < r[MOST, row]
        if open_ and lower >= 0:
            row = r[ROW + lower, item]
            if row >= 0 and s[COUNT, row] + s[EXTRA, row] < r[LEAST, row]:
                need -= 1
            elif free > 0 and (gain > 0 or r[HEAD, FULL]):
                free -= 1
            else:
                open_ = False
        if open_:
            worth += gain
            s[PICK, n_picked] = item
            n_picked += 1
            for g in range(r[HEAD, N_GROUPINGS]):
                if r[ROW + g, item] >= 0:
                    s[EXTRA, r[ROW + g, item]] += 1
    s[STATE, PICKED] = n_picked
    for k in range(n_picked):
        for g in range(r[HEAD, N_GROUPINGS]):
            if r[ROW + g, s[PICK, k]] >= 0:
                s[EXTRA, r[ROW + g, s[PICK, k]]] -= 1
    return NEVER if need > 0 or (r[HEAD, FULL] and n_picked < left) else worth


@once
def is_hopeless(s: Int64, r: Int64, rank: int, left: int, shift: int, threshold: int) -> bool:
    """True when no box that adds items from `rank` on to the present one is worth more than the threshold."""
    base = s[STATE, RELAXED] - shift
    if rank_to(s, r, rank + left):
        end = rank + left
    else:
        end = s[STATE, RANKED]
        if r[HEAD, FULL]:
            return True
    if base + s[PREFIX, end] - s[PREFIX, rank] <= threshold:
        return True
    if rank == 0:
        lowest = -NEVER
        for family in range(r[HEAD, N_FAMILIES]):
            worth = scan_bound(s, r, ZERO, left, family, NONE)
            if worth == NEVER or base + worth <= threshold:
                return True
            if worth < lowest:
                lowest = worth
                s[STATE, FAMILY] = family
    elif r[HEAD, N_FAMILIES]:
        worth = scan_bound(s, r, rank, left, s[STATE, FAMILY], NONE)
        if worth == NEVER or base + worth <= threshold:
            return True
    for at in range(r[HEAD, N_LOWER]):
        worth = scan_bound(s, r, rank, left, NONE, r[LOWER, at])
        if worth == NEVER or base + worth <= threshold:
            return True
    return False


@once
def relaxed_worth(s: Int64, r: Int64, slots: int, try_box: bool) -> tuple[Whole, Whole]:
    """Rank for the present multipliers; returns (bound on any box, shift). Leaves the scan's totals in IN_SCAN."""
    shift = arrange(s, r)
    worth = scan_bound(s, r, ZERO, slots - s[STATE, SIZE], ZERO if r[HEAD, N_FAMILIES] else NONE, NONE)
    for b in range(r[HEAD, N_BANDS]):
        s[IN_SCAN, b] = s[TOTAL, b]
        for k in range(s[STATE, PICKED]):
            s[IN_SCAN, b] += r[-1 - b, s[PICK, k]]
    bound = NEVER if worth == NEVER else s[STATE, RELAXED] + worth - shift
    if try_box:
        size, legal = s[STATE, SIZE], True
        for k in range(s[STATE, PICKED]):
            legal &= s[INSIDE, s[PICK, k]] or push_whole(s, r, s[PICK, k], slots)
        if legal and is_legal(s, r, slots):
            know_box(s)
        pop_to(s, r, size)
    return bound, shift


@kernel
def _probe(s: Int64, r: Int64, b: int, slots: int, multiplier: int) -> tuple[float, float]:
    """(bound, slope away from 0) at a multiplier of band b; tries the box found there too."""
    s[MULTIPLIER, b] = multiplier
    bound, _ = relaxed_worth(s, r, slots, s[STATE, KEEP] == 1 or s[STATE, ROUND] == 1)
    if multiplier >= 0:
        return float(bound), float(s[IN_SCAN, b] - r[LOW, b])
    return float(bound), float(r[HIGH, b] - s[IN_SCAN, b])


@once
def tune_multiplier(s: Int64, r: Int64, b: int, slots: int, slack: int, guess: int) -> None:
    """Set band b's multiplier about where the bound, convex in it, is least; the other multipliers are held.

    guess   where to look first, e.g. the multiplier at last round's prices; 0 = no idea
    """
    lo, bound_lo, slope_lo, hi, bound_hi, slope_hi = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    known = False  # lo is known: there the amount is still outside the band
    sign = np.int64(1 if guess > 0 else -1)
    step = np.int64(abs(guess))
    if guess != 0:
        bound_hi, slope_hi = _probe(s, r, b, slots, guess)
        if slope_hi < 0.0:
            lo, bound_lo, slope_lo, known = float(step), bound_hi, slope_hi, True
            step += step // 2 + 1
        else:
            hi = float(step)
            at = step - step // 3 - 1
            if at > 0:
                bound_lo, slope_lo = _probe(s, r, b, slots, sign * at)
                if slope_lo < 0.0:
                    lo, known = float(at), True
                else:
                    hi, bound_hi, slope_hi = float(at), bound_lo, slope_lo
    if not known:
        bound_lo, slope_lo = _probe(s, r, b, slots, ZERO)
        if r[LOW, b] <= s[IN_SCAN, b] <= r[HIGH, b]:
            return
        side = np.int64(1 if s[IN_SCAN, b] < r[LOW, b] else -1)
        slope_lo = float(s[IN_SCAN, b] - r[LOW, b]) if side > 0 else float(r[HIGH, b] - s[IN_SCAN, b])
        if side != sign or guess == 0:
            sign = side
            hi = 0.0
            limit = r[LOW, b] if sign > 0 else r[HIGH, b]
            step = np.int64(1)
            if s[STATE, RANKED]:
                step = np.int64(max(1, s[WORTH_OF, s[ORDER, 0]] // max(1, 8 * limit)))
    best: float = bound_lo
    best_at: Whole = np.int64(lo)
    if hi > 0.0 and bound_hi < best:
        best, best_at = bound_hi, np.int64(hi)
    for _ in range(40 if hi == 0.0 else 0):  # outwards until the slope turns
        step = min(step, r[STEEPEST, b])
        bound, slope = _probe(s, r, b, slots, sign * step)
        if bound < best:
            best, best_at = bound, step
        if slope >= 0.0 or bound <= threshold_at(s, slack):
            hi, bound_hi, slope_hi = float(step), bound, slope
            break
        lo, bound_lo, slope_lo = float(step), bound, slope
        if step == r[STEEPEST, b]:
            break
        step *= 4
    if hi > 0.0 and slope_hi >= 0.0:
        for _ in range(12):  # inwards, until little is left to win
            meet = (bound_hi - bound_lo + slope_lo * lo - slope_hi * hi) / (slope_lo - slope_hi)
            here = np.int64(min(max(meet, lo + 1.0), hi - 1.0))
            floor = bound_lo + slope_lo * (float(here) - lo)
            beat = float(threshold_at(s, slack))
            spread = float(s[RELAXED_OF, s[ORDER, 0]] - s[RELAXED_OF, s[ORDER, s[STATE, RANKED] - 1]])
            if hi - lo < 1.5 or best <= beat or 8.0 * (best - floor) <= min(best - beat, spread / FINE):
                break
            bound, slope = _probe(s, r, b, slots, sign * here)
            if bound < best:
                best, best_at = bound, here
            if slope >= 0.0:
                hi, bound_hi, slope_hi = float(here), bound, slope
            else:
                lo, bound_lo, slope_lo = float(here), bound, slope
            if bound - floor <= 1e-7 * abs(floor):
                break
    s[MULTIPLIER, b] = sign * best_at
