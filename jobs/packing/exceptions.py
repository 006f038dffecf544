"""exceptions.csv: what did not go as it should, why, and what would fix it, in a merchandiser's words.

What keeps many boxes short comes first, then the short boxes, then missed promises and quotas, then locks that are not
kept, then what an edit or a date took out of the night.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from jobs.joins.judge import worth_telling
from jobs.joins.words import line, remedy
from jobs.packing.missed_promises import missed_words
from jobs.packing.pack import Packed
from jobs.packing.short_boxes import short_words
from jobs.posing.shop import box_ids
from optimizer.explaining.fullest_box import AllowedBits

LOCK = "lock"
"""Kind of the rows that tell of locks which are not kept."""
COLUMNS = ("kind", "customer_id", "product_id", "warehouse", "what", "why", "fix", "box_id")


class Row(NamedTuple):
    """One line of exceptions.csv; "" where a column does not apply."""

    kind: str
    customer_id: str
    product_id: str
    warehouse: str
    what: str
    why: str
    fix: str
    box_id: str = ""


def exceptions(packed: Packed) -> pd.DataFrame:
    """Every exception of a night, in the columns of exceptions.csv."""
    pairs = packed.pairs
    rows = [*_short_boxes(packed, pairs), *_missed_quotas(packed, pairs), *_taken_back(packed), *_left_out(packed)]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def _short_boxes(packed: Packed, pairs: AllowedBits) -> Iterator[Row]:
    """What keeps many boxes short, then every box with empty slots, in the order of the boxes."""
    if not packed.missing.any():
        return
    words = short_words(packed, pairs)
    told = words.told
    for number, (why, fix) in words.shared.items():
        cut, boxes = told.cuts[number], int((told.cut == number).sum())
        pools = np.unique(packed.problem.pools[cut.customers])
        what = f"{cut.missing:,} slots that no plan fills, behind {boxes:,} short {'box' if boxes == 1 else 'boxes'}"
        yield Row("shortage", "", "", packed.shop.pools[pools[0]] if len(pools) == 1 else "", what, why, fix)
    ids, warehouses = (packed.shop.customers[name].iloc[told.customers] for name in ("customer_id", "warehouse"))
    names = packed.shop.box_ids.iloc[told.customers]
    held, slots = told.packed.tolist(), told.slots.tolist()
    for at, (customer_id, warehouse, box_id) in enumerate(zip(ids, warehouses, names, strict=True)):
        what = f"{held[at]} of {slots[at]} items" if held[at] else f"no box: 0 of {slots[at]} items"
        kind = "short box" if held[at] else "no box"
        yield Row(kind, customer_id, "", warehouse, what, words.why[at], words.fix[at], box_id)


def _missed_quotas(packed: Packed, pairs: AllowedBits) -> Iterator[Row]:
    """Quotas and promises with an at_least that the boxes do not reach."""
    for missed in missed_words(packed, pairs):
        pool, item = missed.named.pool, missed.named.item
        product = "" if item is None else packed.shop.items["product_id"].iloc[item]
        warehouse = "" if pool is None else packed.shop.pools[pool]
        kind = "missed quota" if item is None else "missed promise"
        yield Row(kind, "", product, warehouse, missed.what, missed.why, missed.fix)


def _taken_back(packed: Packed) -> Iterator[Row]:
    """Locks that are not kept, in the order of customers and products."""
    shop, pools = packed.shop, packed.problem.pools
    customers, products = shop.customers["customer_id"].tolist(), shop.items["product_id"].tolist()
    boxes = shop.box_ids.tolist()
    for one in packed.taken_back:
        customer, product, box = customers[one.customer_idx], products[one.item_idx], boxes[one.customer_idx]
        warehouse = shop.pools[pools[one.customer_idx]]
        if one.item_idx in packed.boxes[one.customer_idx]:
            why = f"the product is in the box by its own worth; as a lock it was given up: {one.why}"
            yield Row(LOCK, customer, product, warehouse, "a lock that was not needed", why, "nothing to do", box)
        else:
            yield Row(LOCK, customer, product, warehouse, "a lock that is not kept", one.why, one.fix, box)


def _left_out(packed: Packed) -> Iterator[Row]:
    """Boxes dropped by an edit, and rows the tables left out or that find nothing."""
    edits = packed.shop.tables.edits
    drops = edits[edits["action"] == "drop_customer"]
    named = zip(drops["customer_id"], box_ids(drops), drops["reason"], strict=True)
    reasons: dict[tuple[str, str], str] = {(customer, box): reason for customer, box, reason in named}
    gone = packed.shop.dropped
    for customer_id, warehouse, box_id in zip(gone["customer_id"], gone["warehouse"], box_ids(gone), strict=True):
        whole = (customer_id, "") in reasons
        reason = reasons[(customer_id, "") if whole else (customer_id, box_id)]
        why = f"a merchandiser dropped the {'customer' if whole else 'box'}" + (f": {reason}" if reason else "")
        yield Row("dropped", customer_id, "", warehouse, "no box", why, "take the edit out", box_id)
    for note in (note for note in packed.shop.tables.notes if not note.is_use):
        yield Row("left out", "", "", "", note.file, str(note), "")
    for join in packed.shop.tables.joins:
        if worth_telling(join, packed.shop.campaign.limits.joins):
            yield Row("left out", "", "", "", join.file, line(join), remedy(join))
