"""The best legal box of one customer, exactly, in integers: branch and bound over items by falling worth.

All kernels live in this one file because Numba's cache notices a change only in the file that a kernel is written in.
"Worth" of an item = unit * utility - price + unit * short penalty, so that the empty box is worth 0 and every slot counts.
Equal boxes: the one met first wins; items are tried by (worth, falling; position, rising), so the answer depends on the
customer's own numbers only, never on threads or on other customers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from optimizer.compiled import Bool, Int32, Int64, Rules

NEVER = -(2**62)
"""Worth of a box that does not exist."""
LEFT, TAKEN, SIZE, WORTH, RELAXED, FOUND, PICKED, NODES = range(8)  # places in Scratch.state


class Scratch(NamedTuple):
    """Working memory of one thread; M items, R rows, B bands, W slots, K boxes kept. Never read between customers.

    state     int64 (8,)  LEFT in heap, TAKEN from heap, SIZE of box, WORTH of box, its RELAXED worth, boxes FOUND, ...
    worth     int64 (M,)  worth of each item; a bundle's worth is spread evenly over its members
    relaxed   int64 (M,)  worth plus band multipliers times band amounts
    usable, inside  bool (M,)  may be taken; is in the box
    heap      int32 (M,)  items not yet ranked, a max-heap by relaxed worth
    order     int32 (M,)  items ranked so far
    prefix    int64 (M + 1,)  running sums of relaxed worth along `order`
    leader    int32 (T,)  rank of the first member of each bundle, -1 = not ranked yet
    count, extra  int64 (R,)  items per row in the box; in the scan on top of it
    total     int64 (B,), picked int64 (B,)  amounts in the box; in the scan on top of it
    """

    state: Int64
    worth: Int64
    relaxed: Int64
    usable: Bool
    inside: Bool
    heap: Int32
    order: Int32
    prefix: Int64
    leader: Int32
    count: Int64
    extra: Int64
    total: Int64
    picked: Int64
    multiplier: Int64
    box: Int32
    pick: Int32
    stack_rank: Int32
    stack_size: Int32
    best_worth: Int64
    best_box: Int32


@njit(cache=True, nogil=True)
def _scratch(rules: Rules, width: int, keep: int) -> Scratch:
    n_items, n_rows, n_bands = rules.bundle.size, rules.most.size, rules.low.size
    return Scratch(
        np.zeros(8, np.int64),
        np.zeros(n_items, np.int64),
        np.zeros(n_items, np.int64),
        np.zeros(n_items, np.bool_),
        np.zeros(n_items, np.bool_),
        np.zeros(n_items, np.int32),
        np.zeros(n_items, np.int32),
        np.zeros(n_items + 1, np.int64),
        np.zeros(rules.bundle_start.size - 1, np.int32),
        np.zeros(n_rows, np.int64),
        np.zeros(n_rows, np.int64),
        np.zeros(n_bands, np.int64),
        np.zeros(n_bands, np.int64),
        np.zeros(n_bands, np.int64),
        np.zeros(width + 1, np.int32),
        np.zeros(width + 1, np.int32),
        np.zeros(width + 1, np.int32),
        np.zeros(width + 1, np.int32),
        np.zeros(keep, np.int64),
        np.zeros((keep, width), np.int32),
    )


@njit(cache=True, nogil=True, _nrt=False)
def _load(s: Scratch, r: Rules, utility: Int32, allowed: Bool, price: Int64, unit: int) -> None:
    """Set each item's worth; a bundle with a member that is not allowed is not usable."""
    for i in range(utility.size):
        s.usable[i] = allowed[i]
        s.worth[i] = unit * utility[i] - price[i] + unit * r.penalty
    for t in range(r.bundle_start.size - 1):
        lo, hi = r.bundle_start[t], r.bundle_start[t + 1]
        whole, worth = True, np.int64(0)
        for m in range(lo, hi):
            whole &= s.usable[r.member[m]]
            worth += s.worth[r.member[m]]
        share, rest = worth // (hi - lo), worth % (hi - lo)
        for m in range(lo, hi):
            s.usable[r.member[m]] = whole
            s.worth[r.member[m]] = share + (1 if m - lo < rest else 0)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _before(s: Scratch, a: int, b: int) -> bool:
    """The total order of items: relaxed worth falling, position rising."""
    return s.relaxed[a] > s.relaxed[b] or (s.relaxed[a] == s.relaxed[b] and a < b)


@njit(cache=True, nogil=True, _nrt=False)
def _sink(s: Scratch, at: int, size: int) -> None:
    item = s.heap[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _before(s, s.heap[child + 1], s.heap[child]):
            child += 1
        if not _before(s, s.heap[child], item):
            break
        s.heap[at] = s.heap[child]
        at = child
    s.heap[at] = item


@njit(cache=True, nogil=True, _nrt=False)
def _arrange(s: Scratch, r: Rules) -> int:
    """Rank the usable items for the present band multipliers, lazily; returns the sum of multiplier x limit."""
    shift = np.int64(0)
    for b in range(r.low.size):
        if s.multiplier[b] > 0:
            shift += s.multiplier[b] * r.low[b]
        elif s.multiplier[b] < 0:
            shift += s.multiplier[b] * r.high[b]
    n = 0
    for i in range(s.usable.size):
        if s.usable[i]:
            relaxed = s.worth[i]
            for b in range(r.low.size):
                relaxed += s.multiplier[b] * r.amount[b, i]
            s.relaxed[i] = relaxed
            if not s.inside[i]:
                s.heap[n] = i
                n += 1
    for at in range(n // 2 - 1, -1, -1):
        _sink(s, at, n)
    s.state[LEFT], s.state[TAKEN], s.state[RELAXED] = n, 0, 0
    for k in range(s.state[SIZE]):
        s.state[RELAXED] += s.relaxed[s.box[k]]
    s.leader[:] = -1
    return shift


@njit(cache=True, nogil=True, _nrt=False)
def _rank(s: Scratch, r: Rules, n: int) -> bool:
    """Make sure that the first n items are ranked; False when there are fewer."""
    while s.state[TAKEN] < n:
        left, at = s.state[LEFT], s.state[TAKEN]
        if left == 0:
            return False
        item = s.heap[0]
        s.heap[0] = s.heap[left - 1]
        s.state[LEFT] = left - 1
        if left > 1:
            _sink(s, 0, left - 1)
        s.order[at] = item
        worth = s.relaxed[item]
        s.prefix[at + 1] = s.prefix[at] + (worth if worth > 0 or r.full else 0)
        if r.bundle[item] >= 0 and s.leader[r.bundle[item]] < 0:
            s.leader[r.bundle[item]] = at
        s.state[TAKEN] = at + 1
    return True


@njit(cache=True, nogil=True, _nrt=False)
def _push_one(s: Scratch, r: Rules, item: int, slots: int) -> bool:
    """Put one item into the box unless a rule forbids it."""
    size = s.state[SIZE]
    if size >= slots:
        return False
    for g in range(r.row.shape[0]):
        row = r.row[g, item]
        if row >= 0 and s.count[row] >= r.most[row]:
            return False
    for b in range(r.low.size):
        if s.total[b] + r.amount[b, item] > r.high[b]:
            return False
    for at in range(r.apart_start[item], r.apart_start[item + 1]):
        if s.inside[r.apart[at]]:
            return False
    for g in range(r.row.shape[0]):
        row = r.row[g, item]
        if row >= 0:
            s.count[row] += 1
    for b in range(r.low.size):
        s.total[b] += r.amount[b, item]
    s.box[size] = item
    s.inside[item] = True
    s.state[SIZE] = size + 1
    s.state[WORTH] += s.worth[item]
    s.state[RELAXED] += s.relaxed[item]
    return True


@njit(cache=True, nogil=True, _nrt=False)
def _pop(s: Scratch, r: Rules, size: int) -> None:
    """Take items out of the box, last first, until `size` are left."""
    while s.state[SIZE] > size:
        s.state[SIZE] -= 1
        item = s.box[s.state[SIZE]]
        s.inside[item] = False
        s.state[WORTH] -= s.worth[item]
        s.state[RELAXED] -= s.relaxed[item]
        for g in range(r.row.shape[0]):
            row = r.row[g, item]
            if row >= 0:
                s.count[row] -= 1
        for b in range(r.low.size):
            s.total[b] -= r.amount[b, item]


@njit(cache=True, nogil=True, _nrt=False)
def _push(s: Scratch, r: Rules, item: int, slots: int) -> bool:
    """Put an item, with all that go together with it, into the box, or change nothing."""
    t = r.bundle[item]
    if t < 0:
        return _push_one(s, r, item, slots)
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
        if s.total[b] < r.low[b]:
            return False
    for at in range(r.lower.size):
        g = r.lower[at]
        for row in range(r.row_start[g], r.row_start[g + 1]):
            if s.count[row] < r.least[row]:
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
        s.best_box[at, k] = s.box[k] if k < s.state[SIZE] else -1


@njit(cache=True, nogil=True, _nrt=False)
def _threshold(s: Scratch, slack: int) -> int:
    """A box must be worth more than this to be of interest."""
    found, keep = s.state[FOUND], s.best_worth.size
    worst = s.best_worth[keep - 1] if found == keep else NEVER
    return max(worst, s.best_worth[0] - slack - 1) if found > 0 else worst


@njit(cache=True, nogil=True, _nrt=False)
def _scan(s: Scratch, r: Rules, rank: int, left: int, family: int, lower: int) -> int:
    """Most relaxed worth that `left` more items from `rank` on can add, under some of the rules: an upper bound.

    Greedy, which is exact for one family of nested at-most rows, or for one grouping with at-least rows (`lower`);
    -1 = none. Rows that the box has filled are closed to every item. NEVER when no such items exist.
    """
    need = np.int64(0)
    if lower >= 0:
        for row in range(r.row_start[lower], r.row_start[lower + 1]):
            need += max(0, r.least[row] - s.count[row])
        if need > left:
            return NEVER
    free = left - need
    worth, n_picked, at = np.int64(0), 0, rank
    while n_picked < left and _rank(s, r, at + 1):
        item = s.order[at]
        at += 1
        gain = s.relaxed[item]
        if gain <= 0 and not r.full and need == 0:
            break
        t = r.bundle[item]
        if s.inside[item] or (t >= 0 and s.leader[t] < rank):
            continue
        open_ = True
        for g in range(r.row.shape[0]):
            row = r.row[g, item]
            if row >= 0:
                counts = g == lower or (family >= 0 and r.family[family, g])
                open_ &= s.count[row] + (s.extra[row] if counts else 0) < r.most[row]
        if open_ and lower >= 0:
            row = r.row[lower, item]
            if row >= 0 and s.count[row] + s.extra[row] < r.least[row]:
                need -= 1
            elif free > 0 and (gain > 0 or r.full):
                free -= 1
            else:
                open_ = False
        if open_:
            worth += gain
            s.pick[n_picked] = item
            n_picked += 1
            for g in range(r.row.shape[0]):
                if r.row[g, item] >= 0:
                    s.extra[r.row[g, item]] += 1
    s.state[PICKED] = n_picked
    for k in range(n_picked):
        for g in range(r.row.shape[0]):
            if r.row[g, s.pick[k]] >= 0:
                s.extra[r.row[g, s.pick[k]]] -= 1
    return NEVER if need > 0 or (r.full and n_picked < left) else worth


@njit(cache=True, nogil=True, _nrt=False)
def _hopeless(s: Scratch, r: Rules, rank: int, left: int, shift: int, threshold: int) -> bool:
    """True when no box that adds items from `rank` on to the present one is worth more than the threshold."""
    base = s.state[RELAXED] - shift
    if _rank(s, r, rank + left):
        end = rank + left
    else:
        end = s.state[TAKEN]
        if r.full:
            return True
    if base + s.prefix[end] - s.prefix[rank] <= threshold:
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
def _relax(s: Scratch, r: Rules, slots: int, try_box: bool) -> tuple[int, int]:
    """Rank for the present multipliers; returns (bound on any box, shift). Leaves the scan's band totals in `picked`."""
    shift = _arrange(s, r)
    worth = _scan(s, r, 0, slots - s.state[SIZE], 0 if r.family.shape[0] else -1, -1)
    for b in range(r.low.size):
        s.picked[b] = s.total[b]
        for k in range(s.state[PICKED]):
            s.picked[b] += r.amount[b, s.pick[k]]
    bound = NEVER if worth == NEVER else s.state[RELAXED] + worth - shift
    if try_box:
        size, legal = s.state[SIZE], True
        for k in range(s.state[PICKED]):
            legal &= s.inside[s.pick[k]] or _push(s, r, s.pick[k], slots)
        if legal and _legal(s, r, slots):
            _keep(s)
        _pop(s, r, size)
    return bound, shift


@njit(cache=True, nogil=True, _nrt=False)
def _tune(s: Scratch, r: Rules, b: int, slots: int, slack: int) -> None:
    """Set band b's multiplier where the bound is least, the others held: two lines of a convex function meet closer in."""
    only_best = s.best_worth.size == 1
    s.multiplier[b] = 0
    bound_lo, _ = _relax(s, r, slots, only_best)
    if r.low[b] <= s.picked[b] <= r.high[b]:
        return
    sign = 1 if s.picked[b] < r.low[b] else -1
    limit = r.low[b] if sign > 0 else r.high[b]
    lo, slope_lo = 0.0, float(sign * (s.picked[b] - limit))
    best, best_at = bound_lo, np.int64(0)
    step = np.int64(max(1, s.worth[s.order[0]] // max(1, 8 * limit))) if s.state[TAKEN] else np.int64(1)
    hi, bound_hi, slope_hi = 0.0, 0, 0.0
    for _ in range(40):  # outwards until the slope turns
        step = min(step, r.steepest[b])
        s.multiplier[b] = sign * step
        bound, _ = _relax(s, r, slots, only_best)
        slope = float(sign * (s.picked[b] - limit))
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
            s.multiplier[b] = sign * here
            bound, _ = _relax(s, r, slots, only_best)
            slope = float(sign * (s.picked[b] - limit))
            if bound < best:
                best, best_at = bound, here
            if slope >= 0.0:
                hi, bound_hi, slope_hi = float(here), bound, slope
            else:
                lo, bound_lo, slope_lo = float(here), bound, slope
            if float(bound) - floor <= 1e-7 * abs(floor):
                break
    s.multiplier[b] = sign * best_at


@njit(cache=True, nogil=True, _nrt=False)
def _search(s: Scratch, r: Rules, slots: int, slack: int, shift: int) -> None:
    """Every box that adds ranked items to the present one, worst possibilities left out; the best end up in the list."""
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
                if (t < 0 or s.leader[t] == rank) and not s.inside[item] and _push(s, r, item, slots):
                    down = True
                    break
                rank += 1
        if down:
            s.state[NODES] += 1
            if _legal(s, r, slots) and s.state[WORTH] > _threshold(s, slack):
                _keep(s)
            s.stack_rank[depth], s.stack_size[depth] = rank, size
            depth += 1
            rank += 1
            continue
        if depth == 0:
            return
        depth -= 1
        _pop(s, r, s.stack_size[depth])
        rank = s.stack_rank[depth] + 1


@njit(cache=True, nogil=True, _nrt=False)
def _solve(s: Scratch, r: Rules, locked: Int32, slots: int, slack: int) -> None:
    """Fill the list of best boxes for the loaded customer."""
    s.state[:] = 0
    s.multiplier[:] = 0
    if r.may_be_empty or slots == 0:
        _keep(s)
    holds = True
    for k in range(locked.size):
        item = locked[k]
        if item >= 0 and not s.inside[item]:
            holds = holds and s.usable[item] and _push(s, r, item, slots)
    if holds and slots > 0:
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
    rules: Rules,
    boxes: Int32,
    worth: Int64,
    usage: Int64,
) -> None:
    """The best legal box of each customer of a block.

    utility, allowed  (n, M); segment, slots (n,); locked (n, L); price int64 (n_segments, M) in 1/unit micro-points
    boxes   int32 (n, W)  written: item positions in the order found, -1 = missing
    worth   int64 (n,)    written: sum of unit * utility - price, less unit * penalty per missing slot; NEVER = no box
    usage   int64 (n_segments, M)  added to: units in the boxes
    """
    s = _scratch(rules, boxes.shape[1], 1)
    for c in range(utility.shape[0]):
        _load(s, rules, utility[c], allowed[c], price[segment[c]], unit)
        _solve(s, rules, locked[c], slots[c], 0)
        boxes[c] = -1
        worth[c] = NEVER
        if s.state[FOUND]:
            worth[c] = s.best_worth[0] - unit * rules.penalty * slots[c]
            for k in range(boxes.shape[1]):
                boxes[c, k] = s.best_box[0, k]
                if boxes[c, k] >= 0:
                    usage[segment[c], boxes[c, k]] += 1


@njit(cache=True, nogil=True)
def top_boxes(
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
    found: npt.NDArray[np.int32],
) -> None:
    """Several best legal boxes of each customer, best first, all different: as `best_boxes`, with

    slack   boxes worth this much less than the best, in 1/unit micro-points, are still of interest
    boxes   int32 (n, K, W), worth int64 (n, K), found int32 (n,)  written: up to K boxes each
    """
    s = _scratch(rules, boxes.shape[2], boxes.shape[1])
    for c in range(utility.shape[0]):
        _load(s, rules, utility[c], allowed[c], price[segment[c]], unit)
        _solve(s, rules, locked[c], slots[c], slack)
        found[c] = s.state[FOUND]
        boxes[c] = -1
        for k in range(found[c]):
            worth[c, k] = s.best_worth[k] - unit * rules.penalty * slots[c]
            for w in range(boxes.shape[2]):
                boxes[c, k, w] = s.best_box[k, w]
        while found[c] > 0 and worth[c, found[c] - 1] < worth[c, 0] - slack:
            found[c] -= 1
