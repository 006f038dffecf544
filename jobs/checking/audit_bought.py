"""The audit of what customers have: nothing on a list that its customer bought or rated before, unless bought again.

What she gave back she does not have. Events are not kept in a run, so this looks at the night's own table, once, before
publication.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from jobs.evidence.audit_read import Capped, read_tables
from jobs.evidence.joined import IntArray, place
from jobs.evidence.read_lists import Portion

LOOKING = {"view", "click", "open", "search", "impression", "cart", "like", "wishlist", "save"}
"""Kinds of events, in lower case, after which, by docs/campaign.md, the customer does not have the product."""
AGAINST = {
    "dislike", "thumbs_down", "downvote", "hide", "block", "skip", "not_interested", "complaint", "report", "unlike",
    "unsave", "remove", "remove_from_cart", "cart_remove", "remove_from_wishlist", "bounce",
}  # fmt: skip
"""Kinds that, by docs/campaign.md, give nothing back though they weigh below zero."""
EVENTS_AT_ONCE = 4_000_000


class Signal(Protocol):
    """Weight of one event of a kind, 0 = ignored, and whether it means having: `jobs.config.campaign.Signal`."""

    @property
    def weight(self) -> float: ...
    @property
    def centre(self) -> float | None: ...
    @property
    def owns(self) -> bool | None: ...


class ListedAgain:
    """What is on lists though its customer has it.

    people  customer_id -> position; once: products that are bought once
    pairs   int64, ascending: person * len(once) + product of all that customers have, and -2 at the end
    """

    def __init__(self, people: Mapping[str, int], once: pd.Series, pairs: IntArray) -> None:
        self._people, self._once, self._pairs, self._lines = people, once, np.append(pairs, -2), Capped()

    @property
    def told(self) -> list[str]:
        """A line for every fault seen so far."""
        return self._lines.told

    def look(self, portion: Portion) -> None:
        """Look at some lists of customers."""
        self._lines.add(self._faults(portion))

    def _faults(self, portion: Portion) -> Iterator[str]:
        whose = np.array([self._people.get(key, -1) for key in portion.keys], np.int64)[portion.row]
        what = place(portion.products, self._once)
        listed = np.where((whose >= 0) & (what >= 0), whose * len(self._once) + what, -1)
        spot = np.searchsorted(self._pairs[:-1], listed)  # they are sorted: np.isin would sort them for every portion
        for at in np.flatnonzero(self._pairs[spot] == listed):
            told = f"product {portion.products[int(at)]} was bought before and is not repurchasable"
            yield f'website.sqlite, recommendations "{portion.keys[portion.row[at]]}": {told}'


def listed_again(folder: Path, events: pd.DataFrame, signals: Mapping[str, Signal]) -> ListedAgain:
    """What looks for products that are listed to a customer who has them, though nobody buys them again.

    events  the night's events, none later than the ship date; signals: [signals] of the campaign
    """
    inputs = read_tables(folder)
    products, customers = inputs["products"], inputs["customers"]["customer_id"].drop_duplicates()
    once = products["product_id"][~products["repurchasable"]].reset_index(drop=True)
    had = still_had(_in_positions(events, customers, once), signals)
    pairs = np.sort(had["customer_id"].to_numpy(np.int64) * len(once) + had["product_id"].to_numpy(np.int64))
    return ListedAgain({one: at for at, one in enumerate(customers.to_numpy(object))}, once, pairs)


def _in_positions(events: pd.DataFrame, customers: pd.Series, once: pd.Series) -> pd.DataFrame:
    """The events of these customers with these products, both by position, some at a time: the texts are long."""
    parts, kinds = [], events["kind"].drop_duplicates()
    for lo in range(0, max(len(events), 1), EVENTS_AT_ONCE):
        some = events.iloc[lo : lo + EVENTS_AT_ONCE]
        customer, product = place(some["customer_id"], customers), place(some["product_id"], once)
        known = np.flatnonzero((customer >= 0) & (product >= 0))
        about: dict[str, Any] = {
            "customer_id": customer[known].astype(np.int32),
            "product_id": product[known].astype(np.int32),
            "kind": pd.Categorical.from_codes(place(some["kind"], kinds)[known], pd.Index(kinds)),
        }
        if "occurred_at" in some.columns:
            about["occurred_at"] = some["occurred_at"].to_numpy()[known]
        parts.append(pd.DataFrame(about))
    return pd.concat(parts, ignore_index=True)


def still_had(events: pd.DataFrame, signals: Mapping[str, Signal]) -> pd.DataFrame:
    """customer_id and product_id, of any type, of what each customer has: bought or rated, not given back since.

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
