"""changes.csv: which customer gets or loses which product since the previous published run, and why, in words.

The reasons are read off both runs: who and what is new or gone, what may no longer be packed, what ran out, what was
locked. What is left is the optimizer's doing: it found a better fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.cells.arrow_texts import places
from jobs.csv_text import read_csv, write_csv
from jobs.outputs import assignments, products
from jobs.outputs.sent import Sent
from jobs.posing.allowed import Allowed
from jobs.posing.shop import Shop, box_ids, keys, positions

COLUMNS = ("customer_id", "change", "product_id", "product_name", "why", "box_id")
FIT = "a better fit was found"
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Tonight:
    """What changes are told from.

    left    int64 (n_pools, n_items) units left over
    locked  int32 (n_customers, any) item positions, -1 = none; None = nobody locked anything
    """

    shop: Shop
    allowed: Allowed
    sent: Sent
    left: npt.NDArray[np.int64]
    locked: npt.NDArray[np.int32] | None


def write_changes(path: Path, previous: Path | None, tonight: Tonight) -> None:
    """Write changes.csv, ordered by customer_id, box_id, what leaves before what comes, product_id.

    previous  folder of the previous published run; None = there is none, and the file holds its header only
    """
    rows = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    if previous is not None:
        try:
            rows = changes(previous, tonight)
        except (OSError, ValueError, KeyError) as bad:  # a damaged old run must not stop tonight's
            why = f"the previous run {previous.resolve().name} cannot be read: {bad}"
            rows = pd.DataFrame([("", "unknown", "", "", why, "")], columns=list(COLUMNS))
    write_csv(path, rows, COLUMNS)


def changes(previous: Path, tonight: Tonight) -> pd.DataFrame:
    """The rows of changes.csv."""
    shop, sent = tonight.shop, tonight.sent
    old = read_csv(previous / "assignments.csv", assignments.NUMBERS)
    old = old.assign(box_id=box_ids(old))[["customer_id", "box_id", "product_id", "product_name"]]
    old["box_id"] = as_called_now(old["customer_id"], old["box_id"], shop)
    now = pd.DataFrame(
        {
            "customer_id": shop.customers["customer_id"].to_numpy()[sent.customer_idx],
            "box_id": shop.box_ids.to_numpy()[sent.customer_idx],
            "product_id": shop.items["product_id"].to_numpy()[sent.item_idx],
            "product_name": shop.items["name"].to_numpy()[sent.item_idx],
        }
    )
    key = ["customer_id", "box_id", "product_id"]
    both = old[key].merge(now[key], on=key, how="outer", indicator="change")
    gone = both.loc[both["change"] == "left_only", key].merge(old, on=key)
    come = both.loc[both["change"] == "right_only", key].merge(now, on=key)
    gone["why"] = _why_gone(gone, tonight)
    come["why"] = _why_come(come, gone, previous, tonight)
    _say_moved(gone, come)
    rows = pd.concat([gone.assign(change="removed"), come.assign(change="added")])
    order = ["customer_id", "box_id", "change", "product_id"]
    return rows.sort_values(order, ascending=[True, True, False, True])[list(COLUMNS)]


def as_called_now(customer_ids: pd.Series, boxes: pd.Series, shop: Shop) -> npt.NDArray[np.object_]:
    """The names of boxes of an earlier run, object (n,), as tonight's tables would say them.

    A box without a name is the first of its customer's boxes now; where it lost its name, the first of those before.
    """
    called, person = boxes.to_numpy(object).copy(), positions(customer_ids, shop.people)
    first_now = np.full(len(called), None, object)
    first_now[person >= 0] = shop.box_ids.to_numpy(object)[shop.first[:-1]][person[person >= 0]]
    first_then = boxes.groupby(customer_ids.to_numpy(object)).transform("min").to_numpy(object)
    same = (called == "") | ((first_now == "") & (called == first_then))
    called[same & (person >= 0)] = first_now[same & (person >= 0)]
    return called


def _say_moved(gone: pd.DataFrame, come: pd.DataFrame) -> None:
    """What left one box of a customer and came into another is told as that."""
    pair = ["customer_id", "product_id"]
    both = gone.reset_index(names="left").merge(come.reset_index(names="came"), on=pair, suffixes=("_old", "_new"))
    gone.loc[both["left"], "why"] = ("moved to her box " + both["box_id_new"]).to_numpy()
    come.loc[both["came"], "why"] = ("moved from her box " + both["box_id_old"]).to_numpy()


def _why_gone(gone: pd.DataFrame, tonight: Tonight) -> Words:
    """Why each product left the customer's box, the hardest reason first."""
    shop = tonight.shop
    customer = shop.rows(gone["customer_id"], gone["box_id"])
    item = positions(gone["product_id"], shop.items["product_id"])
    why = np.full(len(gone), FIT, dtype=object)
    here = (customer >= 0) & (item >= 0)
    c, i = customer[here], item[here]
    words = why[here]
    words[_has_lock(tonight, shop.n_customers)[c]] = "made room for a locked product"
    pool = shop.pool[c]
    words[tonight.left[pool, i] <= 0] = "ran out: every unit went to boxes where it adds more"
    words[shop.stock[pool, i] <= 0] = "out of stock"
    forbidden = why_not(tonight.allowed, c, i)
    words[forbidden != ""] = "no longer allowed: " + forbidden[forbidden != ""]
    why[here] = words
    why[item < 0] = "no longer offered in boxes"
    there = _among(gone["customer_id"], shop.people)
    why[customer < 0] = np.where(
        there[customer < 0], "no longer a box of this campaign", "no longer a customer of this campaign"
    )
    dropped = shop.dropped
    off = _among(keys(gone["customer_id"], gone["box_id"]), keys(dropped["customer_id"], box_ids(dropped)))
    why[off] = np.where(there[off], "a merchandiser dropped the box", "a merchandiser dropped the customer")
    return why


def _why_come(come: pd.DataFrame, gone: pd.DataFrame, previous: Path, tonight: Tonight) -> Words:
    """Why each product came into the customer's box, the hardest reason first."""
    shop = tonight.shop
    customer = shop.rows(come["customer_id"], come["box_id"])
    item = positions(come["product_id"], shop.items["product_id"])
    why = np.full(len(come), FIT, dtype=object)
    mine = keys(come["customer_id"], come["box_id"])
    forced = gone[~gone["why"].isin([FIT, "made room for a locked product"])]
    why[_among(mine, keys(forced["customer_id"], forced["box_id"]))] = "takes the place of a product that left the box"
    stock = read_csv(previous / "products.csv", products.NUMBERS)
    ran_out = _rows_of(stock[stock["left"] <= 0], shop)
    why[ran_out[shop.pool[customer], item] & (tonight.left[shop.pool[customer], item] > 0)] = "back in stock"
    why[~_among(come["product_id"], stock["product_id"])] = "new product"
    if tonight.locked is not None:
        locked = (tonight.locked[customer] == item[:, None]).any(axis=1)
        why[locked] = "a merchandiser locked it in"
    known = read_csv(previous / "boxes.csv")
    theirs = keys(
        known["customer_id"], pd.Series(as_called_now(known["customer_id"], box_ids(known), shop), dtype="str")
    )
    why[~_among(mine, theirs)] = "new box of a customer"
    dropped = theirs[known["flags"].str.contains("dropped").to_numpy()]
    why[_among(mine, dropped)] = "the customer was dropped last time"
    why[~_among(come["customer_id"], known["customer_id"])] = "new customer"
    return why


def _among(ids: pd.Series, others: pd.Series) -> npt.NDArray[np.bool_]:
    """Is each text one of the others?"""
    return np.asarray(places(ids, others) >= 0)


def why_not(allowed: Allowed, customer: npt.NDArray[np.int64], item: npt.NDArray[np.int64]) -> Words:
    """Why each pair may not be packed, in few words; '' where it may."""
    words = np.full(len(customer), "", dtype=object)
    reasons = [(f"the {rule.name} rule", ~rule.allowed[rule.code[customer], item]) for rule in allowed.rules]
    for matrix, reason in ((allowed.shipped, "sent before"), (allowed.banned, "banned by a merchandiser")):
        hit = np.asarray(matrix[customer, item], dtype=bool).reshape(-1) if len(customer) else np.zeros(0, dtype=bool)
        reasons.append((reason, hit))
    reasons += [(reason, mask[item]) for reason, mask in allowed.everywhere.items()]
    if allowed.elsewhere is not None:
        reasons.append(("it went to another of her boxes", allowed.elsewhere.pairs(customer, item)))
    for reason, hit in reasons:
        words[hit] = [f"{before}; {reason}" if before else reason for before in words[hit]]
    return words


def _has_lock(tonight: Tonight, n_customers: int) -> npt.NDArray[np.bool_]:
    if tonight.locked is None:
        return np.zeros(n_customers, dtype=bool)
    return np.asarray((tonight.locked >= 0).any(axis=1))


def _rows_of(rows: pd.DataFrame, shop: Shop) -> npt.NDArray[np.bool_]:
    """bool (n_pools, n_items): is there a row of this product and warehouse?"""
    found = np.zeros((len(shop.pools), shop.n_items), dtype=bool)
    pool = positions(rows["warehouse"], pd.Series(shop.pools, dtype="str"))
    item = positions(rows["product_id"], shop.items["product_id"])
    here = (pool >= 0) & (item >= 0)
    found[pool[here], item[here]] = True
    return found
