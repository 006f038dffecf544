"""Which baskets hold each wanted set, and what is in them beside it: set by set, so that its counts stay in the cache.

Baskets are starts int64 (n_baskets + 1,) and item_idx int64, rising within a basket (recsys/baskets/baskets.py).
"""

from __future__ import annotations

import numpy as np

from recsys.base.rising import position
from recsys.kernels import kernel


@kernel
def sets_in(starts, item_idx, lo, hi, pairs, pair_set, triples, triple_set, place, of_set):  # type: ignore[no-untyped-def]
    """Find every wanted set in each of the baskets lo..hi-1: write the basket to of_set[place[set]], and go on by one.

    pairs    row starts by the first item, and the rising second items: which leads there are, by position
    triples  row starts by lead, and the rising third items
    pair_set, triple_set  the set that each position is, -1 = none
    of_set   int32; of length 0 = only count, in `place`
    """
    (pair_rows, seconds), (triple_rows, thirds) = pairs, triples
    writes = len(of_set) > 0
    for basket in range(lo, hi):
        end = starts[basket + 1]
        for a in range(starts[basket], end):
            row, row_end = pair_rows[item_idx[a]], pair_rows[item_idx[a] + 1]
            for b in range(a + 1, end):
                if row == row_end:
                    break
                pair = position(seconds, row, row_end, item_idx[b])
                if pair < 0:
                    continue
                row, one = pair + 1, pair_set[pair]
                if one >= 0:
                    if writes:
                        of_set[place[one]] = basket
                    place[one] += 1
                third, third_end = triple_rows[pair], triple_rows[pair + 1]
                for c in range(b + 1, end):
                    if third == third_end:
                        break
                    triple = position(thirds, third, third_end, item_idx[c])
                    if triple < 0:
                        continue
                    third, one = triple + 1, triple_set[triple]
                    if writes:
                        of_set[place[one]] = basket
                    place[one] += 1


@kernel
def tally_others(  # type: ignore[no-untyped-def]
    starts,
    item_idx,
    members,
    rows,
    baskets,
    n_items,
    first,
    end,
    customer,
    age,
    portion,
    cells,
    n_found,
    items,
    counts,
    sums,
):
    """Fill the first n_found[set] cells from cells[set]: items in no order, who bought them with it, decayed sum.

    Of a customer, whose baskets stand together and the newest first, only the first counts.
    portion  int64 (n_baskets,) portion of customers that each basket belongs to: summed within, then over portions
    """
    last, within, count = np.full(n_items, -1, np.int64), np.full(n_items, -1, np.int64), np.zeros(n_items, np.int64)
    total, part = np.zeros(n_items), np.zeros(n_items)
    for one in range(first, end):
        m0, m1, m2, cell = members[one, 0], members[one, 1], members[one, 2], cells[one]
        for at in range(rows[one], rows[one + 1]):
            basket = baskets[at]
            who = customer[basket]
            for place in range(starts[basket], starts[basket + 1]):
                item = item_idx[place]
                if last[item] == who or item in (m0, m1, m2):
                    continue
                if last[item] < 0:
                    items[cell] = item
                    cell += 1
                if within[item] != portion[basket]:
                    total[item] += part[item]
                    part[item], within[item] = 0.0, portion[basket]
                last[item] = who
                count[item] += 1
                part[item] += age[basket]
        n_found[one] = cell - cells[one]
        for at in range(cells[one], cell):
            item = items[at]
            counts[at], sums[at] = count[item], total[item] + part[item]
            last[item], within[item], count[item], total[item], part[item] = -1, -1, 0, 0.0, 0.0
