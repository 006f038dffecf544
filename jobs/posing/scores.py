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


class Rows:
    """Some rows of scores: those of people, spread over their boxes, or the other way round.

    rows  int64 (n_rows,) ascending positions in `scores`; may repeat
    """

    def __init__(self, scores: Scores, rows: npt.NDArray[np.int64]) -> None:
        self._scores = scores
        self._rows = rows

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_items)."""
        return len(self._rows), self._scores.shape[1]

    def block(self, lo: int, hi: int) -> npt.NDArray[np.float32]:
        """float32 (hi - lo, n_items)."""
        rows = self._rows[lo:hi]
        if not len(rows):
            return np.empty((0, self.shape[1]), np.float32)
        start = int(rows[0])
        return self._scores.block(start, int(rows[-1]) + 1)[rows - start]
