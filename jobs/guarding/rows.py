"""Tables as a whole against last night's: how many rows, how new, how many times the same, how many units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from jobs.config.campaign import Campaign
from jobs.config.guard import StockLimit, TableLimit
from jobs.guarding.change import Change
from jobs.guarding.event_facts import EventFacts
from jobs.words import shown

FEW = 1e9
"""A limit that is as large allows everything, and is not told."""


def row_changes(
    name: str, file: str, tonight: int, last: int, limit: TableLimit, fewest: int, *, gone: bool = False
) -> Iterator[Change]:
    """Rows that are gone, or far fewer or more than they were.

    tonight, last  rows
    fewest         with fewer rows in both, only that all are gone counts
    gone           the table itself is no longer there
    """
    if not tonight:
        if last and not limit.may_be_empty:
            found = f"{'no such table' if gone else 'no rows'} ({last:,} last night)"
            yield Change(f"{name}.rows", file, None, found, f'rows ([limits] {name} = "may be empty" allows none)')
        return
    if max(tonight, last) < fewest or not last:
        return
    share = tonight / last - 1
    if -share > limit.fallen or (share > limit.risen and limit.risen < FEW):
        key, most = ("fallen", limit.fallen) if share < 0 else ("risen", limit.risen)
        found = (
            f"{tonight:,} rows, {_percent(abs(share))} {'fewer' if share < 0 else 'more'} than last night ({last:,})"
        )
        wanted = f"at most {_percent(most)} {'fewer' if share < 0 else 'more'} ([limits] {name}.{key})"
        yield Change(f"{name}.rows", file, None, found, wanted)


def age_changes(
    name: str, file: str, column: str, newest: str, last: str, ship_date: date, limit: TableLimit
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


def repeat_changes(file: str, tonight: EventFacts, last: EventFacts | None, limit: TableLimit) -> Iterator[Change]:
    """Events that are delivered more than once."""
    share = tonight.repeated / max(tonight.rows, 1)
    before = 0.0 if last is None else last.repeated / max(last.rows, 1)
    if share > before + limit.repeated and last is not None and last.kinds:
        found = f"{tonight.repeated:,} of {tonight.rows:,} rows that repeat another row ({_percent(before)} last night)"
        wanted = f"at most {_percent(before + limit.repeated)} ([limits] events.repeated)"
        yield Change("events.repeated", file, None, found, wanted)


def kind_changes(file: str, tonight: EventFacts, last: EventFacts, fewest: int) -> Iterator[Change]:
    """Kinds of events that were many and are gone."""
    for kind, rows in last.kinds.items():
        if kind not in tonight.kinds and rows >= max(fewest, 0.01 * last.rows) and tonight.rows:
            found = f"no event of kind {shown(kind)} ({rows:,} last night)"
            yield Change(f"events.kind.{kind}", file, "kind", found, "some, as last night")


def unit_changes(file: str, tonight: pd.DataFrame, last: pd.DataFrame, limit: StockLimit) -> Iterator[Change]:
    """Units of a warehouse that are many times what they were, or next to none."""
    now, before = (_units_by_warehouse(frame) for frame in (tonight, last))
    for warehouse, units in before.items():
        if warehouse not in now or units <= 0:
            continue
        times = now[warehouse] / units
        most = limit.columns["on_hand"].times if "on_hand" in limit.columns else None
        if times > (most or limit.times) or times * limit.run_down < 1:
            where = f" in warehouse {shown(str(warehouse))}" if warehouse else ""
            name = f"inventory.units.{warehouse}" if warehouse else "inventory.units"
            found = f"{now[warehouse]:,} units{where} ({units:,} last night)"
            key = "times" if times > 1 else "run_down"
            bound = f"{limit.times:g} times as many" if times > 1 else f"a {limit.run_down:g}th of them"
            yield Change(
                name,
                file,
                "on_hand",
                found,
                f"no {'more' if times > 1 else 'fewer'} than {bound} ([limits] inventory.{key})",
            )


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


def _percent(share: float) -> str:
    return f"{100 * share:,.3g} %"
