"""The stretch of the past that is hidden, and what was known before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from jobs.learning.interactions import Interactions, interactions

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.inputs.tables import Tables

HIDDEN_SHARE = 0.2
"""Share of the events, the newest ones, that are hidden."""


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of the past that is hidden: what was known before it, and what customers then did.

    since, until  its first and its last day
    early         the tables without the events of `since` and later
    later         those events up to `until`, with positions of their own
    """

    since: date
    until: date
    early: Tables
    later: Interactions

    @property
    def day_before(self) -> date:
        """The last day that is known."""
        return self.since - timedelta(days=1)


def hidden_window(campaign: Campaign, tables: Tables, until: date) -> Window | None:
    """The newest HIDDEN_SHARE of the events that count, up to `until`; None when they lie on fewer than two days."""
    beyond = interactions(campaign, tables, until).beyond  # one account's night of clicks moves no day
    since = first_hidden_day(replace(tables, events=tables.events[~beyond]), until)
    if since is None:
        return None
    is_late = tables.events["occurred_at"] >= pd.Timestamp(since)
    later = interactions(campaign, replace(tables, events=tables.events[is_late]), until)
    return Window(since, until, replace(tables, events=tables.events[~is_late]), later)


def first_hidden_day(tables: Tables, as_of: date) -> date | None:
    """First day of the newest HIDDEN_SHARE of the events up to `as_of`; None when they lie on fewer than two days."""
    occurred = tables.events["occurred_at"]
    occurred = occurred[occurred < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
    if occurred.empty:
        return None
    days = occurred.dt.normalize()
    day = days.quantile(1 - HIDDEN_SHARE, interpolation="higher")
    if day <= days.min():
        later = days[days > days.min()]
        if later.empty:
            return None
        day = later.min()
    found: date = day.date()
    return found
