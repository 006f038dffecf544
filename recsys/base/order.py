"""Events by customer and time, for many millions of them: one pass into customers, then each customer sorted alone."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from recsys.base.stable_sort import stable_order
from recsys.kernels import kernel, parallel

Array = npt.NDArray[Any]


def by_customer(customer_idx: Array, age_days: Array, item_idx: Array, n_customers: int) -> npt.NDArray[np.int64]:
    """Positions of the events by customer, oldest first, ties by item, then by position: int64 (n,).

    The order of np.lexsort((item_idx, -age_days, customer_idx)), several times faster.

    customer_idx, item_idx  int32 (n,) >= 0
    age_days                float32 (n,), finite and >= 0: of such numbers the bits stand in the same order
    """
    starts = np.zeros(n_customers + 1, np.int64)
    np.cumsum(np.bincount(customer_idx, minlength=n_customers), out=starts[1:])
    bits = (np.ascontiguousarray(age_days, np.float32) + np.float32(0)).view(np.uint32)  # -0.0 becomes 0.0
    order = np.empty(len(customer_idx), np.int64)
    _spread(np.ascontiguousarray(customer_idx, np.int32), starts[:-1].copy(), order)
    _sort_each(starts, bits, np.ascontiguousarray(item_idx, np.int32), order)
    return order


@kernel
def _spread(customer, place, order):  # type: ignore[no-untyped-def]
    for at in range(len(customer)):
        order[place[customer[at]]] = at
        place[customer[at]] += 1


@parallel
def _sort_each(starts, bits, item, order):  # type: ignore[no-untyped-def]
    for customer in numba.prange(len(starts) - 1):
        lo, hi = starts[customer], starts[customer + 1]
        if hi - lo < 2:
            continue
        mine = order[lo:hi].copy()
        keys = np.empty(hi - lo, np.uint64)
        for at in range(hi - lo):
            newer = np.uint64(0xFFFFFFFF) - np.uint64(bits[mine[at]])
            keys[at] = (newer << np.uint64(32)) | np.uint64(item[mine[at]])
        places = stable_order(keys)
        for at in range(hi - lo):
            order[lo + at] = mine[places[at]]
