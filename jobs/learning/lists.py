"""The lists of the website: per customer, per product, and bestsellers overall and per segment, each with a reason.

Only products sold on the website (`on_site`) are listed; what a customer already bought is left out of her list. Every
list has a total order: score, then product_id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from jobs.learning.reasons import BROWSING, alike, words
from jobs.learning.train import Progress, Recommender
from recsys.blend import LISTS
from recsys.events import Events
from recsys.popularity import segment_popularity
from recsys.rank import top_k
from recsys.similar import shared_value, similar_items

if TYPE_CHECKING:
    from jobs.inputs.tables import Tables

BLOCK = 4_096
"""Customers ranked at a time."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Best-first lists of products, one row per key.

    keys         customer_id, product_id or segment of each row; segment "" = everyone
    product_ids  text (n_products_total,) what positions stand for
    idx          int32 (n_keys, k)  positions in product_ids, best first, -1 where a list ends early
    score        float32 (n_keys, k)  higher is better; NaN where idx is -1
    reason       int32 (n_keys, k)  positions in `reasons`, -1 where idx is -1
    """

    keys: list[str]
    product_ids: npt.NDArray[np.object_]
    idx: npt.NDArray[np.int32]
    score: npt.NDArray[np.float32]
    reason: npt.NDArray[np.int32]
    reasons: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class WebsiteLists:
    """All lists of one night."""

    personal: Ranked
    similar: Ranked
    bestsellers: Ranked


def website_lists(recommender: Recommender, tables: Tables, *, progress: Progress | None = None) -> WebsiteLists:
    """Make every list the website needs, with the lengths of [website]."""
    return WebsiteLists(
        personal=personal(recommender, tables, progress=progress),
        similar=similar_products(recommender, tables),
        bestsellers=bestsellers(recommender, tables),
    )


def personal(recommender: Recommender, tables: Tables, *, progress: Progress | None = None) -> Ranked:
    """The best products for each customer of the campaign that she has not bought yet."""
    keys = tables.customers["customer_id"].tolist()
    products = _on_site(recommender, tables)
    blocks = recommender.score_blocks(keys, _ids(recommender)[products], LISTS)
    owned = sp.csr_matrix(bought(recommender)[:, products])
    k = recommender.campaign.website.list_length
    idx, score = np.empty((len(keys), k), np.int32), np.empty((len(keys), k), np.float32)
    for lo in range(0, len(keys), BLOCK):
        hi = min(lo + BLOCK, len(keys))
        allowed = ~owned[blocks.customer_idx[lo:hi]].toarray()
        idx[lo:hi], score[lo:hi] = top_k(blocks.block(lo, hi), k, allowed)
        if progress is not None:
            progress("personal lists", hi, len(keys))
    real = idx >= 0
    places = np.where(real, products[np.where(real, idx, 0)] if len(products) else -1, -1).astype(np.int32)
    reason = np.full(idx.shape, -1, np.int32)
    customer = np.broadcast_to(blocks.customer_idx[:, None], idx.shape)
    reason[real], said = recommender.reason_codes(customer[real], places[real], LISTS)
    return Ranked(keys, _ids(recommender), places, score, reason, said)


def similar_products(recommender: Recommender, tables: Tables) -> Ranked:
    """The products most like each product of the campaign, by factors (mapped from attributes when it is new)."""
    keys = tables.products["product_id"].tolist()
    products = _on_site(recommender, tables)
    rows = recommender.interactions.products(keys)
    k = recommender.campaign.website.similar_length
    idx, score, by_attributes = similar_items(recommender.model, rows, products, k)
    reason, said = _likeness(recommender, rows, idx, by_attributes)
    return Ranked(keys, _ids(recommender), idx, score, reason, said)


def _likeness(
    recommender: Recommender,
    rows: npt.NDArray[np.int64],
    idx: npt.NDArray[np.int32],
    by_attributes: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Why two products are alike: the same customers, or for a new one the attribute value that they share."""
    reason = np.where(idx >= 0, 0, -1).astype(np.int32)
    one = np.broadcast_to(rows[:, None], idx.shape)[by_attributes]
    values = recommender.product_values
    shared = shared_value(recommender.model.attributes, one, idx[by_attributes])
    columns, code = np.unique(shared, return_inverse=True)
    reason[by_attributes] = code + 1
    said = [alike(values, a) if a >= 0 else "of the same kind" for a in columns]
    return reason, ("chosen by the same customers", *said)


def bestsellers(recommender: Recommender, tables: Tables) -> Ranked:
    """The products most bought lately, overall (key "") and per value of the [website] segments columns.

    The score is the product's share of the segment's decayed purchases; products nobody bought are not listed.
    """
    keys, members = _segments(recommender, tables)
    products = _on_site(recommender, tables)
    sold = purchases(recommender)
    n_customers = len(recommender.interactions.customer_ids)
    days = recommender.campaign.model.popularity_days
    rows = []
    for rows_of_segment in members:
        inside = np.full(n_customers, -1, np.int64)
        inside[rows_of_segment] = 0
        rows.append(segment_popularity(sold, inside, 1, days)[0])
    counted = np.array(rows).reshape(len(keys), sold.n_items)
    total = counted.sum(axis=1, keepdims=True)
    share = (counted / np.where(total > 0, total, 1))[:, products].astype(np.float32)
    idx, score = top_k(share, recommender.campaign.website.list_length, share > 0)
    places = np.where(idx >= 0, products[np.maximum(idx, 0)] if len(products) else -1, -1).astype(np.int32)
    said = tuple(_bestseller_reason(key) for key in keys)
    reason = np.where(idx >= 0, np.arange(len(keys))[:, None], -1).astype(np.int32)
    return Ranked(keys, _ids(recommender), places, score, reason, said)


def purchase_kinds(recommender: Recommender) -> npt.NDArray[np.bool_]:
    """Which kinds of events mean that she has the product: all but looking, saving and the like (BROWSING)."""
    return np.array([kind.casefold() not in BROWSING for kind in recommender.interactions.kinds], bool)


def bought(recommender: Recommender) -> sp.csr_matrix:
    """What each customer has bought, or rated, well or badly: bool CSR (n_customers, n_products)."""
    events = recommender.interactions.events
    had = purchase_kinds(recommender)[recommender.interactions.kind]
    cells = (np.ones(int(had.sum()), bool), (events.customer_idx[had], events.item_idx[had]))
    return sp.csr_matrix(sp.coo_matrix(cells, shape=events.shape))


def purchases(recommender: Recommender) -> Events:
    """The events that mean a purchase, each counting one."""
    events = recommender.interactions.events
    had = purchase_kinds(recommender)[recommender.interactions.kind] & (events.weight > 0)
    return replace(
        events,
        customer_idx=events.customer_idx[had],
        item_idx=events.item_idx[had],
        weight=np.ones(int(had.sum()), np.float32),
        age_days=events.age_days[had],
    )


def _ids(recommender: Recommender) -> npt.NDArray[np.object_]:
    return recommender.interactions.product_ids.to_numpy(dtype=object)


def _on_site(recommender: Recommender, tables: Tables) -> npt.NDArray[np.int64]:
    """Positions of the products sold on the website, ascending (so ties go by product_id)."""
    return recommender.interactions.products(tables.products["product_id"][tables.products["on_site"].to_numpy(bool)])


def _segments(recommender: Recommender, tables: Tables) -> tuple[list[str], list[npt.NDArray[np.int64]]]:
    """Keys "" and "column=value", sorted, and the customers of each; "" holds everyone, in this campaign or not."""
    keys, members = [""], [np.arange(len(recommender.interactions.customer_ids))]
    rows = recommender.interactions.customers(tables.customers["customer_id"])
    for column in sorted(recommender.campaign.website.segments):
        cells: pd.Series = tables.customers[column].astype("str").str.split("|").explode().str.strip()
        for value, group in cells[cells != ""].groupby(cells, sort=True):
            keys.append(f"{column}={value}")
            members.append(rows[group.index.to_numpy()])
    return keys, members


def _bestseller_reason(key: str) -> str:
    if not key:
        return "a bestseller this season"
    column, value = key.split("=", 1)
    return f"a bestseller with customers whose {words(column)} is {value}"
