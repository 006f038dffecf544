"""Customers' pairs read block by block, few enough at a time for memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from optimizer.problem.arrays import Bool, Int32
from optimizer.problem.boxes import BoxProblem

GRID = 4_096
"""Customers read at a time."""


def pairs_of(problem: BoxProblem, customers: Int32) -> Iterator[tuple[slice, Int32, Bool]]:
    """Utility and allowed of the customers named (ascending), in portions: (which of them, utility, allowed)."""
    if not problem.in_blocks:
        assert problem.allowed is not None
        for lo in range(0, len(customers), GRID):
            who = customers[lo : lo + GRID]
            yield slice(lo, lo + len(who)), problem.utility[who], problem.allowed[who]
        return
    cuts = np.searchsorted(customers, np.arange(0, problem.n_customers + GRID, GRID))
    for number, (lo, hi) in enumerate(pairwise(cuts.tolist())):
        if lo < hi:
            start = number * GRID
            utility, allowed = problem.block(start, min(start + GRID, problem.n_customers))
            who = customers[lo:hi] - start
            yield slice(lo, hi), utility[who], allowed[who]
