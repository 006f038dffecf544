"""What customers have: everything they bought or rated, which may not be listed to them, and what counts as a sale.

Looking, saving and the like is no purchase (jobs/learning/event_kinds.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from jobs.cells.arrow_texts import places
from jobs.learning.event_kinds import VERBS, did, owns
from recsys.base.events import Events

if TYPE_CHECKING:
    from jobs.inputs.tables import Tables
    from jobs.learning.recommender import Recommender

Mask = npt.NDArray[np.bool_]


def purchase_kinds(recommender: Recommender) -> Mask:
    """Which kinds of events mean that the customer has the product: all but looking, saving and the like."""
    signals = recommender.campaign.signals
    return np.array([owns(kind, signals[kind]) for kind in recommender.interactions.kinds], bool)


def _bought_kinds(recommender: Recommender) -> Mask:
    """Which kinds of events say "bought"."""
    signals = recommender.campaign.signals
    return np.array([did(kind, signals[kind]) == "bought" for kind in recommender.interactions.kinds], bool)


def bought(recommender: Recommender, tables: Tables) -> sp.csr_matrix:
    """What each customer has bought, or rated, well or badly or neither: bool CSR (n_customers, n_products).

    What she gave back she does not have. A kind of weight 0 is ignored, as everywhere.
    """
    counted = np.array(
        [recommender.campaign.signals[kind].weight != 0 for kind in recommender.interactions.kinds], bool
    )
    had = _events(recommender, tables, counted & purchase_kinds(recommender), ~recommender.interactions.undone)
    cells = (np.ones(len(had.customer_idx), bool), (had.customer_idx, had.item_idx))
    return sp.csr_matrix(sp.coo_matrix(cells, shape=recommender.interactions.events.shape))


def sale_kinds(recommender: Recommender) -> Mask:
    """Which kinds of events count as a sale: those that say "bought", where there are any; else all purchase kinds.

    So a rating given after a purchase, or of something that came in a box, is not another sale.
    """
    seen = recommender.interactions
    said = _bought_kinds(recommender)
    return said if (said[seen.kind] & (seen.events.weight > 0)).any() else purchase_kinds(recommender)


def purchases(recommender: Recommender) -> Events:
    """The events that mean a purchase and were not given back, each counting one; of a customer as many as count."""
    seen, events = recommender.interactions, recommender.interactions.events
    had = sale_kinds(recommender)[seen.kind] & (events.weight > 0) & ~seen.undone[seen.row]
    return replace(
        events,
        customer_idx=events.customer_idx[had],
        item_idx=events.item_idx[had],
        weight=np.ones(int(had.sum()), np.float32),
        age_days=events.age_days[had],
    )


def verb(kinds: Iterable[str]) -> str:
    """What customers did: "bought" where every kind of event says so, else "chosen"."""
    return "bought" if all(VERBS.get(kind.casefold()) == "bought" for kind in kinds) else "chosen"


@dataclass(frozen=True, eq=False)
class Moments:
    """Who chose what, on which day.

    customer_idx, item_idx  int64 (n,)  positions in the universe
    days_ago                int64 (n,)  whole days before the day of scoring, >= 0
    kinds                   the kinds of events these are
    """

    customer_idx: npt.NDArray[np.int64]
    item_idx: npt.NDArray[np.int64]
    days_ago: npt.NDArray[np.int64]
    kinds: tuple[str, ...]


def purchase_moments(recommender: Recommender, tables: Tables) -> Moments:
    """The purchases that baskets are made of.

    Where some kind of event says "bought", those alone, so that "bought together" is true and a rating given later does
    not count as another purchase; otherwise all purchase kinds, where the product was liked.
    """
    kinds = recommender.interactions.kinds
    weight = np.array([recommender.campaign.signals[kind].weight for kind in kinds])
    counts = ~(recommender.interactions.undone | recommender.interactions.beyond)
    of_sales = _events(recommender, tables, _bought_kinds(recommender) & (weight > 0), counts)
    if len(of_sales.customer_idx):
        return of_sales
    events, kind = recommender.interactions.events, recommender.interactions.kind
    liked = purchase_kinds(recommender)[kind] & (events.weight > 0)
    days = np.ceil(events.age_days[liked]).astype(np.int64) - 1
    used = tuple(kinds[code] for code in np.unique(kind[liked]))
    rows = (events.customer_idx[liked].astype(np.int64), events.item_idx[liked].astype(np.int64))
    return Moments(*rows, np.maximum(days, 0), used)


def _events(recommender: Recommender, tables: Tables, wanted: Mask, rows: Mask) -> Moments:
    """The events of the wanted kinds up to the day of scoring, read from these rows of the table."""
    frame, seen = tables.events, recommender.interactions
    day = frame["occurred_at"].to_numpy("datetime64[us]").astype("datetime64[D]")
    days_ago = (np.datetime64(recommender.as_of, "D") - day).astype(np.int64)
    del day
    kind = places(frame["kind"], seen.kinds).astype(np.int16)
    used = rows & (days_ago >= 0) & (kind >= 0) & np.append(wanted, False)[kind]
    customer = places(frame["customer_id"][used], seen.customer_ids)
    item = places(frame["product_id"][used], seen.product_ids)
    known = (customer >= 0) & (item >= 0)
    kinds = tuple(seen.kinds[code] for code in np.unique(kind[used][known]))
    columns = (customer[known], item[known], days_ago[used][known])
    return Moments(*columns, kinds)
