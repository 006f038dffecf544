"""What may be missing or made on demand, where a test knows that it is there."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from optimizer.problem import BoxProblem, Int32

T = TypeVar("T")


def known(value: T | None) -> T:
    """The value; None fails the test."""
    assert value is not None
    return value


def worths(problem: BoxProblem) -> Int32:
    """The utilities of a problem that holds them in memory: int32 (n_customers, n_items)."""
    assert isinstance(problem.utility, np.ndarray)
    return problem.utility
