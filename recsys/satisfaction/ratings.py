"""Opinions as arrays: which customer likes which item, or not. One opinion per customer and item, the newest.

An opinion is not an event: a purchase says what somebody chose, an opinion how it was after it arrived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.base.events import checked

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Ratings:
    """What customers said of items, at most one row per pair, by customer and item rising.

    customer_idx  int32 (n,)    0..n_customers-1
    item_idx      int32 (n,)    0..n_items-1
    like          float32 (n,)  0 = dislikes it, 1 = likes it, 0.5 = neither
    age_days      float32 (n,)  days before the moment of scoring, finite, >= 0

    Raises ValueError when lengths, ranges, values or the order are off. `newest_opinions` makes one of raw opinions.
    """

    customer_idx: Array
    item_idx: Array
    like: Array
    age_days: Array
    n_customers: int
    n_items: int

    def __post_init__(self) -> None:
        """Check everything once, at the door, and make the arrays read-only."""
        n = len(self.customer_idx)
        for name, dtype in (
            ("customer_idx", np.int32),
            ("item_idx", np.int32),
            ("like", np.float32),
            ("age_days", np.float32),
        ):
            array = checked(name, getattr(self, name), dtype, n)
            object.__setattr__(self, name, array)
        _refuse("customer_idx", self.customer_idx, 0, self.n_customers - 1)
        _refuse("item_idx", self.item_idx, 0, self.n_items - 1)
        _refuse("like", self.like, 0, 1)
        _refuse("age_days", self.age_days, 0, float(np.finfo(np.float32).max))
        key = self.customer_idx.astype(np.int64) * self.n_items + self.item_idx
        if (np.diff(key) <= 0).any():
            at = int(np.argmax(np.diff(key) <= 0)) + 1
            raise ValueError(f"expected one opinion per customer and item, by customer and item rising: see row {at}")

    def __len__(self) -> int:
        """Number of opinions."""
        return len(self.customer_idx)

    def some(self, chosen: npt.NDArray[np.bool_]) -> Ratings:
        """The opinions where `chosen`, bool (n,), of the same customers and items."""
        customers, items = self.customer_idx[chosen], self.item_idx[chosen]
        return Ratings(customers, items, self.like[chosen], self.age_days[chosen], self.n_customers, self.n_items)


def _refuse(name: str, array: Array, low: float, high: float) -> None:
    outside = ~((array >= low) & (array <= high))
    if outside.any():
        at = int(np.argmax(outside))
        raise ValueError(f"{name}: expected {low:g}..{high:g}, got {array[at]} at row {at}")


def newest_opinions(
    customer_idx: Array, item_idx: Array, like: Array, age_days: Array, n_customers: int, n_items: int
) -> Ratings:
    """Of several opinions of one pair the newest; the mean of those that are equally new. Any order of rows."""
    age = np.asarray(age_days, np.float64)
    pair = np.asarray(customer_idx, np.int64) * n_items + np.asarray(item_idx, np.int64)
    order = np.lexsort((like, age, pair))
    pair, age = pair[order], age[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1)) if len(pair) else np.zeros(0, np.int64)
    length = np.diff(np.append(starts, len(pair)))
    as_new = age == np.repeat(age[starts], length)
    likes = np.add.reduceat(np.asarray(like, np.float64)[order] * as_new, starts) if len(pair) else np.zeros(0)
    number = np.add.reduceat(as_new, starts, dtype=np.int64) if len(pair) else np.ones(0)
    columns = (pair[starts] // max(n_items, 1), pair[starts] % max(n_items, 1), likes / number, age[starts])
    return Ratings(*columns, n_customers, n_items)
