"""From parts on their own scales to one documented score in 0..1, comparable between customers.

Each part is standardised per customer over the same reference items, the parts are averaged with their weights, and
the average is squashed: 0.5 is an item that is average for this customer, higher is better, 1 is never reached.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

PERSONAL = ("affinity", "preferences", "attributes", "neighbours", "sequence", "ease")
"""The parts that know the customer, in the order of every array of parts."""
OF_NEW = PERSONAL[:3]
"""Those that items without events have too."""
OF_COLD = PERSONAL[:2]
"""Those that customers without events have too."""


@dataclass(frozen=True)
class PartWeights:
    """One weight per part, each >= 0.

    affinity     factors (fitted, or mapped from attributes or profile)
    preferences  what attributes people like the customer choose next
    attributes   cosine of attributes with the customer's past items
    neighbours   items chosen by the same customers as the past items
    sequence     items chosen after the latest items
    ease         items that all past items together point to
    popularity   recent popularity; for items without events, predicted from attributes
    """

    affinity: float = 0.0
    preferences: float = 0.0
    attributes: float = 0.0
    neighbours: float = 0.0
    sequence: float = 0.0
    ease: float = 0.0
    popularity: float = 0.0

    def __post_init__(self) -> None:
        """Refuse weights below zero."""
        if min(self.all) < 0:
            raise ValueError(f"weights: expected >= 0, got {self.all}")

    @property
    def all(self) -> tuple[float, ...]:
        """The weights in the order of PERSONAL, then popularity."""
        return tuple(float(getattr(self, field.name)) for field in fields(self))

    @property
    def personal(self) -> Floats:
        """float32 (6,) in the order of PERSONAL."""
        return np.array(self.all[:-1], np.float32)


@dataclass(frozen=True)
class Weights:
    """The weights of the parts in three cases.

    All are divided by the sum of `known`, so that with less knowledge scores stay closer to 0.5.

    known  customers and items with events
    new    customers with events, items without: affinity, preferences, attributes, popularity
    cold   customers without events: affinity, preferences, popularity (of items without events: the one of `new`)

    An item of few events stands between `known` and `new` (how_known).
    """

    known: PartWeights
    new: PartWeights
    cold: PartWeights

    def __post_init__(self) -> None:
        """Weights that are all zero mean nothing."""
        if self.total <= 0:
            raise ValueError(f"weights: expected a positive sum, got {self.known.all}")

    @classmethod
    def of(cls, **weights: float) -> Weights:
        """The same weights in all three cases."""
        same = PartWeights(**weights)
        return cls(same, same, same)

    @property
    def total(self) -> float:
        """What a weighted sum is divided by."""
        return sum(self.known.all)


PACKING = Weights(
    known=PartWeights(affinity=1.0, preferences=0.3, attributes=0.7, neighbours=0.7, sequence=0.5, ease=0.3),
    new=PartWeights(affinity=1.0, preferences=1.0, attributes=0.7),
    cold=PartWeights(affinity=1.0, preferences=0.7, popularity=0.5),
)
"""Which customers should get this item: personal parts only. The price of stock already stands for popularity."""

LISTS = Weights(
    known=PartWeights(
        affinity=1.0, preferences=0.3, attributes=0.7, neighbours=0.7, sequence=0.5, ease=0.3, popularity=1.0
    ),
    new=PartWeights(affinity=1.0, preferences=1.0, attributes=0.7, popularity=0.25),
    cold=PartWeights(affinity=1.0, preferences=0.7, popularity=1.0),
)
"""Which items should this customer see: popularity helps."""


HALF_KNOWN = 1.0
"""So many customers must have liked an item until it weighs half as a known one. 3 ranks first ratings a little better
(benchmarks/public_first.py), but lists change more from night to night (docs/recommending.md)."""


def how_known(n_customers: npt.NDArray[np.integer], half: float = HALF_KNOWN) -> Floats:
    """0 for an item that nobody liked, nearer to 1 with each who did: n / (n + half), float32 (n_items,).

    An item has weights of `known` by this share and of `new` by the rest, so that its first event does not move it from
    one place in every list to quite another.
    """
    n = np.asarray(n_customers, np.float64)
    return (n / (n + half)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and standard deviation of the personal parts of each customer over the reference items.

    mean   float32 (n_parts, n_customers), in the order of PERSONAL; scale likewise, > 0, infinite where the part says
           nothing (all values equal)
    """

    mean: Floats
    scale: Floats


def squash(t: npt.NDArray[np.floating]) -> Floats:
    """0.5 + 0.5 t / (1 + |t|): rising, never flat, inside (0, 1) for finite t. t is counted in standard deviations."""
    t = np.asarray(t, np.float32)
    return np.asarray(np.float32(0.5) + np.float32(0.5) * t / (1 + np.abs(t)), np.float32)


def unsquash(score: npt.NDArray[np.floating]) -> Floats:
    """The t of a score in (0, 1)."""
    s = 2 * np.asarray(score, np.float32) - 1
    return np.asarray(s / (1 - np.abs(s)), np.float32)


LEAST_SPREAD = 1e-30
"""A part whose scores lie closer together than this says nothing; one over it would be too large for a float32."""


def moments_of(values: Floats, present: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean and scale of each row over the present columns: float32 (n,) both; scale = inf where all are about equal."""
    if not present.any():
        n = len(values)
        return np.zeros(n, np.float32), np.full(n, np.inf, np.float32)
    seen = values[:, present].astype(np.float64)
    mean, scale = seen.mean(axis=1), seen.std(axis=1)
    flat = scale <= np.maximum(1e-6 * np.abs(seen).max(axis=1), LEAST_SPREAD)
    return mean.astype(np.float32), np.where(flat, np.inf, scale).astype(np.float32)


def standard_scores(values: npt.NDArray[np.floating], present: npt.NDArray[np.bool_]) -> Floats:
    """(value - mean) / standard deviation over the present entries, 0 elsewhere: float32 (n,)."""
    mean, scale = moments_of(np.asarray(values, np.float32)[None, :], present)
    out: Floats = ((np.asarray(values, np.float32) - mean) / scale).astype(np.float32)
    return np.where(present, out, np.float32(0)).astype(np.float32)
