"""Train the recommender of a night on the campaign's tables, and answer for ids: scores and reasons.

Here ids become positions and back; what is learned, and from what, is in recsys/training.py. The ship date is the
moment of scoring: nothing later is used.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.cells.markup import plain_text
from jobs.features.attributes import Attributes, customer_attributes, product_attributes
from jobs.inputs.box_ids import people
from jobs.inputs.column_uses import column_uses, not_read, not_said
from jobs.learning.interactions import Interactions, age_in_days, interactions
from jobs.learning.recommender import Recommender
from jobs.learning.seeds import id_seeds
from jobs.learning.weights import AS_SHIPPED, BoxAndListWeights
from recsys.base.threads import one_blas_thread
from recsys.parts.als import AlsSettings
from recsys.reasons import Reasoner
from recsys.satisfaction.satisfaction import fit_satisfaction
from recsys.training import Inputs, Settings
from recsys.training import train as fit

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables

Progress = Callable[..., None]
"""Called as progress(text, done, total) while a stage works."""

NEW_DAYS = 45
"""A product is called new when nobody had it longer ago than this."""


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
    weights: BoxAndListWeights = AS_SHIPPED,
    progress: Progress | None = None,
) -> Recommender:
    """Train on everything up to the ship date (or `as_of`, its end of day). Same inputs and seed, same bytes.

    Taste and satisfaction learn from different tables of numbers, and at the same time.

    weights   how much each part of a score counts; see jobs/evaluating/fit_weights.py
    progress  called as progress(text, done, total)
    """
    moment = campaign.ship_date if as_of is None else as_of
    seen = interactions(campaign, tables, moment)
    inputs, product_values, customer_values = inputs_of(campaign, tables, seen)
    settings = settings_of(campaign)
    with one_blas_thread(), ThreadPoolExecutor(1) as beside:  # BLAS is limited for both, and until both are done
        liking = beside.submit(
            fit_satisfaction,
            *(seen.ratings, inputs.item_features, inputs.customer_features, inputs.customer_seeds, inputs.item_seeds),
        )
        trained = fit(inputs, settings, progress)
        satisfaction = liking.result()
    first_had = _first_had(tables, seen, moment)
    return Recommender(
        campaign=campaign,
        as_of=moment,
        interactions=seen,
        product_values=product_values,
        customer_values=customer_values,
        names=dict(zip(tables.products["product_id"], map(plain_text, tables.products["name"]), strict=True)),
        first_had=first_had,
        new=_new(seen, first_had),
        customer_seeds=inputs.customer_seeds,
        trained=trained,
        reasoner=Reasoner.of(trained, inputs, settings, customer_values.muted, product_values.muted),
        satisfaction=satisfaction,
        weights=weights,
    )


def inputs_of(campaign: Campaign, tables: Tables, seen: Interactions) -> tuple[Inputs, Attributes, Attributes]:
    """The arrays a model is fitted on, and what the columns of the attribute matrices mean."""
    products, customers, text = tables.products, people(tables.customers), campaign.model.text
    product_rows, customer_rows = seen.products(products["product_id"]), seen.customers(customers["customer_id"])
    frames, most_read = {"products": products, "customers": customers}, campaign.limits.text
    of_product, of_customer = (column_uses(campaign, frames, table) for table in frames)
    product_values = replace(
        product_attributes(products, product_rows, len(seen.product_ids), text, not_read(of_product), most_read),
        unsaid=not_said(of_product),
    )
    own = set(text) - set(products)
    customer_values = replace(
        customer_attributes(customers, customer_rows, len(seen.customer_ids), own, not_read(of_customer), most_read),
        unsaid=not_said(of_customer),
    )
    reference = np.zeros(len(seen.product_ids), bool)
    reference[product_rows] = True
    inputs = Inputs(
        events=seen.events,
        customer_seeds=id_seeds(seen.customer_ids.tolist(), f"customers/{campaign.seed}"),
        item_seeds=id_seeds(seen.product_ids.tolist(), f"products/{campaign.seed}"),
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

    Events that reach back less than twice as long cannot tell: then only what nobody ever had is new. Without any
    events nothing is new.
    """
    if not len(seen.events):
        return np.zeros(len(seen.product_ids), bool)
    return np.asarray(first_had <= (NEW_DAYS if seen.oldest.max(initial=-1) >= 2 * NEW_DAYS else -1))
