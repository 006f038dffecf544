"""The best legal box of one customer, exactly, in integers: branch and bound over items by falling worth.

"Worth" of an item = unit * utility - price + unit * short penalty: the empty box is worth 0 and every slot counts.
Equal boxes: the one met first wins; items are tried by (worth, falling; position, rising), so the answer depends on the
customer's own numbers only, never on threads or on other customers.

A search looks at the customer's *listed* items only. `best_listed` stops there: it serves the many rounds over
shortlists. `best_of_all` then shows, item by item, that no item off the list can be in a better box, or lists it too.

Here are the doors, called from Python for blocks of customers; what is behind them is in optimizer/oracle/kernels.
"""

from __future__ import annotations

import numpy as np

from optimizer.kernels import door, kernel, once, small
from optimizer.oracle.arguments import Customers, Found, Limits, Lists, PriceTable
from optimizer.oracle.box_rules import HEAD, N_BUNDLES, PENALTY
from optimizer.oracle.kernels.box import pop_to, push_whole
from optimizer.oracle.kernels.kept_lists import mend_shortlist
from optimizer.oracle.kernels.memory import (
    ARRANGED,
    BEST,
    FOUND,
    INSIDE,
    NEVER,
    OTHERS,
    OUTSIDE,
    RAW,
    RIVAL,
    STATE,
    USABLE,
    ZERO,
    Whole,
    working_memory,
)
from optimizer.oracle.kernels.ranking import CHUNK, arrange, bundle_up, clear_list, list_item
from optimizer.oracle.kernels.search import search_listed
from optimizer.oracle.kernels.shortlist import (
    limit_outside,
    list_bundle,
    list_missed,
    list_needed,
    list_top,
    weigh_items,
    write_shortlist,
)
from optimizer.oracle.standing import UNKNOWN
from optimizer.problem import Bool, Int32, Int64


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
    """List a customer's shortlist; `free` and `stay`, if given, say which items may come into, or stay in, the box."""
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
        list_item(s, i, worth)
    if r[HEAD, N_BUNDLES] > 0:
        bundle_up(s, r, True)


@kernel
def _hand_out(s: Int64, c: int, slack: int, lost: int, boxes: Int32, worth: Int64, found: Int32) -> None:
    """Write the boxes found for the customer in place c; `lost` is the worth of its empty slots."""
    found[c] = min(s[STATE, FOUND], boxes.shape[1])
    while found[c] > 0 and s[BEST + found[c] - 1, 0] < s[BEST + 0, 0] - slack:
        found[c] -= 1
    for w in range(boxes.shape[2]):
        boxes[c, 0, w] = -1
    for k in range(found[c]):
        worth[c, k] = s[BEST + k, 0] - lost
        for w in range(boxes.shape[2]):
            boxes[c, k, w] = s[BEST + k, 1 + w]


@kernel
def _hand_on(s: Int64, c: int, lost: int, price: Int64, box: Int32, own: Int64, rival: Int64, outside: Int64) -> None:
    """Write what the next round may know of the customer in place c, see optimizer/oracle/standing.py."""
    own[c] = s[BEST + 0, 0] - lost
    for w in range(box.size):
        own[c] += price[box[w]] if box[w] >= 0 else 0
    rival[c] = s[STATE, RIVAL] - lost if s[STATE, FOUND] else UNKNOWN
    outside[c] = s[STATE, OUTSIDE] - lost if s[STATE, FOUND] else UNKNOWN


@door
def best_listed(
    who: Int32,
    customers: Customers,
    lists: Lists,
    table: PriceTable,
    limits: Limits,
    slack: int,
    jitter: int,
    r: Int64,
    out: Found,
) -> None:
    """The best legal boxes of some customers out of their shortlists, best first, all different.

    who     int32 (n,)  the customers asked for, as positions in `customers`, `lists` and `limits.own`
    slack   boxes worth up to this much less than the best, in 1/unit micro-points, are of interest too
    jitter  up to so much, in 1/unit micro-points, is added to the worth of each item: a number of the customer's own,
            by which customers who are alike take different boxes; 0 = nothing
    r       the sheet of rules, see optimizer/oracle/box_rules.py
    """
    unit, boxes, a_round = table.unit, out.boxes, out.rival.size > 0
    s = working_memory(r, boxes.shape[2], boxes.shape[1], a_round)
    for at in range(who.size):
        c = who[at]
        t, slots = customers.segment[c], customers.slots[c]
        item, gain, price = lists.item[c], lists.gain[c], table.price[t]
        _load(s, r, c, item, gain, price, unit, jitter, limits.free[t], limits.stay[t], limits.own[c])
        search_listed(s, r, customers.locked[c], np.int64(slots), slack, customers.tilt[c], customers.last[c])
        clear_list(s)
        lost = unit * r[HEAD, PENALTY] * slots
        _hand_out(s, at, slack, lost, boxes, out.worth, out.n_found)
        if a_round:
            _hand_on(s, at, lost, price, boxes[at, 0], out.own, out.rival, out.outside)
        if out.n_found[at]:
            for w in range(boxes.shape[2]):
                if boxes[at, 0, w] >= 0:
                    out.usage[t, boxes[at, 0, w]] += 1


@once
def _solve_all(s: Int64, r: Int64, locked: Int32, slots: int, slack: int, tilt: Int64, last: Int32) -> None:
    """The best box out of all items, starting from those listed."""
    missed = True
    while missed:
        s[STATE, OUTSIDE], s[STATE, OTHERS] = NEVER, UNKNOWN
        shift = search_listed(s, r, locked, slots, slack, tilt, last)
        size = 0
        for k in range(locked.size):  # what the box must hold takes no part in the argument, as in `search_listed`
            if locked[k] >= 0 and s[USABLE, locked[k]] and not s[INSIDE, locked[k]]:
                size += 1 if push_whole(s, r, np.int64(locked[k]), slots) else 0
        s[STATE, ARRANGED] = 0
        arrange(s, r)
        missed = slots > 0 and list_missed(s, r, slots, shift)
        pop_to(s, r, ZERO)


@door
def best_of_all(
    utility: Int32,
    allowed: Bool,
    customers: Customers,
    lists: Lists,
    table: PriceTable,
    keep: int,
    slack: int,
    r: Int64,
    out: Found,
) -> None:
    """The best legal box of each customer of a block out of all allowed items; makes or mends shortlists.

    utility, allowed  (n, M), of the customers in `customers` and `lists`, all in one order
    lists   to start from. One that lacks an item of the best box gets it; one that is empty (its first item is -1) is
            made, of about `keep` items
    slack   boxes worth up to this much less than the best are told apart
    r       the sheet of rules, see optimizer/oracle/box_rules.py
    out     with K = 1
    """
    segment, slots, locked, tilt, last = customers
    price, unit = table
    item, gain = lists
    boxes, worth, found, usage, own, rival, outside = out
    s = working_memory(r, boxes.shape[2], 1, True)
    for c in range(utility.shape[0]):
        weigh_items(s, r, utility[c], allowed[c], price[segment[c]], unit)
        empty = item.shape[1] == 0 or item[c, 0] < 0
        if empty:
            list_needed(s, r, locked[c])
            list_top(s, r, s[RAW], 2 * CHUNK)
        else:
            for a in range(item.shape[1]):
                if item[c, a] < 0:
                    break
                list_bundle(s, r, np.int64(item[c, a]))
        _solve_all(s, r, locked[c], np.int64(slots[c]), slack, tilt[c], last[c])
        clear_list(s)
        lost = unit * r[HEAD, PENALTY] * slots[c]
        _hand_out(s, c, ZERO, lost, boxes, worth, found)
        _hand_on(s, c, lost, price[segment[c]], boxes[c, 0], own, rival, outside)
        rival[c] = max(rival[c], outside[c])  # the list that is kept may hold what was off the one searched
        for w in range(boxes.shape[2]):
            if found[c] and boxes[c, 0, w] >= 0:
                usage[segment[c], boxes[c, 0, w]] += 1
        if empty:
            for w in range(boxes.shape[2]):
                if found[c] and boxes[c, 0, w] >= 0:
                    list_bundle(s, r, np.int64(boxes[c, 0, w]))
            list_needed(s, r, locked[c])
            write_shortlist(s, r, tilt[c], keep, utility[c], item[c], gain[c])
            clear_list(s)
        elif found[c]:
            mend_shortlist(item[c], gain[c], utility[c], boxes[c, 0])
        outside[c] = limit_outside(s, r, item[c]) if found[c] else UNKNOWN
        outside[c] -= lost
