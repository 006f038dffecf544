"""The exact worth of every customer's best legal box, for any mix of rules: branch and bound on whole arrays.

All open states of a block are bounded at once by a relaxed box. Those that might still beat the customer's best known
box are split in two: with one more item, or without it.
"""

from __future__ import annotations

import numpy as np

from optimizer.problem import IntArray
from optimizer.verify.bands import in_order, tilt
from optimizer.verify.known import known_worths
from optimizer.verify.menu import first_choices, shared_worth, usable_items
from optimizer.verify.rulebook import BoolArray, Boxes, Rulebook
from optimizer.verify.states import Menu, States, Worth, nothing, pack, record, relax

CELLS = 2_000_000
"""State x choice cells bounded in one go."""
FEW, PER_SLOT = 48, 4
"""Choices of each row looked at first, at least so many per slot: nearly always the others make no better box."""
ROUNDS = 10
"""Splits in a row before what is still open is tilted anew."""
CUTS = (12, 24, 48, 96)
"""Rows are searched together with rows that have about as many choices left."""


def best_worths(
    rulebook: Rulebook,
    worth: Worth,
    usable: BoolArray,
    slots: IntArray,
    locked: Boxes | None,
    width: int,
    boxes: Boxes | None = None,
) -> Worth:
    """Worth of each customer's best legal non-empty box, `nothing` where none is legal.

    worth    (n_rows, n_items) what an item adds to a box
    usable   bool (n_rows, n_items)
    slots    int64 (n_rows,) 0..width
    locked   int32 (n_rows, any) items that a box must hold, -1 = none
    boxes    int32 (n_rows, any) boxes to start from; those that are not legal are left aside

    Worths below 0 may come back too low where an empty box (worth 0) is legal: it beats them anyway.
    """
    none = np.full(len(worth), nothing(worth.dtype), worth.dtype)
    if not worth.size or not width:
        return none
    usable, worth = usable_items(rulebook, usable), shared_worth(rulebook, worth)
    few = max(FEW, PER_SLOT * width)
    known = none if boxes is None else known_worths(rulebook, worth, usable, slots, locked, boxes)
    best, beyond = _searched_among(rulebook, worth, usable, slots, locked, width, few, known)
    open_ = np.flatnonzero(beyond > best)
    if len(open_):
        held = None if locked is None else locked[open_]
        part = worth[open_], usable[open_], slots[open_], held
        best[open_] = _searched_among(rulebook, *part, width, worth.shape[1], best[open_])[0]
    return best


def _searched_among(
    rulebook: Rulebook,
    worth: Worth,
    usable: BoolArray,
    slots: IntArray,
    locked: Boxes | None,
    width: int,
    n_choices: int,
    known: Worth,
) -> tuple[Worth, Worth]:
    """Worth of each row's best box of its first choices, and what no box with any of the others is worth more than.

    known  worth of a legal box of each row, `nothing` where none is known: no less is returned
    """
    menu, beyond = first_choices(rulebook, worth, usable, slots, n_choices, known)
    states = _bounded(rulebook, menu, _root(rulebook, menu, usable, locked, width))[0]
    lots = [(menu, states)]
    while lots:
        menu, states = lots.pop()
        at_once = max(1, CELLS // menu.items.shape[1])
        if len(states.row) > at_once:
            lots.append((menu, states.take(slice(at_once, None))))
        menu, states = _renewed(menu, states.take(slice(at_once)))
        if len(states.row):
            states = tilt(rulebook, menu, states)
            lots += _searched(rulebook, menu, *_bounded(rulebook, menu, states))
    return menu.best, beyond


def _renewed(menu: Menu, states: States) -> tuple[Menu, States]:
    """Every open state with a row of its own, ready to be tilted anew."""
    states = states.take(np.flatnonzero(states.bound > menu.known(states.row)))
    menu = menu.cut(states.row, menu.items.shape[1])
    states.row, states.tilted = np.arange(len(states.row)), states.worth.copy()
    states.bound = np.full_like(states.bound, -nothing(menu.worth.dtype))
    menu.tilted, menu.offset = menu.worth.copy(), 0 * menu.offset
    in_order(menu, states)
    return menu, states


def _root(rulebook: Rulebook, menu: Menu, usable: BoolArray, locked: Boxes | None, width: int) -> States:
    """One state per row that may have a box: its locks packed, all other usable items free."""
    n = len(menu.slots)
    free = np.arange(menu.items.shape[1]) < usable.sum(axis=1)[:, None]
    box, count, zero = np.full((n, width), -1, np.int32), np.zeros(n, np.int64), np.zeros(n, menu.worth.dtype)
    states = States(np.arange(n), box, count, zero, zero.copy(), free, zero - nothing(zero.dtype))
    alive = menu.slots > 0
    for column in [] if locked is None else locked.T:
        new = alive & (column >= 0) & ~(states.box == column[:, None]).any(axis=1)
        place = states.free & (menu.items == column[:, None])
        alive &= ~new | (place.any(axis=1) & (states.count < menu.slots))
        which = np.flatnonzero(new & alive)
        alive[which] = pack(rulebook, menu, states, which, place.argmax(axis=1)[which])
    return states.take(np.flatnonzero(alive))


def _searched(
    rulebook: Rulebook, menu: Menu, states: States, boxes: Boxes, choices: Boxes
) -> list[tuple[Menu, States]]:
    """Bar the choices that no better box can hold, then search rows with about as many choices left together.

    Returns what is still open after some rounds: rows to be tilted anew.
    """
    n_choices, done, left = _shorten(menu, states, choices), -1, []
    for cut in (*CUTS, menu.items.shape[1]):
        some = np.flatnonzero((n_choices > done) & (n_choices <= cut))
        done = cut
        if len(some):
            part, open_ = menu.cut(states.row[some], cut), states.take(some)
            open_.row, open_.free = np.arange(len(some)), open_.free[:, :cut]
            open_ = _search(rulebook, part, _split(rulebook, part, open_, boxes[some], choices[some]))
            left += [(part, open_)] if len(open_.row) else []
    return left


def _shorten(menu: Menu, states: States, choices: Boxes) -> IntArray:
    """Bar choices that no better box can hold; returns how many of the first choices are left to look at.

    A box with choice q is bounded by the relaxed box with q in place of its worst item (or added to it), since the
    boxes of the relaxed rules form an M-convex family (Murota): swapping is enough to reach the best box with q.
    """
    tilted = np.where(choices >= 0, menu.tilted[states.row[:, None], choices], -nothing(menu.tilted.dtype))
    worst = np.where((choices >= 0).any(axis=1), tilted.min(axis=1), 0)
    filled = states.count + (choices >= 0).sum(axis=1) == menu.slots[states.row]
    worst = np.where(filled, worst, np.minimum(worst, 0))
    enough = menu.known(states.row) - states.bound + worst
    states.free &= menu.tilted[states.row] > enough[:, None]
    last: IntArray = (states.free * np.arange(1, states.free.shape[1] + 1)).max(axis=1, initial=0)
    return last


def _search(rulebook: Rulebook, menu: Menu, states: States) -> States:
    """Split states and bound them, round by round; returns those still open after the last round."""
    at_once = max(1, CELLS // menu.items.shape[1])
    for _ in range(ROUNDS):
        if not 0 < len(states.row) < 4 * at_once:
            break
        lots = []
        for lo in range(0, len(states.row), at_once):
            some = states.take(slice(lo, lo + at_once))
            some = some.take(np.flatnonzero(some.bound > menu.known(some.row)))
            lots.append(_split(rulebook, menu, *_bounded(rulebook, menu, some)))
        states = States.join(lots)
    return states


def _bounded(rulebook: Rulebook, menu: Menu, states: States) -> tuple[States, Boxes, Boxes]:
    """States that may still beat the best known box, each with the relaxed box that bounds it and its choices."""
    bound, boxes, choices = states.bound, states.box, np.full(states.box.shape, -1, np.int32)
    alive = _promising(rulebook, menu, states)
    for relaxation in rulebook.relaxations:
        feasible, total, box, choice = relax(rulebook, menu, states, relaxation)
        alive &= feasible
        better = total < bound
        bound = np.where(better, total, bound)
        boxes, choices = np.where(better[:, None], box, boxes), np.where(better[:, None], choice, choices)
        record(rulebook, menu, states, box, choice, feasible)
    states.bound = bound
    keep = np.flatnonzero(alive & (bound > menu.known(states.row)))
    return states.take(keep), boxes[keep], choices[keep]


def _promising(rulebook: Rulebook, menu: Menu, states: States) -> BoolArray:
    """False where no choice of free items can make the packed ones legal."""
    alive = np.ones(len(states.row), bool)
    if rulebook.mates is not None and rulebook.full:
        alive &= _fillable(rulebook, menu, states)
    for span in rulebook.spans:
        packed = span.totals(states.box)
        if span.high is not None:
            alive &= (packed <= span.high).astype(bool)
        if span.low is not None:
            most = np.where(states.free, span.amount[menu.items[states.row]], 0).max(axis=1)
            reach = packed + most * (menu.slots[states.row] - states.count)
            alive &= (reach >= span.low).astype(bool)
    return alive


def _fillable(rulebook: Rulebook, menu: Menu, states: States) -> BoolArray:
    """False where lots of the sizes still free cannot add up to the slots left, e.g. pairs to an odd number."""
    left, lots = menu.slots[states.row] - states.count, rulebook.lots
    lot = menu.labels[rulebook.mates or 0][states.row]
    size = np.where(states.free, np.where(lot >= 0, lots[lot], 1), 0)
    sums = np.zeros((len(left), int(menu.slots.max()) + 1), bool)
    sums[:, 0] = True
    for n in np.unique(np.append(lots, 1)):
        copies = np.minimum((size == n).sum(axis=1), left // n)
        for copy in range(int(copies.max(initial=0))):
            sums[:, n:] |= sums[:, :-n] & (copies > copy)[:, None]
    fillable: BoolArray = sums[np.arange(len(left)), left]
    return fillable


def _split(rulebook: Rulebook, menu: Menu, states: States, boxes: Boxes, choices: Boxes) -> States:
    """Two states for each: one with a well chosen free item packed, one with it barred."""
    choice = _branch(rulebook, menu, states, boxes, choices)
    open_ = np.flatnonzero(choice >= 0)
    with_it, without, picks = states.take(open_), states.take(open_), choice[open_]
    without.free[np.arange(len(open_)), picks] = False
    if rulebook.mates is not None:
        labels = menu.labels[rulebook.mates][without.row]
        lot = labels[np.arange(len(open_)), picks][:, None]
        without.free &= (labels != lot) | (lot < 0)
    fits = pack(rulebook, menu, with_it, np.arange(len(open_)), picks)
    return States.join([with_it.take(np.flatnonzero(fits)), without])


def _branch(rulebook: Rulebook, menu: Menu, states: States, boxes: Boxes, choices: Boxes) -> IntArray:
    """A free choice to decide on, -1 where nothing is left to decide: one that breaks a rule, if there is any."""
    n = np.arange(len(states.row))
    first = states.free.argmax(axis=1)
    picked = np.where(states.free[n, first] & (states.count < menu.slots[states.row]), first, -1)

    def prefer(slots: BoolArray) -> None:
        nonlocal picked
        slots = slots & (choices >= 0)
        picked = np.where(slots.any(axis=1), choices[n, slots.argmax(axis=1)], picked)

    prefer(choices >= 0)
    for g in range(len(rulebook.groupings)):
        prefer(rulebook.over(g, boxes))
    prefer(rulebook.partial(boxes))
    return picked.astype(np.int64)
