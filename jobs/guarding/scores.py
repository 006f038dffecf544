"""The scores against last night's: did the distribution move so far that something else must have been learned?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr

from jobs.config.guard import ScoresLimit
from jobs.guarding.change import Change

NAME = "scores"
"""What a change of them is called."""
AT = np.linspace(0, 1, 201)
"""The quantiles that are kept of a night's scores."""
MOST_ROWS = 4_096
"""Customers that are looked at; spread evenly over all."""
FLOOR = 1e-4
"""Share that an empty tenth counts as, so that its logarithm exists."""


class Rows(Protocol):
    """Scores by blocks of customers: `jobs.posing.scores.Scores`."""

    @property
    def shape(self) -> tuple[int, int]: ...
    def block(self, lo: int, hi: int) -> npt.NDArray[np.float32]: ...


def score_quantiles(scores: Rows) -> npt.NDArray[np.float64] | None:
    """(201,) evenly spaced quantiles of the scores of evenly spread customers; None = there are none."""
    n_customers, n_items = scores.shape
    if not n_customers * n_items:
        return None
    n_blocks = 1 if n_customers <= MOST_ROWS else 16
    width = min(n_customers, MOST_ROWS) // n_blocks
    starts = np.linspace(0, n_customers - width, n_blocks).astype(int)
    found = np.concatenate([scores.block(lo, lo + width).ravel() for lo in starts.tolist()]).astype(np.float64)
    return quantiles(found[np.isfinite(found)])


def quantiles(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """(201,) evenly spaced quantiles; None = of nothing."""
    return np.quantile(scores, AT) if len(scores) else None


def population_stability(now: npt.NDArray[np.float64], before: npt.NDArray[np.float64]) -> float:
    """The population stability index of two samples over the tenths of the second: sum((p - q) ln(p / q)).

    It is the sum of both relative entropies. Below 0.1 nothing moved; above 0.25 much did (Siddiqi 2006).
    """
    edges = np.unique(np.quantile(before, np.linspace(0, 1, 11)[1:-1]))
    p, q = (np.bincount(np.searchsorted(edges, side, side="right"), minlength=len(edges) + 1) for side in (now, before))
    p, q = (np.maximum(side / side.sum(), FLOOR) for side in (p, q))
    return float((rel_entr(p, q) + rel_entr(q, p)).sum())


def score_changes(
    now: npt.NDArray[np.float64] | None, before: npt.NDArray[np.float64] | None, limit: ScoresLimit
) -> Iterator[Change]:
    """One change where the scores moved farther than allowed."""
    if now is None or before is None:
        return
    from scipy.stats import ks_2samp  # a second to load, and `boxwise check` asks for no scores

    psi, ks = population_stability(now, before), float(ks_2samp(now, before).statistic)
    if psi > limit.psi and ks > limit.ks:
        found = (
            f"scores that lie elsewhere than last night's: stability index {psi:.2f}, largest distance {ks:.2f}; "
            f"half of them above {now[100]:.4g} ({before[100]:.4g} last night)"
        )
        wanted = f"at most {limit.psi:g} or {limit.ks:g} ([limits.scores] psi, ks)"
        yield Change(NAME, NAME, None, found, wanted)
