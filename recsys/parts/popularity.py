"""How much an item is wanted lately: the decayed number of positive events, of all customers or of segments."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.base.events import Events, decay


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


def shrunk_shares(
    counted: npt.NDArray[np.float64], everyone: npt.NDArray[np.float64], k: int, head_start: float
) -> npt.NDArray[np.float64]:
    """Each item's share of a segment's events, drawn towards its share of everyone's: float64 (n_segments, n_items).

    With n_i the events of a segment, N their sum and p_i the item's share of everyone's: (n_i + m p_i) / (N + m), the
    mean of a Dirichlet with m events given beforehand, spread as everyone's are. m is chosen so that `head_start` of
    them go to the k-th best seller of all (or to the last item that sells at all, where fewer than k do). Then a few
    chance events of a segment do not reach the head of a list of k, however large the catalogue is.

    counted   float64 (n_segments, n_items) >= 0; everyone (n_items,) likewise
    """
    total = everyone.sum()
    if total <= 0:
        return np.zeros_like(counted)
    share = everyone / total
    falling = np.sort(share[share > 0])[::-1]
    m = head_start / falling[min(k, len(falling)) - 1]
    return np.asarray((counted + m * share) / (counted.sum(axis=1, keepdims=True) + m), np.float64)
