"""From parts on their own scales to one documented score in 0..1, comparable between customers.

Each part is standardised per customer over the same reference items, the parts are averaged with the weights of a mix,
and the average is squashed: 0.5 is an item that is average for this customer, higher is better, 1 is never reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

PARTS = ("affinity", "neighbours", "attributes", "popularity")


@dataclass(frozen=True)
class Mix:
    """Weights of the parts; only their ratios matter, except that a part that is missing pulls towards 0.5.

    affinity         factors (fitted, or mapped from attributes or profile)
    neighbours       items chosen by the same customers as her past items
    attributes       cosine of attributes with her past items
    popularity       recent popularity, for customers with events
    cold_popularity  the same, for customers without events
    new_popularity   weight of the popularity predicted from attributes, for items without events
    """

    affinity: float = 1.0
    neighbours: float = 0.7
    attributes: float = 0.7
    popularity: float = 0.0
    cold_popularity: float = 0.5
    new_popularity: float = 0.0

    def __post_init__(self) -> None:
        """Weights are shares of an average: none below zero, not all of them zero."""
        weights = (
            self.affinity,
            self.neighbours,
            self.attributes,
            self.popularity,
            self.cold_popularity,
            self.new_popularity,
        )
        if min(weights) < 0 or self.total <= 0:
            raise ValueError(f"mix: expected weights >= 0 with a positive sum, got {weights}")

    @property
    def total(self) -> float:
        """What a weighted sum is divided by: the weights of a warm customer and a warm item."""
        return self.affinity + self.neighbours + self.attributes + self.popularity


PACKING = Mix()
"""Which customers should get this item: personal parts only. The price of stock already stands for popularity."""

LISTS = Mix(popularity=1.0, new_popularity=0.25)
"""Which items should this customer see: popularity helps."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and standard deviation of the personal parts of each customer over the reference items.

    mean   float32 (3, n_customers); scale likewise, > 0, infinite where the part says nothing (all values equal)
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


def moments_of(values: Floats, present: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean and scale of each row over the present columns: float32 (n,), (n,); scale = inf where all are equal."""
    if not present.any():
        n = len(values)
        return np.zeros(n, np.float32), np.full(n, np.inf, np.float32)
    seen = values[:, present].astype(np.float64)
    mean, scale = seen.mean(axis=1), seen.std(axis=1)
    flat = scale <= 1e-6 * np.abs(seen).max(axis=1)
    return mean.astype(np.float32), np.where(flat, np.inf, scale).astype(np.float32)


def standard_scores(values: npt.NDArray[np.floating], present: npt.NDArray[np.bool_]) -> Floats:
    """(value - mean) / standard deviation over the present entries, 0 elsewhere: float32 (n,)."""
    mean, scale = moments_of(np.asarray(values, np.float32)[None, :], present)
    out: Floats = ((np.asarray(values, np.float32) - mean) / scale).astype(np.float32)
    return np.where(present, out, np.float32(0)).astype(np.float32)
