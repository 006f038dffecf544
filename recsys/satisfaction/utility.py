"""The packing score of a pair: would the customer choose the item, and like it once it has come, on one scale.

The scale is the chance of a like. The odds of a like, as opinions tell them, are moved by the odds of taste; so the sum
over all boxes means "expected likes". Without opinions and with weight 1 for taste, it is the score itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
from scipy.special import logit

from recsys.kernels import jit
from recsys.satisfaction.satisfaction import LIMIT

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Balance:
    """How much each side counts, as powers of its odds; both >= 0, one at least > 0.

    affinity      of taste: score / (1 - score); 1 for an item that is average for the customer
    satisfaction  of the opinions: the odds of a like over those of an average pair
    """

    affinity: float = 1.0
    satisfaction: float = 1.0

    def __post_init__(self) -> None:
        """Refuse weights that mean nothing."""
        if min(self.affinity, self.satisfaction) < 0 or self.affinity + self.satisfaction <= 0:
            raise ValueError(
                f"balance: expected weights >= 0, one of them > 0, got {self.affinity} and {self.satisfaction}"
            )


def expected_likes(score: Floats, log_odds: Floats, base_rate: float, balance: Balance) -> Floats:
    """Packing score of each pair, in likes: float32, in (0, 1), shaped like `score`.

    logit u = logit b + w_satisfaction (log_odds - logit b) + w_affinity logit(score), b the base rate.

    score      float32 (n, m) in (0, 1), 0.5 = average for the customer: recsys.scoring.model.Model.scores
    log_odds   float32 (n, m) of a like: recsys.satisfaction.satisfaction.Satisfaction.log_odds
    base_rate  share of likes among the opinions, in (0, 1); 0.5 without opinions
    """
    if np.shape(score) != np.shape(log_odds):
        raise ValueError(f"expected log_odds shaped like score {np.shape(score)}, found {np.shape(log_odds)}")
    out = np.empty(np.shape(score), np.float32)
    base, limit = np.float32(logit(base_rate)), np.float32(LIMIT)
    pairs = (np.ascontiguousarray(one, np.float32).ravel() for one in (score, log_odds))
    _expected_likes(*pairs, base, np.float32(balance.affinity), np.float32(balance.satisfaction), limit, out.ravel())
    return out


@jit(parallel=True, error_model="numpy")
def _expected_likes(score, log_odds, base, affinity, satisfaction, limit, out):  # type: ignore[no-untyped-def]
    """In one pass, all in float32; near 1/2 the logit is the difference of two logarithms that are exact there."""
    one, half = np.float32(1), np.float32(0.5)
    for at in numba.prange(len(out)):
        s = score[at]
        if s < np.float32(0.3) or s > np.float32(0.65):
            taste = np.log(s / (one - s))
        else:
            away = np.float32(2) * (s - half)
            taste = np.log1p(away) - np.log1p(-away)
        total = affinity * taste
        total += satisfaction * (log_odds[at] - base)
        total = min(max(total + base, -limit), limit)
        out[at] = one / (one + np.exp(-total))
