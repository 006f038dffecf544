"""Prices for the bands of one box, per customer: any price keeps the bound true, a good one makes it tight.

A legal box with total amount A >= low obeys worth <= worth + price * (A - low) for any price >= 0. So items are valued
at worth + price * amount ("tilted") and price * low is taken off; likewise with a price <= 0 for `high`.
"""

from __future__ import annotations

import numpy as np

from optimizer.problem import IntArray
from optimizer.verify.rulebook import Boxes, Relaxation, Rulebook, Span
from optimizer.verify.states import Menu, States, Worth, gain, nothing, record, relax

ROUNDS = 6
"""Prices tried per band and row."""
WINDOW = 64
"""Choices looked at while trying prices; the price found is then charged to all of them."""
SHARP = 2**58
"""What a price adds to a whole box stays below this, so that int64 holds it."""


def tilt(rulebook: Rulebook, menu: Menu, states: States) -> None:
    """Tilt the menu, row by row, towards boxes that keep their bands; legal boxes met on the way raise menu.best.

    states   one per row of the menu, in its order; their free choices are reordered with the menu
    """
    greedy = Relaxation(tuple(range(len(rulebook.groupings))))
    feasible, _, box, choices = relax(rulebook, menu, states, greedy)
    record(rulebook, menu, states, box, choices, feasible)
    for span in rulebook.spans:
        if span.amount.dtype == object and menu.worth.dtype != object:
            continue  # amounts too large to be priced in int64: the search does without
        feasible, _, box, choices = relax(rulebook, menu, states, greedy)
        record(rulebook, menu, states, box, choices, feasible)
        total = span.totals(box)
        for sign, limit in ((1, span.low), (-1, span.high)):
            if limit is None:
                continue
            rows = np.flatnonzero(np.asarray((total - limit) * sign < 0, bool))
            if len(rows):
                price = _best_price(rulebook, menu, states, rows, span, sign, limit)
                all_of_it = menu.items.shape[1]
                part, some, *_ = _tilted(menu, states, rows, all_of_it, span, sign, limit, price)
                _assign(menu, states, rows, part, some)


def _best_price(
    rulebook: Rulebook, menu: Menu, states: States, rows: IntArray, span: Span, sign: int, limit: int
) -> Worth:
    """Price per row at which the bound is about least: where the lines of two boxes, short and beyond, cross."""
    steepest = SHARP // (len(rulebook.spans) * states.box.shape[1] * max(1, int(span.amount.max()), abs(limit)))

    def attempt(price: Worth) -> tuple[Worth, Worth, Worth]:
        part, some, amount, residual = _tilted(menu, states, rows, WINDOW, span, sign, limit, price)
        bound, choices = _relaxed(rulebook, part, some)
        slack = gain(amount, some.row, choices) - residual
        return bound, bound - price * slack, sign * slack

    least, worth, slack = attempt(np.zeros(len(rows), menu.worth.dtype))
    best = 0 * worth
    price = sign * np.minimum(np.abs(menu.tilted[rows]).max(axis=1) + 1, steepest)
    far_worth, far_slack = worth, slack
    for step in range(ROUNDS):
        bound, new_worth, new_slack = attempt(price)
        best, least = np.where(bound < least, price, best), np.minimum(bound, least)
        beyond = (new_slack >= 0) | (step == 0)
        far_worth, far_slack = np.where(beyond, new_worth, far_worth), np.where(beyond, new_slack, far_slack)
        worth, slack = np.where(beyond, worth, new_worth), np.where(beyond, slack, new_slack)
        width = far_slack - slack
        crossing = (worth - far_worth) // np.where(width == 0, 1, width)
        price = sign * np.clip(np.where(width == 0, sign * best, crossing), 0, steepest)
    return best


def _relaxed(rulebook: Rulebook, menu: Menu, states: States) -> tuple[Worth, Boxes]:
    """The least bound over the relaxations, and the choices of its box; legal boxes met are recorded."""
    greedy = Relaxation(tuple(range(len(rulebook.groupings))))
    feasible, bound, box, choices = relax(rulebook, menu, states, greedy)
    record(rulebook, menu, states, box, choices, feasible)
    bound = np.full_like(bound, -nothing(bound.dtype))  # the greedy box obeys too many rules to bound anything
    for relaxation in rulebook.relaxations:
        feasible, total, box, new = relax(rulebook, menu, states, relaxation)
        record(rulebook, menu, states, box, new, feasible)
        choices = np.where((total < bound)[:, None], new, choices)
        bound = np.minimum(bound, total)
    return bound, choices


def _tilted(
    menu: Menu, states: States, rows: IntArray, n_choices: int, span: Span, sign: int, limit: int, price: Worth
) -> tuple[Menu, States, Worth, Worth]:
    """Some rows of the menu at a price per unit of the band's amount, cut to the first choices and put in order.

    Also returns the amounts, aligned with the choices, and the residual limit that the items still to pack must meet.
    Of an item that alone reaches the residual `low`, no more than that counts: as true, and tighter.
    """
    part, some = menu.cut(rows, n_choices), states.take(rows)
    table = span.amount.astype(price.dtype)
    residual = np.maximum(limit - table[some.box].sum(axis=1), 0)
    amount = table[part.items]
    if sign > 0:
        amount = np.minimum(amount, residual[:, None])
    part.tilted = part.tilted + price[:, None] * amount
    part.offset = part.offset - price * residual
    some.free = some.free[:, :n_choices]
    some.row = np.arange(len(rows))
    order = in_order(part, some)
    return part, some, np.take_along_axis(amount, order, axis=1), residual


def in_order(menu: Menu, states: States) -> IntArray:
    """Sort each row's choices by tilted worth, free ones first; one state per row. Returns the order."""
    order = np.argsort(np.where(states.free, -menu.tilted, -nothing(menu.tilted.dtype)), axis=1)
    cells = order + np.arange(len(order))[:, None] * order.shape[1]
    menu.items, menu.worth, menu.tilted, states.free, *menu.labels = (
        np.take(array, cells) for array in (menu.items, menu.worth, menu.tilted, states.free, *menu.labels)
    )
    return order


def _assign(menu: Menu, states: States, rows: IntArray, part: Menu, some: States) -> None:
    """Put tilted rows back into the menu."""
    menu.items[rows], menu.worth[rows], menu.tilted[rows] = part.items, part.worth, part.tilted
    menu.offset[rows] = part.offset
    for labels, new in zip(menu.labels, part.labels, strict=True):
        labels[rows] = new
    states.free[rows] = some.free
