"""Where ratings, not taste, put a product into a box: "liked by 45 of 50 who rated it".

A box is packed for expected likes (recsys/satisfaction/utility.py): taste and satisfaction add up as log-odds. Where
the product's own ratings add more than taste does, they raised its packing score most, and so they are the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.special import logit

if TYPE_CHECKING:
    from jobs.learning.recommender import Recommender

FEWEST = 10
"""Ratings from which a product's share of likes is told."""
Array = npt.NDArray[Any]


def pushes(
    recommender: Recommender, customer_idx: Array, item_idx: Array, packing_scores: Array
) -> tuple[Array, Array]:
    """What taste and the product's own ratings add to the log-odds of each packing score: float64 (n_pairs,) both.

    packing_scores  (n_pairs,) in (0, 1): what boxes were packed for

    logit(packing score) = logit(b) + w_satisfaction (log-odds of a like - logit b) + w_affinity logit(score); the last
    term is taste, which is what is left when the others are taken away.
    """
    told, utility = recommender.satisfaction, recommender.campaign.utility
    by_item, by_customer = told.item_effect[item_idx], told.customer_effect[customer_idx]
    base = logit(told.base_rate)
    liked = utility.satisfaction * (told.base + by_item + by_customer - base)
    taste = logit(packing_scores.astype(np.float64)) - base - liked
    return taste, utility.satisfaction * by_item.astype(np.float64)


def well_rated(
    recommender: Recommender,
    customer_idx: Array,
    item_idx: Array,
    packing_scores: Array,
    codes: npt.NDArray[np.int32],
    said: tuple[str, ...],
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """The reasons, with the product's ratings in the place of those that weigh less than they do.

    codes, said  the reasons so far, as reasons.reason_codes gives them; the same is returned

    Said only of products that FEWEST customers or more rated, and that more of them like than is usual.
    """
    n = recommender.satisfaction.n_item_opinions
    ratings = recommender.interactions.ratings
    likes = np.bincount(ratings.item_idx[ratings.like == 1], minlength=ratings.n_items)
    taste, rated = pushes(recommender, customer_idx, item_idx, packing_scores)
    told = (n >= FEWEST) & (likes > recommender.satisfaction.base_rate * n)
    better = np.flatnonzero(told[item_idx] & (rated > 0) & (rated > taste))
    items, which = np.unique(item_idx[better], return_inverse=True)
    changed = codes.copy()
    changed[better] = len(said) + which
    return changed, (*said, *(f"liked by {likes[item]:,} of {n[item]:,} who rated it" for item in items))
