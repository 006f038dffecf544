"""exceptions.csv: what did not go as it should, why, and what would fix it, in a merchandiser's words.

Short boxes first, then missed promises and quotas, then what an edit or a date took out of the night.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from jobs.outputs.exceptions_csv import COLUMNS
from jobs.packing.boxing import promise_name, quota_scale
from jobs.packing.pack import Packed
from jobs.packing.short import why_short
from optimizer.problem import POINTS, Quota
from optimizer.verify_boxes import quota_totals


class Row(NamedTuple):
    """One line of exceptions.csv; "" where a column does not apply."""

    kind: str
    customer_id: str
    product_id: str
    warehouse: str
    what: str
    why: str
    fix: str


def exceptions(packed: Packed) -> pd.DataFrame:
    """Every exception of a night, in the columns of exceptions.csv."""
    rows = [*_short_boxes(packed), *_missed_quotas(packed), *_left_out(packed)]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def _short_boxes(packed: Packed) -> Iterator[Row]:
    """Boxes with empty slots, in the order of the customers."""
    shop, sizes = packed.shop, packed.problem.sizes
    for customer_idx in np.flatnonzero(packed.missing > 0):
        customer = shop.customers.iloc[customer_idx]
        slots, missing = int(sizes[customer_idx]), int(packed.missing[customer_idx])
        kind = "no box" if missing == slots else "short box"
        what = f"{slots - missing} of {slots} items" if missing < slots else f"no box: 0 of {slots} items"
        why, fix = why_short(packed, int(customer_idx))
        yield Row(kind, customer["customer_id"], "", customer["warehouse"], what, why, fix)


def _missed_quotas(packed: Packed) -> Iterator[Row]:
    """Quotas and promises with an at_least that the boxes do not reach."""
    promised = {
        promise_name(packed.shop, int(pool), int(item)): (int(pool), int(item))
        for pool, item in zip(*np.nonzero(packed.shop.promised), strict=True)
    }
    totals = quota_totals(packed.problem, packed.boxes)
    for number, (quota, total) in enumerate(zip(packed.problem.quotas, totals, strict=True)):
        if quota.at_least is None or total >= quota.at_least:
            continue
        rules = packed.shop.campaign.quotas
        scale = quota_scale(packed.shop, rules[number]) if number < len(rules) else 1
        least, sent = quota.at_least / scale, total / scale
        what = f"{quota.name}: {sent:,.10g} of {least:,.10g} sent, {least - sent:,.10g} short"
        pool, item = promised.get(quota.name, (-1, -1))
        why, fix = _why_missed(packed, quota)
        product = packed.shop.items["product_id"].iloc[item] if item >= 0 else ""
        yield Row("missed promise" if item >= 0 else "missed quota", "", product, _pool(packed, pool), what, why, fix)


def _pool(packed: Packed, pool: int) -> str:
    return packed.shop.pools[pool] if pool >= 0 else ""


def _why_missed(packed: Packed, quota: Quota) -> tuple[str, str]:
    """Too little stock, too few customers who may receive it, or not worth its penalty."""
    problem = packed.problem
    counted = quota.amount > 0
    segment = np.ones(problem.n_customers, bool) if quota.customers is None else quota.customers
    pools = np.unique(problem.pools[segment])
    reach = int((problem.stock[pools][:, counted] * quota.amount[counted]).sum())
    assert quota.at_least is not None
    if reach < quota.at_least:
        return (
            f"its warehouses hold enough for {reach:,} only" if reach else "there is no stock of it",
            "send more stock, or lower the promise",
        )
    eligible = 0
    for lo in range(0, problem.n_customers, 4096):
        hi = min(lo + 4096, problem.n_customers)
        allowed = problem.block(lo, hi)[1][:, counted]
        eligible += int((allowed.any(axis=1) & segment[lo:hi] & (problem.sizes[lo:hi] > 0)).sum())
    if eligible * int(quota.amount.max()) < quota.at_least:
        return (
            f"only {eligible:,} customers may receive it",
            "loosen the rules that keep it from the others, or lower the promise",
        )
    return (
        f"sending more would cost other customers more than the {quota.penalty / POINTS:g} points "
        f"that a missing unit counts; {eligible:,} customers may receive it",
        "raise its penalty if the promise matters more than a better fit",
    )


def _left_out(packed: Packed) -> Iterator[Row]:
    """Customers dropped by an edit, and rows the tables left out."""
    edits = packed.shop.tables.edits
    drops = edits[edits["action"] == "drop_customer"].drop_duplicates("customer_id", keep="last")
    reasons: dict[str, str] = dict(zip(drops["customer_id"], drops["reason"], strict=True))
    gone = packed.shop.dropped
    for customer_id, warehouse in zip(gone["customer_id"], gone["warehouse"], strict=True):
        why = "a merchandiser dropped the customer" + (f": {reasons[customer_id]}" if reasons[customer_id] else "")
        yield Row("dropped", customer_id, "", warehouse, "no box", why, "take the edit out")
    for note in packed.shop.tables.notes:
        yield Row("left out", "", "", "", note.file, str(note), "")
