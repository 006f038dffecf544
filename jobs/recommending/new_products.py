"""Why a new product is in a list, when it is made for the customer's answer: "new this month, for hair type: curly".

Which answers a product is made for is what the [[eligibility]] rules of the campaign say (sense "include").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from jobs.cells.markup import plain_text
from jobs.inputs.box_ids import people
from jobs.inputs.multi_values import column
from jobs.learning.train import NEW_DAYS
from jobs.recommending.ranked_list import texts
from jobs.words import column_in_words
from recsys.reasons import Why

if TYPE_CHECKING:
    from jobs.inputs.tables import Tables
    from jobs.learning.recommender import Recommender

THIS_MONTH = 30
"""A product is new this month when somebody had it in these days, and nobody before."""

Codes = npt.NDArray[np.int32]
Idx = npt.NDArray[np.integer]


def new_for_answers(
    recommender: Recommender, tables: Tables, pairs: tuple[Idx, Idx], codes: Codes, said: tuple[str, ...]
) -> tuple[Codes, tuple[str, ...]]:
    """The reasons so far, replaced where a new product is made for an answer that the customer gave.

    A reason that names something the customer chose stays: it says more.

    pairs        (customer_idx, item_idx)
    codes, said  the reasons so far, as reasons.reason_codes gives them; the same is returned
    """
    customer, item = pairs
    fresh = np.flatnonzero(recommender.new[item])
    kind, _ = recommender.reasoner.of_pairs(customer[fresh], item[fresh], recommender.weights.lists)
    fresh = fresh[kind != Why.PAST_ITEM]
    month = _this_month(recommender)
    sentences = {sentence: code for code, sentence in enumerate(said)}
    changed = codes.copy()
    for rule in reversed(recommender.campaign.eligibility):  # the first rule of the file has the last word
        if rule.sense != "include" or rule.customer in recommender.customer_values.unsaid:
            continue
        code, values = _shared(recommender, tables, rule.product, rule.customer, customer[fresh], item[fresh])
        kinds = code * 2 + month[item[fresh]]
        for kind_ in np.unique(kinds[code >= 0]).tolist():
            since = "new this month" if kind_ % 2 else "new here"
            sentence = f"{since}, for {column_in_words(rule.customer)}: {plain_text(values[kind_ // 2])}"
            changed[fresh[kinds == kind_]] = sentences.setdefault(sentence, len(sentences))
    return changed, tuple(sentences)


def _this_month(recommender: Recommender) -> npt.NDArray[np.bool_]:
    """Products that somebody had first in the last THIS_MONTH days: bool (n_products,).

    Asked of new products only (recommender.new): there the events reach back far enough to tell.
    """
    first = recommender.first_had
    assert THIS_MONTH <= NEW_DAYS
    return np.asarray((first >= 0) & (first <= THIS_MONTH), bool)


def _shared(
    recommender: Recommender, tables: Tables, of_product: str, of_customer: str, customer: Idx, item: Idx
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """The first value of the product's cell that the customer's holds too: a code per pair, -1 = none, into values."""
    customers = people(tables.customers)
    theirs, its = column(texts(customers[of_customer])), column(texts(tables.products[of_product]))
    customer_cell, product_cell = (np.full(n, -1, np.int64) for n in recommender.interactions.events.shape)
    customer_cell[recommender.interactions.customers(customers["customer_id"])] = theirs.code
    product_cell[recommender.interactions.products(tables.products["product_id"])] = its.code
    place = {value: code for code, value in enumerate(its.values)}
    cells = np.stack((customer_cell[customer], product_cell[item]), axis=1)
    distinct, inverse = np.unique(cells, axis=0, return_inverse=True)
    first = [-1 for _ in distinct]
    for at, (one, other) in enumerate(distinct.tolist()):
        if one >= 0 and other >= 0:
            answers = set(theirs.cells[one])
            first[at] = next((place[value] for value in its.cells[other] if value in answers), -1)
    return np.array(first, np.int64)[inverse.ravel()], list(its.values)
