"""Is this still the same shop? Tonight's tables and scores against the last published night's, by [limits].

Everything that is beyond its limit is told at once, with the figures of both nights, and the name by which the operator
accepts it: `boxwise nightly CAMPAIGN --accept events.rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.config.campaign import Campaign
from jobs.faults import Fault, InputRefused
from jobs.guarding.cells import column_changes
from jobs.guarding.change import Change, is_accepted
from jobs.guarding.event_facts import EventFacts, event_facts
from jobs.guarding.first_night import first_changes
from jobs.guarding.kept import id_changes, kept_changes, share_known
from jobs.guarding.last_night import LastNight, Unreadable
from jobs.guarding.pair import Pair
from jobs.guarding.rows import age_changes, date_changes, kind_changes, repeat_changes, row_changes, unit_changes
from jobs.guarding.scores import NAME as SCORES
from jobs.guarding.scores import score_changes
from jobs.inputs.rule_columns import columns_read
from jobs.inputs.tables import Source, Tables

ALWAYS_USED = {"customers": ("warehouse", "slots"), "products": ("category", "brand", "family", "boxable")}
KEYS = {"customers": ("customer_id", "box_id"), "products": ("product_id",)}
SAME = 0.5
"""Share of tonight's customers, or of its products, that the last night had, for another name to be the same shop."""
NAMES = "the name at the end of one of the lines; what a rule excludes by is accepted by its full name only"


@dataclass(frozen=True, eq=False)
class Guarded:
    """What the guard found in order, or was told to accept.

    events    tonight's events in figures, for the next night
    accepted  changes beyond their limits that are meant
    scores    (201,) quantiles of tonight's scores, for the next night; None = not looked at yet, or there are none
    note      what else there is to say; "" = nothing
    """

    events: EventFacts
    accepted: tuple[Change, ...] = ()
    scores: npt.NDArray[np.float64] | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """What profile.json holds."""
        scores = None if self.scores is None else [round(score, 6) for score in self.scores.tolist()]
        return {"events": self.events.as_json(), "scores": scores}

    def lines(self, accept: Sequence[str] = ()) -> tuple[str, ...]:
        """What the operator is told: what was not compared, what was accepted, which names had nothing to accept."""
        idle = (f"--accept {name}: nothing of that name had to be accepted" for name in _idle(accept, self.accepted))
        return (*filter(None, [self.note]), *(change.told for change in self.accepted), *idle)


def guard(
    campaign: Campaign,
    tables: Tables,
    last: LastNight | Unreadable | None,
    accept: Sequence[str] = (),
    expected: Sequence[str] = (),
) -> Guarded:
    """Hold the tables against the last night's.

    accept    names of changes that are meant; `events` stands for all that is called `events. ...`
    expected  the same of changes that may come and need not; nothing is said where they do not

    Raises InputRefused with every change that is beyond its limit and not accepted.
    """
    facts = event_facts(tables.events)
    found, note, before = [], "", None
    if isinstance(last, Unreadable):
        found.append(_unreadable(campaign, last))
    elif last is not None and is_same_shop(campaign, tables, last):
        before = last
    elif last is not None:
        note = f"not compared with {last.run_id}: another campaign ({last.campaign}), of other customers and products"
    moved = (*found, *changed(campaign, tables, facts, before))
    return Guarded(facts, _accepted(moved, accept, expected), note=note)


def _unreadable(campaign: Campaign, last: Unreadable) -> Change:
    found = f"the published run {last.run_id}, which cannot be read ({last.why})"
    return Change("last_night", f"{campaign.runs.name}/current", None, found, "a run to hold tonight's tables against")


def is_same_shop(campaign: Campaign, tables: Tables, last: LastNight) -> bool:
    """Whether the two nights can be compared: one campaign, or one that has most of the same customers or products.

    Names of campaigns may change by the month, and are not enough to tell another shop.
    """
    ids = (("customers", "customer_id"), ("products", "product_id"))
    frames = vars(tables)
    return last.campaign == campaign.name or any(
        share_known(frames[name][column], last.frames[name][column]) >= SAME for name, column in ids
    )


def guard_scores(
    campaign: Campaign,
    quantiles: npt.NDArray[np.float64] | None,
    last: LastNight | Unreadable | None,
    accept: Sequence[str],
    guarded: Guarded,
    expected: Sequence[str] = (),
) -> Guarded:
    """Likewise for the scores, whose quantiles are kept for the next night; compared where the campaign is the same."""
    before = last.scores if isinstance(last, LastNight) and last.campaign == campaign.name else None
    moved = score_changes(quantiles, before, campaign.limits.scores)
    return replace(guarded, accepted=_accepted(moved, accept, expected, guarded.accepted), scores=quantiles)


def _accepted(
    changes: Iterable[Change], accept: Sequence[str], expected: Sequence[str], before: tuple[Change, ...] = ()
) -> tuple[Change, ...]:
    """All that was accepted, before and of these. Raises InputRefused where one of these is not."""
    found = (*before, *changes)
    if refused := [change.fault for change in found if not is_accepted(change, (*accept, *expected))]:
        idle = [
            Fault(f"--accept {name}", None, None, "no such change", NAMES)
            for name in _idle(accept, found)
            if name != SCORES
        ]
        raise InputRefused([*refused, *idle])
    return found


def _idle(accept: Sequence[str], changes: Sequence[Change]) -> list[str]:
    """Names that accept nothing."""
    return [name for name in accept if not any(change.accepted_by(name) for change in changes)]


def changed(campaign: Campaign, tables: Tables, facts: EventFacts, last: LastNight | None) -> Iterator[Change]:
    """Everything that is beyond its limit, in the order of the tables."""
    files = {name: _file(campaign, source) for name, source in tables.sources.items()}
    hollow = tuple(first_changes(campaign, tables, facts, files, is_first=last is None))
    yield from hollow
    if last is not None:
        yield from date_changes(campaign, last.ship_date)
    frames = vars(tables)
    for name in tables.sources:
        if name == "events":
            yield from _of_events(campaign, facts, last, files[name], tables.sources[name])
        elif last is not None:
            found = _of_table(campaign, name, frames, last, files[name], tables.sources[name])
            told = {(one.file, one.column) for one in hollow}
            yield from (one for one in found if (one.file, one.column) not in told)


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
    if name == "shipments":
        moments = (_newest(tonight["shipped_on"]), _newest(before["shipped_on"]))
        yield from age_changes(name, file, "shipped_on", *moments, campaign.ship_date, limit)
        yield from kept_changes(file, tonight, before, limits.shipments, limits.fewest_rows)
    if name == "inventory":
        slots = frames["customers"].groupby("warehouse")["slots"].sum()
        yield from unit_changes(file, tonight, before, {str(at): int(n) for at, n in slots.items()}, limits.inventory)
    if name in KEYS:
        pair = _pair(campaign, name, file, tonight, before, _closed(frames["inventory"], last.frames["inventory"]))
        if name == "customers":
            yield from id_changes(pair, limits.customers)
        yield from column_changes(pair)


def _pair(
    campaign: Campaign, name: str, file: str, tonight: pd.DataFrame, before: pd.DataFrame, closed: frozenset[str]
) -> Pair:
    """The table of both nights, and what the campaign uses of it."""
    key = name.removesuffix("s")  # of a rule: customer, product
    keyed = frozenset(getattr(rule, key) for rule in campaign.eligibility)
    health = frozenset(getattr(rule, key) for rule in campaign.eligibility if rule.sense == "exclude")
    used = columns_read(campaign, name) | frozenset(ALWAYS_USED[name])
    limit = getattr(campaign.limits, name)
    fewest = campaign.limits.fewest_rows
    return Pair(name, file, tonight, before, KEYS[name], used, keyed, health, limit, fewest, closed)


def _closed(tonight: pd.DataFrame, last: pd.DataFrame) -> frozenset[str]:
    """Warehouses of last night that have no stock list any more."""
    return frozenset(set(last["warehouse"].unique()) - set(tonight["warehouse"].unique()))


def _newest(moments: pd.Series) -> str:
    return "" if not len(moments) else str(moments.max())[:19]


def _file(campaign: Campaign, source: Source) -> str:
    """The table as its writer knows it."""
    if source.path is not None:
        return source.path.name
    asked = campaign.inputs.get(source.name)
    return f"[inputs.{source.name}] sql" if asked is not None and asked.sql is not None else source.name
