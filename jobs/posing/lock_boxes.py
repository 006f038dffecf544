"""Which of a customer's boxes a lock goes into: the one that the edit names, else the first that may hold the product.

No family comes twice to one customer, so locks of one family belong into one box.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.posing.allowed import Allowed
from jobs.posing.shop import Shop, box_ids, positions

IntArray = npt.NDArray[np.int64]


def lock_rows(shop: Shop, allowed: Allowed, locks: pd.DataFrame) -> tuple[IntArray, dict[int, str]]:
    """The row of each lock's box, -1 = dropped by another edit; and, by position, what is wrong with locks.

    allowed  what the tables allow, whatever is dealt
    locks    the rows of edits that lock
    """
    named = (box_ids(locks) != "").to_numpy()
    person = positions(locks["customer_id"], shop.by_id)
    row = np.where(person >= 0, shop.first[np.maximum(person, 0)], -1) if shop.n_people else np.full(len(locks), -1)
    if not (shop.has_several or named.any()):
        return row, {}
    row[named] = shop.rows(locks.loc[named, "customer_id"], box_ids(locks)[named])
    item = positions(locks["product_id"], shop.items["product_id"])
    family = shop.items["family"].to_numpy(object)[item]
    slots = shop.customers["slots"].to_numpy()
    taken: dict[int, set[int]] = {}
    where: dict[tuple[int, str], int] = {}
    wrong: dict[int, str] = {}
    for at in [*np.flatnonzero(named & (row >= 0)).tolist(), *np.flatnonzero(~named & (row >= 0)).tolist()]:
        key, i = (int(person[at]), str(family[at])), int(item[at])
        if key in where:
            if not named[at]:
                row[at] = where[key]
            elif row[at] != where[key]:
                other = shop.box_ids.iloc[where[key]]
                wrong[at] = f"a family in one box only, and another lock puts this one into box {other}"
                continue
        elif not named[at]:
            row[at] = _first(shop, allowed, int(person[at]), i, slots, taken)
        where[key] = int(row[at])
        taken.setdefault(int(row[at]), set()).add(i)
    return row, wrong


def locked_items(shop: Shop, allowed: Allowed) -> npt.NDArray[np.int32]:
    """int32 (n_customers, most locks of one box) item positions, -1 = none; locks at fault are left out."""
    edits = shop.tables.edits
    wanted = edits[edits["action"] == "lock"]
    row, wrong = lock_rows(shop, allowed.undealt, wanted)
    row[list(wrong)] = -1
    return by_row(shop.n_customers, row, positions(wanted["product_id"], shop.items["product_id"]))


def by_row(n_rows: int, row: npt.NDArray[Any], item: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """int32 (n_rows, most of one row): the items of each row, ascending, -1 = no more; row -1 is left out."""
    kept = pd.DataFrame({"row": row, "item": item})[row >= 0].drop_duplicates().sort_values(["row", "item"])
    nth = kept.groupby("row").cumcount().to_numpy()
    locked = np.full((n_rows, int(nth.max(initial=-1)) + 1), -1, np.int32)
    locked[kept["row"], nth] = kept["item"]
    return locked


def _first(shop: Shop, allowed: Allowed, person: int, item: int, slots: IntArray, taken: dict[int, set[int]]) -> int:
    """The first box that may hold the item beside its other locks; else the first that may hold it; else the first."""
    rows = range(int(shop.first[person]), int(shop.first[person + 1]))
    if len(rows) == 1:
        return rows[0]
    may = [row for row in rows if not allowed.reasons(row, item)]
    roomy = [row for row in may if len(taken.get(row, ())) < int(slots[row])]
    best: list[int] = [*roomy, *may, *rows]
    return best[0]
