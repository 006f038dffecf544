"""Open states of the second opinion's search, and the relaxed box that bounds each of them.

A state is one customer with some items packed, some barred and the rest free. All states are handled as whole arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.problem import IntArray
from optimizer.verify.rulebook import BoolArray, Boxes, Labels, Relaxation, Rulebook

Worth = npt.NDArray[Any]
"""int64, or Python ints (dtype object) where int64 might not hold a sum."""


def nothing(dtype: np.dtype[Any]) -> int:
    """Below the worth of any box; the worth of "no box is legal". Its negative is above any."""
    return -(2**1000) if dtype.kind == "O" else -(2**62)


@dataclass(eq=False)
class Menu:
    """What each customer (row) may choose from, highest `tilted` worth first.

    items    int32 (n_rows, n_choices) item positions
    worth    (n_rows, n_choices) what an item adds to the box
    tilted   (n_rows, n_choices) the same plus what the row pays for the item's amounts in the bands
    offset   (n_rows,) what the bands' limits cost: worth of a legal box <= its tilted worth + offset
    labels   per grouping (n_rows, n_choices)
    slots    (n_rows,)
    owner    (n_rows,) the customer's cell of `best`; several rows may share it
    best     (n_customers,) worth of the best legal box found so far; shared by all menus and only ever raised
    """

    items: Boxes
    worth: Worth
    tilted: Worth
    offset: Worth
    labels: list[Labels]
    slots: IntArray
    owner: IntArray
    best: Worth

    def known(self, rows: IntArray) -> Worth:
        """Worth of the best legal box found so far for the customer of each row."""
        found: Worth = self.best[self.owner[rows]]
        return found

    def cut(self, rows: IntArray, n_choices: int) -> Menu:
        """A copy of some rows, their first choices only."""
        wide = [self.items, self.worth, self.tilted, *self.labels]
        items, worth, tilted, *labels = (array[rows, :n_choices] for array in wide)
        return Menu(items, worth, tilted, self.offset[rows], labels, self.slots[rows], self.owner[rows], self.best)


@dataclass(eq=False)
class States:
    """Open states.

    row     (n,) row of the menu
    box     int32 (n, width) items packed so far, then -1
    count   (n,) how many
    worth   (n,) what they are worth together
    tilted  (n,) the same, tilted
    free    bool (n, n_choices) choices that may still be packed
    bound   (n,) no legal box of this state is worth more
    """

    row: IntArray
    box: Boxes
    count: IntArray
    worth: Worth
    tilted: Worth
    free: BoolArray
    bound: Worth

    def take(self, which: npt.NDArray[Any] | slice) -> States:
        """Some of the states; a copy when `which` is an array."""
        return States(*(getattr(self, field.name)[which] for field in fields(self)))

    @staticmethod
    def join(parts: list[States]) -> States:
        """All states of several lots."""
        return States(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(States)))


def pack(rulebook: Rulebook, menu: Menu, states: States, which: IntArray, picks: IntArray) -> BoolArray:
    """Put one choice each, and all that ships together with it, into the boxes of states[which].

    Bars what the limits then no longer let in. Returns, for each of `which`, whether all of it found a place.
    """
    _put(rulebook, menu, states, which, picks)
    fits = np.ones(len(which), bool)
    if rulebook.mates is None:
        return fits
    lot = menu.labels[rulebook.mates][states.row[which], picks]
    lacking = np.where(lot >= 0, rulebook.lots[lot], 1)
    for _ in range(int(rulebook.lots.max()) - 1):
        packed = (rulebook.groupings[rulebook.mates].labels[states.box[which]] == lot[:, None]).sum(axis=1)
        more = np.flatnonzero((lot >= 0) & (packed < lacking) & fits)
        states_, lots = which[more], lot[more]
        places = states.free[states_] & (menu.labels[rulebook.mates][states.row[states_]] == lots[:, None])
        place = places.argmax(axis=1)
        there = places.any(axis=1) & (states.count[states_] < menu.slots[states.row[states_]])
        fits[more[~there]] = False
        _put(rulebook, menu, states, states_[there], place[there])
    return fits


def _put(rulebook: Rulebook, menu: Menu, states: States, which: IntArray, picks: IntArray) -> None:
    """Put one choice each into the boxes of states[which]; bar what the limits then no longer let in."""
    rows = states.row[which]
    states.box[which, states.count[which]] = menu.items[rows, picks]
    states.count[which] += 1
    states.worth[which] += menu.worth[rows, picks]
    states.tilted[which] += menu.tilted[rows, picks]
    states.free[which, picks] = False
    for g in range(len(rulebook.groupings)):
        _saturate(rulebook, menu, g, states.row, states.box, states.free, which, picks)


def _saturate(
    rulebook: Rulebook, menu: Menu, g: int, row: IntArray, box: Boxes, free: BoolArray, which: IntArray, picks: IntArray
) -> None:
    """Bar all choices with the label just picked where grouping `g` lets no more of them in."""
    grouping = rulebook.groupings[g]
    if not len(grouping.most):
        return
    label = menu.labels[g][row[which], picks]
    there = np.flatnonzero((label >= 0) & (grouping.most[label] <= box.shape[1]))
    label, which = label[there], which[there]
    count = (grouping.labels[box[which]] == label[:, None]).sum(axis=1)
    full = count >= grouping.most[label]
    label, which = label[full], which[full]
    free[which] &= menu.labels[g][row[which]] != label[:, None]


def relax(
    rulebook: Rulebook, menu: Menu, states: States, relaxation: Relaxation
) -> tuple[BoolArray, Worth, Boxes, Boxes]:
    """The best way to fill each state's box under some of the rules.

    Returns whether there is any, the bound it gives (tilted worth + offset), the box, and its new choices per slot.
    """
    row, box, free = states.row, states.box.copy(), states.free.copy()
    choices, count = np.full(box.shape, -1, np.int32), states.count.copy()
    left, feasible = menu.slots[row] - count, np.ones(len(row), bool)

    def pick(which: IntArray, places: IntArray) -> None:
        box[which, count[which]] = menu.items[row[which], places]
        choices[which, count[which]] = places
        free[which, places] = False
        count[which] += 1
        left[which] -= 1
        more = left[which] > 0
        for g in relaxation.caps:
            _saturate(rulebook, menu, g, row, box, free, which[more], places[more])

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
            there &= menu.tilted[row[which], places] > 0
        if not there.any():
            break
        pick(which[there], places[there])
    if rulebook.full:
        feasible &= left == 0
    return feasible, states.tilted + menu.offset[row] + gain(menu.tilted, row, choices), box, choices


def gain(worth: Worth, row: IntArray, choices: Boxes) -> Worth:
    """(n_states,) total worth of some choices of the menu, -1 = none."""
    total: Worth = np.where(choices >= 0, worth[row[:, None], choices], 0).sum(axis=1)
    return total


def record(rulebook: Rulebook, menu: Menu, states: States, boxes: Boxes, choices: Boxes, feasible: BoolArray) -> None:
    """Raise menu.best by those boxes that are legal."""
    worth = states.worth + gain(menu.worth, states.row, choices)
    better = np.flatnonzero(feasible & (worth > menu.known(states.row)))
    good = better[rulebook.legal(boxes[better], menu.slots[states.row[better]])]
    np.maximum.at(menu.best, menu.owner[states.row[good]], worth[good])
