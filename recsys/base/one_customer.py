"""What one customer can add: what she gave back is taken from what she chose, and only so many of her events count.

A crawler with 100,000 views is one customer, and so is a company that orders the same thing 3,000 times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.base.often import may_be_over
from recsys.kernels import kernel

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
LEAST = 1e-9
"""A smaller weight is what rounding left of nothing."""


@dataclass(frozen=True, eq=False)
class Done:
    """What customers did, one row per event, in any order.

    pair      int64 (n,)    a number for each customer and item together
    age_days  float64 (n,)  days before the moment of scoring; events of one day count as one moment for taking back
    weight    float64 (n,)
    kind      int (n,)      what was done; only to order equal events
    """

    pair: Array
    age_days: Array
    weight: Array
    kind: Array

    def some(self, rows: Array) -> Done:
        """The events of these rows."""
        return Done(self.pair[rows], self.age_days[rows], self.weight[rows], self.kind[rows])


def taken_back(done: Done, takes: Mask, had: Mask) -> tuple[Array, Mask]:
    """What is left of each event's weight, float64 (n,), and which events are undone, bool (n,).

    takes  events that take back. Their weight, below zero, is taken from the same customer's events with that item that
           are not later: from those of `had` first, the newest before the older. What finds nothing to take from stays.
           And each undoes the newest of `had` that is not undone, whatever the weights
    had    events after which she has the item
    """
    left, undone = np.array(done.weight, np.float64), np.zeros(len(done.weight), bool)
    if not takes.any():
        return left, undone
    rows = np.flatnonzero(np.isin(done.pair, np.unique(done.pair[takes])))
    some = done.some(rows)
    day = np.ceil(some.age_days)
    rows = rows[np.lexsort((some.kind, some.weight, -some.age_days, takes[rows], -day, some.pair))]
    weight, gone = left[rows], undone[rows]
    _take(done.pair[rows], takes[rows], had[rows], weight, gone)
    left[rows], undone[rows] = weight, gone
    return left, undone


@kernel
def _take(pair, takes, had, left, undone):  # type: ignore[no-untyped-def]
    """Rows by pair, oldest first. Stacks of a pair's earlier rows: had or not, with weight left; had and not undone."""
    owned, others, standing = (
        np.empty(len(pair), np.int64),
        np.empty(len(pair), np.int64),
        np.empty(len(pair), np.int64),
    )
    n_owned = n_others = n_standing = 0
    for row in range(len(pair)):
        if row > 0 and pair[row] != pair[row - 1]:
            n_owned = n_others = n_standing = 0
        if takes[row]:
            due = -left[row]
            while due > LEAST and n_owned + n_others > 0:
                top = owned[n_owned - 1] if n_owned > 0 else others[n_others - 1]
                used = min(due, left[top])
                left[top] -= used
                due -= used
                if left[top] <= LEAST:
                    left[top] = 0
                    if n_owned > 0:
                        n_owned -= 1
                    else:
                        n_others -= 1
            left[row] = -due if due > LEAST else 0
            if n_standing > 0:
                n_standing -= 1
                undone[standing[n_standing]] = True
        elif left[row] > 0:
            if had[row]:
                owned[n_owned] = row
                n_owned += 1
                standing[n_standing] = row
                n_standing += 1
            else:
                others[n_others] = row
                n_others += 1


def counted(done: Done, n_items: int, per_product: int, per_customer: int) -> Mask:
    """Which events count: bool (n,).

    Of one customer with one item, the `per_product` weightiest above zero and one below: a sum is never below what one
    dislike is. Of one customer in all, the `per_customer` newest of those. Of equal events the newest count.

    n_items  pair // n_items is the customer
    """
    keep: Mask = done.weight != 0
    for sign, most in ((1.0, per_product), (-1.0, 1)):
        rows = np.flatnonzero(sign * done.weight > 0)
        rows = rows[may_be_over(done.pair[rows], most)]
        some = done.some(rows)
        order = np.lexsort((some.kind, some.age_days, -sign * some.weight, some.pair))
        keep[rows[order[_place(some.pair[order]) >= most]]] = False
    rows = np.flatnonzero(keep)
    rows = rows[may_be_over(done.pair[rows] // n_items, per_customer)]
    some = done.some(rows)
    order = np.lexsort((some.pair, some.kind, -some.weight, some.age_days, some.pair // n_items))
    keep[rows[order[_place(some.pair[order] // n_items) >= per_customer]]] = False
    return keep


def newest(customer_idx: Array, age_days: Array, most: int) -> Mask:
    """Which rows are among the `most` newest of their customer: bool (n,); of equally new ones the first rows are."""
    keep = np.ones(len(customer_idx), bool)
    rows = np.flatnonzero(may_be_over(customer_idx, most))
    order = np.lexsort((rows, age_days[rows], customer_idx[rows]))
    keep[rows[order[_place(customer_idx[rows][order]) >= most]]] = False
    return keep


def _place(codes: Array) -> npt.NDArray[np.int64]:
    """The place of each row among those of its code, from 0; equal codes stand together."""
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    lengths = np.diff(np.append(starts, len(codes)))
    return np.asarray(np.arange(len(codes)) - np.repeat(starts, lengths), np.int64)
