"""What of the events counts: what was given back does not, and of one customer only as much as [limits] allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from jobs.config.kinds import takes_back
from jobs.inputs.heavy_accounts import most_at_once
from jobs.learning.event_kinds import owns
from recsys.base.one_customer import Done, counted, taken_back

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Counting:
    """What of each event counts.

    weight  float64 (n,)  what is left of its signal weight, bounded, when what was given back is taken from it
    undone  bool (n,)     a purchase that was given back: it is no sale, and the customer does not have it
    counts  bool (n,)     it is within the bounds of [limits], and something of it is left
    """

    weight: npt.NDArray[np.float64]
    undone: npt.NDArray[np.bool_]
    counts: npt.NDArray[np.bool_]


def within(campaign: Campaign, kinds: tuple[str, ...], kind: Array, customer: Array, weight: Array) -> Array:
    """The weights, those of values that lie farther from their centre than counts drawn in: float64 (n,)."""
    bounded = np.array(weight, np.float64)
    for code, name in enumerate(kinds):
        signal = campaign.signals[name]
        if signal.centre is not None and signal.weight != 0:
            rows = np.flatnonzero(kind == code)
            scale = abs(signal.weight)
            most = scale * most_at_once(customer[rows], np.abs(bounded[rows]) / scale, campaign.limits.per_product)
            bounded[rows] = np.clip(bounded[rows], -most, most)
    return bounded


def counting(
    campaign: Campaign, kinds: tuple[str, ...], kind: Array, pair: Array, weight: Array, age_days: Array, n_items: int
) -> Counting:
    """Look at events one by one, and at each customer's together.

    kind  position in `kinds`; pair: customer x n_items + item; weight: signal weight, not 0
    """
    weight = within(campaign, kinds, kind, pair // max(n_items, 1), weight)
    done = Done(pair, age_days, weight, kind)
    signals = [campaign.signals[name] for name in kinds]
    takes = np.array([takes_back(name, one) for name, one in zip(kinds, signals, strict=True)] + [False])
    had = np.array([owns(name, one) and one.centre is None for name, one in zip(kinds, signals, strict=True)] + [False])
    left, undone = taken_back(done, takes[kind], had[kind])
    limits = campaign.limits
    counts = counted(Done(pair, age_days, left, kind), max(n_items, 1), limits.per_product, limits.per_customer)
    return Counting(left, undone, counts)
