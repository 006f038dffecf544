"""The audit of what others read: scores.parquet and website.sqlite tell the boxes of assignments.csv, of this run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pandas as pd

from jobs.checking.audit_ranked import audit_ranked
from jobs.evidence.audit_read import Evidence, IntArray, capped, place
from jobs.evidence.read_lists import portions
from jobs.evidence.read_scores import written_scores


def audit_lists(run: Evidence) -> list[str]:
    """A line for every score, box or list that is not the run's."""
    faults = capped(_scores(run))
    address = f"{(run.folder / 'website.sqlite').resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as base:
            return [
                *faults,
                *capped(_boxes(run, base)),
                *capped(audit_ranked(run, base)),
                *capped(_catalogue(run, base)),
            ]
    except (sqlite3.Error, ValueError, KeyError, TypeError) as bad:
        return [*faults, f"website.sqlite: cannot be read: {bad}"]


def _scores(run: Evidence) -> Iterator[str]:
    """scores.parquet covers the campaign, and assignments.csv tells its scores."""
    try:
        file = written_scores(run.folder / "scores.parquet")
    except (OSError, ValueError) as bad:
        yield f"scores.parquet: cannot be read: {bad}"
        return
    products, customers = run.inputs["products"], run.people
    if sorted(file.product_ids) != sorted(products.loc[products["boxable"], "product_id"]):
        yield "scores.parquet: its products are not the boxable products of the campaign"
    known = set(file.customer_ids)
    if not set(customers) - run.gone <= known <= set(customers) or len(known) < len(file.customer_ids):
        yield "scores.parquet: its customers are not those of the campaign, each once"
        return
    row = place(run.sent["customer_id"], pd.Series(file.customer_ids, dtype="str"))
    column = place(run.sent["product_id"], pd.Series(file.product_ids, dtype="str"))
    told = run.sent["score"].to_numpy(np.float64).astype(np.float32)
    for lo, block in file.blocks():
        if not np.isfinite(block).all():
            yield f"scores.parquet, rows {lo + 1} to {lo + len(block)}: found a score that is no finite number"
        here = np.flatnonzero((row >= lo) & (row < lo + len(block)) & (column >= 0))
        true = block[row[here] - lo, column[here]]
        for at in here[told[here] != true]:
            expected = block[row[at] - lo, column[at]]
            yield f"{run.row(at)}, column score: found {told[at]}, scores.parquet says {expected}"


def _boxes(run: Evidence, base: sqlite3.Connection) -> Iterator[str]:
    """The website shows every customer the very box of assignments.csv, and every row is of this release."""
    if base.execute("SELECT run_id FROM release").fetchall() != [(run.run_id,)]:
        yield f"website.sqlite: table release does not name {run.run_id}"
    customers = run.people
    told = pd.DataFrame(
        {
            "customer": np.where(run.customer >= 0, run.person[run.customer], -1),
            "product_id": run.sent["product_id"],
            "score": run.sent["score"].to_numpy(np.float64).astype(np.float32),
            "reason": run.sent["reason"],
        }
    )
    told["place"] = told.groupby("customer").cumcount()
    seen = np.zeros(len(customers), dtype=bool)
    for portion in portions(base, "boxes", "customer_id"):
        position = place(pd.Series(portion.keys, dtype="str"), customers)
        for row in np.flatnonzero(position < 0):
            yield f"website.sqlite, boxes: customer {portion.keys[row]} is not in the campaign"
        here = position[position >= 0]
        seen[here] = True
        shown = portion.items.assign(customer=position[portion.row], place=portion.place)
        wrong = np.zeros(len(customers), dtype=bool)
        wrong[here] = np.array([release != run.run_id for release in portion.releases], dtype=bool)[position >= 0]
        wrong[_different(shown[shown["customer"] >= 0], told[np.isin(told["customer"], here)])] = True
        for at in np.flatnonzero(wrong):
            yield f"website.sqlite, boxes: customer {customers[at]} is not shown the box of assignments.csv"
    for at in np.flatnonzero(~seen & ~customers.isin(run.gone).to_numpy()):
        yield f"website.sqlite, boxes: customer {customers[at]} has no row"
    yield from _each_box(run, base)


def _each_box(run: Evidence, base: sqlite3.Connection) -> Iterator[str]:
    """Beside all items of a customer stand those of each box, and the names of the boxes."""
    active = np.flatnonzero(~run.dropped)
    table = run.inputs["customers"]
    names = table["box_id"].to_numpy(object)
    columns = {row[1] for row in base.execute("PRAGMA table_info(boxes)")}
    if "box_ids" not in columns and not any(names):  # a run from before there could be several
        return
    rows: dict[str, list[int]] = {}
    for customer, row in zip(table["customer_id"].to_numpy(object)[active], active.tolist(), strict=True):
        rows.setdefault(customer, []).append(row)
    for customer, items, boxes, box_ids in base.execute("SELECT customer_id, items, boxes, box_ids FROM boxes"):
        mine = rows.get(customer, [])
        same = box_ids == json.dumps([names[row] for row in mine], ensure_ascii=False)
        if len(mine) == 1:
            same &= boxes == f"[{items}]"
        else:
            each = json.loads(boxes)
            same &= [item for box in each for item in box] == json.loads(items)
            same &= [len(box) for box in each] == run.box_items[mine].tolist()
        if not same:
            yield f"website.sqlite, boxes: customer {customer} is not shown each box of assignments.csv by itself"


def _catalogue(run: Evidence, base: sqlite3.Connection) -> Iterator[str]:
    """The website calls every product of the campaign by its own name, and no other."""
    columns = ["product_id", "name", "brand", "category"]
    products = run.inputs["products"][columns].fillna("").astype("str")
    told = {row[0]: (*row[1:], run.run_id) for row in products.itertuples(index=False, name=None)}
    shown = {row[0]: row[1:] for row in base.execute(f"SELECT {', '.join(columns)}, release FROM catalogue")}
    for product in sorted(told.keys() | shown.keys()):
        if told.get(product) != shown.get(product):
            found, expected = (side.get(product, "no row") for side in (shown, told))
            yield f"website.sqlite, catalogue, product {product}: found {found}, expected {expected}"


def _different(shown: pd.DataFrame, told: pd.DataFrame) -> IntArray:
    """The customers whose items are not the same in both, in the same places."""
    both = shown.merge(told, on=["customer", "place"], how="outer", suffixes=("", "_told"))
    same = np.ones(len(both), dtype=bool)
    for column in ("product_id", "score", "reason"):
        same &= (both[column] == both[f"{column}_told"]).to_numpy(dtype=bool, na_value=False)
    return both.loc[~same, "customer"].to_numpy(np.int64)
