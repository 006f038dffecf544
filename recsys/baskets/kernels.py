"""The inner loops over every basket: its pairs, and its wanted sets of three.

Baskets are starts int64 (n_baskets + 1,) and item_idx int64, rising within a basket (recsys/baskets/baskets.py).
"""

from __future__ import annotations

import numpy as np

from recsys.base.rising import position
from recsys.kernels import kernel


@kernel
def pairs_in(starts, item_idx, lo, hi, n_pairs):  # type: ignore[no-untyped-def]
    """Both items of every pair of the baskets lo..hi-1, basket by basket."""
    one, other = np.empty(n_pairs, np.int64), np.empty(n_pairs, np.int64)
    at = 0
    for basket in range(lo, hi):
        for a in range(starts[basket], starts[basket + 1]):
            for b in range(a + 1, starts[basket + 1]):
                one[at], other[at] = item_idx[a], item_idx[b]
                at += 1
    return one, other


@kernel
def triples_in(starts, item_idx, n_items, keys, lo, hi):  # type: ignore[no-untyped-def]
    """Basket and code of every set of three whose pairs are all wanted."""
    baskets, codes = [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)]
    for basket in range(lo, hi):
        for a in range(starts[basket], starts[basket + 1]):
            for b in range(a + 1, starts[basket + 1]):
                pair = position(keys, 0, len(keys), item_idx[a] * n_items + item_idx[b])
                if pair < 0:
                    continue
                for c in range(b + 1, starts[basket + 1]):
                    ends = position(keys, 0, len(keys), item_idx[a] * n_items + item_idx[c])
                    if ends >= 0 and position(keys, 0, len(keys), item_idx[b] * n_items + item_idx[c]) >= 0:
                        baskets.append(np.int64(basket))
                        codes.append(np.int64(pair * n_items + item_idx[c]))
    return np.array(baskets, np.int64), np.array(codes, np.int64)
