"""Where ratings, not taste, put a product into a box: "liked by 45 of 50 who rated it".

A box is packed for expected likes (recsys/satisfaction/utility.py): taste and satisfaction add up as log-odds. Where
the product's own ratings add more than taste does, they raised its worth most, and so they are the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.special import logit

if TYPE_CHECKING:
    from jobs.learning.recommender import Recommender

FEWEST = 10
"""Ratings from which a product's share of likes is worth telling."""
Array = npt.NDArray[Any]


def pushes(recommender: Recommender, customer_idx: Array, item_idx: Array, worth: Array) -> tuple[Array, Array]:
    """What taste and the product's own ratings add to the log-odds of each pair's worth: float64 (n_pairs,) both.

    worth  (n_pairs,) in (0, 1): the score a box was packed for

    logit(worth) = logit(b) + w_satisfaction (log-odds of a like - logit b) + w_affinity logit(score), so taste is what
    is left when the rest is taken away.
    """
    told, weights = recommender.satisfaction, recommender.campaign.utility
    by_item, by_customer = told.item_effect[item_idx], told.customer_effect[customer_idx]
    base = logit(told.base_rate)
    liked = weights.satisfaction * (told.base + by_item + by_customer - base)
    taste = logit(worth.astype(np.float64)) - base - liked
    return taste, weights.satisfaction * by_item.astype(np.float64)


def well_rated(
    recommender: Recommender, customer_idx: Array, item_idx: Array, worth: Array, reasons: list[str]
) -> list[str]:
    """The reasons, with the product's ratings in the place of those that weigh less than they do.

    Said only of products that FEWEST customers or more rated, and that more of them like than is usual.
    """
    n = recommender.satisfaction.n_item_opinions[item_idx]
    ratings = recommender.interactions.ratings
    likes = np.bincount(ratings.item_idx[ratings.like == 1], minlength=ratings.n_items)[item_idx]
    taste, rated = pushes(recommender, customer_idx, item_idx, worth)
    usual = likes > recommender.satisfaction.base_rate * n
    out = list(reasons)
    for at in np.flatnonzero((n >= FEWEST) & usual & (rated > 0) & (rated > taste)):
        out[at] = f"liked by {likes[at]:,} of {n[at]:,} who rated it"
    return out
