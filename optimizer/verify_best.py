"""The exact worth of every customer's best legal box, for any mix of rules: branch and bound on whole arrays.

A state is one customer with some items packed, some barred and the rest free. All open states of a block are bounded
at once; those that might still beat the customer's best known box are split in two: with one more item, or without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.problem import IntArray
from optimizer.verify_boxes import BoolArray
from optimizer.verify_rules import Boxes, Relaxation, Rulebook

NOTHING = -(2**62)
"""Below the worth of any box; the worth of "no box is legal"."""
CELLS = 4_000_000
"""State x item cells bounded in one go."""
Worth = npt.NDArray[Any]
"""int64, or Python ints (dtype object) where int64 might not hold a sum."""


@dataclass(eq=False)
class Menu:
    """What each customer (row) may choose from, best first.

    items     int32 (n_rows, n_choices) item positions
    worth     (n_rows, n_choices) what an item adds to the box
    labels    per grouping int32 (n_rows, n_choices)
    slots     (n_rows,)
    best      (n_rows,) worth of the best legal box found so far
    """

    items: Boxes
    worth: Worth
    labels: list[npt.NDArray[np.int32]]
    slots: IntArray
    best: Worth

    def rows(self, keep: IntArray, n_choices: int) -> Menu:
        """The menu of some rows, cut to the first choices."""
        labels = [label[keep, :n_choices] for label in self.labels]
        return Menu(
            self.items[keep, :n_choices], self.worth[keep, :n_choices], labels, self.slots[keep], self.best[keep]
        )


@dataclass(eq=False)
class States:
    """Open states: the customer's row, the items packed so far, their worth, and the choices still free."""

    row: IntArray
    box: Boxes
    count: IntArray
    worth: Worth
    free: BoolArray
    bound: Worth

    def take(self, which: npt.NDArray[Any] | slice) -> States:
        """A copy of some states."""
        return States(*(getattr(self, name)[which] for name in ("row", "box", "count", "worth", "free", "bound")))


def best_worths(
    rulebook: Rulebook, worth: Worth, usable: BoolArray, slots: IntArray, locked: Boxes | None, width: int
) -> Worth:
    """Worth of each customer's best legal box, NOTHING where none is legal (only where an empty box is not).

    worth    (n_rows, n_items) what an item adds to a box
    usable   bool (n_rows, n_items)
    slots    int64 (n_rows,) 0..width
    locked   int32 (n_rows, any) items that a box must hold, -1 = none

    An empty box is worth 0; whether it is legal is the caller's business: rows with 0 slots give NOTHING here.
    """
    if not worth.size:
        return np.full(len(worth), NOTHING, worth.dtype)
    usable = _mates(rulebook, usable)
    for band in rulebook.bands:
        if band.high is not None:
            usable = usable & (band.amount <= band.high)
    menu = _menu(rulebook, worth, usable, slots)
    states = _root(rulebook, menu, usable, locked, width)
    _search(rulebook, menu, states)
    return menu.best


def _mates(rulebook: Rulebook, usable: BoolArray) -> BoolArray:
    """Bar items whose mate ("together") is barred."""
    if rulebook.together:
        usable = usable.copy()
    for _ in rulebook.together:
        for pair in rulebook.together:
            usable[:, [pair.i, pair.j]] &= usable[:, [pair.j, pair.i]]
    return usable


def _menu(rulebook: Rulebook, worth: Worth, usable: BoolArray, slots: IntArray) -> Menu:
    order = np.argsort(np.where(usable, -worth, -NOTHING), axis=1)
    longest = max(1, int(usable.sum(axis=1).max()))
    items = order[:, :longest].astype(np.int32)
    labels = [grouping.labels[items] for grouping in rulebook.groupings]
    best = np.full(len(worth), NOTHING, worth.dtype)
    return Menu(items, np.take_along_axis(worth, order[:, :longest], axis=1), labels, slots, best)


def _root(rulebook: Rulebook, menu: Menu, usable: BoolArray, locked: Boxes | None, width: int) -> States:
    """One state per row that may have a box: its locks packed, all other usable items free."""
    n = len(menu.slots)
    free = np.arange(menu.items.shape[1]) < usable.sum(axis=1)[:, None]
    zero = np.zeros(n, menu.worth.dtype)
    states = States(np.arange(n), np.full((n, width), -1, np.int32), np.zeros(n, np.int64), zero, free, zero - NOTHING)
    alive = menu.slots > 0
    for column in [] if locked is None else locked.T:
        new = alive & (column >= 0) & ~(states.box == column[:, None]).any(axis=1)
        place = states.free & (menu.items == column[:, None])
        alive &= ~new | (place.any(axis=1) & (states.count < menu.slots))
        _pack(rulebook, menu, states, np.flatnonzero(new & alive), place.argmax(axis=1))
    return states.take(alive)


def _pack(rulebook: Rulebook, menu: Menu, states: States, which: IntArray, choice: IntArray) -> None:
    """Put choice[which] into the boxes of some states; bar what the limits then no longer let in."""
    rows, picks = states.row[which], choice[which]
    states.box[which, states.count[which]] = menu.items[rows, picks]
    states.count[which] += 1
    states.worth[which] += menu.worth[rows, picks]
    states.free[which, picks] = False
    for g in range(len(rulebook.groupings)):
        _saturate(rulebook, menu, g, states.row, states.box, states.free, which, picks)


def _saturate(
    rulebook: Rulebook,
    menu: Menu,
    g: int,
    row: IntArray,
    box: Boxes,
    free: BoolArray,
    which: IntArray,
    picks: IntArray,
) -> None:
    """Bar all choices with the label just picked where grouping `g` lets no more of them in."""
    grouping = rulebook.groupings[g]
    if not len(grouping.most):
        return
    label = menu.labels[g][row[which], picks]
    count = (grouping.labels[box[which]] == label[:, None]).sum(axis=1)
    filled = (label >= 0) & (count >= grouping.most[label])
    full = which[filled]
    free[full] &= menu.labels[g][row[full]] != label[filled][:, None]


def _search(rulebook: Rulebook, menu: Menu, states: States) -> None:
    """Raise menu.best to the worth of the best legal box of every row."""
    stack = [states]
    at_once = max(1, CELLS // max(1, menu.items.shape[1]))
    while stack:
        states = stack.pop()
        states = states.take(states.bound > menu.best[states.row])
        if len(states.row) > at_once:
            stack += [states.take(slice(at_once, None)), states.take(slice(0, at_once))]
        elif len(states.row):
            stack.append(_split(rulebook, menu, *_bounded(rulebook, menu, states)))


def _bounded(rulebook: Rulebook, menu: Menu, states: States) -> tuple[States, Boxes, Boxes]:
    """States that may still beat the best known box, with the relaxed box that says so and its choices."""
    n = len(states.row)
    bound, boxes, choices = states.bound, states.box, np.full(states.box.shape, -1, np.int32)
    alive = _promising(rulebook, menu, states)
    for relaxation in rulebook.relaxations:
        feasible, total, box, choice = _relax(rulebook, menu, states, relaxation)
        alive &= feasible
        better = total < bound
        bound = np.where(better, total, bound)
        boxes, choices = np.where(better[:, None], box, boxes), np.where(better[:, None], choice, choices)
        good = feasible & rulebook.legal(box, menu.slots[states.row])
        worth = states.worth + _gain(menu.worth, states.row, choice)
        np.maximum.at(menu.best, states.row[good], worth[good])
    states.bound = bound
    keep = np.flatnonzero(alive & (bound > menu.best[states.row])) if n else np.arange(0)
    return states.take(keep), boxes[keep], choices[keep]


def _gain(worth: Worth, row: IntArray, choices: Boxes) -> Worth:
    """(n_states,) total worth of some choices, -1 = none."""
    gain: Worth = np.where(choices >= 0, worth[row[:, None], choices], 0).sum(axis=1)
    return gain


def _promising(rulebook: Rulebook, menu: Menu, states: States) -> BoolArray:
    """False where no choice of free items can make the packed ones legal."""
    alive = np.ones(len(states.row), bool)
    for pair in rulebook.together:
        has_i, has_j = (states.box == pair.i).any(axis=1), (states.box == pair.j).any(axis=1)
        half = np.flatnonzero(has_i ^ has_j)
        mate = np.where(has_i[half], pair.j, pair.i)
        alive[half] &= (states.free[half] & (menu.items[states.row[half]] == mate[:, None])).any(axis=1)
    for band in rulebook.bands:
        amount = band.amount if band.amount.max(initial=0) < 2**40 else band.amount.astype(object)
        packed = np.append(amount, amount.dtype.type(0) if amount.dtype != object else 0)[states.box].sum(axis=1)
        if band.high is not None:
            alive &= (packed <= band.high).astype(bool)
        if band.low is not None:
            most = np.where(states.free, amount[menu.items[states.row]], 0).max(axis=1)
            alive &= (packed + most * (menu.slots[states.row] - states.count) >= band.low).astype(bool)
    return alive


def _relax(
    rulebook: Rulebook, menu: Menu, states: States, relaxation: Relaxation
) -> tuple[BoolArray, Worth, Boxes, Boxes]:
    """The best way to fill each state's box under the relaxed rules: feasible, total worth, box, choices per slot."""
    row, box, free = states.row, states.box.copy(), states.free.copy()
    choices, count = np.full(box.shape, -1, np.int32), states.count.copy()
    left, feasible = menu.slots[row] - count, np.ones(len(row), bool)

    def pick(which: IntArray, places: IntArray) -> None:
        box[which, count[which]] = menu.items[row[which], places]
        choices[which, count[which]] = places
        free[which, places] = False
        count[which] += 1
        left[which] -= 1
        for g in relaxation.caps:
            _saturate(rulebook, menu, g, row, box, free, which, places)

    if relaxation.floor is not None:
        for label, least in rulebook.groupings[relaxation.floor].floors:
            missing = least - (rulebook.groupings[relaxation.floor].labels[box] == label).sum(axis=1)
            feasible &= missing <= left
            for step in range(int(missing.max(initial=0))):
                which = np.flatnonzero(feasible & (missing > step))
                labelled = free[which] & (menu.labels[relaxation.floor][row[which]] == label)
                places = labelled.argmax(axis=1)
                there = labelled[np.arange(len(which)), places]
                feasible[which[~there]] = False
                pick(which[there], places[there])
    for _ in range(int(left.max(initial=0))):
        which = np.flatnonzero(feasible & (left > 0))
        places = free[which].argmax(axis=1)
        there = free[which, places]
        if not rulebook.full:
            there &= menu.worth[row[which], places] > 0
        if not there.any():
            break
        pick(which[there], places[there])
    if rulebook.full:
        feasible &= left == 0
    return feasible, states.worth + _gain(menu.worth, row, choices), box, choices


def _split(rulebook: Rulebook, menu: Menu, states: States, boxes: Boxes, choices: Boxes) -> States:
    """Two states for each: one with a well chosen free item packed, one with it barred."""
    choice = _branch(rulebook, menu, states, boxes, choices)
    open_ = np.flatnonzero(choice >= 0)
    with_it, without = states.take(open_), states.take(open_)
    without.free[np.arange(len(open_)), choice[open_]] = False
    _pack(rulebook, menu, with_it, np.arange(len(open_)), choice[open_])
    both = [
        np.concatenate([getattr(s, name) for s in (with_it, without)])
        for name in ("row", "box", "count", "worth", "free", "bound")
    ]
    return States(*both)


def _branch(rulebook: Rulebook, menu: Menu, states: States, boxes: Boxes, choices: Boxes) -> IntArray:
    """A free choice to decide on, -1 where nothing is left to decide: one that breaks a rule, if there is any."""
    n = len(states.row)
    room = states.count < menu.slots[states.row]
    first = states.free.argmax(axis=1)
    choice = np.where(states.free[np.arange(n), first] & room, first, -1)
    new = choices >= 0
    picked = np.where(new.any(axis=1), choices[np.arange(n), new.argmax(axis=1)], choice)
    for g in range(len(rulebook.groupings)):
        bad = new & rulebook.over(g, boxes)
        picked = np.where(bad.any(axis=1), choices[np.arange(n), bad.argmax(axis=1)], picked)
    for pair in rulebook.together:
        half = (boxes == pair.i).any(axis=1) ^ (boxes == pair.j).any(axis=1)
        bad = new & half[:, None] & ((boxes == pair.i) | (boxes == pair.j))
        picked = np.where(bad.any(axis=1), choices[np.arange(n), bad.argmax(axis=1)], picked)
    return picked.astype(np.int64)
