"""The three questions of an evaluation: who is asked, what is ranked, what counts as right, which models answer.

Warm customers rank the items that were known before; new products are ranked among themselves; new subscribers are
customers who had no events before the hidden stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from jobs.learning.interactions import Interactions
from jobs.learning.recommender import Recommender
from recsys.base.inner_loops import dense_product
from recsys.base.seeds import keyed, mix, sample
from recsys.scoring.model import Columns

WARM, NEW_PRODUCTS, NEW_SUBSCRIBERS = "warm customers", "new products", "new subscribers"
OURS, POPULARITY, ITEM_KNN, CONTENT, RANDOM = "boxwise", "popularity", "item-kNN", "content", "random"

Ints = npt.NDArray[np.integer]
Score = Callable[[Ints], npt.NDArray[np.float32]]
"""Customer positions -> scores of the part's items, float32 (n_customers, n_items)."""


@dataclass(frozen=True, eq=False)
class Part:
    """One question.

    customers, items  positions in the recommender's universe, ascending
    truth   CSR bool (n_customers, n_items): what they took in the hidden stretch and had not before; no row is empty
    seen    CSR bool likewise: what they had before, which may not be listed
    models  name -> scores; the first is the recommender
    """

    name: str
    customers: Ints
    items: Ints
    truth: sp.csr_matrix
    seen: sp.csr_matrix
    models: dict[str, Score]


def parts(recommender: Recommender, later: Interactions, seed: int, max_customers: int) -> Iterator[Part]:
    """The three questions.

    later          the hidden events, with positions of their own
    max_customers  customers per part at most, drawn by hash of their ids and `seed`
    """
    model = recommender.model
    known = recommender.interactions
    seen = _liked(known.events.customer_idx, known.events.item_idx, known.events.weight > 0, model.shape)
    customer = np.asarray(known.customer_ids.get_indexer(later.customer_ids))[later.events.customer_idx]
    item = np.asarray(known.product_ids.get_indexer(later.product_ids))[later.events.item_idx]
    use = (customer >= 0) & (item >= 0) & (later.events.weight > 0)
    taken = _liked(customer, item, use, model.shape)
    truth = sp.csr_matrix(taken - taken.multiply(seen))
    truth.eliminate_zeros()
    warm, cold = np.flatnonzero(model.warm_customers), np.flatnonzero(~model.warm_customers)
    old = np.flatnonzero(model.warm_items)
    new = np.setdiff1d(taken.indices, old)
    for name, who, what in ((WARM, warm, old), (NEW_PRODUCTS, warm, new), (NEW_SUBSCRIBERS, cold, old)):
        asked = sp.csr_matrix(truth[who][:, what])
        rows = np.flatnonzero(np.diff(asked.indptr))
        rows = rows[sample(recommender.customer_seeds[who[rows]], max_customers, key=seed + 1)]
        models = _models(recommender, name, what, seen, seed)
        yield Part(name, who[rows], what, sp.csr_matrix(asked[rows]), sp.csr_matrix(seen[who[rows]][:, what]), models)


def _liked(customer: Ints, item: Ints, use: npt.NDArray[np.bool_], shape: tuple[int, int]) -> sp.csr_matrix:
    """1 where a customer liked an item: CSR int8."""
    ones = np.ones(int(use.sum()), np.int32)
    summed = sp.csr_matrix(sp.coo_matrix((ones, (customer[use], item[use])), shape=shape))
    summed.sum_duplicates()
    return sp.csr_matrix((np.ones(summed.nnz, np.int8), summed.indices, summed.indptr), shape=shape)


def list_scores(recommender: Recommender, columns: Columns) -> Score:
    """The recommender's scores of these items, as its lists are ranked by them."""

    def ours(customers: Ints) -> npt.NDArray[np.float32]:
        return recommender.model.score_with(customers, columns, recommender.weights.lists)

    return ours


def _models(recommender: Recommender, part: str, items: Ints, seen: sp.csr_matrix, seed: int) -> dict[str, Score]:
    """The recommender and what it must beat.

    popularity  recent popularity; for new products, the popularity that their attributes predict
    item-kNN    BM25 neighbours of everything the customer had, each counting one
    content     cosine of attributes with everything the customer had
    """
    model = recommender.model
    columns = Columns.of(model, items)
    counts = sp.csr_matrix(seen.astype(np.float32))
    taste = sp.csr_matrix(counts @ model.attributes)
    item_seeds = keyed(items.astype(np.uint64), seed + 3)

    def popularity(customers: Ints) -> npt.NDArray[np.float32]:
        return np.repeat(columns.popularity[None, :], len(customers), axis=0)

    def item_knn(customers: Ints) -> npt.NDArray[np.float32]:
        return dense_product(counts, customers, columns.similarity)

    def content(customers: Ints) -> npt.NDArray[np.float32]:
        return dense_product(taste, customers, columns.attributes)

    def at_random(customers: Ints) -> npt.NDArray[np.float32]:
        of_customer = keyed(recommender.customer_seeds[customers], seed + 2)[:, None]
        return (mix(of_customer ^ item_seeds[None, :]) >> np.uint64(40)).astype(np.float32)

    models: dict[str, Score] = {OURS: list_scores(recommender, columns), POPULARITY: popularity}
    if part == WARM:
        models[ITEM_KNN] = item_knn
    if part != NEW_SUBSCRIBERS:
        models[CONTENT] = content
    models[RANDOM] = at_random
    return models
