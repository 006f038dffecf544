"""What the solver says: how it ended, the boxes, and the prices that prove how good they are.

Absence is a state, never a number: a plan that does not exist has `boxes=None` and `value=None`, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt


class Termination(Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"  # proved: value == upper_bound
    FEASIBLE = "feasible"  # a legal plan, with a proved gap
    INFEASIBLE = "infeasible"  # proved: no legal plan exists (only with short="stop")
    NO_SOLUTION = "no_solution"  # none found in time; nothing is claimed


@dataclass(frozen=True, eq=False)
class Prices:
    """What one unit of each scarce thing is worth, in integer fractions of a micro-point.

    stock     int64 (n_pools, n_items) >= 0   price of one more unit in stock
    at_least  int64 (n_quotas,) in 0..penalty * unit   what one unit of promised amount costs the other boxes
    at_most   int64 (n_quotas,) >= 0          price of one more unit of a capped amount
    unit      prices are in 1/unit micro-points, >= 1

    For any such prices (weak duality), with u the utilities in micro-points:

        unit * value of any plan <=  sum stock * price  +  sum at_most * price  -  sum at_least * price
                                     + sum over customers of their best legal box at unit * u - prices
    """

    stock: npt.NDArray[np.int64]
    at_least: npt.NDArray[np.int64]
    at_most: npt.NDArray[np.int64]
    unit: int = 1

    def __post_init__(self) -> None:
        for name in ("stock", "at_least", "at_most"):
            array = np.asarray(getattr(self, name))
            if array.dtype != np.int64 or (array.size and array.min() < 0):
                raise ValueError(f"prices: expected int64 {name} >= 0, found {array.dtype} {array.min(initial=0)}")
            array = array.view()
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if self.unit < 1:
            raise ValueError(f"prices: expected unit >= 1, got {self.unit}")


@dataclass(frozen=True, eq=False)
class Plan:
    """A packing plan and its proof.

    boxes        int32 (n_customers, width) item positions, best first, -1 = missing slot (always last); None = no plan
    value        int micro-points: utility packed, less penalties for missing slots and missed quotas; None = no plan
    upper_bound  int micro-points that no plan can exceed; None = nothing proved
    prices       what `verify.price_bound` needs to recompute upper_bound; next night's warm start
    cut_short    the deadline passed before the work was done: without one, the plan may be another
    """

    termination: Termination
    boxes: npt.NDArray[np.int32] | None
    value: int | None
    upper_bound: int | None
    prices: Prices | None
    cut_short: bool = False

    @property
    def gap(self) -> float | None:
        """(upper_bound - value) / max(1, |upper_bound|); None when either is unknown."""
        if self.value is None or self.upper_bound is None:
            return None
        return (self.upper_bound - self.value) / max(1, abs(self.upper_bound))
