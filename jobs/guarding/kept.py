"""What was there last night must still be there: what was sent, and who is who by an id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from jobs.cells.arrow_texts import places, texts
from jobs.config.guard import CustomersLimit, ShipmentsLimit
from jobs.guarding.change import Change, percent
from jobs.guarding.pair import Pair

MOST_ROWS = 20_000
"""Shipments that are looked for, evenly spread over all: enough to tell half of them to the percent."""
SHIPMENT = ["customer_id", "product_id", "shipped_on"]


def kept_changes(
    file: str, tonight: pd.DataFrame, last: pd.DataFrame, limit: ShipmentsLimit, fewest: int
) -> Iterator[Change]:
    """Shipments of last night that are not there any more: what was sent would be sent again."""
    if len(last) < fewest or not len(tonight):
        return
    looked = last.iloc[np.unique(np.linspace(0, len(last) - 1, min(len(last), MOST_ROWS)).astype(int))]
    kept = kept_rows(tonight, looked)
    if kept < limit.kept * len(looked):
        found = f"{kept:,} of last night's {len(last):,} rows"
        if len(looked) < len(last):
            found = f"{kept:,} of {len(looked):,} rows that were drawn of last night's {len(last):,}"
        wanted = f"at least {percent(limit.kept)} of them ([limits] shipments.kept)"
        yield Change("shipments.kept", file, None, found, wanted, health=True)


def kept_rows(tonight: pd.DataFrame, looked: pd.DataFrame) -> int:
    """How many of these rows of last night tonight's shipments have, too."""
    found: Any = pc.is_in(texts(tonight["customer_id"]), value_set=texts(looked["customer_id"]))
    theirs = tonight.loc[found.to_numpy(zero_copy_only=False), SHIPMENT].drop_duplicates()
    both = looked[SHIPMENT].astype({"shipped_on": theirs["shipped_on"].dtype}).merge(theirs, on=SHIPMENT)
    return len(both)


def id_changes(pair: Pair, limit: CustomersLimit) -> Iterator[Change]:
    """Customers whose ids are not found again: with other ids nobody has a past."""
    before = pair.last["customer_id"].drop_duplicates()
    if len(before) < pair.fewest or not len(pair.tonight):
        return
    kept = share_known(before, pair.tonight["customer_id"])
    if kept < limit.kept:
        found = f"{round(kept * len(before)):,} of last night's {len(before):,} customers"
        wanted = f"at least {percent(limit.kept)} of them ([limits] customers.kept)"
        yield Change("customers.ids", pair.file, "customer_id", found, wanted, health=True)


def share_known(ids: pd.Series, among: pd.Series) -> float:
    """Share of these ids that are among the others; 0 = of none."""
    return float((places(ids, among) >= 0).mean()) if len(ids) else 0.0
