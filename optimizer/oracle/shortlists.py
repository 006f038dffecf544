"""What a machine holds of its customers: for each a short list of good items, the last box, and what found it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.effort import Effort
from optimizer.oracle.standing import Standing
from optimizer.problem import Bool, Int32, Int64


@dataclass(eq=False)
class Shortlists:
    """Per customer, in canonical order. N customers, L places, B bands, W slots.

    item      int32 (N, L)  item positions, -1 = no more
    gain      int32 (N, L)  their utility in micro-points
    tilt      int64 (N, B)  band multipliers that served last
    last      int32 (N, W)  best box of the last round, -1 = missing
    standing  what is known of everyone's best box at the prices of the last round
    spare     places that a list gets for items listed later
    complete  True = every allowed item is listed, so a round over shortlists is a round over all pairs
    made      False = still empty: the next round over all pairs makes them
    """

    item: Int32
    gain: Int32
    tilt: Int64
    last: Int32
    standing: Standing
    spare: int
    complete: bool
    made: bool

    @classmethod
    def empty(cls, n_customers: int, n_items: int, n_bands: int, width: int, effort: Effort) -> Shortlists:
        """Room for lists that are still to be made."""
        places = min(n_items, max(effort.listed, 4 * width + 12) + effort.spare)
        return cls(
            np.full((n_customers, places), -1, np.int32),
            np.zeros((n_customers, places), np.int32),
            np.zeros((n_customers, n_bands), np.int64),
            np.full((n_customers, width), -1, np.int32),
            Standing.unknown(n_customers),
            spare=effort.spare,
            complete=False,
            made=False,
        )

    @classmethod
    def whole(cls, utility: Int32, allowed: Bool, n_bands: int, width: int) -> Shortlists:
        """Lists of every allowed item, by position."""
        n_customers, n_items = utility.shape
        item = np.argsort(~allowed, axis=1, kind="stable").astype(np.int32)
        gain = np.ascontiguousarray(np.take_along_axis(utility, item.astype(np.intp), axis=1))
        item[np.arange(n_items) >= allowed.sum(axis=1)[:, None]] = -1
        tilt = np.zeros((n_customers, n_bands), np.int64)
        last, standing = np.full((n_customers, width), -1, np.int32), Standing.unknown(n_customers)
        return cls(item, gain, tilt, last, standing, spare=0, complete=True, made=True)

    def make_room(self, n_items: int) -> None:
        """See that every list has room for the items of one more box."""
        width = self.last.shape[1]
        if self.item.shape[1] < n_items and self.item.shape[0] and (self.item[:, -width:] >= 0).any():
            more = ((0, 0), (0, self.spare + width))
            self.item = np.pad(self.item, more, constant_values=-1)
            self.gain = np.pad(self.gain, more)
