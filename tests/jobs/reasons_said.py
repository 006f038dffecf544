"""Sentences of pairs told by their ids, as tests read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.learning.recommender import Recommender
from jobs.recommending.reasons import box_reasons, reason_codes
from recsys.scoring.blend import Weights


def reasons_of(
    recommender: Recommender,
    customer_ids: Iterable[str],
    product_ids: Iterable[str],
    weights: Weights | None = None,
    packing_scores: npt.NDArray[np.floating[Any]] | None = None,
) -> list[str]:
    """The sentence of each pair, the iterables in step: by these weights, or as a box has it where scores are given."""
    seen = recommender.interactions
    pairs = seen.customers(customer_ids), seen.products(product_ids)
    if packing_scores is None:
        codes, said = reason_codes(recommender, *pairs, weights or recommender.weights.packing)
    else:
        codes, said = box_reasons(recommender, *pairs, packing_scores)
    return [said[code] for code in codes.tolist()]
