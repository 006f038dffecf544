"""A stable sort inside kernels: Numba's own does the same, and takes several times longer to compile than this."""

from __future__ import annotations

import numpy as np

from recsys.kernels import kernel

RUN = 16
"""So many in a row are sorted by insertion; runs of them are merged."""


@kernel
def stable_order(keys):  # type: ignore[no-untyped-def]
    """Positions of the keys in ascending order, equals as they stand: int64 (n,). No key may be NaN."""
    n = len(keys)
    places, spare = np.empty(n, np.int64), np.empty(n, np.int64)
    for lo in range(0, n, RUN):
        for at in range(lo, min(lo + RUN, n)):
            to = at
            while to > lo and keys[places[to - 1]] > keys[at]:
                places[to] = places[to - 1]
                to -= 1
            places[to] = at
    width = RUN
    while width < n:
        for lo in range(0, n, 2 * width):
            middle, end = min(lo + width, n), min(lo + 2 * width, n)
            one, other = lo, middle
            for to in range(lo, end):
                if one < middle and (other >= end or keys[places[one]] <= keys[places[other]]):
                    spare[to] = places[one]
                    one += 1
                else:
                    spare[to] = places[other]
                    other += 1
        places, spare = spare, places
        width *= 2
    return places
