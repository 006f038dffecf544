"""What the kernels of reasons read, as named tuples of arrays: those a compiled loop takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

Csr = tuple[Array, Array, Array]
"""A sparse matrix: row starts int64, columns int32 (rising within a row), values float32."""


class Scores(NamedTuple):
    """How parts make a score. weights float32 (3, 7); mean, scale float32 (6, n_customers); popularity (n_items,)."""

    weights: Array
    mean: Array
    scale: Array
    popularity: Array


class Factors(NamedTuple):
    """Affinity: factors of customers, items, attribute values and profile answers, (., f) each.

    explained  float32 (n_items, f)  see `recsys.reasons.Reasoner`;  alpha float32, the confidence of one unit of events
    """

    customer: Array
    item: Array
    attribute: Array
    answer: Array
    explained: Array
    alpha: np.float32


class Preferences(NamedTuple):
    """Directions of everything, (., g) each, as recsys/parts/preferences.py has them; length float32 (n_customers,)."""

    customer: Array
    item: Array
    attribute: Array
    past_item: Array
    answer: Array
    length: Array


class Known(NamedTuple):
    """warm_customers bool (n_customers,); item_known float32, has_attributes bool (n_items,); what may not be named.

    unsaid  bool, by answer; unsaid_attributes bool, by attribute value
    """

    warm_customers: Array
    item_known: Array
    has_attributes: Array
    unsaid: Array
    unsaid_attributes: Array


class Past(NamedTuple):
    """What goes from item to item: events by customer; neighbours, what follows what, what all point to, by item.

    between  float32 (n_items, n_items, 6)  `_between` of [item, past item]; (0, 0, 6) = worked out for every pair anew
    """

    profiles: Csr
    near: Csr
    follows: Csr
    ease: Csr
    between: Array


class Said(NamedTuple):
    """Attributes as the score weighs them, by item and by customer's past; features as given, by item and customer."""

    attributes: Csr
    taste: Csr
    item_features: Csr
    customer_features: Csr
