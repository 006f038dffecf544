"""The inner loops over opinions: sums by row, and a row's posterior.

On one thread: a pass over three million opinions takes hundredths of a second, and waking threads as often costs more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.kernels import kernel

Doubles = npt.NDArray[np.float64]

N_NODES = 9


def sums(
    starts: npt.NDArray[Any],
    other: npt.NDArray[Any],
    like: npt.NDArray[Any],
    own: Doubles,
    others: Doubles,
    mean: float,
) -> tuple[Doubles, Doubles]:
    """By row, with x = mean + own + others the log-odds and p = 1 / (1 + exp -x): sum of like - p, and sum of bends.

    The bend of an opinion is tanh(x / 2) / (2 x), the second derivative of the parabola that touches its log likelihood
    at x and lies below it everywhere else (Jaakkola and Jordan 2000); at most 1/4. Both float64 (n_rows,).
    """
    gradient, bend = np.zeros(len(starts) - 1), np.zeros(len(starts) - 1)
    _sums(starts, other, like, own, others, mean, gradient, bend)
    return gradient, bend


@kernel
def _sums(starts, other, like, own, others, mean, gradient, bend):  # type: ignore[no-untyped-def]
    for row in range(len(starts) - 1):
        for at in range(starts[row], starts[row + 1]):
            x = mean + own[row] + others[other[at]]
            p = 1 / (1 + np.exp(-x))
            gradient[row] += like[at] - p
            bend[row] += (p - 0.5) / x if abs(x) > 1e-6 else 0.25


def posterior_moments(
    starts: npt.NDArray[Any],
    other: npt.NDArray[Any],
    like: npt.NDArray[Any],
    own: Doubles,
    others: Doubles,
    mean: float,
    said: Doubles,
    variance: float,
) -> tuple[Doubles, Doubles]:
    """Mean and variance of each row's effect, given the other side; prior normal around `said` with this variance.

    Gauss-Hermite quadrature around `own` (near the mode) at the width of the posterior there: exact enough for rows of
    one opinion, where the posterior is far from normal, and of thousands. float64 (n_rows,) each; `said` and `variance`
    for a row without opinions.
    """
    nodes, weights = np.polynomial.hermite.hermgauss(N_NODES)
    middle, spread = said.copy(), np.full(len(said), variance)
    log_weights = np.log(weights) + nodes**2
    _moments(starts, other, like, own, others, mean, said, variance, nodes, log_weights, middle, spread)
    return middle, spread


@kernel
def _moments(starts, other, like, own, others, mean, said, variance, nodes, log_weights, middle, spread):  # type: ignore[no-untyped-def]
    for row in range(len(starts) - 1):
        first, last = starts[row], starts[row + 1]
        if first == last:
            continue
        known = 1 / variance
        for at in range(first, last):
            p = 1 / (1 + np.exp(-(mean + own[row] + others[other[at]])))
            known += p * (1 - p)
        width = np.sqrt(2 / known)
        logs = np.empty(len(nodes))
        for node in range(len(nodes)):
            effect = own[row] + width * nodes[node]
            total = log_weights[node] - (effect - said[row]) ** 2 / (2 * variance)
            for at in range(first, last):
                x = mean + effect + others[other[at]]
                total += like[at] * x - (x if x > 0 else 0.0) - np.log1p(np.exp(-abs(x)))
            logs[node] = total
        share = np.exp(logs - logs.max())
        share /= share.sum()
        steps = width * nodes
        step = (share * steps).sum()
        middle[row] = own[row] + step
        spread[row] = (share * (steps - step) ** 2).sum()
