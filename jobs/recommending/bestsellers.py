"""Bestsellers: what sells best lately, to everyone and in each segment of customers, small ones drawn to everyone's.

A segment of three purchases says next to nothing, so its list starts from everyone's and moves with what it buys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from jobs.cells.markup import plain_text
from jobs.inputs.box_ids import people
from jobs.recommending.purchases import purchases, sale_kinds, verb
from jobs.recommending.ranked_list import Ranked, Shelf, open_shelf
from jobs.words import column_in_words
from recsys.base.events import Events, interactions
from recsys.baskets.baskets import FEW
from recsys.parts.popularity import segment_popularity, shrunk_shares

if TYPE_CHECKING:
    from jobs.inputs.tables import Tables
    from jobs.learning.recommender import Recommender

HEAD_START = 5.0
"""Purchases with which the last product of everyone's list enters that of each segment; the others in proportion."""


def bestsellers(recommender: Recommender, tables: Tables, listed: Shelf | None = None) -> Ranked:
    """The products most bought lately, overall (key "") and per value of the [website] segments columns.

    The score is the product's share of the segment's decayed purchases, shrunk towards its share of everyone's
    (recsys.parts.popularity.shrunk_shares); products nobody bought are not listed.
    """
    shelf = open_shelf(recommender, tables) if listed is None else listed
    keys, members = _segments(recommender, tables)
    sold = purchases(recommender)
    k = recommender.campaign.website.list_length
    counted, buyers = _counted(sold, members, recommender.campaign.model.popularity_days)
    counted, buyers = counted[:, shelf.product_idx], buyers[:, shelf.product_idx]
    share = shrunk_shares(counted, counted[0], k, HEAD_START).astype(np.float32)
    idx, score = shelf.best(share, k, share > 0)
    reason, said = _why(recommender, keys, shelf, idx, counted, buyers)
    return Ranked(keys, shelf.product_ids, idx, score, reason, said)


def _counted(
    sold: Events, members: list[npt.NDArray[np.int64]], days: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Decayed purchases float64, and distinct buyers int64, of each segment and product: (n_segments, n_products)."""
    counted = np.zeros((len(members), sold.n_items))
    buyers = np.zeros((len(members), sold.n_items), np.int64)
    had = sp.csr_matrix(interactions(sold, sold.weight))
    for layer, segment in _layers(members, sold.n_customers):
        counted[layer] = segment_popularity(sold, segment, len(layer), days)
        of_cell = np.repeat(segment, np.diff(had.indptr))
        inside = of_cell >= 0
        cell = of_cell[inside] * sold.n_items + had.indices[inside]
        buyers[layer] = np.bincount(cell, minlength=len(layer) * sold.n_items).reshape(-1, sold.n_items)
    return counted, buyers


def _layers(members: list[npt.NDArray[np.int64]], n_customers: int) -> list[tuple[list[int], npt.NDArray[np.int64]]]:
    """Segments put together so that no customer is in two of one layer: the events are gone through once for each.

    Of each layer its segments, and the place among them of every customer, -1 = in none: int64 (n_customers,).
    """
    layers: list[tuple[list[int], npt.NDArray[np.int64]]] = []
    for at, mine in enumerate(members):
        for layer, segment in layers:
            if not (segment[mine] >= 0).any():
                segment[mine] = len(layer)
                layer.append(at)
                break
        else:
            segment = np.full(n_customers, -1, np.int64)
            segment[mine] = 0
            layers.append(([at], segment))
    return layers


def _why(
    recommender: Recommender,
    keys: list[str],
    shelf: Shelf,
    idx: npt.NDArray[np.int32],
    counted: npt.NDArray[np.float64],
    buyers: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """What is true of each: a bestseller of the segment, or of everyone, or bought by so many."""
    k = recommender.campaign.website.list_length
    best = (_rank(counted) < k) & (counted > 0)
    best[1:] &= buyers[1:] >= FEW
    kinds = recommender.interactions.kinds
    liked = np.bincount(recommender.interactions.kind[recommender.interactions.events.weight > 0], minlength=len(kinds))
    did = verb(kinds[code] for code in np.flatnonzero((liked > 0) & sale_kinds(recommender)))
    said: dict[str, int] = {}
    reason = np.full(idx.shape, -1, np.int32)
    column = np.searchsorted(shelf.product_idx, np.maximum(idx, 0))
    for row, place in np.argwhere(idx >= 0):
        at = column[row, place]
        if best[row, at]:
            words_ = _bestseller_reason(keys[row], recommender.customer_values.unsaid)
        elif best[0, at]:
            words_ = _bestseller_reason("", frozenset())
        else:
            n = int(buyers[0, at])
            words_ = f"{did} by {n:,} customer{'s' * (n != 1)}"
        reason[row, place] = said.setdefault(words_, len(said))
    return reason, tuple(said)


def _rank(counted: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Place of each product within its row, the most counted first, ties by position: int64, from 0."""
    order = np.argsort(-counted, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(counted.shape[1]), order.shape), axis=1)
    return rank


def _segments(recommender: Recommender, tables: Tables) -> tuple[list[str], list[npt.NDArray[np.int64]]]:
    """Keys "" and "column=value", sorted, and the customers of each; "" holds everyone, in this campaign or not."""
    keys, members = [""], [np.arange(len(recommender.interactions.customer_ids))]
    customers = people(tables.customers)
    rows = recommender.interactions.customers(customers["customer_id"])
    for column in sorted(recommender.campaign.website.segments):
        code, cells = pd.factorize(customers[column].astype("str"))
        by_cell = np.split(rows[np.argsort(code, kind="stable")], np.cumsum(np.bincount(code + 1))[:-1])[1:]
        values: dict[str, list[int]] = {}
        for at, cell in enumerate(cells):
            for value in {part.strip() for part in cell.split("|")} - {""}:
                values.setdefault(value, []).append(at)  # a customer of several values is in each of them
        for value in sorted(values):
            keys.append(f"{column}={value}")
            members.append(np.concatenate([by_cell[at] for at in values[value]]))
    return keys, members


def _bestseller_reason(key: str, unsaid: frozenset[str]) -> str:
    if not key:
        return "a bestseller this season"
    column, value = key.split("=", 1)
    if column in unsaid:
        return "a bestseller with customers like you"
    return f"a bestseller with customers whose {column_in_words(column)} is {plain_text(value)}"
