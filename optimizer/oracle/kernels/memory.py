"""One thread's working memory for the search of a best box: one int64 table, and names for its rows and places.

Kernels pass two tables of int64 to each other and little else: `s`, this memory, and `r`, the sheet of rules
(optimizer/oracle/box_rules.py). A call costs time for every array that it is given; a named tuple of twenty arrays made
the calls dearer than the work. Both are read as table[ROW, place].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.kernels import maker
from optimizer.problem import Int64

Whole = Any  # an int64 of a kernel: Python's checker sees int and np.int64 mixed
NEVER = -(2**62)
"""Worth of a box that does not exist."""
ZERO, ONE, NONE = np.int64(0), np.int64(1), np.int64(-1)  # a bare 0 or -1 would be compiled for itself

# Rows of the working memory. It holds nothing over from one customer to the next.
STATE = 0  # the numbers below
WORTH_OF = 1  # worth of each listed item; a bundle's is spread evenly over its members
RELAXED_OF = 2  # worth plus band multipliers times amounts
PREFIX = 3  # sums of relaxed worth along ORDER
RAW = 4  # worth of every item, listed or not (NEVER = not allowed)
USABLE = 5  # 1 = listed, and may be ranked
INSIDE = 6  # 1 = in the box
LIST = 7  # the listed items, in any order
ORDER = 8  # items ranked so far: relaxed worth falling, position rising
LEADER = 9  # rank of the first member of each bundle, -1 = not ranked yet
COUNT, EXTRA = 10, 11  # items of each group in the box; in the scan on top of it
TOTAL, IN_SCAN, MULTIPLIER = 12, 13, 14  # of each band: amount in the box, amount with the scan's items, multiplier
BOX, PICK = 15, 16  # items of the box, of the scan
RANK_AT, SIZE_AT = 17, 18  # of each depth of the search
LAST_MULTIPLIER = 19  # of each band, when the list was last ranked
BEST = 20  # and on: the best boxes found, worth falling: worth, then items

# Places in row STATE
RANKED, ALL = 0, 1  # items ranked; are these all?
SIZE, WORTH, RELAXED = 2, 3, 4  # of the box
FOUND, PICKED = 5, 6  # boxes found; items of the scan
FAMILY = 7  # the family of rules that bounds best
ARRANGED = 8  # 1 = RELAXED_OF and ORDER are for LAST_MULTIPLIER
LISTED = 9  # items listed
KEEP, WIDTH = 10, 11  # boxes to find, slots of a box
FLOOR = 12  # worth of a box known to be legal: at least so much will be found
ROUND = 13  # 1 = the best box is wanted, and a bound on all others
RIVAL, OUTSIDE = 14, 15  # that bound, of boxes of listed items and of boxes with one off the list
OTHERS = 16  # no box with an item is worth more than this and the item's relaxed worth


@maker
def working_memory(r: Int64, width: int, keep: int, a_round: bool) -> Int64:
    """Working memory for boxes of up to `width` items, of which the best `keep` are wanted.

    a_round   the best one is wanted, and a bound on all others: two are kept
    """
    keep = 2 if a_round else keep
    s = np.zeros((BEST + keep, max(OTHERS + 1, r.shape[1], width + 2)), np.int64)
    s[STATE, KEEP], s[STATE, WIDTH], s[STATE, ROUND] = keep, width, a_round
    return s
