"""The packing score of a pair: would the customer choose the item, and like it once it has come, on one scale.

The scale is the chance of a like. The odds of a like, as opinions tell them, are moved by the odds of taste; so the sum
over all boxes means "expected likes". Without opinions and with weight 1 for taste, it is the score itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

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
    base = np.float32(logit(base_rate))
    total = np.float32(balance.affinity) * logit(score)
    total += np.float32(balance.satisfaction) * (log_odds - base)
    return np.asarray(expit(np.clip(total + base, -LIMIT, LIMIT)), np.float32)
