"""From the boxes that prices choose to a legal plan, and from a legal plan to a better one, one box at a time.

Where prices oversubscribe a row, the customers that lose least by leaving it leave it, for their next best box among
what is still in stock. Ordered by (loss, customer): same inputs, same plan.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimizer.oracle.oracle import Choices, Oracle, Reach
from optimizer.problem import Bool, BoxProblem, Int32, Int64
from optimizer.rounding.ledger import GAIN, LEAVE_QUOTA, LEAVE_STOCK, Ledger


def repair(problem: BoxProblem, oracle: Oracle, table: Int64, boxes: Int32, stop: Callable[[], bool]) -> Int32 | None:
    """A legal plan near `boxes`, which already obey the rules of each box; None when none was found.

    table   price table int64 (S, M): what leaving or joining an item is worth
    """
    ledger = Ledger(oracle.coupling, boxes.copy())
    bump = np.zeros_like(table)
    while not ledger.legal():
        changed = False
        if ledger.overdrawn_stock().any():
            changed = _leave_stock(oracle, table + bump, ledger)
        if ledger.overdrawn_quotas().size:
            bump = _dearer(oracle, ledger, bump)
            changed |= _leave_quotas(oracle, table, bump, ledger)
            changed |= bool(bump.max(initial=0) < 2**50)
        if not changed or stop():
            if problem.rules.short == "stop":
                return None
            _empty(ledger)
    return ledger.boxes


def _leave_stock(oracle: Oracle, table: Int64, ledger: Ledger) -> bool:
    """Move the cheapest holders of overdrawn items to what is still there; True when some box moved."""
    segment, boxes = oracle.coupling.segment, ledger.boxes
    over: Bool = ledger.overdrawn_stock()[oracle.coupling.pool_of]
    holders = np.flatnonzero((over[segment[:, None], boxes] & (boxes >= 0)).any(axis=1)).astype(np.int32)
    choices = oracle.choices(table, holders, 1, 0, Reach(ledger.room(), ~over, boxes))
    loss = reduced_worth(oracle, table, choices.customer, boxes[choices.customer]) - choices.worth
    order = np.lexsort((choices.customer, loss))
    return ledger.move_all(choices.customer[order], choices.box[order], -loss[order], LEAVE_STOCK) > 0


def _dearer(oracle: Oracle, ledger: Ledger, bump: Int64) -> Int64:
    """Raise the price of what exceeded quotas count, twofold each time."""
    coupling = oracle.coupling
    for q in ledger.overdrawn_quotas():
        here = np.ix_(np.flatnonzero(coupling.member[:, q]), np.flatnonzero(coupling.amount[q]))
        typical = max(1, int(coupling.amount[q].sum() // max(1, np.count_nonzero(coupling.amount[q]))))
        step = np.maximum(bump[here], 1000 * oracle.unit * coupling.amount[q][coupling.amount[q] > 0] // typical)
        bump[here] = np.minimum(bump[here] + step, 2**50)
    return bump


def _leave_quotas(oracle: Oracle, table: Int64, bump: Int64, ledger: Ledger) -> bool:
    """Move customers to boxes that count less for exceeded quotas, cheapest per amount first."""
    segment, coupling, boxes = oracle.coupling.segment, oracle.coupling, ledger.boxes
    exceeded = ledger.overdrawn_quotas()
    counted: Bool = np.asarray(coupling.member[:, exceeded].any(axis=1))
    holders = np.flatnonzero(counted[segment] & (boxes >= 0).any(axis=1)).astype(np.int32)
    room: Bool = np.greater(ledger.left, 0)[coupling.pool_of]
    choices = oracle.choices(table + bump, holders, 1, 0, Reach(room, np.ones_like(room), boxes))
    who = choices.customer
    loss = reduced_worth(oracle, table, who, boxes[who]) - reduced_worth(oracle, table, who, choices.box)
    saved = (ledger.amounts(who, boxes[who]) - ledger.amounts(who, choices.box))[:, exceeded].sum(axis=1)
    order = np.lexsort((who, loss / np.maximum(1, saved)))
    order = order[saved[order] > 0]
    return ledger.move_all(who[order], choices.box[order], -loss[order], LEAVE_QUOTA) > 0


def _empty(ledger: Ledger) -> None:
    """The last resort: empty every box that takes from an overdrawn row, until none is."""
    coupling, boxes = ledger.coupling, ledger.boxes
    everyone = np.arange(boxes.shape[0], dtype=np.int32)
    none, nothing = np.full_like(boxes, -1), np.zeros(boxes.shape[0], np.int64)
    ledger.move_all(everyone, none, nothing, LEAVE_STOCK)
    if ledger.overdrawn_quotas().size:
        takes = ledger.amounts(everyone, boxes)[:, ledger.overdrawn_quotas()].any(axis=1)
        ledger.move_all(everyone[takes], none[takes], nothing[takes], LEAVE_QUOTA)
    assert ledger.legal(), coupling


def reduced_worth(oracle: Oracle, table: Int64, customers: Int32, boxes: Int32) -> Int64:
    """int64 (n,): unit * utility - price, less unit * penalty per missing slot, of one box per customer named."""
    prices = np.concatenate([table, np.zeros((table.shape[0], 1), np.int64)], axis=1)
    segment = oracle.coupling.segment[customers]
    price = np.zeros(customers.size, np.int64)
    for k in range(boxes.shape[1]):
        price += prices[segment, boxes[:, k]]
    worth: Int64 = oracle.unit * oracle.gains(customers, boxes) - price
    return worth


def improve(oracle: Oracle, table: Int64, boxes: Int32, customers: Int32) -> Int32:
    """A plan at least as good: each customer named moves to their best box among what is left, if that pays."""
    coupling = oracle.coupling
    ledger = Ledger(coupling, boxes.copy())
    short = (ledger.used < coupling.at_least) * coupling.penalty
    true_price = np.ascontiguousarray(-oracle.unit * ((coupling.member * short) @ coupling.amount))
    for prices in (true_price, table):
        room = ledger.room()
        choices = oracle.choices(prices, customers, 1, 0, Reach(room, np.ones_like(room), ledger.boxes))
        old_gain = oracle.gains(choices.customer, ledger.boxes[choices.customer])
        rise = oracle.gains(choices.customer, choices.box) - old_gain
        order = np.lexsort((choices.customer, -rise))
        ledger.move_all(choices.customer[order], choices.box[order], rise[order], GAIN)
    return ledger.boxes


def losses(oracle: Oracle, table: Int64, boxes: Int32, best: Choices | Int32) -> Int64:
    """int64 (N,): by how much everyone's box falls short of their best at these prices, in 1/unit micro-points."""
    everyone = np.arange(boxes.shape[0], dtype=np.int32)
    theirs = best.box if isinstance(best, Choices) else best
    loss: Int64 = reduced_worth(oracle, table, everyone, theirs) - reduced_worth(oracle, table, everyone, boxes)
    return loss
