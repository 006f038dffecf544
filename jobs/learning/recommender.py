"""A trained recommender: arrays, and the ids that their positions stand for; scores by blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from jobs.features.attributes import Attributes
from jobs.learning.interactions import Interactions
from jobs.learning.weights import AS_SHIPPED, BoxAndListWeights
from recsys.base.turns import one_at_a_time
from recsys.reasons import Reasoner
from recsys.satisfaction.satisfaction import Satisfaction
from recsys.satisfaction.utility import Balance, expected_likes
from recsys.scoring.blend import Weights
from recsys.scoring.model import GRID, Columns, Model
from recsys.training import Trained

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign


@dataclass(frozen=True, eq=False)
class ScoreBlocks:
    """Scores of some customers and products, made block by block; the same bytes in whatever portions.

    Scores lie in (0, 1), higher is better. Without `satisfaction`, 0.5 is an average product of the catalogue for that
    customer; with it a score is the chance of a like, moved by the customer's taste: a packing score.
    """

    model: Model
    customer_idx: npt.NDArray[np.int64]
    columns: Columns
    weights: Weights
    satisfaction: Satisfaction | None = None
    balance: Balance = Balance()  # noqa: RUF009 (frozen)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_products)."""
        return len(self.customer_idx), len(self.columns.item_idx)

    def block(self, lo: int, hi: int) -> npt.NDArray[np.float32]:
        """Scores of customers lo..hi-1: float32 (hi - lo, n_products), finite."""
        out = np.empty((hi - lo, self.shape[1]), np.float32)
        for start in range(lo - lo % GRID, hi, GRID):
            with one_at_a_time():  # packing and its second opinion ask from several threads
                block = self._scored(self.customer_idx[start : start + GRID])
            first, last = max(start, lo), min(start + GRID, hi)
            out[first - lo : last - lo] = block[first - start : last - start]
        return out

    def _scored(self, customers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        block = self.model.score_with(customers, self.columns, self.weights)
        if self.satisfaction is None:
            return block
        log_odds = self.satisfaction.log_odds(customers, self.columns.item_idx)
        return expected_likes(block, log_odds, self.satisfaction.base_rate, self.balance)


@dataclass(frozen=True, eq=False)
class Recommender:
    """A trained model and the ids its positions stand for.

    interactions         events as arrays, with the sorted ids of all customers and products
    product_values       attributes of products, row = position in the universe; customer_values likewise
    names                product_id to name, for those that have one
    first_had            float32 (n_products,)  days since somebody first had it, -1 = nobody
    new                  bool (n_products,)  nobody had it before the last NEW_DAYS days
    customer_seeds       uint64 (n_customers,)  one per id
    satisfaction         how likely each customer is to like each product, as ratings tell
    weights              how much each part of a score counts, in boxes and in lists
    """

    campaign: Campaign
    as_of: date
    interactions: Interactions
    product_values: Attributes
    customer_values: Attributes
    names: dict[str, str]
    first_had: npt.NDArray[np.float32]
    new: npt.NDArray[np.bool_]
    customer_seeds: npt.NDArray[np.uint64]
    trained: Trained
    reasoner: Reasoner
    satisfaction: Satisfaction
    weights: BoxAndListWeights = AS_SHIPPED

    @property
    def model(self) -> Model:
        """The fitted arrays."""
        return self.trained.model

    def score_blocks(
        self, customer_ids: Iterable[str], product_ids: Iterable[str], weights: Weights | None = None
    ) -> ScoreBlocks:
        """Scores by blocks for these ids, in the order given; raises KeyError naming an unknown id.

        weights  None = packing scores: the weights of boxes, and expected satisfaction as [utility] weighs it
        """
        columns = Columns.of(self.model, self.interactions.products(product_ids))
        customer_idx = self.interactions.customers(customer_ids)
        if weights is not None:
            return ScoreBlocks(self.model, customer_idx, columns, weights)
        balance = Balance(self.campaign.utility.affinity, self.campaign.utility.satisfaction)
        return ScoreBlocks(self.model, customer_idx, columns, self.weights.packing, self.satisfaction, balance)
