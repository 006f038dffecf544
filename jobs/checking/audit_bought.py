"""The audit of what customers have: nothing on a list that its customer bought or rated before, unless bought again.

What she gave back she does not have. Events are not kept in a run, so this looks at the night's own table, once, before
publication.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from jobs.evidence.audit_read import capped, place, read_tables
from jobs.evidence.read_lists import portions

LOOKING = {"view", "click", "open", "search", "impression", "cart", "like", "wishlist", "save"}
"""Kinds of events, in lower case, after which, by docs/campaign.md, the customer does not have the product."""
AGAINST = {
    "dislike", "thumbs_down", "downvote", "hide", "block", "skip", "not_interested", "complaint", "report", "unlike",
    "unsave", "remove", "remove_from_cart", "cart_remove", "remove_from_wishlist", "bounce",
}  # fmt: skip
"""Kinds that, by docs/campaign.md, give nothing back though they weigh below zero."""


class Signal(Protocol):
    """Weight of one event of a kind, 0 = ignored, and whether it means having: `jobs.config.campaign.Signal`."""

    @property
    def weight(self) -> float: ...
    @property
    def centre(self) -> float | None: ...
    @property
    def owns(self) -> bool | None: ...


def audit_bought(folder: Path, events: pd.DataFrame, signals: Mapping[str, Signal]) -> list[str]:
    """A line for every product listed to a customer who has it, though nobody buys it again.

    events  the night's events, none later than the ship date; signals: [signals] of the campaign
    """
    return capped(_listed_again(folder, still_had(events, signals)))


def still_had(events: pd.DataFrame, signals: Mapping[str, Signal]) -> pd.DataFrame:
    """customer_id and product_id of what each customer has: bought or rated, and not given back since.

    Of each pair a running count: one more with each purchase, one less, never below none, with each given back; on one
    day what was given back comes last.
    """
    back = {kind for kind, signal in signals.items() if _gives_back(kind, signal)}
    means = {kind for kind, signal in signals.items() if signal.weight != 0 and _means_having(kind, signal.owns)} - back
    pieces = {kind for kind in means if signals[kind].centre is None and signals[kind].weight > 0}
    keys = ["customer_id", "product_id"]
    for_good = events.loc[events["kind"].isin(means - pieces), keys]
    if not back:
        return pd.concat([for_good, events.loc[events["kind"].isin(pieces), keys]])
    moved = events.loc[events["kind"].isin(pieces | back), [*keys, "kind", "occurred_at"]]
    moved = moved.assign(day=moved["occurred_at"].dt.normalize(), step=1 - 2 * moved["kind"].isin(back).astype("int64"))
    moved = moved.sort_values([*keys, "day", "step"], ascending=[True, True, True, False], kind="stable")
    count = moved.groupby(keys, sort=False)["step"].cumsum()
    by_pair = count.groupby([moved[key] for key in keys], sort=False)
    left = by_pair.last() - by_pair.min().clip(upper=0)
    return pd.concat([for_good, left[left > 0].index.to_frame(index=False)])


def _gives_back(kind: str, signal: Signal) -> bool:
    """A weight below zero, unless it weighs opinions, means having, or is called like something else."""
    if signal.weight >= 0 or signal.centre is not None or signal.owns:
        return False
    return kind.casefold() not in LOOKING and kind.casefold() not in AGAINST


def _means_having(kind: str, owns: bool | None) -> bool:
    """As the campaign says it, else by the kind's name."""
    return kind.casefold() not in LOOKING if owns is None else owns


def _listed_again(folder: Path, had: pd.DataFrame) -> Iterator[str]:
    inputs = read_tables(folder)
    products, customers = inputs["products"], inputs["customers"]["customer_id"].drop_duplicates()
    once = products["product_id"][~products["repurchasable"]].reset_index(drop=True)
    customer, product = place(had["customer_id"], customers), place(had["product_id"], once)
    known = (customer >= 0) & (product >= 0)
    pairs = np.unique(customer[known] * len(once) + product[known])
    address = f"{(folder / 'website.sqlite').resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as base:
        for portion in portions(base, "recommendations", "customer_id"):
            whose = place(pd.Series(portion.keys, dtype="str"), customers)[portion.row]
            what = place(portion.items["product_id"], once)
            listed = np.where((whose >= 0) & (what >= 0), whose * len(once) + what, -1)
            spot = np.searchsorted(pairs, listed)  # they are sorted: np.isin would sort them for every portion
            for at in np.flatnonzero(np.append(pairs, -2)[spot] == listed):
                name = portion.keys[portion.row[at]]
                told = f"product {portion.items['product_id'].iloc[at]} was bought before and is not repurchasable"
                yield f'website.sqlite, recommendations "{name}": {told}'
