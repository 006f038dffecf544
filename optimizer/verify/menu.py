"""What each customer's box is searched from: her best usable items, and what a box with any of the others is worth."""

from __future__ import annotations

import numpy as np

from optimizer.problem import IntArray
from optimizer.verify.rulebook import BoolArray, Rulebook
from optimizer.verify.states import Menu, Worth, nothing


def usable_items(rulebook: Rulebook, usable: BoolArray) -> BoolArray:
    """A copy that bars items that break a band alone, and items whose mate ("together") is barred."""
    usable = usable.copy()
    for span in rulebook.spans:
        if span.high is not None:
            usable &= (span.amount[:-1] <= span.high).astype(bool)
    for members in _lot_members(rulebook):
        usable[:, members] &= usable[:, members].all(axis=1, keepdims=True)
    return usable


def shared_worth(rulebook: Rulebook, worth: Worth) -> Worth:
    """Worths with that of each lot spread evenly over its items: as it ships whole or not at all, no box's changes.

    Even shares keep a relaxed box from holding the best item of a lot alone.
    """
    worth = worth.copy() if rulebook.mates is not None else worth
    for members in _lot_members(rulebook):
        total = worth[:, members].sum(axis=1)
        worth[:, members] = (total // len(members))[:, None]
        worth[:, members[0]] += total - total // len(members) * len(members)
    return worth


def _lot_members(rulebook: Rulebook) -> list[IntArray]:
    """Items of each lot that ships together."""
    if rulebook.mates is None:
        return []
    return [np.flatnonzero(rulebook.groupings[rulebook.mates].labels == lot) for lot in range(len(rulebook.lots))]


def first_choices(
    rulebook: Rulebook, worth: Worth, usable: BoolArray, slots: IntArray, n_choices: int, known: Worth
) -> tuple[Menu, Worth]:
    """The first usable items of each row, best first; barred ones stand last and fill the rows up.

    Also returns, per row, the most that a box with an item left out may be worth: that of the best item left out, and
    of the best others for all slots but one, whatever the rules say; `nothing` where none is left out.
    """
    rank, lowest = np.where(usable, -worth, -nothing(worth.dtype)), nothing(worth.dtype)
    n_usable = max(1, int(usable.sum(axis=1).max()))
    beyond = np.full(len(worth), lowest, worth.dtype)
    if n_usable <= n_choices:
        items = np.argsort(rank, axis=1)[:, :n_usable].astype(np.int32)
    else:
        part = np.argpartition(rank, n_choices, axis=1)[:, : n_choices + 1].astype(np.int32)
        order = np.argsort(np.take_along_axis(rank, part, axis=1), axis=1)
        items = np.take_along_axis(part, order, axis=1)
        best = -np.take_along_axis(rank, items, axis=1)
        others = np.where(np.arange(n_choices) < slots[:, None] - 1, np.maximum(best[:, :-1], 0), 0).sum(axis=1)
        left_out = (best[:, -1] > lowest) & (slots > 0)
        beyond[left_out] = (best[:, -1] + others)[left_out]
        items = items[:, :-1]
    labels = [grouping.labels[items] for grouping in rulebook.groupings]
    sorted_worth, zero = np.take_along_axis(worth, items, axis=1), np.zeros(len(worth), worth.dtype)
    menu = Menu(items, sorted_worth, sorted_worth, zero, labels, slots, np.arange(len(worth)), known.copy())
    return menu, beyond
