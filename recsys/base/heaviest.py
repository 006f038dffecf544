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
    columns = (events.order, events.item_idx, events.weight, np.ascontiguousarray(kind, np.int16))
    wanted = (np.ascontiguousarray(customer_idx, np.int32), np.ascontiguousarray(item_idx, np.int32))
    _heaviest(*columns, starts, *wanted, found)
    return found


@kernel
def _heaviest(order, item, weight, kind, starts, of_customer, of_item, found):  # type: ignore[no-untyped-def]
    """Only the customer's own events are looked through, order[starts[c]:starts[c + 1]]."""
    for pair in range(len(of_customer)):
        best, any_found = np.float32(0), False
        for at in range(starts[of_customer[pair]], starts[of_customer[pair] + 1]):
            event = order[at]
            if item[event] != of_item[pair]:
                continue
            heavier = not any_found or weight[event] > best
            if heavier or (weight[event] == best and kind[event] < found[pair]):
                best, found[pair] = weight[event], kind[event]
            any_found = True
