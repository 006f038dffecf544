"""Which columns of which tables refer to each other, which rows count, and every such reference counted.

Comparing and wording is the work of jobs/joins; what is refused stands in jobs/inputs/unknown_ids.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.inputs.table_types import TypedTable
from jobs.joins.join import Counted, Reference, count

OF_CAMPAIGN = (
    Reference("events", "customer_id", "customers", "customer_id", "events", "name a customer of this campaign"),
    Reference("events", "product_id", "products", "product_id", "events", "name a product of this campaign"),
    Reference("shipments", "customer_id", "customers", "customer_id", "shipments", "name a customer of this campaign"),
    Reference("shipments", "product_id", "products", "product_id", "shipments", "name a product of this campaign"),
    Reference("inventory", "product_id", "products", "product_id", "rows", "name a product of this campaign"),
    Reference("edits", "customer_id", "customers", "customer_id", "edits", "name a customer of this campaign"),
    Reference("edits", "product_id", "products", "product_id", "edits", "name a product of this campaign"),
)
STOCKED = Reference(
    "products", "product_id", "inventory", "product_id", "boxable products", "have a row in inventory", False
)
SERVED = Reference("customers", "warehouse", "inventory", "warehouse", "customers", "name a warehouse of inventory")
SERVING = Reference("inventory", "warehouse", "customers", "warehouse", "rows", "are in a warehouse of customers")
UNIQUE = 0.9
"""Share of different cells from which a column may be another id of the table."""


def count_references(typed: Mapping[str, TypedTable]) -> dict[str, Counted]:
    """Every reference whose two columns are sound and that has something to count, by its name."""
    counted = {}
    for reference in (*OF_CAMPAIGN, STOCKED, SERVED, SERVING):
        ours, theirs = typed.get(reference.table), typed.get(reference.other)
        if ours is None or theirs is None or reference.column in ours.bad or reference.key in theirs.bad:
            continue
        if reference in (SERVED, SERVING) and not any(typed["inventory"].texts("warehouse")[1]):
            continue
        found = _count(reference, ours, theirs)
        if found.join.rows and theirs.table.num_rows:
            counted[reference.name] = found
    return counted


def _count(reference: Reference, ours: TypedTable, theirs: TypedTable) -> Counted:
    codes, texts = ours.texts(reference.column)
    rows = ours.sound(reference.column)
    if reference is STOCKED and "boxable" not in ours.bad:
        rows &= ours.table.column("boxable").to_numpy()
    n_rows = np.bincount(codes if rows.all() else codes[rows], minlength=len(texts))
    ids, first = _ids(theirs, reference.key)
    files = (ours.raw.file, theirs.raw.file)
    others = reference in OF_CAMPAIGN
    return count(
        reference, files, texts, n_rows, ids, lambda: _other_ids(theirs, reference.key, first) if others else {}
    )


def _ids(table: TypedTable, key: str) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The distinct ids that stand in a column, each with its first row: a dictionary may hold others."""
    codes, texts = table.texts(key)
    first = np.full(len(texts), -1)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    used = np.flatnonzero(first >= 0)
    return [texts[at] for at in used], first[used]


def _other_ids(table: TypedTable, key: str, rows: npt.NDArray[np.int64]) -> dict[str, list[str]]:
    """Text columns that tell rows apart as an id does: their cells in these rows."""
    found = {}
    for name in table.table.column_names:
        if name == key or name in table.bad or not pa.types.is_dictionary(table.table.column(name).type):
            continue
        codes, texts = table.texts(name)
        if len(texts) >= UNIQUE * len(codes):
            found[name] = [texts[code] for code in codes[rows]]
    return found
