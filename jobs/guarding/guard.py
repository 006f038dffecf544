"""Is this still the same shop? Tonight's tables and scores against the last published night's, by [limits].

Everything that is beyond its limit is told at once, with the figures of both nights, and the name by which the operator
accepts it: `boxwise nightly CAMPAIGN --accept events.rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.campaign import Campaign
from jobs.faults import InputRefused
from jobs.guarding.cells import Pair, column_changes
from jobs.guarding.change import Change, is_accepted
from jobs.guarding.event_facts import EventFacts, event_facts
from jobs.guarding.first_night import first_changes
from jobs.guarding.last_night import LastNight
from jobs.guarding.rows import age_changes, date_changes, kind_changes, repeat_changes, row_changes, unit_changes
from jobs.guarding.scores import score_changes
from jobs.inputs.rule_columns import columns_read
from jobs.inputs.tables import Source, Tables

ALWAYS_USED = {"customers": ("warehouse",), "products": ("category", "brand", "family")}
KEYS = {"customers": ("customer_id", "box_id"), "products": ("product_id",)}
SAME = 0.5
"""Share of tonight's customers that the last night had, for a campaign of another name to be compared."""
MOMENTS = {"shipments": "shipped_on"}


@dataclass(frozen=True, eq=False)
class Guarded:
    """What the guard found in order, or was told to accept.

    events    tonight's events in figures, for the next night
    accepted  changes beyond their limits that are meant
    scores    (201,) quantiles of tonight's scores, for the next night; None = not looked at yet, or there are none
    """

    events: EventFacts
    accepted: tuple[Change, ...] = ()
    scores: npt.NDArray[np.float64] | None = None

    def as_json(self) -> dict[str, Any]:
        """What profile.json holds."""
        scores = None if self.scores is None else [round(score, 6) for score in self.scores.tolist()]
        return {"events": self.events.as_json(), "scores": scores}


def guard(campaign: Campaign, tables: Tables, last: LastNight | None, accept: Sequence[str] = ()) -> Guarded:
    """Hold the tables against the last night's.

    accept  names of changes that are meant; `events` stands for all that is called `events. ...`

    Raises InputRefused with every change that is beyond its limit and not accepted.
    """
    facts = event_facts(tables.events)
    last = last if last is not None and is_same_shop(campaign, tables, last) else None
    return Guarded(facts, _accepted(changed(campaign, tables, facts, last), accept))


def is_same_shop(campaign: Campaign, tables: Tables, last: LastNight) -> bool:
    """Whether the two nights can be compared: one campaign, or one that has most of the same customers.

    Names of campaigns may change by the month, and are not enough to tell another shop.
    """
    if last.campaign == campaign.name:
        return True
    known = tables.customers["customer_id"].isin(last.frames["customers"]["customer_id"])
    return bool(known.mean() >= SAME)


def guard_scores(
    campaign: Campaign,
    quantiles: npt.NDArray[np.float64] | None,
    last: LastNight | None,
    accept: Sequence[str],
    guarded: Guarded,
) -> Guarded:
    """Likewise for the scores, whose quantiles are kept for the next night."""
    before = None if last is None or last.campaign != campaign.name else last.scores
    moved = _accepted(score_changes(quantiles, before, campaign.limits.scores), accept)
    return Guarded(guarded.events, (*guarded.accepted, *moved), quantiles)


def _accepted(changes: Iterable[Change], accept: Sequence[str]) -> tuple[Change, ...]:
    found = tuple(changes)
    if refused := [change.fault for change in found if not is_accepted(change.name, accept)]:
        raise InputRefused(refused)
    return found


def changed(campaign: Campaign, tables: Tables, facts: EventFacts, last: LastNight | None) -> Iterator[Change]:
    """Everything that is beyond its limit, in the order of the tables."""
    files = {name: _file(name, source.path) for name, source in tables.sources.items()}
    hollow = tuple(first_changes(campaign, tables, facts, files, is_first=last is None))
    yield from hollow
    empty = [change.name for change in hollow]
    if last is not None:
        yield from date_changes(campaign, last.ship_date)
    frames = vars(tables)
    for name in tables.sources:
        if name == "events":
            yield from _of_events(campaign, facts, last, files[name], tables.sources[name])
        elif last is not None:
            found = _of_table(campaign, name, frames, last, files[name], tables.sources[name])
            yield from (change for change in found if not is_accepted(change.name, empty))  # told once


def _of_events(
    campaign: Campaign, facts: EventFacts, last: LastNight | None, file: str, source: Source
) -> Iterator[Change]:
    limits = campaign.limits
    before = None if last is None else last.events
    if before is not None:
        yield from row_changes("events", file, facts.rows, before.rows, limits.events, limits.fewest_rows, source)
        yield from kind_changes(file, facts, before, limits.fewest_rows)
    newest = "" if before is None else before.newest
    yield from age_changes("events", file, "occurred_at", facts.newest, newest, campaign.ship_date, limits.events)
    if max(facts.rows, 0 if before is None else before.rows) >= limits.fewest_rows:
        yield from repeat_changes(file, facts, before, limits.events)


def _of_table(
    campaign: Campaign, name: str, frames: Mapping[str, Any], last: LastNight, file: str, source: Source
) -> Iterator[Change]:
    limits = campaign.limits
    limit, tonight, before = getattr(limits, name), frames[name], last.frames[name]
    yield from row_changes(name, file, len(tonight), len(before), limit, limits.fewest_rows, source)
    if name in MOMENTS:
        column = MOMENTS[name]
        moments = (_newest(tonight[column]), _newest(before[column]))
        yield from age_changes(name, file, column, *moments, campaign.ship_date, limit)
    if name == "inventory":
        yield from unit_changes(file, tonight, before, limits.inventory)
    if name in KEYS:
        used = frozenset((*columns_read(campaign, name), *ALWAYS_USED[name]))
        yield from column_changes(Pair(name, file, tonight, before, KEYS[name], used, limit, limits.fewest_rows))


def _newest(moments: pd.Series) -> str:
    return "" if not len(moments) else str(moments.max())[:19]


def _file(name: str, path: Path | None) -> str:
    return path.name if path is not None else name
