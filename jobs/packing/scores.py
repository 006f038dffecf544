"""Scores of customers and products, in blocks: what the recommender hands to packing, the report and the analysts.

A score is the same byte whoever asks for it, and in whatever portions: the recommender computes on a grid of its own
(jobs/learning/train.py), the others only cut.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

GRID = 4_096
"""Customers read at a time."""


class Scores(Protocol):
    """Anything that gives scores by blocks of customers."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        ...

    def block(self, lo: int, hi: int) -> npt.NDArray[np.float32]:
        """float32 (hi - lo, n_items), finite."""
        ...


class InMemory:
    """Scores held as one matrix."""

    def __init__(self, matrix: npt.NDArray[np.float32]) -> None:
        self._matrix = matrix
        self._matrix.flags.writeable = False

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return (int(self._matrix.shape[0]), int(self._matrix.shape[1]))

    def block(self, lo: int, hi: int) -> npt.NDArray[np.float32]:
        """float32 (hi - lo, n_items), a view."""
        return self._matrix[lo:hi]
