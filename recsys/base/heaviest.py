"""Which event of a customer with an item weighs most: asked for many pairs, over many millions of events."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.base.events import Events
from recsys.kernels import kernel

Array = npt.NDArray[Any]


def heaviest_kind(events: Events, kind: Array, customer_idx: Array, item_idx: Array) -> npt.NDArray[np.int16]:
    """Kind of the event of largest weight of each pair, the lowest kind where several weigh as much; 0 without events.

    kind  int16 (n_events,) >= 0, beside the events; customer_idx, item_idx (n_pairs,)
    """
    starts = np.zeros(events.n_customers + 1, np.int64)
    np.cumsum(np.bincount(events.customer_idx, minlength=events.n_customers), out=starts[1:])
    found = np.zeros(len(customer_idx), np.int16)
    columns = (events.customer_idx, events.item_idx, events.weight, np.ascontiguousarray(kind, np.int16))
    wanted = (np.ascontiguousarray(customer_idx, np.int32), np.ascontiguousarray(item_idx, np.int32))
    _heaviest(*columns, starts, *wanted, found)
    return found


@kernel
def _heaviest(customer, item, weight, kind, starts, of_customer, of_item, found):  # type: ignore[no-untyped-def]
    """Events are put together by customer; of each pair only hers are looked through."""
    place, order = starts[:-1].copy(), np.empty(len(customer), np.int64)
    for at in range(len(customer)):
        order[place[customer[at]]] = at
        place[customer[at]] += 1
    for pair in range(len(of_customer)):
        best, n = np.float32(0), 0
        for at in range(starts[of_customer[pair]], starts[of_customer[pair] + 1]):
            event = order[at]
            if item[event] != of_item[pair]:
                continue
            heavier = n == 0 or weight[event] > best
            if heavier or (weight[event] == best and kind[event] < found[pair]):
                best, found[pair] = weight[event], kind[event]
            n += 1
