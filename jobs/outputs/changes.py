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

from jobs.csv_text import read_csv, write_csv
from jobs.outputs import assignments, products
from jobs.outputs.sent import Sent
from jobs.packing.allowed import Allowed
from jobs.packing.shop import Shop, positions

COLUMNS = ("customer_id", "change", "product_id", "product_name", "why")
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
    """Write changes.csv, ordered by customer_id, what leaves before what comes, product_id.

    previous  folder of the previous published run; None = there is none, and the file holds its header only
    """
    rows = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    if previous is not None:
        try:
            rows = changes(previous, tonight)
        except (OSError, ValueError, KeyError) as bad:  # a damaged old run must not stop tonight's
            why = f"the previous run {previous.resolve().name} cannot be read: {bad}"
            rows = pd.DataFrame([("", "unknown", "", "", why)], columns=list(COLUMNS))
    write_csv(path, rows, COLUMNS)


def changes(previous: Path, tonight: Tonight) -> pd.DataFrame:
    """The rows of changes.csv."""
    shop, sent = tonight.shop, tonight.sent
    old = read_csv(previous / "assignments.csv", assignments.NUMBERS)[["customer_id", "product_id", "product_name"]]
    now = pd.DataFrame(
        {
            "customer_id": shop.customers["customer_id"].to_numpy()[sent.customer_idx],
            "product_id": shop.items["product_id"].to_numpy()[sent.item_idx],
            "product_name": shop.items["name"].to_numpy()[sent.item_idx],
        }
    )
    keys = ["customer_id", "product_id"]
    both = old[keys].merge(now[keys], on=keys, how="outer", indicator="change")
    gone = both.loc[both["change"] == "left_only", keys].merge(old, on=keys)
    come = both.loc[both["change"] == "right_only", keys].merge(now, on=keys)
    gone["why"] = _why_gone(gone, tonight)
    come["why"] = _why_come(come, gone, previous, tonight)
    rows = pd.concat([gone.assign(change="removed"), come.assign(change="added")])
    return rows.sort_values(["customer_id", "change", "product_id"], ascending=[True, False, True])[list(COLUMNS)]


def _why_gone(gone: pd.DataFrame, tonight: Tonight) -> Words:
    """Why each product left the customer's box, the hardest reason first."""
    shop = tonight.shop
    customer = positions(gone["customer_id"], shop.customers["customer_id"])
    item = positions(gone["product_id"], shop.items["product_id"])
    why = np.full(len(gone), FIT, dtype=object)
    here = (customer >= 0) & (item >= 0)
    c, i = customer[here], item[here]
    words = why[here]
    words[_has_lock(tonight, len(shop.customers))[c]] = "made room for a locked product"
    pool = shop.pool[c]
    words[tonight.left[pool, i] <= 0] = "ran out: every unit went to boxes where it adds more"
    words[shop.stock[pool, i] <= 0] = "out of stock"
    forbidden = why_not(tonight.allowed, c, i)
    words[forbidden != ""] = "no longer allowed: " + forbidden[forbidden != ""]
    why[here] = words
    why[item < 0] = "no longer offered in boxes"
    why[customer < 0] = "no longer a customer of this campaign"
    edits = shop.tables.edits
    dropped = set(edits.loc[edits["action"] == "drop_customer", "customer_id"])
    why[gone["customer_id"].isin(dropped).to_numpy()] = "a merchandiser dropped the customer"
    return why


def _why_come(come: pd.DataFrame, gone: pd.DataFrame, previous: Path, tonight: Tonight) -> Words:
    """Why each product came into the customer's box, the hardest reason first."""
    shop = tonight.shop
    customer = positions(come["customer_id"], shop.customers["customer_id"])
    item = positions(come["product_id"], shop.items["product_id"])
    why = np.full(len(come), FIT, dtype=object)
    forced = gone.loc[~gone["why"].isin([FIT, "made room for a locked product"]), "customer_id"]
    why[come["customer_id"].isin(set(forced)).to_numpy()] = "takes the place of a product that left the box"
    stock = read_csv(previous / "products.csv", products.NUMBERS)
    ran_out = _rows_of(stock[stock["left"] <= 0], shop)
    why[ran_out[shop.pool[customer], item] & (tonight.left[shop.pool[customer], item] > 0)] = "back in stock"
    why[~come["product_id"].isin(set(stock["product_id"])).to_numpy()] = "new product"
    if tonight.locked is not None:
        locked = (tonight.locked[customer] == item[:, None]).any(axis=1)
        why[locked] = "a merchandiser locked it in"
    known = read_csv(previous / "boxes.csv")
    dropped = known.loc[known["flags"].str.contains("dropped"), "customer_id"]
    why[come["customer_id"].isin(set(dropped)).to_numpy()] = "the customer was dropped last time"
    why[~come["customer_id"].isin(set(known["customer_id"])).to_numpy()] = "new customer"
    return why


def why_not(allowed: Allowed, customer: npt.NDArray[np.int64], item: npt.NDArray[np.int64]) -> Words:
    """Why each pair may not be packed, in few words; '' where it may."""
    words = np.full(len(customer), "", dtype=object)
    reasons = [(f"the {rule.name} rule", ~rule.allowed[rule.code[customer], item]) for rule in allowed.rules]
    for matrix, reason in ((allowed.shipped, "sent before"), (allowed.banned, "banned by a merchandiser")):
        hit = np.asarray(matrix[customer, item], dtype=bool).reshape(-1) if len(customer) else np.zeros(0, dtype=bool)
        reasons.append((reason, hit))
    reasons += [(reason, mask[item]) for reason, mask in allowed.everywhere.items()]
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
