"""The campaign's tables as the recommender sees them: positions, weights and ages instead of ids, kinds and dates.

The universe holds every id of the customers and products tables and of the events, sorted: customers and products that
are not in this campaign still teach the model. Events of kinds with a centre are opinions, too: likes and dislikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.arrow_texts import places, texts
from jobs.learning.accounts import counting
from recsys.base.events import Events
from recsys.base.one_customer import newest
from recsys.satisfaction.ratings import Ratings, newest_opinions

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables

DAY = np.timedelta64(1, "D")
US_PER_DAY = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Interactions:
    """Events as arrays, with the ids their positions stand for.

    customer_ids, product_ids  sorted, distinct ids of the universe
    events  what counts (jobs/learning/accounts.py): signal weights and ages at the end of `as_of`; none of weight 0
    kind    int16 (n_events,)  position in `kinds`, the sorted kinds of [signals]
    row      int64 (n_events,)  row of the events table
    undone   bool (n_rows,)  by row of the events table: a purchase that was given back
    beyond   bool (n_rows,)  by row: it does not count, for the customer has more events than [limits] lets count
    ratings  opinions, aged likewise: the events whose kind has a centre, of each pair the newest. A value at the centre
             says nothing about taste, so it is no event; as an opinion it is half a like
    oldest   float32 (n_products,)  age of the first event or opinion, -1 = none
    """

    customer_ids: pd.Index
    product_ids: pd.Index
    events: Events
    kind: npt.NDArray[np.int16]
    kinds: tuple[str, ...]
    row: npt.NDArray[np.int64]
    undone: npt.NDArray[np.bool_]
    beyond: npt.NDArray[np.bool_]
    ratings: Ratings
    oldest: npt.NDArray[np.float32]

    def customers(self, ids: object) -> npt.NDArray[np.int64]:
        """Positions of customer ids; raises KeyError naming an id that is not in the universe."""
        return _positions(ids, self.customer_ids, "customer")

    def products(self, ids: object) -> npt.NDArray[np.int64]:
        """Positions of product ids; raises KeyError naming an id that is not in the universe."""
        return _positions(ids, self.product_ids, "product")


def interactions(campaign: Campaign, tables: Tables, as_of: date) -> Interactions:
    """Turn tables into arrays; nothing later than `as_of` (a day, counted to its end) is used."""
    frame = tables.events
    all_ages = age_in_days(frame["occurred_at"], as_of)
    kinds = tuple(sorted(campaign.signals))
    kind = places(frame["kind"], kinds)
    value = frame["value"].to_numpy(np.float64)
    weight = _weights(campaign, kinds, kind, value)
    known = (all_ages > 0) & (kind >= 0)
    opinion = known & _opinions(campaign, kinds, kind, value)
    used = known & (weight != 0)
    taken = used | opinion
    customer_ids, customer_idx = _universe(tables.customers["customer_id"], frame["customer_id"][taken])
    product_ids, item_idx = _universe(tables.products["product_id"], frame["product_id"][taken])
    age = all_ages[taken]
    of_event, of_opinion = used[taken], opinion[taken]
    shape = len(customer_ids), len(product_ids)
    pair = customer_idx[of_event] * len(product_ids) + item_idx[of_event]
    told = counting(campaign, kinds, kind[used], pair, weight[used], age[of_event], len(product_ids))
    event, rows = np.flatnonzero(of_event)[told.counts], np.flatnonzero(used)
    events = Events(customer_idx[event], item_idx[event], told.weight[told.counts], age[event], *shape)
    like = (np.sign(weight[opinion]) + 1) / 2
    ratings = newest_opinions(customer_idx[of_opinion], item_idx[of_opinion], like, age[of_opinion], *shape)
    ratings = ratings.some(newest(ratings.customer_idx, ratings.age_days, campaign.limits.per_customer))
    undone, beyond = np.zeros(len(frame), bool), np.zeros(len(frame), bool)
    undone[rows], beyond[rows] = told.undone, ~told.counts & (told.weight != 0)
    oldest = np.full(len(product_ids), -1.0, np.float32)
    np.maximum.at(oldest, item_idx, age.astype(np.float32))
    of_rows = rows[told.counts]
    what = kind[of_rows].astype(np.int16), kinds, of_rows, undone, beyond
    return Interactions(customer_ids, product_ids, events, *what, ratings, oldest)


def age_in_days(moments: pd.Series, as_of: date) -> npt.NDArray[np.float64]:
    """Days from each moment to the end of the day `as_of`: float64, > 0 unless it lies after that day."""
    until_then = np.datetime64(as_of) + DAY - moments.to_numpy("datetime64[us]")
    return np.asarray(until_then.astype("timedelta64[us]").astype(np.int64) / US_PER_DAY, np.float64)


def _opinions(
    campaign: Campaign, kinds: tuple[str, ...], kind: npt.NDArray[np.integer], value: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Which events are opinions: those with a value whose kind has a centre and a weight."""
    signals = [campaign.signals[name] for name in kinds]
    centred = np.array([signal.centre is not None and signal.weight != 0 for signal in signals] + [False])
    return np.asarray(centred[kind] & ~np.isnan(value))


def _weights(
    campaign: Campaign, kinds: tuple[str, ...], kind: npt.NDArray[np.integer], value: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Signal weight of each event: `weight`, or (value - centre) x weight; a centred kind without a value counts 0."""
    signals = [campaign.signals[name] for name in kinds]
    weight = np.array([signal.weight for signal in signals] + [0.0])[kind]
    for code, signal in enumerate(signals):
        if signal.centre is not None:
            rows = np.flatnonzero(kind == code)
            weight[rows] *= np.nan_to_num(value[rows] - signal.centre, nan=0.0)
    return np.asarray(weight, np.float64)


def _universe(table_ids: pd.Series, event_ids: pd.Series) -> tuple[pd.Index, npt.NDArray[np.int64]]:
    """Sorted distinct ids of both, and the position of each event's id."""
    encoded = texts(event_ids).dictionary_encode()
    distinct = pa.concat_arrays([encoded.dictionary, texts(table_ids)]).unique()
    universe = distinct.take(pc.array_sort_indices(distinct))  # UTF-8 bytes stand in the order of the characters
    place = places(encoded.dictionary, universe)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    return pd.Index(universe.to_pandas(), dtype="str"), place[codes] if len(place) else np.zeros(0, np.int64)


def _positions(ids: object, universe: pd.Index, what: str) -> npt.NDArray[np.int64]:
    wanted = pd.Index(np.asarray(ids, dtype=object), dtype="str")
    found = np.asarray(universe.get_indexer(wanted), np.int64)
    if (found < 0).any():
        raise KeyError(f"no such {what}: {wanted[int(np.argmax(found < 0))]!r}")
    return found
