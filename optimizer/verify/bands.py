"""Prices for the bands of one box, per customer: any price keeps the bound true, a good one makes it tight.

A legal box with total amount A >= low obeys worth <= worth + price * (A - low) for any price >= 0. So items are valued
at worth + price * amount ("tilted") and price * low is taken off; likewise with a price <= 0 for `high`.
"""

from __future__ import annotations

import numpy as np

from optimizer.problem import IntArray
from optimizer.verify.rulebook import BoolArray, Boxes, Relaxation, Rulebook, Span
from optimizer.verify.states import Menu, States, Worth, gain, nothing, record, relax

ROUNDS = 6
"""Prices tried per band and row."""
WINDOW = 64
"""Choices looked at while trying prices; the price found is then charged to all of them."""
FEW = 0.05
"""Share of rows without a known box above which it pays to look for legal boxes while prices are tried."""
SHARP = 2**58
"""What a price adds to a whole box stays below this, so that int64 holds it."""


def tilt(rulebook: Rulebook, menu: Menu, states: States) -> States:
    """Tilt the menu, row by row, towards boxes that keep their bands; legal boxes met on the way raise menu.best.

    states   one per row of the menu, in its order; their free choices are reordered with the menu

    Returns the states that may still beat the best known box.
    """
    greedy = Relaxation(tuple(range(len(rulebook.groupings))))
    open_ = np.arange(len(states.row))
    if _at_a_loss(menu, states):
        _met(rulebook, menu, states, greedy)
    for span in rulebook.spans:
        if span.amount.dtype == object and menu.worth.dtype != object:
            continue  # amounts too large to be priced in int64: the search does without
        total = span.totals(_met(rulebook, menu, states.take(open_), greedy))
        for sign, limit in ((1, span.low), (-1, span.high)):
            if limit is None:
                continue
            outside: BoolArray = np.atleast_1d(np.asarray((total - limit) * sign < 0, bool))
            rows = open_[outside]
            if len(rows):
                price, hopeless = _best_price(rulebook, menu, states, rows, span, sign, limit)
                rows, price = rows[~hopeless], price[~hopeless]
                all_of_it = menu.items.shape[1]
                part, some, *_ = _tilted(menu, states, rows, all_of_it, span, sign, limit, price)
                _assign(menu, states, rows, part, some)
                outside[outside] = hopeless
                open_, total = open_[~outside], total[~outside]
    return states.take(open_)


def _at_a_loss(menu: Menu, states: States) -> bool:
    """True where no legal box is known of more than a few rows."""
    return bool((menu.known(states.row) <= nothing(menu.worth.dtype)).sum() > FEW * len(states.row))


def _met(rulebook: Rulebook, menu: Menu, states: States, relaxation: Relaxation) -> Boxes:
    """The best boxes under some rules; those that are legal are recorded."""
    feasible, _, box, choices = relax(rulebook, menu, states, relaxation)
    record(rulebook, menu, states, box, choices, feasible)
    return box


def _best_price(
    rulebook: Rulebook, menu: Menu, states: States, rows: IntArray, span: Span, sign: int, limit: int
) -> tuple[Worth, BoolArray]:
    """Price per row at which the bound is about least: where the lines of two boxes, short and beyond, cross.

    Also whether the bound shows that the row cannot beat the best known box: then no more prices are tried.
    """
    steepest = SHARP // (len(rulebook.spans) * states.box.shape[1] * max(1, int(span.amount.max()), abs(limit)))

    def attempt(price: Worth) -> tuple[Worth, Worth, Worth]:
        part, some, amount, residual = _tilted(menu, states, rows[on], WINDOW, span, sign, limit, price)
        bound, choices = _relaxed(rulebook, part, some)
        slack = gain(amount, some.row, choices) - residual
        least[on] = np.minimum(bound, least[on])
        return bound, bound - price * slack, sign * slack

    on, best = np.arange(len(rows)), np.zeros(len(rows), menu.worth.dtype)
    least = np.full_like(best, -nothing(best.dtype))
    whole: BoolArray = ~np.any(states.free[rows, WINDOW:], axis=1)  # else the bound is of some of the choices only
    worth, slack = attempt(best)[1:]
    price = sign * np.minimum(np.abs(menu.tilted[rows]).max(axis=1) + 1, steepest)
    far_worth, far_slack = worth, slack
    for step in range(ROUNDS):
        going = np.flatnonzero(~(whole[on] & (least[on] <= menu.known(states.row[rows[on]]))))
        on, price, worth, slack = on[going], price[going], worth[going], slack[going]
        far_worth, far_slack = far_worth[going], far_slack[going]
        if not len(on):
            break
        before = least[on]
        bound, new_worth, new_slack = attempt(price)
        best[on] = np.where(bound < before, price, best[on])
        beyond = (new_slack >= 0) | (step == 0)
        far_worth, far_slack = np.where(beyond, new_worth, far_worth), np.where(beyond, new_slack, far_slack)
        worth, slack = np.where(beyond, worth, new_worth), np.where(beyond, slack, new_slack)
        width = far_slack - slack
        crossing = (worth - far_worth) // np.where(width == 0, 1, width)
        price = sign * np.clip(np.where(width == 0, sign * best[on], crossing), 0, steepest)
    return best, whole & (least <= menu.known(states.row[rows]))


def _relaxed(rulebook: Rulebook, menu: Menu, states: States) -> tuple[Worth, Boxes]:
    """The least bound over the relaxations, and the choices of its box.

    Legal boxes met are recorded where rows have none yet: elsewhere they are rarely better than what is known.
    """
    bound, choices = (
        np.full(len(states.row), -nothing(menu.worth.dtype), menu.worth.dtype),
        np.full_like(states.box, -1),
    )
    lost = _at_a_loss(menu, states)
    if lost:  # the greedy box obeys too many rules to bound anything
        _met(rulebook, menu, states, Relaxation(tuple(range(len(rulebook.groupings)))))
    for relaxation in rulebook.relaxations:
        feasible, total, box, new = relax(rulebook, menu, states, relaxation)
        if lost:
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
