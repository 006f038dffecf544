"""Train the recommender of a night on the campaign's tables, and answer for ids: scores and reasons.

Here ids become positions and back; what is learned, and from what, is in recsys/training.py. The ship date is the
moment of scoring: nothing later is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.learning import reasons
from jobs.learning.attributes import Attributes, customer_attributes, product_attributes
from jobs.learning.interactions import Interactions, age_in_days, interactions
from jobs.learning.mixes import AS_SHIPPED, Mixes
from jobs.learning.rated import well_rated
from jobs.learning.seeds import id_seeds
from recsys.als import AlsSettings
from recsys.blend import Mix
from recsys.model import GRID, Columns, Model
from recsys.reasons import Reasoner
from recsys.satisfaction import Satisfaction, fit_satisfaction
from recsys.training import Inputs, Settings, Trained
from recsys.training import train as fit
from recsys.utility import Balance, expected_likes

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables

Progress = Callable[..., None]
"""Called as progress(text, done, total) while a stage works."""

NEW_DAYS = 45
"""A product is called new when nobody had it longer ago than this."""


@dataclass(frozen=True, eq=False)
class ScoreBlocks:
    """Scores of some customers and products, made block by block; the same bytes in whatever portions.

    Scores lie in (0, 1), higher is better. Without `satisfaction`, 0.5 is an average product of the catalogue for that
    customer; with it a score is the chance of a like, moved by her taste: what a box is packed for.
    """

    model: Model
    customer_idx: npt.NDArray[np.int64]
    columns: Columns
    mix: Mix
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
            customers = self.customer_idx[start : start + GRID]
            block = self.model.score_with(customers, self.columns, self.mix)
            if self.satisfaction is not None:
                log_odds = self.satisfaction.log_odds(customers, self.columns.item_idx)
                block = expected_likes(block, log_odds, self.satisfaction.base_rate, self.balance)
            first, last = max(start, lo), min(start + GRID, hi)
            out[first - lo : last - lo] = block[first - start : last - start]
        return out


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
    mixes                how much each part of a score counts, in boxes and in lists
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
    mixes: Mixes = AS_SHIPPED

    @property
    def model(self) -> Model:
        """The fitted arrays."""
        return self.trained.model

    def score_blocks(
        self, customer_ids: Iterable[str], product_ids: Iterable[str], mix: Mix | None = None
    ) -> ScoreBlocks:
        """Scores by blocks for these ids, in the order given; raises KeyError naming an unknown id.

        mix  None = what a box is packed for: the mix of boxes and expected satisfaction, as [utility] weighs them
        """
        columns = Columns.of(self.model, self.interactions.products(product_ids))
        customer_idx = self.interactions.customers(customer_ids)
        if mix is not None:
            return ScoreBlocks(self.model, customer_idx, columns, mix)
        balance = Balance(self.campaign.utility.affinity, self.campaign.utility.satisfaction)
        return ScoreBlocks(self.model, customer_idx, columns, self.mixes.packing, self.satisfaction, balance)

    def reasons(
        self,
        customer_ids: Iterable[str],
        product_ids: Iterable[str],
        mix: Mix | None = None,
        worth: npt.NDArray[np.floating[Any]] | None = None,
    ) -> list[str]:
        """One short sentence per pair: what raised its score most. The iterables go in step.

        worth  (n_pairs,) scores that boxes were packed for: the product's ratings may then be the reason, too
        """
        customer_idx, item_idx = self.interactions.customers(customer_ids), self.interactions.products(product_ids)
        codes, words = self.reason_codes(customer_idx, item_idx, mix or self.mixes.packing)
        table = np.array(words, dtype=object)
        said = list(table[codes]) if len(words) else []
        return said if worth is None else well_rated(self, customer_idx, item_idx, worth, said)

    def reason_codes(
        self, customer_idx: npt.NDArray[np.integer], item_idx: npt.NDArray[np.integer], mix: Mix
    ) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
        """The same for positions: codes int32 (n_pairs,) into a tuple of sentences, sorted."""
        return reasons.in_words(self, customer_idx, item_idx, mix)


def settings_of(campaign: Campaign) -> Settings:
    """What [model] and [signals] say, in the words of recsys."""
    model = campaign.model
    return Settings(
        als=AlsSettings(model.factors, model.regularization, model.alpha, model.iterations),
        half_life_days=campaign.half_life_days,
        popularity_days=model.popularity_days,
    )


def train(
    campaign: Campaign,
    tables: Tables,
    *,
    as_of: date | None = None,
    mixes: Mixes = AS_SHIPPED,
    progress: Progress | None = None,
) -> Recommender:
    """Train on everything up to the ship date (or `as_of`, its end of day). Same inputs and seed, same bytes.

    mixes     how much each part of a score counts; see jobs/learning/mixes.py
    progress  called as progress(text, done, total)
    """
    moment = campaign.ship_date if as_of is None else as_of
    seen = interactions(campaign, tables, moment)
    inputs, product_values, customer_values = inputs_of(campaign, tables, seen)
    settings = settings_of(campaign)
    trained = fit(inputs, settings, progress)
    first_had = _first_had(tables, seen, moment)
    return Recommender(
        campaign=campaign,
        as_of=moment,
        interactions=seen,
        product_values=product_values,
        customer_values=customer_values,
        names=dict(zip(tables.products["product_id"], tables.products["name"], strict=True)),
        first_had=first_had,
        new=_new(seen, first_had),
        customer_seeds=inputs.customer_seeds,
        trained=trained,
        reasoner=Reasoner.of(
            trained, inputs, settings, np.array([value == "" for value in customer_values.value], bool)
        ),
        satisfaction=fit_satisfaction(
            seen.ratings, inputs.item_features, inputs.customer_features, inputs.customer_seeds, inputs.item_seeds
        ),
        mixes=mixes,
    )


def inputs_of(campaign: Campaign, tables: Tables, seen: Interactions) -> tuple[Inputs, Attributes, Attributes]:
    """The arrays a model is fitted on, and what the columns of the attribute matrices mean."""
    product_rows = seen.products(tables.products["product_id"])
    text, ignore = campaign.model.text, campaign.model.ignore
    product_values = product_attributes(tables.products, product_rows, len(seen.product_ids), text, ignore)
    customer_rows, own = seen.customers(tables.customers["customer_id"]), set(text) - set(tables.products)
    customer_values = customer_attributes(tables.customers, customer_rows, len(seen.customer_ids), own, ignore)
    reference = np.zeros(len(seen.product_ids), bool)
    reference[product_rows] = True
    inputs = Inputs(
        events=seen.events,
        customer_seeds=id_seeds(seen.customer_ids, f"customers/{campaign.seed}"),
        item_seeds=id_seeds(seen.product_ids, f"products/{campaign.seed}"),
        item_features=product_values.matrix,
        customer_features=customer_values.matrix,
        reference=reference,
    )
    return inputs, product_values, customer_values


def _first_had(tables: Tables, seen: Interactions, as_of: date) -> npt.NDArray[np.float32]:
    """Days since somebody first had each product, by events, opinions or a box: float32 (n_products,), -1 = nobody."""
    shipped = tables.shipments.groupby("product_id", sort=False)["shipped_on"].min()
    item = np.asarray(seen.product_ids.get_indexer(pd.Index(shipped.index, dtype="str")), np.int64)
    age = age_in_days(shipped, as_of)
    known = (item >= 0) & (age > 0)
    first = seen.oldest.copy()
    np.maximum.at(first, item[known], age[known].astype(np.float32))
    return first


def _new(seen: Interactions, first_had: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Products that nobody had before the last NEW_DAYS days: bool (n_products,).

    Where the events themselves reach back less than twice as long, nothing can be called new but what nobody had at
    all; in a shop without events nothing is new.
    """
    if not len(seen.events):
        return np.zeros(len(seen.product_ids), bool)
    return np.asarray(first_had <= (NEW_DAYS if seen.oldest.max(initial=-1) >= 2 * NEW_DAYS else -1))
