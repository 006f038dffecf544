"""The best legal box of one customer, exactly, in integers: branch and bound over items by falling worth.

All kernels live in this one file, because Numba's cache notices a change only in the file a kernel is written in; those
that allocate nothing are compiled without reference counts (`_nrt=False`), which makes them ten times as fast.
"Worth" of an item = unit * utility - price + unit * short penalty: the empty box is worth 0 and every slot counts.
Equal boxes: the one met first wins; items are tried by (worth, falling; position, rising), so the answer depends on the
customer's own numbers only, never on threads or on other customers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from optimizer.compiled import Bool, Int32, Int64, Rules

Whole = Any  # an int64 of a kernel: Python's checker sees int and np.int64 mixed
NEVER = -(2**62)
"""Worth of a box that does not exist."""
RANKED, ALL, SIZE, WORTH, RELAXED, FOUND, PICKED, NODES = range(8)  # places in Scratch.state
WORTH_OF, RELAXED_OF, PREFIX = range(3)  # rows of Scratch.item
USABLE, INSIDE = range(2)  # rows of Scratch.flag
COUNT, EXTRA = range(2)  # rows of Scratch.row
TOTAL, IN_SCAN, MULTIPLIER = range(3)  # rows of Scratch.band
BOX, PICK, RANK_AT, SIZE_AT = range(4)  # rows of Scratch.slot
CHUNK = 24
"""Items ranked in one pass."""


class Scratch(NamedTuple):
    """Working memory of one thread; M items, R rows, T bundles, B bands, W slots, K boxes kept. Holds nothing over.

    Few arrays of several rows each, because a kernel's call costs time for every array that it is given.

    state   int64 (8,)  items RANKED, ALL of them?, SIZE of box, its WORTH, its RELAXED worth, boxes FOUND, items
            PICKED by the scan, NODES visited
    item    int64 (3, M + 1)  WORTH_OF each item, a bundle's spread evenly over its members; RELAXED_OF each: worth plus
            band multipliers times amounts; PREFIX sums of relaxed worth along `order`
    flag    bool (2, M)  USABLE: may be ranked; INSIDE the box
    order   int32 (M,)  items ranked so far: relaxed worth falling, position rising
    leader  int32 (T,)  rank of the first member of each bundle, -1 = not ranked yet
    row     int64 (2, R)  COUNT in the box; EXTRA in the scan on top of it
    band    int64 (3, B)  TOTAL in the box; IN_SCAN total with the scan's items; MULTIPLIER
    slot    int32 (4, W + 1)  BOX: items; PICK: items of the scan; RANK_AT and SIZE_AT each depth of the search
    best_worth  int64 (K,), best_box  int32 (K, W)  the best boxes found, worth falling
    """

    state: Int64
    item: Int64
    flag: Bool
    order: Int32
    leader: Int32
    row: Int64
    band: Int64
    slot: Int32
    best_worth: Int64
    best_box: Int32


@njit(cache=True, nogil=True)
def _scratch(rules: Rules, width: int, keep: int) -> Scratch:
    n_items = rules.bundle.size
    return Scratch(
        np.zeros(8, np.int64),
        np.zeros((3, n_items + 1), np.int64),
        np.zeros((2, n_items), np.bool_),
        np.zeros(n_items, np.int32),
        np.zeros(rules.bundle_start.size - 1, np.int32),
        np.zeros((2, rules.most.size), np.int64),
        np.zeros((3, rules.low.size), np.int64),
        np.zeros((4, width + 1), np.int32),
        np.zeros(keep, np.int64),
        np.zeros((keep, width), np.int32),
    )


@njit(cache=True, nogil=True, _nrt=False)
def _load(s: Scratch, r: Rules, utility: Int32, allowed: Bool, price: Int64, unit: int) -> None:
    """Set each item's worth; a bundle with a member that is not allowed is not usable."""
    for i in range(utility.size):
        s.flag[USABLE, i] = allowed[i]
        s.item[WORTH_OF, i] = unit * utility[i] - price[i] + unit * r.penalty
    for t in range(r.bundle_start.size - 1):
        lo, hi = r.bundle_start[t], r.bundle_start[t + 1]
        whole, worth = True, np.int64(0)
        for m in range(lo, hi):
            whole &= s.flag[USABLE, r.member[m]]
            worth += s.item[WORTH_OF, r.member[m]]
        share, rest = worth // (hi - lo), worth % (hi - lo)
        for m in range(lo, hi):
            s.flag[USABLE, r.member[m]] = whole
            s.item[WORTH_OF, r.member[m]] = share + (1 if m - lo < rest else 0)


@njit(cache=True, nogil=True, _nrt=False)
def _arrange(s: Scratch, r: Rules) -> Whole:
    """Weigh the items by the present band multipliers and rank them anew; returns the sum of multiplier x limit."""
    shift = np.int64(0)
    for b in range(r.low.size):
        if s.band[MULTIPLIER, b] > 0:
            shift += s.band[MULTIPLIER, b] * r.low[b]
        elif s.band[MULTIPLIER, b] < 0:
            shift += s.band[MULTIPLIER, b] * r.high[b]
    for i in range(s.flag.shape[1]):
        relaxed = s.item[WORTH_OF, i]
        for b in range(r.low.size):
            relaxed += s.band[MULTIPLIER, b] * r.amount[b, i]
        s.item[RELAXED_OF, i] = relaxed
    s.state[RANKED], s.state[ALL], s.state[RELAXED] = 0, 0, 0
    for k in range(s.state[SIZE]):
        s.state[RELAXED] += s.item[RELAXED_OF, s.slot[BOX, k]]
    for t in range(s.leader.size):
        s.leader[t] = -1
    return shift


@njit(cache=True, nogil=True, _nrt=False)
def _rank(s: Scratch, r: Rules, n: int) -> bool:
    """Make sure that the first n items are ranked; False when there are fewer.

    One pass over the items ranks the next CHUNK of them: a box rarely needs more than the first, so sorting all of
    them would be waste.
    """
    while s.state[RANKED] < n:
        if s.state[ALL]:
            return False
        start = s.state[RANKED]
        end, top = start, min(start + CHUNK, s.order.size)
        last = s.order[start - 1] if start else np.int32(-1)
        ceiling = s.item[RELAXED_OF, last] if start else NEVER
        floor = NEVER
        for i in range(s.flag.shape[1]):
            relaxed = s.item[RELAXED_OF, i]
            if relaxed <= floor or not s.flag[USABLE, i]:
                continue
            if start and (relaxed > ceiling or (relaxed == ceiling and i <= last)):
                continue
            at = end if end < top else top - 1
            while at > start and s.item[RELAXED_OF, s.order[at - 1]] < relaxed:
                s.order[at] = s.order[at - 1]
                at -= 1
            s.order[at] = i
            if end < top:
                end += 1
            if end == top:
                floor = s.item[RELAXED_OF, s.order[top - 1]]
        s.state[RANKED] = end
        s.state[ALL] = end < start + CHUNK
        for at in range(start, end):
            item = s.order[at]
            worth = s.item[RELAXED_OF, item]
            s.item[PREFIX, at + 1] = s.item[PREFIX, at] + (worth if worth > 0 or r.full else 0)
            if r.bundle[item] >= 0 and s.leader[r.bundle[item]] < 0:
                s.leader[r.bundle[item]] = at
    return True


@njit(cache=True, nogil=True, _nrt=False)
def _push_one(s: Scratch, r: Rules, item: int, slots: int) -> bool:
    """Put one item into the box unless a rule forbids it."""
    size = s.state[SIZE]
    if size >= slots:
        return False
    for g in range(r.row.shape[0]):
        row = r.row[g, item]
        if row >= 0 and s.row[COUNT, row] >= r.most[row]:
            return False
    for b in range(r.low.size):
        if s.band[TOTAL, b] + r.amount[b, item] > r.high[b]:
            return False
    for at in range(r.apart_start[item], r.apart_start[item + 1]):
        if s.flag[INSIDE, r.apart[at]]:
            return False
    for g in range(r.row.shape[0]):
        row = r.row[g, item]
        if row >= 0:
            s.row[COUNT, row] += 1
    for b in range(r.low.size):
        s.band[TOTAL, b] += r.amount[b, item]
    s.slot[BOX, size] = item
    s.flag[INSIDE, item] = True
    s.state[SIZE] = size + 1
    s.state[WORTH] += s.item[WORTH_OF, item]
    s.state[RELAXED] += s.item[RELAXED_OF, item]
    return True


@njit(cache=True, nogil=True, _nrt=False)
def _pop(s: Scratch, r: Rules, size: int) -> None:
    """Take items out of the box, last first, until `size` are left."""
    while s.state[SIZE] > size:
        s.state[SIZE] -= 1
        item = s.slot[BOX, s.state[SIZE]]
        s.flag[INSIDE, item] = False
        s.state[WORTH] -= s.item[WORTH_OF, item]
        s.state[RELAXED] -= s.item[RELAXED_OF, item]
        for g in range(r.row.shape[0]):
            row = r.row[g, item]
            if row >= 0:
                s.row[COUNT, row] -= 1
        for b in range(r.low.size):
            s.band[TOTAL, b] -= r.amount[b, item]


@njit(cache=True, nogil=True, _nrt=False)
def _push(s: Scratch, r: Rules, item: int, slots: int) -> bool:
    """Put an item, with all that go together with it, into the box, or change nothing."""
    t = r.bundle[item]
    if t < 0:
        return bool(_push_one(s, r, item, slots))
    size = s.state[SIZE]
    for m in range(r.bundle_start[t], r.bundle_start[t + 1]):
        if not _push_one(s, r, r.member[m], slots):
            _pop(s, r, size)
            return False
    return True


@njit(cache=True, nogil=True, _nrt=False)
def _legal(s: Scratch, r: Rules, slots: int) -> bool:
    """True when the non-empty box obeys the rules that only a finished box can be judged by."""
    if s.state[SIZE] == 0 or (r.full and s.state[SIZE] < slots):
        return False
    for b in range(r.low.size):
        if s.band[TOTAL, b] < r.low[b]:
            return False
    for at in range(r.lower.size):
        g = r.lower[at]
        for row in range(r.row_start[g], r.row_start[g + 1]):
            if s.row[COUNT, row] < r.least[row]:
                return False
    return True


@njit(cache=True, nogil=True, _nrt=False)
def _keep(s: Scratch) -> None:
    """Enter the box into the list of the best, after its equals."""
    keep, worth = s.best_worth.size, s.state[WORTH]
    at = s.state[FOUND]
    if at == keep:
        if worth <= s.best_worth[keep - 1]:
            return
        at -= 1
    else:
        s.state[FOUND] += 1
    while at > 0 and s.best_worth[at - 1] < worth:
        s.best_worth[at] = s.best_worth[at - 1]
        for k in range(s.best_box.shape[1]):
            s.best_box[at, k] = s.best_box[at - 1, k]
        at -= 1
    s.best_worth[at] = worth
    for k in range(s.best_box.shape[1]):
        s.best_box[at, k] = s.slot[BOX, k] if k < s.state[SIZE] else -1


@njit(cache=True, nogil=True, _nrt=False)
def _threshold(s: Scratch, slack: int) -> Whole:
    """A box must be worth more than this to be of interest."""
    found, keep = s.state[FOUND], s.best_worth.size
    worst = s.best_worth[keep - 1] if found == keep else NEVER
    return max(worst, s.best_worth[0] - slack - 1) if found > 0 else worst


@njit(cache=True, nogil=True, _nrt=False)
def _scan(s: Scratch, r: Rules, rank: int, left: int, family: int, lower: int) -> Whole:
    """Most relaxed worth that `left` more items from `rank` on can add, under some of the rules: an upper bound.

    Greedy, which is exact for one family of nested at-most rows, or for one grouping with at-least rows (`lower`);
    -1 = none. Rows that the box has filled are closed to every item. NEVER when no such items exist.
    """
    need = np.int64(0)
    if lower >= 0:
        for row in range(r.row_start[lower], r.row_start[lower + 1]):
            need += max(0, r.least[row] - s.row[COUNT, row])
        if need > left:
            return NEVER
    free = left - need
    worth, n_picked, at = np.int64(0), 0, rank
    while n_picked < left and _rank(s, r, at + 1):
        item = s.order[at]
        at += 1
        gain = s.item[RELAXED_OF, item]
        if gain <= 0 and not r.full and need == 0:
            break
        t = r.bundle[item]
        if s.flag[INSIDE, item] or (t >= 0 and s.leader[t] < rank):
            continue
        open_ = True
        for g in range(r.row.shape[0]):
            row = r.row[g, item]
            if row >= 0:
                counts = g == lower or (family >= 0 and r.family[family, g])
                open_ &= s.row[COUNT, row] + (s.row[EXTRA, row] if counts else 0) < r.most[row]
        if open_ and lower >= 0:
            row = r.row[lower, item]
            if row >= 0 and s.row[COUNT, row] + s.row[EXTRA, row] < r.least[row]:
                need -= 1
            elif free > 0 and (gain > 0 or r.full):
                free -= 1
            else:
                open_ = False
        if open_:
            worth += gain
            s.slot[PICK, n_picked] = item
            n_picked += 1
            for g in range(r.row.shape[0]):
                if r.row[g, item] >= 0:
                    s.row[EXTRA, r.row[g, item]] += 1
    s.state[PICKED] = n_picked
    for k in range(n_picked):
        for g in range(r.row.shape[0]):
            if r.row[g, s.slot[PICK, k]] >= 0:
                s.row[EXTRA, r.row[g, s.slot[PICK, k]]] -= 1
    return NEVER if need > 0 or (r.full and n_picked < left) else worth


@njit(cache=True, nogil=True, _nrt=False)
def _hopeless(s: Scratch, r: Rules, rank: int, left: int, shift: int, threshold: int) -> bool:
    """True when no box that adds items from `rank` on to the present one is worth more than the threshold."""
    base = s.state[RELAXED] - shift
    if _rank(s, r, rank + left):
        end = rank + left
    else:
        end = s.state[RANKED]
        if r.full:
            return True
    if base + s.item[PREFIX, end] - s.item[PREFIX, rank] <= threshold:
        return True
    for family in range(r.family.shape[0]):
        worth = _scan(s, r, rank, left, family, -1)
        if worth == NEVER or base + worth <= threshold:
            return True
    for at in range(r.lower.size):
        worth = _scan(s, r, rank, left, -1, r.lower[at])
        if worth == NEVER or base + worth <= threshold:
            return True
    return False


@njit(cache=True, nogil=True, _nrt=False)
def _relax(s: Scratch, r: Rules, slots: int, try_box: bool) -> tuple[Whole, Whole]:
    """Rank for the present multipliers; returns (bound on any box, shift). Leaves the scan's totals in IN_SCAN."""
    shift = _arrange(s, r)
    worth = _scan(s, r, 0, slots - s.state[SIZE], 0 if r.family.shape[0] else -1, -1)
    for b in range(r.low.size):
        s.band[IN_SCAN, b] = s.band[TOTAL, b]
        for k in range(s.state[PICKED]):
            s.band[IN_SCAN, b] += r.amount[b, s.slot[PICK, k]]
    bound = NEVER if worth == NEVER else s.state[RELAXED] + worth - shift
    if try_box:
        size, legal = s.state[SIZE], True
        for k in range(s.state[PICKED]):
            legal &= s.flag[INSIDE, s.slot[PICK, k]] or _push(s, r, s.slot[PICK, k], slots)
        if legal and _legal(s, r, slots):
            _keep(s)
        _pop(s, r, size)
    return bound, shift


@njit(cache=True, nogil=True, _nrt=False)
def _tune(s: Scratch, r: Rules, b: int, slots: int, slack: int) -> None:
    """Set band b's multiplier where the bound, convex in it, is least; the other multipliers are held."""
    only_best = s.best_worth.size == 1
    s.band[MULTIPLIER, b] = 0
    bound_lo, _ = _relax(s, r, slots, only_best)
    if r.low[b] <= s.band[IN_SCAN, b] <= r.high[b]:
        return
    sign = 1 if s.band[IN_SCAN, b] < r.low[b] else -1
    limit = r.low[b] if sign > 0 else r.high[b]
    lo, slope_lo = 0.0, float(sign * (s.band[IN_SCAN, b] - limit))
    best, best_at = bound_lo, np.int64(0)
    step = np.int64(max(1, s.item[WORTH_OF, s.order[0]] // max(1, 8 * limit))) if s.state[RANKED] else np.int64(1)
    hi, bound_hi, slope_hi = 0.0, 0, 0.0
    for _ in range(40):  # outwards until the slope turns
        step = min(step, r.steepest[b])
        s.band[MULTIPLIER, b] = sign * step
        bound, _ = _relax(s, r, slots, only_best)
        slope = float(sign * (s.band[IN_SCAN, b] - limit))
        if bound < best:
            best, best_at = bound, step
        if slope >= 0.0 or bound <= _threshold(s, slack):
            hi, bound_hi, slope_hi = float(step), bound, slope
            break
        lo, bound_lo, slope_lo = float(step), bound, slope
        if step == r.steepest[b]:
            break
        step *= 4
    if hi > 0.0 and slope_hi >= 0.0:
        for _ in range(12):  # inwards
            if hi - lo < 1.5 or best <= _threshold(s, slack):
                break
            at = (float(bound_hi) - float(bound_lo) + slope_lo * lo - slope_hi * hi) / (slope_lo - slope_hi)
            here = np.int64(min(max(at, lo + 1.0), hi - 1.0))
            floor = float(bound_lo) + slope_lo * (float(here) - lo)
            s.band[MULTIPLIER, b] = sign * here
            bound, _ = _relax(s, r, slots, only_best)
            slope = float(sign * (s.band[IN_SCAN, b] - limit))
            if bound < best:
                best, best_at = bound, here
            if slope >= 0.0:
                hi, bound_hi, slope_hi = float(here), bound, slope
            else:
                lo, bound_lo, slope_lo = float(here), bound, slope
            if float(bound) - floor <= 1e-7 * abs(floor):
                break
    s.band[MULTIPLIER, b] = sign * best_at


@njit(cache=True, nogil=True, _nrt=False)
def _search(s: Scratch, r: Rules, slots: int, slack: int, shift: int) -> None:
    """Try every box that adds ranked items to the present one, but for the hopeless; the best end up in the list."""
    depth, rank = 0, 0
    while True:
        size, down = s.state[SIZE], False
        if size < slots:
            judged = False
            while _rank(s, r, rank + 1):
                if not judged and _hopeless(s, r, rank, slots - size, shift, _threshold(s, slack)):
                    break
                judged = True
                item = s.order[rank]
                t = r.bundle[item]
                if (t < 0 or s.leader[t] == rank) and not s.flag[INSIDE, item] and _push(s, r, item, slots):
                    down = True
                    break
                rank += 1
        if down:
            s.state[NODES] += 1
            if _legal(s, r, slots) and s.state[WORTH] > _threshold(s, slack):
                _keep(s)
            s.slot[RANK_AT, depth], s.slot[SIZE_AT, depth] = rank, size
            depth += 1
            rank += 1
            continue
        if depth == 0:
            return
        depth -= 1
        _pop(s, r, s.slot[SIZE_AT, depth])
        rank = s.slot[RANK_AT, depth] + 1


@njit(cache=True, nogil=True, _nrt=False)
def _solve(s: Scratch, r: Rules, locked: Int32, slots: int, slack: int) -> None:
    """Fill the list of best boxes for the loaded customer."""
    for k in range(s.state.size):
        s.state[k] = 0
    for b in range(r.low.size):
        s.band[MULTIPLIER, b] = 0
    if r.may_be_empty or slots == 0:
        _keep(s)
    holds = True
    for k in range(locked.size):
        item = locked[k]
        if item >= 0 and not s.flag[INSIDE, item]:
            holds = holds and s.flag[USABLE, item] and _push(s, r, item, slots)
    if holds and slots > 0:
        for k in range(s.state[SIZE]):
            s.flag[USABLE, s.slot[BOX, k]] = False  # not to be ranked again
        if _legal(s, r, slots) and s.state[WORTH] > _threshold(s, slack):
            _keep(s)
        for _ in range(2 if r.low.size > 1 else 1):
            for b in range(r.low.size):
                _tune(s, r, b, slots, slack)
        shift = _arrange(s, r)
        _search(s, r, slots, slack, shift)
    _pop(s, r, 0)


@njit(cache=True, nogil=True)
def best_boxes(
    utility: Int32,
    allowed: Bool,
    segment: Int32,
    slots: Int32,
    locked: Int32,
    price: Int64,
    unit: int,
    slack: int,
    rules: Rules,
    boxes: Int32,
    worth: Int64,
    found: Int32,
    usage: Int64,
) -> None:
    """The best legal boxes of each customer of a block, best first, all different.

    utility, allowed  (n, M); segment, slots (n,); locked (n, L); price int64 (n_segments, M) in 1/unit micro-points
    slack   boxes worth up to this much less than the best, in 1/unit micro-points, are of interest too
    boxes   int32 (n, K, W)  written: up to K boxes each, item positions in the order found, -1 = missing
    worth   int64 (n, K)  written: sum of unit * utility - price, less unit * penalty per missing slot
    found   int32 (n,)  written: how many of the K there are; 0 = no legal box
    usage   int64 (n_segments, M)  added to: units in the best boxes
    """
    s = _scratch(rules, boxes.shape[2], boxes.shape[1])
    for c in range(utility.shape[0]):
        _load(s, rules, utility[c], allowed[c], price[segment[c]], unit)
        _solve(s, rules, locked[c], slots[c], slack)
        found[c] = s.state[FOUND]
        while found[c] > 0 and s.best_worth[found[c] - 1] < s.best_worth[0] - slack:
            found[c] -= 1
        for k in range(found[c]):
            worth[c, k] = s.best_worth[k] - unit * rules.penalty * slots[c]
            for w in range(boxes.shape[2]):
                item = s.best_box[k, w]
                boxes[c, k, w] = item
                if k == 0 and item >= 0:
                    usage[segment[c], item] += 1
