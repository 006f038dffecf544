"""The best step within bounds on a quadratic model of the bound, and what a step taken teaches about its bend."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from optimizer.pricing.hessian import Float

MOST_STEPS = 60
"""Projected steps to the best one within bounds; a handful is usual."""


def best_step(matrix: Any, gradient: Float, low: Float, high: Float) -> Float:
    """The step d, low <= d <= high, that lowers gradient . d + d . matrix . d / 2 most, by projected Newton steps.

    matrix  float64 (R, R) positive definite, dense or sparse;  low <= 0 <= high
    """
    step, slope = np.zeros(gradient.size), gradient.copy()
    tiny = 1e-9 * float(np.abs(gradient).max(initial=0.0))
    for _ in range(MOST_STEPS):
        way = _newton(matrix, slope, step <= low, step >= high, tiny)
        if not way.any():
            break
        for share in 0.5 ** np.arange(30):
            new = np.clip(step + share * way, low, high)
            there = gradient + matrix @ new
            if (new - step) @ (slope + there) < 0:  # twice the change of what is to be lowered
                break
        else:
            break
        step, slope = new, there
    return step


def _newton(matrix: Any, slope: Float, at_low: Any, at_high: Any, tiny: float) -> Float:
    """Newton's direction for what may move: nothing at a bound is pushed beyond it."""
    held = (at_low & (slope > -tiny)) | (at_high & (slope < tiny)) | (at_low & at_high)
    way = np.zeros(slope.size)
    while not held.all() and np.abs(slope[~held]).max() > tiny:
        free = ~held
        way[:] = 0.0
        if sparse.issparse(matrix):
            part: Any = matrix
            way[free] = spsolve(part[free][:, free].tocsc(), -slope[free])
        else:
            way[free] = np.linalg.solve(matrix[np.ix_(free, free)], -slope[free])
        pushed = (at_low & (way < 0)) | (at_high & (way > 0))
        if not pushed.any():
            return way
        held |= pushed
    return np.zeros(slope.size)


def learnt(matrix: Any, step: Float, change: Float) -> Any:
    """The hessian after a step taken, from how much the slope changed along it (the BFGS formula).

    None where the matrix is sparse, and would not stay so: it is to be counted again.
    """
    if sparse.issparse(matrix):
        return None
    along, bent = float(step @ change), matrix @ step
    if along <= 1e-12 * float(step @ bent):
        return matrix
    return matrix + np.outer(change, change) / along - np.outer(bent, bent) / float(step @ bent)
