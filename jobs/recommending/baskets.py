"""What goes with a product, and what completes a basket of two or three, from what customers bought together.

Counting and measuring is in recsys/baskets/baskets.py and recsys/baskets/sets.py; here are ids, keys and words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from jobs.basket_rule import basket_key
from jobs.recommending.purchases import purchase_moments, verb
from jobs.recommending.ranked_list import Ranked, Shelf
from recsys.baskets.baskets import Association, Baskets, Pairs, association, baskets_of, count_pairs
from recsys.baskets.followers import Followers, followers
from recsys.baskets.sets import Sets, completions, frequent_sets, strongest_member, whole_set_customers

if TYPE_CHECKING:
    from jobs.inputs.tables import Tables
    from jobs.learning.recommender import Recommender

WINDOW_DAYS = 30
"""Where orders hold one product each, a basket is what a customer bought within so many days."""
FEW_LARGER = 0.1
"""Orders hold one product each when no larger share of the moments than this has two."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BoughtTogether:
    """All that is known from baskets.

    window_days  0 = a basket is what a customer bought in one day
    verb         "bought" or "chosen"
    """

    baskets: Baskets
    pairs: Pairs
    goes: Association
    window_days: int
    verb: str


def bought_together(recommender: Recommender, tables: Tables) -> BoughtTogether:
    """Make baskets and count them."""
    moments = purchase_moments(recommender, tables)
    n_products = len(recommender.interactions.product_ids)
    given = (moments.customer_idx, moments.item_idx, moments.days_ago, n_products)
    baskets, window_days = baskets_of(*given), 0
    if (baskets.sizes > 1).sum() <= FEW_LARGER * len(baskets):
        baskets, window_days = baskets_of(*given, WINDOW_DAYS), WINDOW_DAYS
    pairs = count_pairs(baskets, recommender.campaign.half_life_days)
    return BoughtTogether(baskets, pairs, association(pairs), window_days, verb(moments.kinds))


def goes_with(recommender: Recommender, tables: Tables, shelf: Shelf, together: BoughtTogether) -> Ranked:
    """What is bought with each product of the campaign, more often than by chance; nothing where nothing is known."""
    keys = tables.products["product_id"].tolist()
    rows = recommender.interactions.products(keys)
    idx, score = shelf.best_sparse(together.goes.score[rows], recommender.campaign.website.similar_length)
    real = idx >= 0
    one = np.broadcast_to(rows[:, None], idx.shape)[real]
    customers = np.asarray(together.goes.customers[one, idx[real]]).ravel() if real.any() else np.zeros(0, np.int64)
    reason, said = _worded(recommender, together, real, one[:, None], customers)
    return Ranked(keys, shelf.product_ids, idx, score, reason, said)


@dataclass(frozen=True, eq=False)
class CompletedSets:
    """The most frequent sets on the site, what followed them, and how well each product completes each of them."""

    sets: Sets
    found: Followers
    scores: sp.csr_matrix


def completed_sets(recommender: Recommender, shelf: Shelf, together: BoughtTogether) -> CompletedSets:
    """Look for the sets of the table `baskets`, and score what may follow them."""
    most, half_life = recommender.campaign.website.baskets, recommender.campaign.half_life_days
    sets = frequent_sets(together.baskets, together.pairs, shelf.on_site, most, half_life)
    found = followers(together.baskets, sets, half_life)
    return CompletedSets(sets, found, completions(sets, found, together.goes))


def basket_lists(recommender: Recommender, shelf: Shelf, together: BoughtTogether, completed: CompletedSets) -> Ranked:
    """What completes each of the most frequent baskets of two or three products on the site; never what is in it."""
    sets, found = completed.sets, completed.found
    idx, score = shelf.best_sparse(completed.scores, recommender.campaign.website.similar_length)
    real = idx >= 0
    row, item = np.nonzero(real)[0], idx[real].astype(np.int64)
    customers = whole_set_customers(sets, found, together.goes.share, row, item)
    member, fewer = strongest_member(sets, together.goes, row, item)
    alone = np.stack((member, np.full(len(row), -1), np.full(len(row), -1)), axis=1)
    whole = customers > 0
    said_of = np.where(whole[:, None], sets.members[row], alone)
    reason, said = _worded(recommender, together, real, said_of, np.where(whole, customers, fewer))
    return Ranked(_keys(sets, shelf), shelf.product_ids, idx, score, reason, said)


def _keys(sets: Sets, shelf: Shelf) -> list[str]:
    return [basket_key(shelf.product_ids[row[row >= 0]].tolist()) for row in sets.members]


def _worded(
    recommender: Recommender, together: BoughtTogether, real: npt.NDArray[np.bool_], members: Places, customers: Places
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """The reason of every real place: with what it was bought, and by how many.

    members  (n_real, 1 or 3)  products it was bought with, -1 = none; customers (n_real,)
    """
    reason = np.full(real.shape, -1, np.int32)
    facts, code = np.unique(np.column_stack((members, customers)), axis=0, return_inverse=True)
    reason[real] = code.ravel()
    ids = recommender.interactions.product_ids
    said = []
    for *places, count in facts.tolist():
        names = [recommender.names.get(ids[place]) or str(ids[place]) for place in places if place >= 0]
        said.append(_sentence(names, count, together))
    return reason, tuple(said)


def _sentence(names: list[str], customers: int, together: BoughtTogether) -> str:
    listed = " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])
    how = f"within {together.window_days} days of" if together.window_days else "together with"
    return f"often {together.verb} {how} {listed}: by {customers:,} customers"
