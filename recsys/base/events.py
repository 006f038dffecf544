"""Events as arrays, and the two matrices made of them: confidences to train on, and profiles to score with.

A confidence is the decayed, signed sum of a customer's events with an item. A profile is the same sum with the newest
events weighted up, because what somebody did last says most about what they do next (docs/recommending.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from recsys.base.order import by_customer

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Events:
    """What customers did, one row per event, in any order.

    customer_idx  int32 (n,)    0..n_customers-1
    item_idx      int32 (n,)    0..n_items-1
    weight        float32 (n,)  signal weight, finite; below zero = a dislike, zero = ignored
    age_days      float32 (n,)  days before the moment of scoring, finite, >= 0

    Raises ValueError when lengths, ranges or values are off; NaN never reaches training.
    """

    customer_idx: Array
    item_idx: Array
    weight: Array
    age_days: Array
    n_customers: int
    n_items: int

    def __post_init__(self) -> None:
        """Check everything once, at the door, and make the arrays read-only."""
        n = len(self.customer_idx)
        for name, dtype in (
            ("customer_idx", np.int32),
            ("item_idx", np.int32),
            ("weight", np.float32),
            ("age_days", np.float32),
        ):
            array = checked(name, getattr(self, name), dtype, n)
            object.__setattr__(self, name, array)
        for name, array, top in (
            ("customer_idx", self.customer_idx, self.n_customers),
            ("item_idx", self.item_idx, self.n_items),
        ):
            outside = (array < 0) | (array >= top)
            if outside.any():
                raise ValueError(
                    f"{name}: expected 0..{top - 1}, got {array[_first(outside)]} at row {_first(outside)}"
                )
        if (self.age_days < 0).any():
            raise ValueError(
                f"age_days: expected >= 0, got {self.age_days.min()}: an event after the moment of scoring"
            )

    def __len__(self) -> int:
        """Number of events."""
        return len(self.customer_idx)

    @cached_property
    def order(self) -> npt.NDArray[np.int64]:
        """Positions of the events by customer, oldest first, ties by item: int64 (n,), sorted once for all who ask."""
        order = by_customer(self.customer_idx, self.age_days, self.item_idx, self.n_customers)
        order.flags.writeable = False
        return order

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return self.n_customers, self.n_items


def checked(name: str, given: Array, dtype: type, n: int) -> Array:
    """A read-only copy of one column; raises ValueError when it has not n entries, or one that is no finite number."""
    array: Array = np.array(given, dtype=dtype, copy=True)
    if array.shape != (n,):
        raise ValueError(f"{name}: expected shape ({n},), got {array.shape}")
    if dtype is np.float32 and not np.isfinite(array).all():
        row = _first(~np.isfinite(array))
        raise ValueError(f"{name}: expected finite numbers, found NaN or infinity at row {row}")
    array.flags.writeable = False
    return array


def _first(mask: Array) -> int:
    return int(np.argmax(mask))


def decay(age_days: Array, half_life_days: float) -> Array:
    """Share of its weight that an event keeps: 0.5 ** (age / half life). float64, 0..1."""
    if not half_life_days > 0:
        raise ValueError(f"half_life_days: expected > 0, got {half_life_days}")
    return np.asarray(0.5 ** (np.asarray(age_days, np.float64) / half_life_days))


def interactions(events: Events, values: Array) -> sp.csr_matrix:
    """Sum `values` (one per event) by customer and item: float32 CSR, sorted, without zeros."""
    summed = sp.coo_matrix(
        (np.asarray(values, np.float64), (events.customer_idx, events.item_idx)), shape=events.shape
    ).tocsr()
    summed.sum_duplicates()
    summed = sp.csr_matrix(summed.astype(np.float32))
    summed.eliminate_zeros()
    summed.sort_indices()
    return summed


def strengths(events: Events, half_life_days: float) -> sp.csr_matrix:
    """Signed strength of every pair that has events: sum of weight x decay, in units of the mean strength.

    Dividing by the mean absolute strength makes `alpha` and `regularization` mean the same whatever the scale of the
    signal weights and the age of the shop.
    """
    matrix = interactions(events, events.weight * decay(events.age_days, half_life_days))
    if matrix.nnz:
        matrix.data /= np.float32(np.abs(matrix.data).mean(dtype=np.float64))
    return matrix


def steps_back(events: Events) -> Array:
    """How many distinct moments of the same customer are newer than each event: int32 (n,), 0 = among the newest.

    Events of one moment (one basket) share a step.
    """
    order = events.order[::-1]
    customer, age = events.customer_idx[order], events.age_days[order]
    new_customer = np.ones(len(order), bool)
    new_customer[1:] = customer[1:] != customer[:-1]
    new_moment = new_customer.copy()
    new_moment[1:] |= age[1:] != age[:-1]
    moment = np.cumsum(new_moment) - 1
    first_moment = np.maximum.accumulate(np.where(new_customer, moment, 0))
    steps = np.empty(len(order), np.int32)
    steps[order] = moment - first_moment
    return steps


def profiles(events: Events, half_life_days: float, step_back: float, floor: float) -> sp.csr_matrix:
    """What each customer is known by when scored: CSR (n_customers, n_items), float32, signed.

    Each event weighs weight x decay x max(step_back ** steps, floor), where `steps` counts newer moments. A row's
    largest absolute value is 1.

    step_back  in (0, 1]; 1 = the order of events does not matter
    floor      in [0, 1]; what the oldest events keep
    """
    if not 0 < step_back <= 1:
        raise ValueError(f"step_back: expected in (0, 1], got {step_back}")
    recency = np.maximum(np.float64(step_back) ** steps_back(events), floor)
    matrix = interactions(events, events.weight * decay(events.age_days, half_life_days) * recency)
    matrix.data /= np.repeat(row_peaks(matrix), np.diff(matrix.indptr))
    return matrix


def row_peaks(matrix: sp.csr_matrix) -> Array:
    """Largest absolute value of each row, 1 for an empty row; float32 (n_rows,)."""
    peaks = np.ones(matrix.shape[0], np.float32)
    filled = np.flatnonzero(np.diff(matrix.indptr))
    if len(filled):
        peaks[filled] = np.maximum.reduceat(np.abs(matrix.data), matrix.indptr[filled])
    return peaks
