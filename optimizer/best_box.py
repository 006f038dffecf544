"""The best legal box of one customer, exactly, in integers: branch and bound over items by falling worth.

All kernels live in this one file, because Numba's cache notices a change only in the file a kernel is written in.
"Worth" of an item = unit * utility - price + unit * short penalty: the empty box is worth 0 and every slot counts.
Equal boxes: the one met first wins; items are tried by (worth, falling; position, rising), so the answer depends on the
customer's own numbers only, never on threads or on other customers.

A search looks at the customer's *listed* items only. `best_listed` stops there: it serves the many rounds over
shortlists. `best_of_all` then shows, item by item, that no item off the list can be in a better box, or lists it too.

Kernels pass two tables of int64 to each other and little else: `s`, one thread's working memory, and `r`, the sheet of
rules (optimizer/compiled.py). A call costs time for every array that it is given; a named tuple of twenty arrays made
the calls dearer than the work. Both are read as table[ROW, place].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from optimizer.compiled import (
    APART,
    APART_START,
    BUNDLE,
    BUNDLE_START,
    FAMILY_OF,
    FULL,
    HEAD,
    HIGH,
    LEAST,
    LOW,
    LOWER,
    MAY_BE_EMPTY,
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
    PLAIN,
    ROW,
    ROW_START,
    STEEPEST,
    Bool,
    Int32,
    Int64,
)

Whole = Any  # an int64 of a kernel: Python's checker sees int and np.int64 mixed
NEVER = -(2**62)
"""Worth of a box that does not exist."""
ZERO, ONE, NONE = np.int64(0), np.int64(1), np.int64(-1)  # a bare 0 or -1 would be compiled for itself
FINE = 4.0
"""How finely band multipliers are tuned before the search."""
CHUNK = 12
"""Items ranked in one pass."""

# Rows of the working memory. It holds nothing over from one customer to the next.
STATE = 0  # the numbers below
WORTH_OF = 1  # worth of each listed item; a bundle's is spread evenly over its members
RELAXED_OF = 2  # worth plus band multipliers times amounts
PREFIX = 3  # sums of relaxed worth along ORDER
RAW = 4  # worth of every item, listed or not (NEVER = not allowed)
USABLE = 5  # 1 = listed, and may be ranked
INSIDE = 6  # 1 = in the box
LIST = 7  # the listed items, in any order
ORDER = 8  # items ranked so far: relaxed worth falling, position rising
LEADER = 9  # rank of the first member of each bundle, -1 = not ranked yet
COUNT, EXTRA = 10, 11  # items of each group in the box; in the scan on top of it
TOTAL, IN_SCAN, MULTIPLIER = 12, 13, 14  # of each band: amount in the box, amount with the scan's items, multiplier
BOX, PICK = 15, 16  # items of the box, of the scan
RANK_AT, SIZE_AT = 17, 18  # of each depth of the search
LAST_MULTIPLIER = 19  # of each band, when the list was last ranked
BEST = 20  # and on: the best boxes found, worth falling: worth, then items
# Places in row STATE
RANKED, ALL = 0, 1  # items ranked; are these all?
SIZE, WORTH, RELAXED = 2, 3, 4  # of the box
FOUND, PICKED = 5, 6  # boxes found; items of the scan
FAMILY = 7  # the family of rules that bounds best
ARRANGED = 8  # 1 = RELAXED_OF and ORDER are for LAST_MULTIPLIER
LISTED = 9  # items listed
KEEP, WIDTH = 10, 11  # boxes to find, slots of a box


kernel = njit(cache=True, nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Called by other kernels only."""
once = njit(cache=True, nogil=True, _nrt=False, inline="always")
"""Called in one place, and written into it before compiling: half of what the compiler would do otherwise."""
small = njit(cache=True, nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
"""Likewise, and so short that it is written into its callers."""


@njit(cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _scratch(r: Int64, width: int, keep: int) -> Int64:
    """Working memory for boxes of up to `width` items, of which the best `keep` are wanted."""
    s = np.zeros((BEST + keep, max(16, r.shape[1], width + 2)), np.int64)
    s[STATE, KEEP], s[STATE, WIDTH] = keep, width
    return s


@small
def _list(s: Int64, item: int, worth: int) -> None:
    """Put one item on the list."""
    s[LIST, s[STATE, LISTED]] = item
    s[STATE, LISTED] += 1
    s[USABLE, item] = True
    s[WORTH_OF, item] = worth


@kernel
def _unlist(s: Int64) -> None:
    """Leave no trace of the list."""
    for k in range(s[STATE, LISTED]):
        s[USABLE, s[LIST, k]] = False
    s[STATE, LISTED] = 0


@kernel
def _bundle_up(s: Int64, r: Int64, spread: bool) -> None:
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
def _arrange(s: Int64, r: Int64) -> Whole:
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
def _rank(s: Int64, r: Int64, n: int) -> bool:
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


@kernel
def _push_one(s: Int64, r: Int64, item: int, slots: int) -> bool:
    """Put one item into the box unless a rule forbids it."""
    size = s[STATE, SIZE]
    if size >= slots:
        return False
    for g in range(r[HEAD, N_GROUPINGS]):
        row = r[ROW + g, item]
        if row >= 0 and s[COUNT, row] >= r[MOST, row]:
            return False
    for b in range(r[HEAD, N_BANDS]):
        if s[TOTAL, b] + r[-1 - b, item] > r[HIGH, b]:
            return False
    for at in range(r[APART_START, item], r[APART_START, item + 1]):
        if s[INSIDE, r[APART, at]]:
            return False
    for g in range(r[HEAD, N_GROUPINGS]):
        row = r[ROW + g, item]
        if row >= 0:
            s[COUNT, row] += 1
    for b in range(r[HEAD, N_BANDS]):
        s[TOTAL, b] += r[-1 - b, item]
    s[BOX, size] = item
    s[INSIDE, item] = True
    s[STATE, SIZE] = size + 1
    s[STATE, WORTH] += s[WORTH_OF, item]
    s[STATE, RELAXED] += s[RELAXED_OF, item]
    return True


@kernel
def _pop(s: Int64, r: Int64, size: int) -> None:
    """Take items out of the box, last first, until `size` are left."""
    while s[STATE, SIZE] > size:
        s[STATE, SIZE] -= 1
        item = s[BOX, s[STATE, SIZE]]
        s[INSIDE, item] = False
        s[STATE, WORTH] -= s[WORTH_OF, item]
        s[STATE, RELAXED] -= s[RELAXED_OF, item]
        for g in range(r[HEAD, N_GROUPINGS]):
            row = r[ROW + g, item]
            if row >= 0:
                s[COUNT, row] -= 1
        for b in range(r[HEAD, N_BANDS]):
            s[TOTAL, b] -= r[-1 - b, item]


@kernel
def _push(s: Int64, r: Int64, item: int, slots: int) -> bool:
    """Put an item, with all that go together with it, into the box, or change nothing."""
    t = r[BUNDLE, item]
    if t < 0:
        return bool(_push_one(s, r, item, slots))
    size = s[STATE, SIZE]
    for m in range(r[BUNDLE_START, t], r[BUNDLE_START, t + 1]):
        if not _push_one(s, r, r[MEMBER, m], slots):
            _pop(s, r, size)
            return False
    return True


@kernel
def _legal(s: Int64, r: Int64, slots: int) -> bool:
    """True when the non-empty box obeys the rules that only a finished box can be judged by."""
    if s[STATE, SIZE] == 0 or (r[HEAD, FULL] and s[STATE, SIZE] < slots):
        return False
    for b in range(r[HEAD, N_BANDS]):
        if s[TOTAL, b] < r[LOW, b]:
            return False
    for at in range(r[HEAD, N_LOWER]):
        g = r[LOWER, at]
        for row in range(r[ROW_START, g], r[ROW_START, g + 1]):
            if s[COUNT, row] < r[LEAST, row]:
                return False
    return True


@kernel
def _keep(s: Int64) -> None:
    """Enter the box into the list of the best, after its equals."""
    keep, worth = s[STATE, KEEP], s[STATE, WORTH]
    at = s[STATE, FOUND]
    if at == keep:
        if worth <= s[BEST + keep - 1, 0]:
            return
        at -= 1
    else:
        s[STATE, FOUND] += 1
    while at > 0 and s[BEST + at - 1, 0] < worth:
        s[BEST + at, 0] = s[BEST + at - 1, 0]
        for k in range(s[STATE, WIDTH]):
            s[BEST + at, 1 + k] = s[BEST + at - 1, 1 + k]
        at -= 1
    s[BEST + at, 0] = worth
    for k in range(s[STATE, WIDTH]):
        s[BEST + at, 1 + k] = s[BOX, k] if k < s[STATE, SIZE] else -1


@small
def _threshold(s: Int64, slack: int) -> Whole:
    """A box must be worth more than this to be of interest."""
    found, keep = s[STATE, FOUND], s[STATE, KEEP]
    worst = s[BEST + keep - 1, 0] if found == keep else NEVER
    return max(worst, s[BEST + 0, 0] - slack - 1) if found > 0 else worst


@kernel
def _scan(s: Int64, r: Int64, rank: int, left: int, family: int, lower: int) -> Whole:
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
    while n_picked < left and _rank(s, r, at + 1):
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
def _hopeless(s: Int64, r: Int64, rank: int, left: int, shift: int, threshold: int) -> bool:
    """True when no box that adds items from `rank` on to the present one is worth more than the threshold."""
    base = s[STATE, RELAXED] - shift
    if _rank(s, r, rank + left):
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
            worth = _scan(s, r, ZERO, left, family, NONE)
            if worth == NEVER or base + worth <= threshold:
                return True
            if worth < lowest:
                lowest = worth
                s[STATE, FAMILY] = family
    elif r[HEAD, N_FAMILIES]:
        worth = _scan(s, r, rank, left, s[STATE, FAMILY], NONE)
        if worth == NEVER or base + worth <= threshold:
            return True
    for at in range(r[HEAD, N_LOWER]):
        worth = _scan(s, r, rank, left, NONE, r[LOWER, at])
        if worth == NEVER or base + worth <= threshold:
            return True
    return False


@once
def _relax(s: Int64, r: Int64, slots: int, try_box: bool) -> tuple[Whole, Whole]:
    """Rank for the present multipliers; returns (bound on any box, shift). Leaves the scan's totals in IN_SCAN."""
    shift = _arrange(s, r)
    worth = _scan(s, r, ZERO, slots - s[STATE, SIZE], ZERO if r[HEAD, N_FAMILIES] else NONE, NONE)
    for b in range(r[HEAD, N_BANDS]):
        s[IN_SCAN, b] = s[TOTAL, b]
        for k in range(s[STATE, PICKED]):
            s[IN_SCAN, b] += r[-1 - b, s[PICK, k]]
    bound = NEVER if worth == NEVER else s[STATE, RELAXED] + worth - shift
    if try_box:
        size, legal = s[STATE, SIZE], True
        for k in range(s[STATE, PICKED]):
            legal &= s[INSIDE, s[PICK, k]] or _push(s, r, s[PICK, k], slots)
        if legal and _legal(s, r, slots):
            _keep(s)
        _pop(s, r, size)
    return bound, shift


@kernel
def _probe(s: Int64, r: Int64, b: int, slots: int, multiplier: int) -> tuple[float, float]:
    """(bound, slope away from 0) at a multiplier of band b; tries the box found there too."""
    s[MULTIPLIER, b] = multiplier
    bound, _ = _relax(s, r, slots, s[STATE, KEEP] == 1)
    if multiplier >= 0:
        return float(bound), float(s[IN_SCAN, b] - r[LOW, b])
    return float(bound), float(r[HIGH, b] - s[IN_SCAN, b])


@once
def _tune(s: Int64, r: Int64, b: int, slots: int, slack: int, guess: int) -> None:
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
        if slope >= 0.0 or bound <= _threshold(s, slack):
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
            beat = float(_threshold(s, slack))
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


@once
def _search(s: Int64, r: Int64, slots: int, slack: int, shift: int) -> None:
    """Try every box that adds ranked items to the present one, but for the hopeless; the best end up in the list."""
    depth, rank = 0, ZERO
    while True:
        size, down = s[STATE, SIZE], False
        if size < slots:
            judged = False
            while _rank(s, r, rank + 1):
                if not judged and _hopeless(s, r, rank, slots - size, shift, _threshold(s, slack)):
                    break
                judged = True
                item = s[ORDER, rank]
                t = r[BUNDLE, item]
                if (t < 0 or s[LEADER, t] == rank) and not s[INSIDE, item] and _push(s, r, item, slots):
                    down = True
                    break
                rank += 1
        if down:
            if _legal(s, r, slots) and s[STATE, WORTH] > _threshold(s, slack):
                _keep(s)
            s[RANK_AT, depth], s[SIZE_AT, depth] = rank, size
            depth += 1
            rank += 1
            continue
        if depth == 0:
            return
        depth -= 1
        _pop(s, r, s[SIZE_AT, depth])
        rank = s[RANK_AT, depth] + 1


@once
def _dive(s: Int64, r: Int64, slots: int) -> None:
    """Keep the box that takes every item in the order of the ranks, as long as the rules allow it: a first answer."""
    size, rank = s[STATE, SIZE], 0
    while s[STATE, SIZE] < slots and _rank(s, r, rank + 1):
        item = s[ORDER, rank]
        rank += 1
        if s[RELAXED_OF, item] <= 0 and not r[HEAD, FULL]:
            break
        if (r[BUNDLE, item] < 0 or s[LEADER, r[BUNDLE, item]] == rank - 1) and not s[INSIDE, item]:
            _push(s, r, item, slots)
    if _legal(s, r, slots) and s[STATE, WORTH] > _threshold(s, ZERO):
        _keep(s)
    _pop(s, r, size)


@once
def _take_top(s: Int64, r: Int64, slots: int) -> None:
    """`_easy` where no rule binds at all: the best box is the items of most worth."""
    n = 0
    for k in range(s[STATE, LISTED]):
        i = s[LIST, k]
        worth = s[WORTH_OF, i]
        if worth <= 0 and not r[HEAD, FULL]:
            continue
        at = n
        if n == slots:
            at = slots - 1
            last = s[BOX, at]
            if worth < s[WORTH_OF, last] or (worth == s[WORTH_OF, last] and i > last):
                continue
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
    if n > 0 and (n == slots or not r[HEAD, FULL]) and s[STATE, WORTH] > _threshold(s, ZERO):
        _keep(s)
    s[STATE, SIZE], s[STATE, WORTH] = 0, 0


@once
def _easy(s: Int64, r: Int64, slots: int) -> bool:
    """Keep the items of most worth if they make a legal box: then no box is worth more. False = they do not."""
    rank, legal = 0, _rank(s, r, ONE) or not r[HEAD, FULL]
    while legal and s[STATE, SIZE] < slots and _rank(s, r, rank + 1):
        item = s[ORDER, rank]
        if s[RELAXED_OF, item] <= 0 and not r[HEAD, FULL]:
            break
        legal = r[BUNDLE, item] < 0 and _push_one(s, r, item, slots)
        rank += 1
    if legal and s[STATE, SIZE] > 0:
        legal = _legal(s, r, slots)
        if legal and s[STATE, WORTH] > _threshold(s, ZERO):
            _keep(s)
    _pop(s, r, ZERO)
    return legal and (rank > 0 or r[HEAD, MAY_BE_EMPTY])


@once
def _recall(s: Int64, box: Int32) -> None:
    """Keep a legal box known from before, if all its items are on the list: something to beat."""
    worth, size = np.int64(0), 0
    for k in range(box.size):
        if box[k] >= 0:
            if not s[USABLE, box[k]]:
                return
            worth += s[WORTH_OF, box[k]]
            size += 1
    if size == 0 or (s[STATE, FOUND] and worth <= s[BEST + 0, 0]):
        return
    s[STATE, FOUND] = 1
    s[BEST + 0, 0] = worth
    for k in range(box.size):
        s[BEST + 0, 1 + k] = box[k]


@kernel
def _solve(s: Int64, r: Int64, locked: Int32, slots: int, slack: int, tilt: Int64, last: Int32) -> Whole:
    """Fill the list of best boxes from the listed items; returns the shift of the last band multipliers.

    tilt   int64 (B,)  multipliers to start from; the last ones are left there
    last   int32 (W,) or empty: a legal box of hers at other prices, to start from
    """
    for k in range(LISTED):
        s[STATE, k] = 0
    for b in range(r[HEAD, N_BANDS]):
        s[MULTIPLIER, b] = 0
    if r[HEAD, MAY_BE_EMPTY] or slots == 0:
        _keep(s)
    holds, shift, one = True, np.int64(0), s[STATE, KEEP] == 1
    if one and slots > 0 and locked.size == 0:
        if r[HEAD, PLAIN]:
            _take_top(s, r, slots)
            return shift
        _arrange(s, r)
        if _easy(s, r, slots):
            for b in range(r[HEAD, N_BANDS]):
                tilt[b] = 0
            return shift
    if one:
        _recall(s, last)
    for k in range(locked.size):
        item = np.int64(locked[k])
        if item >= 0 and not s[INSIDE, item]:
            holds = holds and s[USABLE, item] and _push(s, r, item, slots)
    if holds and slots > 0:
        for k in range(s[STATE, SIZE]):
            s[USABLE, s[BOX, k]] = False  # not to be ranked again
            s[STATE, ARRANGED] = 0
        if _legal(s, r, slots) and s[STATE, WORTH] > _threshold(s, slack):
            _keep(s)
        for _ in range(2 if r[HEAD, N_BANDS] > 1 else 1):
            for b in range(r[HEAD, N_BANDS]):
                _tune(s, r, b, slots, slack, tilt[b])
        for b in range(r[HEAD, N_BANDS]):
            tilt[b] = s[MULTIPLIER, b]
        shift = _arrange(s, r)
        if one:
            _dive(s, r, slots)
        _search(s, r, slots, slack, shift)
    for k in range(s[STATE, SIZE]):
        s[USABLE, s[BOX, k]] = True
    _pop(s, r, ZERO)
    return shift


@small
def _noise(c: int, i: int) -> Whole:
    """A number in 0..2**20 - 1 that looks random and depends on the customer and the item only."""
    x = np.uint64(c) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(i + 1) * np.uint64(0xC2B2AE3D27D4EB4F)
    x = (x ^ (x >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
    return np.int64(x >> np.uint64(44))


@once
def _load(
    s: Int64,
    r: Int64,
    c: int,
    item: Int32,
    gain: Int32,
    price: Int64,
    unit: int,
    jitter: int,
    free: Bool,
    stay: Bool,
    own: Int32,
) -> None:
    """List a customer's shortlist; `free` and `stay`, if given, say which items may come into, or stay in, her box."""
    for a in range(item.size):
        i = np.int64(item[a])
        if i < 0:
            break
        if free.size and not free[i]:
            held = False
            for k in range(own.size):
                held |= own[k] == i
            if not (held and stay[i]):
                continue
        worth = unit * (np.int64(gain[a]) + r[HEAD, PENALTY]) - price[i]
        if jitter:
            worth += (jitter * _noise(c, i)) >> 20
        _list(s, i, worth)
    if r[HEAD, N_BUNDLES] > 0:
        _bundle_up(s, r, True)


@kernel
def _hand_out(s: Int64, c: int, slack: int, lost: int, boxes: Int32, worth: Int64, found: Int32) -> None:
    """Write the boxes found for the customer in place c; `lost` is the worth of no item at all in her slots."""
    found[c] = s[STATE, FOUND]
    while found[c] > 0 and s[BEST + found[c] - 1, 0] < s[BEST + 0, 0] - slack:
        found[c] -= 1
    for w in range(boxes.shape[2]):
        boxes[c, 0, w] = -1
    for k in range(found[c]):
        worth[c, k] = s[BEST + k, 0] - lost
        for w in range(boxes.shape[2]):
            boxes[c, k, w] = s[BEST + k, 1 + w]


@njit(cache=True, nogil=True)
def best_listed(
    who: Int32,
    item: Int32,
    gain: Int32,
    segment: Int32,
    slots: Int32,
    locked: Int32,
    tilt: Int64,
    last: Int32,
    price: Int64,
    unit: int,
    slack: int,
    jitter: int,
    free: Bool,
    stay: Bool,
    own: Int32,
    r: Int64,
    boxes: Int32,
    worth: Int64,
    found: Int32,
    usage: Int64,
) -> None:
    """The best legal boxes of some customers out of their shortlists, best first, all different.

    who     int32 (n,)  the customers asked for, as positions in the arrays of N customers:
            item, gain int32 (N, L) shortlists, -1 = no more; segment, slots (N,); locked (N, .);
            tilt int64 (N, B) band multipliers, a guess that is improved; last int32 (N, W) boxes to start from
    price   int64 (S, M) in 1/unit micro-points
    slack   boxes worth up to this much less than the best, in 1/unit micro-points, are of interest too
    jitter  up to so much, in 1/unit micro-points, is added to the worth of each item: a number of the customer's own,
            by which customers who are alike take different boxes; 0 = nothing
    free    bool (S, M): items that may come into a box, or (S, 0): all; stay bool (S, M): items that may stay in the
            box own int32 (N, W)
    boxes   int32 (n, K, W)  written: up to K boxes each, item positions in the order found, -1 = missing
    worth   int64 (n, K)  written: sum of unit * utility - price, less unit * penalty per missing slot
    found   int32 (n,)  written: how many of the K there are; 0 = no legal box
    usage   int64 (S, M)  added to: units in the best boxes
    """
    s = _scratch(r, boxes.shape[2], boxes.shape[1])
    for at in range(who.size):
        c = who[at]
        t = segment[c]
        _load(s, r, c, item[c], gain[c], price[t], unit, jitter, free[t], stay[t], own[c])
        _solve(s, r, locked[c], np.int64(slots[c]), slack, tilt[c], last[c])
        _unlist(s)
        _hand_out(s, at, slack, unit * r[HEAD, PENALTY] * slots[c], boxes, worth, found)
        if found[at]:
            for w in range(boxes.shape[2]):
                if boxes[at, 0, w] >= 0:
                    usage[t, boxes[at, 0, w]] += 1


@once
def _weigh(s: Int64, r: Int64, utility: Int32, allowed: Bool, price: Int64, unit: int) -> None:
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
def _list_all(s: Int64, r: Int64, item: int) -> None:
    """List an item with all that go together with it, unless it is listed or not allowed."""
    t = r[BUNDLE, item]
    if s[RAW, item] == NEVER or s[USABLE, item]:
        return
    if t < 0:
        _list(s, item, s[RAW, item])
        return
    for m in range(r[BUNDLE_START, t], r[BUNDLE_START, t + 1]):
        _list(s, r[MEMBER, m], s[RAW, r[MEMBER, m]])


@kernel
def _list_top(s: Int64, r: Int64, score: Int64, n: int) -> None:
    """List about n items of high score, no more than a few of one group than a box can hold, so that all groups show.

    Uses the places of ranks and counts, and leaves the counts at 0.
    """
    end, n_items = 0, r[HEAD, N_ITEMS]
    top = min(n, n_items)
    floor = NEVER
    for i in range(n_items):
        worth = score[i]
        if worth == NEVER or (end == top and worth <= floor):
            continue
        at = end if end < top else top - 1
        end = min(end + 1, top)
        while at > 0 and score[s[ORDER, at - 1]] < worth:
            s[ORDER, at] = s[ORDER, at - 1]
            at -= 1
        s[ORDER, at] = i
        floor = score[s[ORDER, end - 1]]
    for at in range(end):
        i = s[ORDER, at]
        crowded = False
        for g in range(r[HEAD, N_GROUPINGS]):
            row = r[ROW + g, i]
            crowded |= row >= 0 and s[COUNT, row] >= r[MOST, row] + 5
        if not crowded:
            for g in range(r[HEAD, N_GROUPINGS]):
                if r[ROW + g, i] >= 0:
                    s[COUNT, r[ROW + g, i]] += 1
            _list_all(s, r, np.int64(i))
    for row in range(r[HEAD, N_ROWS]):
        s[COUNT, row] = 0


@kernel
def _list_needed(s: Int64, r: Int64, locked: Int32) -> None:
    """List what a box may not be legal without: locked items, and the best few of each row with an at-least side."""
    for k in range(locked.size):
        if locked[k] >= 0:
            _list_all(s, r, np.int64(locked[k]))
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
                    _list_all(s, r, np.int64(best))


@once
def _list_missed(s: Int64, r: Int64, slots: int, shift: int) -> bool:
    """List every item that could still be in a box better than the best found; True when there are such items.

    A box with item j off the list is worth at most j + the best slots - 1 others, each at its relaxed worth; those on
    the list obey the rules of one family, those off the list are as good as the best of them.
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
        _scan(s, r, ZERO, left, ZERO if r[HEAD, N_FAMILIES] else NONE, NONE)
        for k in range(left):
            floor = highest if r[HEAD, FULL] else max(0, highest)
            others += max(out[s[PICK, k]], floor) if k < s[STATE, PICKED] else floor
    need = s[BEST + 0, 0] if s[STATE, FOUND] else NEVER
    bar = need - (s[STATE, RELAXED] + others - shift)  # an item must be worth more than this
    if left < 0 or (s[STATE, FOUND] and highest <= bar):
        return False
    for i in range(n_items):
        if not s[USABLE, i] and s[RAW, i] != NEVER and (not s[STATE, FOUND] or out[i] > bar):
            _list_all(s, r, np.int64(i))
    return True


@once
def _solve_all(s: Int64, r: Int64, locked: Int32, slots: int, tilt: Int64, last: Int32) -> None:
    """The best box out of all items, starting from those listed."""
    missed = True
    while missed:
        shift = _solve(s, r, locked, slots, ZERO, tilt, last)
        size = 0
        for k in range(locked.size):  # what the box must hold takes no part in the argument, as in `_solve`
            if locked[k] >= 0 and s[USABLE, locked[k]] and not s[INSIDE, locked[k]]:
                size += 1 if _push(s, r, np.int64(locked[k]), slots) else 0
        s[STATE, ARRANGED] = 0
        _arrange(s, r)
        missed = slots > 0 and _list_missed(s, r, slots, shift)
        _pop(s, r, ZERO)


@once
def _write_shortlist(s: Int64, r: Int64, tilt: Int64, n: int, utility: Int32, item: Int32, gain: Int32) -> None:
    """From the best box and the multipliers: the n most promising items, by position."""
    n_items = r[HEAD, N_ITEMS]
    locked_or_best = s[STATE, LISTED]
    score = s[RELAXED_OF]
    _list_top(s, r, s[RAW], n // 4)
    for i in range(n_items):
        score[i] = s[RAW, i]
        if score[i] != NEVER:
            for b in range(r[HEAD, N_BANDS]):
                score[i] += tilt[b] * r[-1 - b, i]
    _list_top(s, r, score, n)
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


@njit(cache=True, nogil=True)
def best_of_all(
    utility: Int32,
    allowed: Bool,
    segment: Int32,
    slots: Int32,
    locked: Int32,
    tilt: Int64,
    last: Int32,
    price: Int64,
    unit: int,
    item: Int32,
    gain: Int32,
    keep: int,
    r: Int64,
    boxes: Int32,
    worth: Int64,
    found: Int32,
    usage: Int64,
) -> None:
    """The best legal box of each customer of a block out of all allowed items; makes or mends shortlists.

    utility, allowed  (n, M); segment, slots (n,); locked (n, .); tilt int64 (n, B) and last int32 (n, W) or (n, 0), as
    in `best_listed`
    item, gain  int32 (n, L)  shortlists to start from. One that lacks an item of the best box gets it; one that is
                empty (its first item is -1) is made, of about `keep` items
    boxes, worth, found, usage  as in `best_listed`, with K = 1
    """
    s = _scratch(r, boxes.shape[2], 1)
    for c in range(utility.shape[0]):
        _weigh(s, r, utility[c], allowed[c], price[segment[c]], unit)
        empty = item.shape[1] == 0 or item[c, 0] < 0
        if empty:
            _list_needed(s, r, locked[c])
            _list_top(s, r, s[RAW], 2 * CHUNK)
        else:
            for a in range(item.shape[1]):
                if item[c, a] < 0:
                    break
                _list_all(s, r, np.int64(item[c, a]))
        _solve_all(s, r, locked[c], np.int64(slots[c]), tilt[c], last[c])
        _unlist(s)
        _hand_out(s, c, ZERO, unit * r[HEAD, PENALTY] * slots[c], boxes, worth, found)
        for w in range(boxes.shape[2]):
            if found[c] and boxes[c, 0, w] >= 0:
                usage[segment[c], boxes[c, 0, w]] += 1
        if item.shape[1] == 0:
            continue
        if empty:
            for w in range(boxes.shape[2]):
                if found[c] and boxes[c, 0, w] >= 0:
                    _list_all(s, r, np.int64(boxes[c, 0, w]))
            _list_needed(s, r, locked[c])
            _write_shortlist(s, r, tilt[c], keep, utility[c], item[c], gain[c])
            _unlist(s)
        elif found[c]:
            _mend(item[c], gain[c], utility[c], boxes[c, 0])


@kernel
def _mend(item: Int32, gain: Int32, utility: Int32, box: Int32) -> None:
    """Add the items of a box to a shortlist that lacks them; where it is full, in place of the least useful ones."""
    size = 0
    while size < item.size and item[size] >= 0:
        size += 1
    for w in range(box.size):
        new = box[w]
        if new < 0:
            continue
        at = 0
        while at < size and item[at] != new:
            at += 1
        if at < size:
            continue
        if size < item.size:
            size += 1
            at = size - 1
        else:  # drop the one of least utility that is not in the box
            at = -1
            for a in range(size):
                inside = False
                for k in range(box.size):
                    inside |= box[k] == item[a]
                if not inside and (at < 0 or gain[a] < gain[at]):
                    at = a
            if at < 0:
                continue
        item[at], gain[at] = new, utility[new]


@njit(cache=True, nogil=True)
def gains_of(who: Int32, boxes: Int32, item: Int32, gain: Int32, total: Int64) -> None:
    """total int64 (n,): utility of one box per customer of `who`, looked up in their shortlists (NEVER = not there)."""
    for at in range(who.size):
        c, total[at] = who[at], 0
        for w in range(boxes.shape[1]):
            if boxes[at, w] < 0:
                continue
            a = 0
            while a < item.shape[1] and item[c, a] != boxes[at, w]:
                a += 1
            total[at] += gain[c, a] if a < item.shape[1] else NEVER // 64


@njit(cache=True, nogil=True)
def sort_boxes(boxes: Int32, item: Int32, gain: Int32) -> None:
    """Put the items of each box in order: utility falling, position rising, missing last; looked up in shortlists."""
    width = boxes.shape[1]
    worth = np.zeros(width, np.int64)
    for c in range(boxes.shape[0]):
        for w in range(width):
            new, value, a = boxes[c, w], np.int64(NEVER), 0
            while new >= 0 and a < item.shape[1] and item[c, a] != new:
                a += 1
            if new >= 0 and a < item.shape[1]:
                value = np.int64(gain[c, a])
            at = w
            while at > 0 and (worth[at - 1] < value or (worth[at - 1] == value and boxes[c, at - 1] > new)):
                worth[at], boxes[c, at] = worth[at - 1], boxes[c, at - 1]
                at -= 1
            worth[at], boxes[c, at] = value, new


@njit(cache=True, nogil=True)
def admit_boxes(utility: Int32, boxes: Int32, item: Int32, gain: Int32) -> None:
    """Put the items of each box, int32 (n, W), on the shortlists item, gain (n, L) that lack them."""
    for c in range(boxes.shape[0]):
        _mend(item[c], gain[c], utility[c], boxes[c])
