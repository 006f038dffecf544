"""Only for short="stop": can every box be filled at all, utility aside?

The same engine answers: nothing is worth anything, an empty box costs one point per slot. A plan worth 0 fills every
box; a bound below 0 proves that none does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.problem import POINTS, Bool, BoxProblem, Int32


@dataclass(frozen=True, eq=False)
class Worthless:
    """The pairs of another `UtilityBlocks`, all worth 0."""

    blocks: Any

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        n_customers, n_items = self.blocks.shape
        return int(n_customers), int(n_items)

    def block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        """As `UtilityBlocks.block`."""
        utility, allowed = self.blocks.block(lo, hi)
        return np.zeros_like(utility), allowed


def filling_problem(problem: BoxProblem) -> BoxProblem:
    """`problem` with nothing worth anything, empty boxes allowed at a point per slot, and promises left out."""
    if problem.in_blocks:
        utility: Any = Worthless(problem.utility)
    else:
        utility = np.zeros(problem.utility.shape, np.int32)
    return replace(
        problem,
        utility=utility,
        rules=replace(problem.rules, short="no_box", short_penalty=POINTS),
        quotas=tuple(replace(quota, at_least=None) for quota in problem.quotas if quota.at_most is not None),
    )
