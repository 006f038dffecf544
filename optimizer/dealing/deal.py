"""Families are dealt among the boxes of one customer, each to one box, so that no two of her boxes share any.

The best families go where the boxes can be filled with them, the others in proportion to slots. After the deal the
boxes are problems of their own, and everything that is proved of them holds for this division.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.dealing.kernels import deal_people
from optimizer.problem import Bool, GroupLimit, Int32, Int64


@dataclass(frozen=True, eq=False)
class Hands:
    """The boxes to deal to, one row each; those of one person stand side by side.

    first    int64 (n_people + 1,) first row of each person
    utility  int32 (n_rows, n_items)
    allowed  bool (n_rows, n_items): may be packed, but for the other boxes
    stocked  bool (n_rows, n_items): allowed, and the box's warehouse has a unit
    slots    int32 (n_rows,)
    locked   int32 (n_rows, any) item positions, -1 = none; no two rows of a person lock the same family
    """

    first: Int64
    utility: Int32
    allowed: Bool
    stocked: Bool
    slots: Int32
    locked: Int32


def deal(hands: Hands, family: Int32, groups: Sequence[GroupLimit]) -> Int32:
    """Whose each family is: int32 (n_people, n_families), the number of the box (0 = her first), -1 = nobody's.

    family  int32 (n_items,) 0..n_families - 1
    groups  the limits on one box; that on families left out

    Families are taken in order of what they are worth, and each is put into a box with room for it, where need be by
    moving others from box to box: without groups no division fills more slots, nor is any worth more where the items
    of a family are worth the same to every box that may have them. Then each box gets, in proportion to its slots, of
    what is left, group by group. A family that one box alone may have goes there.
    """
    n_families = int(family.max(initial=-1)) + 1
    out = np.full((len(hands.first) - 1, n_families), -1, np.int32)
    deal_people(
        hands.first, hands.utility, hands.allowed, hands.stocked, hands.slots, hands.locked, family,
        *_limits(groups, len(family)), out,
    )  # fmt: skip
    return out


def _limits(groups: Sequence[GroupLimit], n_items: int) -> tuple[Int32, Int64, Int64]:
    """Labels numbered through all groups, int32 (n_groups, n_items), -1 = none; most and least of each label."""
    labels = np.full((len(groups), n_items), -1, np.int32)
    starts = np.cumsum([0, *(group.n_groups for group in groups)])
    for number, group in enumerate(groups):
        labels[number] = np.where(group.labels >= 0, group.labels + starts[number], -1)
    none: list[Int64] = [np.zeros(0, np.int64)]
    most, least = [group.most for group in groups], [group.least for group in groups]
    return labels, np.concatenate(none + most), np.concatenate(none + least)
