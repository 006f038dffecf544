"""What is refused because a table names what another one has not: row by row, or in one line where all have one cause.

In inventory and edits every id must be known, and a customer's warehouse; events and shipments may name others within
[limits.joins], for they also tell of customers and products of other campaigns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from jobs.config.campaign import Campaign
from jobs.inputs.references import OF_CAMPAIGN, SERVED, count_references
from jobs.inputs.table_rules import check_warehouses
from jobs.inputs.table_types import TypedTable
from jobs.joins.join import Counted, Join, Reference
from jobs.joins.judge import refused
from jobs.joins.last_night import last_shares
from jobs.joins.words import told
from jobs.reading.collect import Collected
from jobs.words import did_you_mean, listed, printable, shown

MUST_KNOW = ("inventory", "edits")
"""Tables in which an unknown id is refused; the others may name customers and products of other campaigns."""
MOST_SINGLY = 5
"""More rows than this that would all match under another spelling are refused in one line."""


def check_references(campaign: Campaign, typed: Mapping[str, TypedTable], collected: Collected) -> tuple[Join, ...]:
    """Count every reference and refuse what is beyond its limits; all of them, to be told."""
    counted = count_references(typed)
    if "customers" in typed and "inventory" in typed:
        allowed = check_warehouses(typed["customers"], typed["inventory"], collected)
        _refuse_warehouses(typed["customers"], counted, allowed, collected)
    _refuse_ids(typed, counted, collected)
    last = last_shares(campaign.runs, campaign.name, campaign.limits.joins.fewest_rows)
    joins = {name: replace(found.join, last=last.get(name)) for name, found in counted.items()}
    sound = [join for join in joins.values() if _is_sound(typed, join.reference)]
    collected.faults += refused(sound, campaign.limits.joins)
    _refuse_strangers(campaign, typed, counted, collected)
    return tuple(joins.values())


def _is_sound(typed: Mapping[str, TypedTable], reference: Reference) -> bool:
    """Are the cells without fault that are compared? Ids at fault are told already, and would be missed here."""
    return reference.column not in typed[reference.table].faulty and reference.key not in typed[reference.other].faulty


def _refuse_ids(typed: Mapping[str, TypedTable], counted: Mapping[str, Counted], collected: Collected) -> None:
    """A fault for every row of inventory and edits that names what there is not; one line where all have one cause."""
    for reference in OF_CAMPAIGN:
        found = counted.get(reference.name)
        if found is not None and reference.table in MUST_KNOW:
            table, other = typed[reference.table], typed[reference.other]
            expected = f"a {reference.key} of {printable(other.raw.file)}"
            _refuse(table, found, expected, other.texts(reference.key)[1], found.known, collected)


def _refuse_warehouses(
    customers: TypedTable, counted: Mapping[str, Counted], allowed: Sequence[str], collected: Collected
) -> None:
    """A fault for every customer whose warehouse the inventory has not.

    allowed  the warehouses, and "" where an empty cell will do; () = nothing is asked
    """
    found = counted.get(SERVED.name)
    texts = customers.texts("warehouse")[1] if allowed else []
    if not texts:
        return
    fits = np.array([text in set(allowed) for text in texts], dtype=bool)
    known = [name for name in allowed if name]
    file = found.join.other_file if found is not None else "inventory"
    _refuse(customers, found, f"a warehouse of {printable(file)}: {listed(known)}", known, fits, collected)


def _refuse(
    table: TypedTable,
    found: Counted | None,
    expected: str,
    ids: Sequence[str],
    fits: npt.NDArray[np.bool_],
    collected: Collected,
) -> None:
    """One fault for what would match under another spelling, where that is much; one each for the others."""
    column = "warehouse" if found is None else found.join.reference.column
    codes, texts = table.texts(column)
    lost = ~fits[codes] & table.sound(column)
    if column != "warehouse":
        lost &= codes != (texts.index("") if "" in texts else -1)
    if found is not None:
        alike = np.array([bool(found.join.hint) or text in found.would_be for text in texts], dtype=bool)[codes] & lost
        if alike.sum() > MOST_SINGLY:
            first = table.raw.row(int(np.flatnonzero(alike)[0]))
            words = f"{told(found.join, that='that ')} (first: row {first:,})"
            collected.fault(table.raw.file, None, column, words, f"{column} as {found.join.other_file} has it")
            lost &= ~alike
    collected.cells(
        table.raw,
        column,
        lost,
        lambda at: shown(texts[codes[at]]) if texts[codes[at]] else "an empty cell",
        lambda at: expected + did_you_mean(texts[codes[at]], ids),
    )


def _refuse_strangers(
    campaign: Campaign, typed: Mapping[str, TypedTable], counted: Mapping[str, Counted], collected: Collected
) -> None:
    """Shipments whose customers and products are known, yet never in one row, say as little as none."""
    names = ("shipments.customer_id", "shipments.product_id")
    limits = campaign.limits.joins.shipments
    if not all(name in counted and counted[name].join.matched for name in names):
        return
    if not (limits.customer_id.least and limits.product_id.least):
        return
    table = typed["shipments"]
    customer, product = (counted[name].known[table.texts(name.partition(".")[2])[0]] for name in names)
    if not (customer & product & table.sound("customer_id", "product_id")).any():
        found = f"no row of {table.table.num_rows:,} that names both a customer and a product of this campaign"
        collected.fault(
            table.raw.file, None, None, found, "at least one, or [limits.joins] shipments.product_id.least = 0"
        )
