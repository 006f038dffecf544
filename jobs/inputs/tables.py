"""The input tables of a campaign: read, typed and checked together, every fault at once.

`read` gives the night its tables or refuses; `check` is what `boxwise check` shows. Frames come out normalised: every
listed column present, ids as text, customers and products in the order of their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from jobs.config.campaign import Campaign
from jobs.config.load import Draft, read_draft
from jobs.faults import Fault, InputRefused
from jobs.inputs.box_ids import box_id_of, check_boxes, check_edit_boxes
from jobs.inputs.column_uses import say_long, say_markup, say_uses
from jobs.inputs.fit_rules import check_fit
from jobs.inputs.heavy_accounts import say_far, say_heavy, say_taken_back
from jobs.inputs.rule_columns import check_rules, columns_read, summed_columns
from jobs.inputs.separated import separated
from jobs.inputs.table_rules import (
    check_boxable,
    check_edits,
    check_inventory,
    check_kinds,
    check_unique,
    without_future,
)
from jobs.inputs.table_types import TypedTable, type_table
from jobs.inputs.unknown_ids import check_references
from jobs.joins.join import Join
from jobs.joins.judge import fallen_words
from jobs.joins.words import line
from jobs.reading.collect import Collected, Note, Raw
from jobs.reading.readers import read_raw
from jobs.reading.schemas import TABLES

__all__ = ["Looked", "Note", "Source", "Tables", "check", "look", "read"]


@dataclass(frozen=True)
class Source:
    """Where a table came from.

    name    "customers", ...
    path    the file; None for a query or an absent table
    held    the night's own copy of it, which nobody writes to; None = none was made
    sha256  over the bytes of the file or over the result of the query; "" for an absent table
    n_rows  rows in it, before any are left out
    """

    name: str
    path: Path | None
    sha256: str
    n_rows: int
    held: Path | None = None


@dataclass(frozen=True, eq=False)
class Tables:
    """The campaign's tables, checked: whatever they hold may be trusted.

    customers, products  in the order of their ids (by character), every listed column, extra columns as text; customers
                         have a row for each of their boxes, in the order of box_id
    inventory, events, shipments, edits  in the order of their files
    sources              where each came from, by table name
    notes                what was left out or read in a certain way, to be shown
    joins                every reference between the tables, counted
    edit_places          file, or part file, and row of every row of edits; () = not known
    """

    customers: pd.DataFrame
    products: pd.DataFrame
    inventory: pd.DataFrame
    events: pd.DataFrame
    shipments: pd.DataFrame
    edits: pd.DataFrame
    sources: dict[str, Source]
    notes: tuple[Note, ...]
    joins: tuple[Join, ...] = ()
    edit_places: tuple[tuple[str, int], ...] = ()

    @property
    def joined(self) -> tuple[str, ...]:
        """A line per reference: how much of it finds what it names, and how that was last night."""
        return tuple(line(join) + fallen_words(join) for join in self.joins)


def read(campaign: Campaign, hold: Path | None = None) -> Tables:
    """Read and check every table.

    hold  a folder for copies of the files, from which they are read; None = where they lie

    Raises InputRefused with every fault of every table.
    """
    lines = read_draft(campaign.path).lines if campaign.path.is_file() else {}
    tables, collected = _gather(Draft(campaign, (), frozenset(), lines), hold)
    if tables is None or collected.faults:
        raise InputRefused(collected.faults)
    return tables


@dataclass(frozen=True, eq=False)
class Looked:
    """What a look at a campaign found.

    faults   every fault of the campaign.toml and its tables
    notes    what is no fault and must be said
    tables   None where there are faults
    """

    campaign: Campaign
    tables: Tables | None
    faults: tuple[Fault, ...]
    notes: tuple[Note, ...]

    @property
    def summary(self) -> tuple[str, ...]:
        """A line per table of what was read."""
        sources = () if self.tables is None else self.tables.sources.values()
        return tuple(f"{source.name}: {source.n_rows:,} rows" for source in sources)


def look(path: Path | str) -> Looked:
    """Look at a campaign.toml and all its tables, however faulty.

    path  the campaign's folder or its TOML file

    Raises UsageRefused when there is no such campaign.
    """
    draft = read_draft(path)
    tables, collected = _gather(draft)
    return Looked(draft.campaign, tables, (*draft.faults, *collected.faults), tuple(collected.notes))


def check(path: Path | str) -> tuple[tuple[Fault, ...], tuple[Note, ...], tuple[str, ...]]:
    """Faults, notes and summary of `look`."""
    found = look(path)
    return found.faults, found.notes, found.summary


def _gather(draft: Draft, hold: Path | None = None) -> tuple[Tables | None, Collected]:
    """Read, type and check all tables as far as the campaign is sound; None when a table cannot be had at all."""
    campaign, collected = draft.campaign, Collected()
    raws: dict[str, Raw] = {}
    for name in TABLES:
        raw = read_raw(campaign, name, collected, may_lack="inputs" in draft.broken, hold=hold)
        if raw is not None:
            raws[name] = raw
    numbers = tuple(summed_columns(campaign))
    named = {name: columns_read(campaign, name) for name in TABLES}
    typed = {
        name: separated(type_table(raw, TABLES[name], numbers, collected, named=named[name]), campaign.separators(name))
        for name, raw in raws.items()
    }
    sources = {name: Source(name, raw.path, raw.sha256, raw.table.num_rows, raw.held) for name, raw in raws.items()}
    del raws
    kept, joins = _checked(draft, typed, collected)
    if any(name not in typed for name, schema in TABLES.items() if not schema.optional):
        return None, collected
    if collected.faults:
        return None, collected
    frames = {name: _frame(name, kept.get(name), campaign) for name in TABLES}
    files = {name: table.raw.file for name, table in typed.items()}
    for say in (say_uses, say_markup, say_long):
        say(campaign, frames, files, collected)
    for name in TABLES:
        sources.setdefault(name, Source(name, None, "", 0))
    in_order = {name: sources[name] for name in TABLES}
    edits = typed.get("edits")
    places = () if edits is None else tuple(map(edits.raw.place, range(edits.table.num_rows)))
    return Tables(**frames, sources=in_order, notes=tuple(collected.notes), joins=joins, edit_places=places), collected


def _checked(
    draft: Draft, typed: dict[str, TypedTable], collected: Collected
) -> tuple[dict[str, pa.Table], tuple[Join, ...]]:
    """Check the tables by themselves and against each other; the rows that are kept, and what refers to what."""
    kept = {name: table.table for name, table in typed.items()}
    campaign = draft.campaign
    customers, products, inventory = (typed.get(name) for name in ("customers", "products", "inventory"))
    if customers is not None:
        check_boxes(customers, collected)
        kept["customers"] = box_id_of(customers)
    for table in (products, inventory):
        if table is not None:
            check_unique(table, collected)
    if products is not None:
        check_boxable(products, collected)
    if inventory is not None:
        check_inventory(inventory, products, collected)
    edits = typed.get("edits")
    if edits is not None:
        check_edits(edits, products, collected)
        if customers is not None:
            check_edit_boxes(edits, customers, collected)
    joins = check_references(campaign, typed, collected)
    events, shipments = typed.get("events"), typed.get("shipments")
    if events is not None:
        if "signals" not in draft.broken and "kind" not in events.bad:
            check_kinds(events, campaign, collected)
        if "occurred_at" not in events.bad:
            kept["events"] = without_future(events, "occurred_at", campaign, collected)
        say_heavy(events, kept["events"], campaign, collected)
        say_far(events, kept["events"], campaign, collected)
        say_taken_back(events, kept["events"], campaign, collected)
    if shipments is not None and "shipped_on" not in shipments.bad:
        kept["shipments"] = without_future(shipments, "shipped_on", campaign, collected)
    check_rules(campaign, draft.lines, typed, collected)
    if "eligibility" not in draft.broken:
        check_fit(campaign, draft.lines, typed, collected)
    return kept, joins


def _frame(name: str, table: pa.Table | None, campaign: Campaign) -> pd.DataFrame:
    """A table as a frame, normalised; of an absent one, its columns."""
    schema = TABLES[name]
    if table is None:
        empty = pa.table({column: pa.array([], pa.string()) for column in schema.names})
        return _frame(
            name, type_table(Raw(name, name, None, "", empty, schema.names), schema, (), Collected()).table, campaign
        )
    plain = [
        column.cast(pa.large_string()) if pa.types.is_dictionary(column.type) else column for column in table.columns
    ]
    frame: pd.DataFrame = pa.table(plain, names=table.column_names).to_pandas()
    if name == "customers":
        frame["slots"] = frame["slots"].where(frame["slots"] >= 0, campaign.box_size)
    if name == "products":
        for column in ("family", "name"):
            frame[column] = frame[column].where(frame[column] != "", frame["product_id"])
    if name in ("customers", "products"):
        frame = frame.sort_values(_order(frame, schema.unique), kind="stable", ignore_index=True)
    return frame


def _order(frame: pd.DataFrame, unique: tuple[str, ...]) -> list[str]:
    """The columns that name a row, without those that are empty throughout."""
    return [name for name in unique if name == unique[0] or (frame[name] != "").any()]
