"""How well scores tell who takes an item from who does not: the area under the ROC curve, item by item."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from sklearn.metrics import roc_auc_score


def item_auc(scores: npt.NDArray[Any], took: npt.NDArray[Any]) -> float:
    """Chance that a customer who took the item scores above one who did not, ties counted half; NaN = all or none did.

    scores  (n_customers,) of one item;  took bool (n_customers,)
    """
    if not took.any() or took.all():
        return float("nan")
    return float(roc_auc_score(took, scores))
