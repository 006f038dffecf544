"""Prices for the bands of one box, per customer: any price keeps the bound true, a good one makes it tight.

A legal box with total amount A >= low obeys worth <= worth + price * (A - low) for any price >= 0. So items are valued
at worth + price * amount ("tilted") and price * low is taken off; likewise with a price <= 0 for `high`.
"""

from __future__ import annotations

import numpy as np

from optimizer.problem import Band, IntArray
from optimizer.verify_boxes import totals
from optimizer.verify_rules import Relaxation, Rulebook
from optimizer.verify_states import NOTHING, Menu, States, Worth, record, relax

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
    for band in rulebook.bands:
        feasible, _, box, choices = relax(rulebook, menu, states, greedy)
        record(rulebook, menu, states, box, choices, feasible)
        total = totals(band.amount, box)
        for sign, limit in ((1, band.low), (-1, band.high)):
            if limit is None:
                continue
            rows = np.flatnonzero(np.asarray((total - limit) * sign < 0, bool))
            if len(rows):
                price = _best_price(rulebook, menu, states, rows, band, sign, limit, greedy)
                _assign(menu, states, rows, *_tilted(menu, states, rows, menu.items.shape[1], band, limit, price))


def _best_price(
    rulebook: Rulebook,
    menu: Menu,
    states: States,
    rows: IntArray,
    band: Band,
    sign: int,
    limit: int,
    greedy: Relaxation,
) -> Worth:
    """Price per row at which the bound is about least: where the lines of two boxes, short and beyond, cross."""

    def attempt(price: Worth) -> tuple[Worth, Worth, Worth]:
        part, some = _tilted(menu, states, rows, WINDOW, band, limit, price)
        feasible, bound, box, choices = relax(rulebook, part, some, greedy)
        record(rulebook, part, some, box, choices, feasible)
        bound = bound - NOTHING
        for relaxation in rulebook.relaxations:
            feasible, total, new_box, choices = relax(rulebook, part, some, relaxation)
            record(rulebook, part, some, new_box, choices, feasible)
            box = np.where((total < bound)[:, None], new_box, box)
            bound = np.minimum(bound, total)
        menu.best[rows] = np.maximum(menu.best[rows], part.best)
        slack = (totals(band.amount, box) - limit).astype(price.dtype)
        return bound, bound - price * slack, slack

    steepest = SHARP // (max(1, states.box.shape[1]) * max(1, int(band.amount.max()), abs(limit)))
    least, worth, slack = attempt(np.zeros(len(rows), menu.worth.dtype))
    best = 0 * worth
    price = sign * np.minimum(np.abs(menu.tilted[rows]).max(axis=1) + 1, steepest)
    far_worth, far_slack = worth, slack
    for step in range(ROUNDS):
        bound, new_worth, new_slack = attempt(price)
        best, least = np.where(bound < least, price, best), np.minimum(bound, least)
        beyond = (sign * new_slack >= 0) | (step == 0)
        far_worth, far_slack = np.where(beyond, new_worth, far_worth), np.where(beyond, new_slack, far_slack)
        worth, slack = np.where(beyond, worth, new_worth), np.where(beyond, slack, new_slack)
        width = far_slack - slack
        crossing = (worth - far_worth) // np.where(width == 0, 1, width)
        price = sign * np.clip(sign * np.where(width == 0, best, crossing), 0, steepest)
    return best


def _tilted(
    menu: Menu, states: States, rows: IntArray, n_choices: int, band: Band, limit: int, price: Worth
) -> tuple[Menu, States]:
    """Some rows of the menu at a price per unit of the band's amount, cut to the first choices and put in order."""
    part, some = menu.cut(rows, n_choices), states.take(rows)
    amount = np.append(band.amount, 0).astype(price.dtype)
    part.tilted = part.tilted + price[:, None] * amount[part.items]
    part.offset = part.offset - price * limit
    some.tilted = some.tilted + price * amount[some.box].sum(axis=1)
    free = some.free[:, :n_choices]
    order = np.argsort(np.where(free, -part.tilted, 2**62), axis=1)
    part.items, part.worth, part.tilted, some.free, *part.labels = (
        np.take_along_axis(array, order, axis=1) for array in (part.items, part.worth, part.tilted, free, *part.labels)
    )
    some.row = np.arange(len(rows))
    return part, some


def _assign(menu: Menu, states: States, rows: IntArray, part: Menu, some: States) -> None:
    """Put tilted rows back into the menu."""
    menu.items[rows], menu.worth[rows], menu.tilted[rows] = part.items, part.worth, part.tilted
    menu.offset[rows] = part.offset
    for labels, new in zip(menu.labels, part.labels, strict=True):
        labels[rows] = new
    states.tilted[rows], states.free[rows] = some.tilted, some.free
