"""From the boxes that prices choose to a legal plan, and from a legal plan to a better one, one box at a time.

Where prices oversubscribe a row, the customers that lose least by leaving it leave it, for their next best box among
what is still in stock. Sequential and ordered by (loss, customer): same inputs, same plan.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimizer.compiled import Bool, Int32, Int64
from optimizer.ledger import Ledger
from optimizer.problem import BoxProblem
from optimizer.rounds import Choices, Rounds

EVERYTHING = 2**60
"""A slack that keeps every box."""


def repair(problem: BoxProblem, rounds: Rounds, table: Int64, boxes: Int32, stop: Callable[[], bool]) -> Int32 | None:
    """A legal plan near `boxes`, which already obey the rules of each box; None when none was found.

    table   price table int64 (S, M): what leaving or joining an item is worth
    """
    boxes = boxes.copy()
    ledger = Ledger(rounds.coupling, boxes)
    bump = np.zeros_like(table)
    while not ledger.legal():
        changed = False
        if ledger.overdrawn_stock().any():
            changed = _leave_stock(rounds, table + bump, boxes, ledger)
        if ledger.overdrawn_quotas().size:
            bump = _dearer(rounds, ledger, bump)
            changed |= _leave_quotas(rounds, table, bump, boxes, ledger)
            changed |= bool(bump.max(initial=0) < 2**50)
        if not changed or stop():
            if problem.rules.short == "stop":
                return None
            _empty(boxes, ledger)
    return boxes


def _leave_stock(rounds: Rounds, table: Int64, boxes: Int32, ledger: Ledger) -> bool:
    """Move the cheapest holders of overdrawn items to what is still there; True when some box moved."""
    segment = rounds.coupling.segment
    over: Bool = ledger.overdrawn_stock()[rounds.coupling.pool_of]
    holders = np.flatnonzero((over[segment[:, None], boxes] & (boxes >= 0)).any(axis=1)).astype(np.int32)
    usable: Bool = ledger.room()[segment[holders]]
    own = boxes[holders]
    at, k = np.nonzero(own >= 0)
    usable[at, own[at, k]] = ~over[segment[holders[at]], own[at, k]]
    choices = rounds.choices(table, holders, 1, 0, usable)
    loss = reduced_worth(rounds, table, choices.customer, boxes) - choices.worth
    changed = False
    for n in np.lexsort((choices.customer, loss)):
        c = choices.customer[n]
        old = boxes[c]
        still = (ledger.left[rounds.coupling.pool_of[segment[c]], old[old >= 0]] < 0).any()
        if still and ledger.move(int(segment[c]), old, choices.box[n]):
            boxes[c] = choices.box[n]
            changed = True
    return changed


def _dearer(rounds: Rounds, ledger: Ledger, bump: Int64) -> Int64:
    """Raise the price of what exceeded quotas count, twofold each time."""
    coupling = rounds.coupling
    for q in ledger.overdrawn_quotas():
        here = np.ix_(np.flatnonzero(coupling.member[:, q]), np.flatnonzero(coupling.amount[q]))
        typical = max(1, int(coupling.amount[q].sum() // max(1, np.count_nonzero(coupling.amount[q]))))
        step = np.maximum(bump[here], 1000 * rounds.unit * coupling.amount[q][coupling.amount[q] > 0] // typical)
        bump[here] = np.minimum(bump[here] + step, 2**50)
    return bump


def _leave_quotas(rounds: Rounds, table: Int64, bump: Int64, boxes: Int32, ledger: Ledger) -> bool:
    """Move customers to boxes that count less for exceeded quotas, cheapest per amount first."""
    segment, coupling = rounds.coupling.segment, rounds.coupling
    exceeded = ledger.overdrawn_quotas()
    counted: Bool = np.asarray(coupling.member[:, exceeded].any(axis=1))
    holders = np.flatnonzero(counted[segment] & (boxes >= 0).any(axis=1)).astype(np.int32)
    usable: Bool = np.greater(ledger.left, 0)[coupling.pool_of[segment[holders]]]
    own = boxes[holders]
    at, k = np.nonzero(own >= 0)
    usable[at, own[at, k]] = True
    choices = rounds.choices(table + bump, holders, 1, 0, usable)
    loss = reduced_worth(rounds, table, choices.customer, boxes) - reduced_worth(
        rounds, table, choices.customer, _spread(boxes, choices)
    )
    saved = np.array(
        [
            (ledger.amounts(segment[c], boxes[c]) - ledger.amounts(segment[c], new))[exceeded].sum()
            for c, new in zip(choices.customer, choices.box, strict=True)
        ],
        np.int64,
    )
    changed = False
    for n in np.lexsort((choices.customer, loss / np.maximum(1, saved))):
        c = choices.customer[n]
        if saved[n] > 0 and ledger.overdrawn_quotas().size and ledger.move(int(segment[c]), boxes[c], choices.box[n]):
            boxes[c] = choices.box[n]
            changed = True
    return changed


def _spread(boxes: Int32, choices: Choices) -> Int32:
    """All boxes with those of the choices (one per customer) put in."""
    new = boxes.copy()
    new[choices.customer] = choices.box
    return new


def _empty(boxes: Int32, ledger: Ledger) -> None:
    """The last resort: empty every box that takes from an overdrawn row, until none is."""
    segment, none = ledger.coupling.segment, np.full(boxes.shape[1], -1, np.int32)
    for c in range(boxes.shape[0]):
        if ledger.legal():
            return
        items = boxes[c][boxes[c] >= 0]
        pool = ledger.coupling.pool_of[segment[c]]
        takes = ledger.amounts(int(segment[c]), boxes[c])[ledger.overdrawn_quotas()].any()
        if (ledger.left[pool, items] < 0).any() or takes:
            ledger.move(int(segment[c]), boxes[c], none)
            boxes[c] = none


def reduced_worth(rounds: Rounds, table: Int64, customers: Int32, boxes: Int32) -> Int64:
    """int64 (n,): unit * utility - price, less unit * penalty per missing slot, of the boxes of the customers named."""
    box = boxes[customers]
    price = np.where(box >= 0, table[rounds.coupling.segment[customers][:, None], np.maximum(box, 0)], 0).sum(axis=1)
    worth: Int64 = rounds.unit * rounds.gains(customers, box) - price
    return worth


def improve(rounds: Rounds, table: Int64, boxes: Int32, customers: Int32) -> Int32:
    """A plan at least as good: each customer named moves to their best box among what is left, if that pays."""
    boxes = boxes.copy()
    segment, coupling = rounds.coupling.segment, rounds.coupling
    ledger = Ledger(coupling, boxes)
    usable: Bool = ledger.room()[segment[customers]]
    own = boxes[customers]
    at, k = np.nonzero(own >= 0)
    usable[at, own[at, k]] = True
    short = (ledger.used < coupling.at_least) * coupling.penalty
    true_price = np.ascontiguousarray(-rounds.unit * ((coupling.member * short) @ coupling.amount))
    for prices in (true_price, table):
        choices = rounds.choices(prices, customers, 1, 0, usable)
        old_gain = rounds.gains(choices.customer, boxes[choices.customer])
        rise = rounds.gains(choices.customer, choices.box) - old_gain
        for n in np.lexsort((choices.customer, -rise)):
            c = choices.customer[n]
            if np.array_equal(np.sort(boxes[c]), np.sort(choices.box[n])):
                continue
            gain = rise[n] + ledger.gain(int(segment[c]), boxes[c], choices.box[n])
            if gain > 0 and ledger.move(int(segment[c]), boxes[c], choices.box[n]):
                boxes[c] = choices.box[n]
    return boxes
