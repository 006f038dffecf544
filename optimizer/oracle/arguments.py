"""What the doors of the search for best boxes are given, and what they write: see optimizer/oracle/best_box.py."""

from __future__ import annotations

from typing import NamedTuple

from optimizer.problem import Bool, Int32, Int64


class Customers(NamedTuple):
    """What the kernels know of some customers beside their items. n customers, K locks, B bands, W slots.

    segment  int32 (n,)  row of the price table
    slots    int32 (n,)  items of a full box
    locked   int32 (n, K)  items that must be in the box, -1 = none
    tilt     int64 (n, B)  band multipliers, a guess that is improved
    last     int32 (n, W) or (n, 0)  boxes to start from, -1 = missing
    """

    segment: Int32
    slots: Int32
    locked: Int32
    tilt: Int64
    last: Int32


class Lists(NamedTuple):
    """Shortlists: item int32 (n, L), -1 = no more; gain int32 (n, L), their utility in micro-points."""

    item: Int32
    gain: Int32


class PriceTable(NamedTuple):
    """price int64 (S, M) in 1/unit micro-points."""

    price: Int64
    unit: int


class Limits(NamedTuple):
    """What a box may hold.

    free  bool (S, M)  items that may come into a box, or (S, 0): all
    stay  bool (S, M)  items that may stay in the box `own`, int32 (N, W)
    """

    free: Bool
    stay: Bool
    own: Int32


class Found(NamedTuple):
    """Written by the doors. n customers asked for, up to K boxes each.

    boxes  int32 (n, K, W)  item positions in the order found, best box first, -1 = missing
    worth  int64 (n, K)  sum of unit * utility - price, less unit * penalty per missing slot
    n_found  int32 (n,)  how many of the K there are; 0 = no legal box
    usage  int64 (S, M)  added to: units in the best boxes
    own, rival, outside  int64 (n,), in a round, where only the best box is wanted; (0,) otherwise. What the box is
        worth before prices, and what other boxes are not worth more than, see optimizer/oracle/standing.py
    """

    boxes: Int32
    worth: Int64
    n_found: Int32
    usage: Int64
    own: Int64
    rival: Int64
    outside: Int64
