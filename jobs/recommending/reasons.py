"""Reasons in words a customer would read on the website or on a card in the box.

recsys finds what raised a score most (recsys/reasons.py); here it is named. Sentences are made once per distinct
reason, never once per pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from jobs.features.attributes import Attributes
from jobs.learning.event_kinds import did
from jobs.recommending.rating_reasons import well_rated
from jobs.words import column_in_words
from recsys.base.distinct import distinct
from recsys.base.heaviest import heaviest_kind
from recsys.reasons import Why
from recsys.scoring.blend import Weights

if TYPE_CHECKING:
    from jobs.learning.recommender import Recommender


def box_reasons(
    recommender: Recommender,
    customer_idx: npt.NDArray[np.integer],
    item_idx: npt.NDArray[np.integer],
    packing_scores: npt.NDArray[np.floating[Any]],
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Why a product is in a box, one short sentence per pair: what raised its score most, or how well it is rated.

    customer_idx, item_idx  (n_pairs,) positions
    packing_scores          (n_pairs,) what boxes were packed for

    Returns codes int32 (n_pairs,) into sentences.
    """
    found = reason_codes(recommender, customer_idx, item_idx, recommender.weights.packing)
    return well_rated(recommender, customer_idx, item_idx, packing_scores, *found)


def reason_codes(
    recommender: Recommender, customer_idx: npt.NDArray[np.integer], item_idx: npt.NDArray[np.integer], weights: Weights
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Reason of each pair: codes int32 (n_pairs,) into the sorted distinct sentences."""
    kind, detail = recommender.reasoner.of_pairs(customer_idx, item_idx, weights)
    verb, past = np.zeros(len(kind), np.int16), kind == Why.PAST_ITEM
    seen = recommender.interactions
    verb[past] = heaviest_kind(seen.events, seen.kind, customer_idx[past], detail[past])
    # what a flag means to the sentence: 1 = the product is new, 2 = the customer has no events, 4 = others like it
    flags = (
        recommender.new.astype(np.int8)[item_idx]
        + 2 * (~recommender.model.warm_customers).astype(np.int8)[customer_idx]
    )
    answers = kind == Why.PROFILE
    flags[answers] += np.int8(4) * _liked_by_others(recommender, detail[answers], item_idx[answers])
    top = int(detail.max(initial=0)) + 2
    n_verbs = len(recommender.interactions.kinds) + 1
    key = ((kind.astype(np.int64) * 8 + flags) * n_verbs + verb) * top + detail + 1
    keys, inverse = distinct(key)
    said = []
    for one in keys.tolist():
        rest, what = divmod(one, top)
        rest, which = divmod(rest, n_verbs)
        why, flag = divmod(rest, 8)
        facts = {"new": bool(flag & 1), "unknown": bool(flag & 2), "liked": bool(flag & 4)}
        said.append(sentence(recommender, Why(why), what - 1, which, **facts))
    sentences, code = np.unique(np.array(said, dtype=object).astype(str), return_inverse=True)
    return code.astype(np.int32)[inverse], tuple(sentences.tolist())


def sentence(
    recommender: Recommender, why: Why, detail: int, kind: int, *, new: bool, unknown: bool, liked: bool
) -> str:
    """One reason in words.

    detail   see recsys.reasons.Why
    kind     position in the recommender's kinds of events (PAST_ITEM only)
    new      the product is new
    unknown  the customer has no events
    liked    customers with the same answer like the product (PROFILE only)
    """
    if why is Why.OTHER:
        said = "something to discover" if unknown else "something different from your usual choices"
    else:
        said = _said(recommender, why, detail, kind, liked)
    return f"new here: {said}" if new else said


def _said(recommender: Recommender, why: Why, detail: int, kind: int, liked: bool) -> str:
    if why is Why.PAST_ITEM:
        item = recommender.interactions.product_ids[detail]
        name = recommender.interactions.kinds[kind]
        verb = did(name, recommender.campaign.signals[name])
        return f"goes with {recommender.names.get(item) or item}, which you {verb}"
    if why is Why.ATTRIBUTE:
        values = recommender.product_values
        where = "" if values.column[detail] in values.texts else f" in {column_in_words(values.column[detail])}"
        return f"matches your taste{where}: {values.value[detail]}"
    if why is Why.PROFILE:
        values = recommender.customer_values
        value = values.value[detail]
        column = column_in_words(values.column[detail])
        which = f"who wrote: {value}" if values.column[detail] in values.texts else f"with {column}: {value}"
        return f"{'liked by' if liked else 'picked for'} customers {which}"
    return "popular this season"


def alike(values: Attributes, which: int) -> str:
    """What two products share, in words: a value of a column, or a word of their names."""
    column, value = values.column[which], values.value[which]
    return f"in common: {value}" if column in values.texts else f"the same {column_in_words(column)}: {value}"


def _liked_by_others(
    recommender: Recommender, detail: npt.NDArray[np.integer], item_idx: npt.NDArray[np.integer]
) -> npt.NDArray[np.bool_]:
    """Do two customers or more who gave this answer (column of customer_values) like the product? bool (n_pairs,)."""
    answers, column = np.unique(detail, return_inverse=True)
    gave = sp.csr_matrix(recommender.customer_values.matrix[:, answers] > 0, dtype=np.int32)
    liked = sp.csr_matrix(recommender.model.profiles > 0, dtype=np.int32)
    counted = sp.csr_matrix(gave.T @ liked)
    return np.asarray(counted[column, item_idx] > 1, bool).ravel() if len(detail) else np.zeros(0, bool)
