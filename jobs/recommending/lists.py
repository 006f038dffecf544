"""The lists of the website: per customer, per product and per basket, and bestsellers, each with a reason.

Only products sold on the website (`on_site`) and in stock are listed; what a customer already bought is left out of the
list, unless people buy it again and again. Every list has a total order: score, then product_id; where [website]
at_most is set, what is one too many of its sort comes last.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from jobs.inputs.box_ids import people
from jobs.learning.recommender import Recommender
from jobs.learning.train import Progress
from jobs.recommending.baskets import (
    BoughtTogether,
    CompletedSets,
    basket_lists,
    bought_together,
    completed_sets,
    goes_with,
)
from jobs.recommending.bestsellers import bestsellers
from jobs.recommending.new_products import new_for_answers
from jobs.recommending.purchases import bought
from jobs.recommending.ranked_list import Ranked, Shelf, open_shelf
from jobs.recommending.reasons import alike, reason_codes
from recsys.similar import common_customers, shared_value, similar_items

if TYPE_CHECKING:
    from jobs.inputs.tables import Tables

__all__ = ["Ranked", "WebsiteLists", "personal", "similar_products", "website_lists"]

BLOCK = 4_096
"""Customers ranked at a time."""
LIKENESS = ("chosen by the same customers", "may please the same customers", "something different")
"""Why a product stands beside another: at least two customers like both; the model expects it; it is what is left."""
SAME_CUSTOMERS, ALIKE, UNLIKE = range(3)


@dataclass(frozen=True, eq=False)
class WebsiteLists:
    """All lists of one night."""

    personal: Ranked
    similar: Ranked
    goes_with: Ranked
    baskets: Ranked
    bestsellers: Ranked

    @property
    def tables(self) -> dict[str, Ranked]:
        """The lists by the name of their table in website.sqlite."""
        return {
            "recommendations": self.personal,
            "similar_products": self.similar,
            "goes_with": self.goes_with,
            "baskets": self.baskets,
            "bestsellers": self.bestsellers,
        }


def website_lists(recommender: Recommender, tables: Tables, *, progress: Progress | None = None) -> WebsiteLists:
    """Make every list the website needs, with the lengths of [website]."""
    listed = open_shelf(recommender, tables)
    with ThreadPoolExecutor(1) as beside:  # sorting and counting on one core, while personal lists use all of them
        counting = beside.submit(_counted_baskets, recommender, tables, listed)
        personal_lists = personal(recommender, tables, listed, progress=progress)
        together, sets = counting.result()
    return WebsiteLists(
        personal=personal_lists,
        similar=similar_products(recommender, tables, listed),
        goes_with=goes_with(recommender, tables, listed, together),
        baskets=basket_lists(recommender, listed, together, sets),
        bestsellers=bestsellers(recommender, tables, listed),
    )


def _counted_baskets(recommender: Recommender, tables: Tables, listed: Shelf) -> tuple[BoughtTogether, CompletedSets]:
    """What is known from baskets. Nothing here may share rows out among Numba's threads: others are doing so."""
    together = bought_together(recommender, tables)
    return together, completed_sets(recommender, listed, together)


def personal(
    recommender: Recommender, tables: Tables, listed: Shelf | None = None, *, progress: Progress | None = None
) -> Ranked:
    """The best products for each customer of the campaign that the customer has not bought yet, or may buy again."""
    keys = people(tables.customers)["customer_id"].tolist()
    listed = open_shelf(recommender, tables) if listed is None else listed
    products = listed.product_idx
    blocks = recommender.score_blocks(keys, listed.product_ids[products], recommender.weights.lists)
    owned = _barred(recommender, tables, listed)
    k = recommender.campaign.website.list_length
    idx, score = np.empty((len(keys), k), np.int32), np.empty((len(keys), k), np.float32)
    for lo in range(0, len(keys), BLOCK):
        hi = min(lo + BLOCK, len(keys))
        allowed = ~owned[blocks.customer_idx[lo:hi]].toarray()
        idx[lo:hi], score[lo:hi] = listed.best(blocks.block(lo, hi), k, allowed)
        if progress is not None:
            progress("personal lists", hi, len(keys))
    real = idx >= 0
    reason = np.full(idx.shape, -1, np.int32)
    customer = np.repeat(blocks.customer_idx.astype(np.int32), np.count_nonzero(real, axis=1))
    item = idx[real]
    codes, said = reason_codes(recommender, customer, item, recommender.weights.lists)
    reason[real], said = new_for_answers(recommender, tables, (customer, item), codes, said)
    return Ranked(keys, listed.product_ids, idx, score, reason, said)


def _barred(recommender: Recommender, tables: Tables, listed: Shelf) -> sp.csr_matrix:
    """What may not be listed to whom: what they have, unless it is repurchasable; bool CSR (n_customers, n_listed)."""
    again = np.zeros(len(listed.product_ids), bool)
    ids = tables.products["product_id"][tables.products["repurchasable"].to_numpy(bool)]
    again[recommender.interactions.products(ids)] = True
    owned = sp.csr_matrix(bought(recommender, tables)[:, listed.product_idx])
    owned.data = ~again[listed.product_idx][owned.indices]
    owned.eliminate_zeros()
    return owned


def similar_products(recommender: Recommender, tables: Tables, listed: Shelf | None = None) -> Ranked:
    """The products most like each product of the campaign, by factors (mapped from attributes when it is new)."""
    keys = tables.products["product_id"].tolist()
    listed = open_shelf(recommender, tables) if listed is None else listed
    rows = recommender.interactions.products(keys)
    k = recommender.campaign.website.similar_length
    limits = listed.limits if listed.limits.any else None
    idx, score, by_attributes = similar_items(recommender.model, rows, listed.product_idx, k, limits)
    reason, said = _likeness(recommender, rows, idx, score, by_attributes)
    return Ranked(keys, listed.product_ids, idx, score, reason, said)


def _likeness(
    recommender: Recommender,
    rows: npt.NDArray[np.int64],
    idx: npt.NDArray[np.int32],
    score: npt.NDArray[np.float32],
    by_attributes: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Why two products are alike: the same customers, or for a new one the attribute value that they share."""
    reason = np.where(idx >= 0, np.where(score > 0, ALIKE, UNLIKE), -1).astype(np.int32)
    one = np.broadcast_to(rows[:, None], idx.shape)
    known = (idx >= 0) & ~by_attributes
    both = np.zeros(idx.shape, np.int64)
    both[known] = common_customers(recommender.model.profiles, one[known], idx[known])
    reason[both > 1] = SAME_CUSTOMERS
    values = recommender.product_values
    shared = np.full(idx.shape, -1, np.int64)
    told = recommender.model.attributes @ sp.diags((~values.muted).astype(np.float32))
    told.eliminate_zeros()
    shared[by_attributes] = shared_value(sp.csr_matrix(told), one[by_attributes], idx[by_attributes])
    columns, code = np.unique(shared[shared >= 0], return_inverse=True)
    reason[shared >= 0] = code + len(LIKENESS)
    return reason, (*LIKENESS, *(alike(values, a) for a in columns))
