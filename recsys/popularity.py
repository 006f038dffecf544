"""How much an item is wanted lately: the decayed number of customers' positive events."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.events import Events, decay


def recent_popularity(events: Events, half_life_days: float) -> npt.NDArray[np.float64]:
    """Sum of weight x decay over positive events, per item: float64 (n_items,), >= 0, 0 = nobody."""
    liked = np.maximum(events.weight, 0).astype(np.float64) * decay(events.age_days, half_life_days)
    return np.bincount(events.item_idx, liked, minlength=events.n_items).astype(np.float64)


def segment_popularity(
    events: Events, customer_segment: npt.NDArray[np.integer], n_segments: int, half_life_days: float
) -> npt.NDArray[np.float64]:
    """The same within segments of customers: float64 (n_segments, n_items).

    customer_segment  (n_customers,) 0..n_segments-1, -1 = in no segment
    """
    segment = np.asarray(customer_segment)[events.customer_idx]
    inside = segment >= 0
    liked = np.maximum(events.weight, 0).astype(np.float64) * decay(events.age_days, half_life_days)
    cell = segment[inside].astype(np.int64) * events.n_items + events.item_idx[inside]
    flat = np.bincount(cell, liked[inside], minlength=n_segments * events.n_items)
    return flat.reshape(n_segments, events.n_items).astype(np.float64)
