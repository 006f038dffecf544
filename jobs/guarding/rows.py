"""Tables as a whole against last night's: how many rows, how new, how many times the same, how many units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import pandas as pd

from jobs.config.campaign import Campaign
from jobs.config.guard import DatedLimit, EventsLimit, HollowLimit, RowsLimit, StockLimit
from jobs.guarding.change import Change, percent
from jobs.guarding.event_facts import EventFacts
from jobs.inputs.tables import Source
from jobs.words import shown

UNCOUNTED = 0.25
"""Share of events that repeat another, where the last night did not count them."""


def row_changes(
    name: str, file: str, tonight: int, last: int, limit: RowsLimit, fewest: int, source: Source
) -> Iterator[Change]:
    """Rows that are gone, or far fewer or more than they were.

    tonight, last  rows that are used
    fewest         with fewer rows in both, only that all are gone counts
    source         where tonight's come from
    """
    if not tonight:
        if last and not (isinstance(limit, HollowLimit) and limit.may_be_empty):
            none = "no rows" if not source.n_rows else f"none of {source.n_rows:,} rows up to the ship date"
            found = f"{none if source.sha256 else 'no such table'} ({last:,} last night)"
            yield Change(f"{name}.rows", file, None, found, f'rows ([limits] {name} = "may be empty" allows none)')
        return
    if max(tonight, last) < fewest or not last:
        return
    share = tonight / last - 1
    if -share > limit.fallen or share > limit.risen:
        key, most = ("fallen", limit.fallen) if share < 0 else ("risen", limit.risen)
        found = f"{tonight:,} rows, {percent(abs(share))} {'fewer' if share < 0 else 'more'} than last night ({last:,})"
        wanted = f"at most {percent(most)} {'fewer' if share < 0 else 'more'} ([limits] {name}.{key})"
        yield Change(f"{name}.rows", file, None, found, wanted)


def age_changes(
    name: str, file: str, column: str, newest: str, last: str, ship_date: date, limit: DatedLimit
) -> Iterator[Change]:
    """Newest moments that are too long ago, or that lie before last night's.

    newest, last  ISO texts; "" = none
    """
    if not newest:
        return
    age = (ship_date - date.fromisoformat(newest[:10])).days
    if limit.max_age is not None and age > limit.max_age:
        found = f"nothing newer than {newest[:10]}, {age:,} days before the ship date"
        wanted = f"something of the last {limit.max_age:,} days ([limits] {name}.max_age)"
        yield Change(f"{name}.age", file, column, found, wanted)
    if last:
        back = (date.fromisoformat(last[:10]) - date.fromisoformat(newest[:10])).days
        if back > limit.back:
            found = f"nothing newer than {newest[:10]}; last night's newest was of {last[:10]}"
            wanted = f"as new ones, or at most {limit.back} days older ([limits] {name}.back)"
            yield Change(f"{name}.newest", file, column, found, wanted)


def repeat_changes(file: str, tonight: EventFacts, last: EventFacts | None, limit: EventsLimit) -> Iterator[Change]:
    """Events that are delivered more than once; of a run that did not count them, UNCOUNTED are taken for usual."""
    if last is None:
        return
    share = tonight.repeated / max(tonight.rows, 1)
    before = last.repeated / max(last.rows, 1) if last.kinds else UNCOUNTED
    if share > before + limit.repeated:
        found = f"{tonight.repeated:,} of {tonight.rows:,} rows that repeat another row ({percent(before)} last night)"
        wanted = f"at most {percent(before + limit.repeated)} ([limits] events.repeated)"
        yield Change("events.repeated", file, None, found, wanted)


def kind_changes(file: str, tonight: EventFacts, last: EventFacts, fewest: int) -> Iterator[Change]:
    """Kinds of events that were many and are gone."""
    for kind, rows in last.kinds.items():
        if kind not in tonight.kinds and rows >= max(fewest, 0.01 * last.rows) and tonight.rows:
            found = f"no event of kind {shown(kind)} ({rows:,} last night)"
            yield Change(f"events.kind.{kind}", file, "kind", found, "some, as last night")


def unit_changes(
    file: str, tonight: pd.DataFrame, last: pd.DataFrame, wanted: Mapping[str, int], limit: StockLimit
) -> Iterator[Change]:
    """Units of a warehouse that are many times what they were and what is wanted of it, or next to none.

    wanted  slots of tonight's boxes by warehouse
    """
    now, before = (_units_by_warehouse(frame) for frame in (tonight, last))
    if set(now) == {""} and set(before) != {""}:
        found = f"no warehouse in any of {len(tonight):,} rows ({len(before)} warehouses last night)"
        yield Change("inventory.warehouse.filled", file, "warehouse", found, "warehouses, as last night")
        return
    one_heap = set(now) == set(before) == {""}  # from which every warehouse's boxes are packed
    if one_heap or not now.keys() & before.keys():  # or every warehouse has another name
        now, before, wanted = ({"": sum(units.values())} for units in (now, before, wanted))
    for warehouse in sorted(before.keys() & now.keys()):
        yield from _units_moved(file, warehouse, now[warehouse], before[warehouse], wanted.get(warehouse, 0), limit)


def _units_moved(file: str, warehouse: str, units: int, before: int, slots: int, limit: StockLimit) -> Iterator[Change]:
    """One warehouse's units of both nights."""
    few = slots > 0 and units * limit.run_down < before
    if few or units > limit.times * max(before, slots) > 0:
        where = f" in warehouse {shown(warehouse)}" if warehouse else ""
        found = f"{units:,} units{where} ({before:,} last night, {slots:,} slots tonight)"
        most = f"no fewer than a {limit.run_down:g}th of last night's ([limits] inventory.run_down)"
        least = f"no more than {limit.times:g} times the larger of the two ([limits] inventory.times)"
        name = f"inventory.units.{warehouse}" if warehouse else "inventory.units"
        yield Change(name, file, "on_hand", found, most if few else least)


def _units_by_warehouse(stock: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(units) for name, units in stock.groupby("warehouse")["on_hand"].sum().items()}


def date_changes(campaign: Campaign, last: date) -> Iterator[Change]:
    """A ship date that lies far from last night's."""
    days, limit = (campaign.ship_date - last).days, campaign.limits.ship_date
    if -days > limit.back or days > limit.ahead:
        key, most = ("back", limit.back) if days < 0 else ("ahead", limit.ahead)
        found = f"{campaign.ship_date}, {abs(days):,} days {'before' if days < 0 else 'after'} last night's ({last})"
        wanted = f"at most {most} days ([limits.ship_date] {key})"
        yield Change("ship_date", campaign.path.name, "campaign.ship_date", found, wanted)
