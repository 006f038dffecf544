"""What customers did since with the boxes that shipped and with the lists of that run: the quality that came true.

An opinion is of an item that was sent; a choice is something new that a customer took before the next ship day.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from jobs.config.campaign import Campaign
from jobs.config.kinds import takes_back
from jobs.csv_text import read_csv
from jobs.evaluating.judge import K
from jobs.learning.event_kinds import owns
from jobs.publishing.shipped import Shipped

PAIR = ["customer_id", "product_id"]
AT_ONCE = 500
"""So many customers are asked of website.sqlite in one query."""


@dataclass(frozen=True)
class Share:
    """So many of so many, and the 95 % interval of the share (Wilson); None = of none."""

    found: int
    of: int

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """The share, its low and its high end."""
        if not self.of:
            return None
        ends = binomtest(self.found, self.of).proportion_ci(method="wilson")
        return self.found / self.of, float(ends.low), float(ends.high)

    def as_json(self) -> dict[str, Any]:
        """Counts and, where there is one, the interval."""
        share, low, high = self.interval or (None, None, None)
        return {"found": self.found, "of": self.of, "share": share, "low": low, "high": high}


@dataclass(frozen=True)
class Realised:
    """What followed a run that shipped.

    until        last day of choices; None = the events' last
    items        sent in boxes; liked: of those with an opinion
    mean_score   what those with an opinion were packed for, on average; None = there is none
    taken_back   items that were returned or otherwise taken back
    listed       choices that stood in the first K of the customer's list, of all choices of customers who have one
    choosers     customers who chose something
    """

    shipped: Shipped
    until: date | None
    items: int
    liked: Share
    mean_score: float | None
    taken_back: int
    listed: Share
    choosers: int


def realised(campaign: Campaign, events: pd.DataFrame, run: Path, shipped: Shipped, until: date | None) -> Realised:
    """Join the events to the boxes and lists of a run.

    events  customer_id, product_id, kind, occurred_at, value, of any days
    until   the next ship day; choices after it belong to the next run

    Raises OSError, ValueError or sqlite3.Error where the run's files cannot be read.
    """
    sent = read_csv(run / "assignments.csv", {"score": "float64"})[[*PAIR, "score"]].drop_duplicates(PAIR)
    since = events[events["occurred_at"].dt.date > shipped.shipped_on]
    judged = sent.merge(_opinions(campaign, since), on=PAIR)
    back = since[since["kind"].map(_kinds(campaign, takes_back)).astype(bool)][PAIR].drop_duplicates()
    chosen = _choices(campaign, events, since, sent, until)
    found = listed(run, chosen)
    return Realised(
        shipped,
        until,
        len(sent),
        Share(int(judged["liked"].sum()), len(judged)),
        float(judged["score"].mean()) if len(judged) else None,
        len(sent.merge(back, on=PAIR)),
        Share(int(found.sum()), int(found.notna().sum())),
        int(chosen.loc[found.notna(), "customer_id"].nunique()),
    )


def _kinds(campaign: Campaign, asked: Any) -> Mapping[str, bool]:
    return {kind: bool(asked(kind, signal)) for kind, signal in campaign.signals.items()}


def _opinions(campaign: Campaign, since: pd.DataFrame) -> pd.DataFrame:
    """The newest opinion of each customer on each product: liked = above the kind's centre."""
    centres = {kind: signal.centre for kind, signal in campaign.signals.items() if signal.centre is not None}
    said = since[since["kind"].isin(list(centres)) & since["value"].notna()]
    weights = said["kind"].map({kind: campaign.signals[kind].weight for kind in centres}).astype("float64")
    above = (said["value"].astype("float64") - said["kind"].map(centres).astype("float64")) * weights > 0
    newest = said.assign(liked=above).sort_values("occurred_at", kind="stable").drop_duplicates(PAIR, keep="last")
    return newest[[*PAIR, "liked"]]


def _choices(
    campaign: Campaign, events: pd.DataFrame, since: pd.DataFrame, sent: pd.DataFrame, until: date | None
) -> pd.DataFrame:
    """Customer and product of everything new that was taken in time: not had before, and not sent in the box."""
    has = _kinds(campaign, owns)
    taken = since if until is None else since[since["occurred_at"].dt.date <= until]
    taken = taken[taken["kind"].map(has).astype(bool)][PAIR].drop_duplicates()
    before = events.drop(since.index)
    had = pd.concat([before[before["kind"].map(has).astype(bool)][PAIR], sent[PAIR]]).drop_duplicates()
    both = taken.merge(had, on=PAIR, how="left", indicator=True)
    return both.loc[both["_merge"] == "left_only", PAIR].reset_index(drop=True)


def listed(run: Path, chosen: pd.DataFrame) -> pd.Series:
    """Per choice: did it stand in the first K of the customer's list? <NA> where she has no list."""
    customers = sorted(set(chosen["customer_id"]))
    first = dict(_first(run / "website.sqlite", customers)) if customers else {}
    pairs = zip(chosen["customer_id"], chosen["product_id"], strict=True)
    told = [product in first[customer] if customer in first else None for customer, product in pairs]
    return pd.Series(told, index=chosen.index, dtype="boolean")


def _first(path: Path, customers: Sequence[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """The first K products of each customer's list."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        for place in range(0, len(customers), AT_ONCE):
            some = customers[place : place + AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = base.execute(f"SELECT customer_id, items FROM recommendations WHERE customer_id IN ({marks})", some)
            for customer_id, items in rows:
                yield customer_id, frozenset(item["product_id"] for item in json.loads(items)[:K])
