"""Scores of customers and products, in blocks: what the recommender hands to packing, the report and the analysts.

Blocks are always computed on one fixed grid of customers, because a matrix product may differ in its last bit when its
shape differs; so a score is the same byte whoever asks for it, and in whatever portions.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

GRID = 4_096
"""Customers per computed block."""


class Scores(Protocol):
    """Anything that gives scores by blocks of customers."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        ...

    def block(self, lo: int, hi: int) -> npt.NDArray[np.float32]:
        """float32 (hi - lo, n_items), finite."""
        ...


class OnGrid:
    """Scores read through a fixed grid of blocks, so that portions never change a byte."""

    def __init__(self, source: Scores) -> None:
        self._source = source

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return self._source.shape

    def block(self, lo: int, hi: int) -> npt.NDArray[np.float32]:
        """float32 (hi - lo, n_items)."""
        n_customers, n_items = self.shape
        out = np.empty((hi - lo, n_items), np.float32)
        for start in range(lo - lo % GRID, hi, GRID):
            stop = min(start + GRID, n_customers)
            cut_lo, cut_hi = max(start, lo), min(stop, hi)
            out[cut_lo - lo : cut_hi - lo] = self._source.block(start, stop)[cut_lo - start : cut_hi - start]
        return out


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
