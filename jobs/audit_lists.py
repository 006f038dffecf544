"""The audit of what others read: scores.parquet and website.sqlite tell the boxes of assignments.csv, of this run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pandas as pd

from jobs.audit_read import Evidence, capped, place
from jobs.outputs.scores_parquet import ScoresFile

LISTS = {"recommendations": "customer_id", "similar_products": "product_id", "bestsellers": "segment"}


def audit_lists(run: Evidence) -> list[str]:
    """A line for every score, box or list that is not the run's."""
    faults = capped(_scores(run))
    address = f"{(run.folder / 'website.sqlite').resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as base:
            return [*faults, *capped(_boxes(run, base)), *capped(_ranked(run, base))]
    except (sqlite3.Error, ValueError, KeyError, TypeError) as bad:
        return [*faults, f"website.sqlite: cannot be read: {bad}"]


def _scores(run: Evidence) -> Iterator[str]:
    """scores.parquet covers the campaign, and assignments.csv tells its scores."""
    try:
        file = ScoresFile(run.folder / "scores.parquet")
    except (OSError, ValueError) as bad:
        yield f"scores.parquet: cannot be read: {bad}"
        return
    products, customers = run.inputs["products"], run.inputs["customers"]["customer_id"]
    if sorted(file.product_ids) != sorted(products.loc[products["boxable"], "product_id"]):
        yield "scores.parquet: its products are not the boxable products of the campaign"
    if not set(customers) - run.dropped <= set(file.customer_ids) <= set(customers):
        yield "scores.parquet: its customers are not those of the campaign"
    row = place(run.sent["customer_id"], pd.Series(file.customer_ids, dtype="str"))
    column = place(run.sent["product_id"], pd.Series(file.product_ids, dtype="str"))
    told = run.sent["score"].to_numpy(np.float64).astype(np.float32)
    for lo in range(0, file.shape[0], 4_096):
        block = file.block(lo, min(lo + 4_096, file.shape[0]))
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
    boxes: dict[str, list[tuple[str, np.float32, str]]] = {}
    scores = run.sent["score"].to_numpy(np.float64).astype(np.float32)
    columns = (run.sent[column] for column in ("customer_id", "product_id", "reason"))
    for (customer, product, reason), score in zip(zip(*columns, strict=True), scores, strict=True):
        boxes.setdefault(customer, []).append((product, score, reason))
    seen = set()
    for customer, release, items in base.execute("SELECT customer_id, release, items FROM boxes"):
        seen.add(customer)
        shown = [(item["product_id"], np.float32(item["score"]), item["reason"]) for item in json.loads(items)]
        if release != run.run_id or shown != boxes.get(customer, []):
            yield f"website.sqlite, boxes: customer {customer} is not shown the box of assignments.csv"
    everyone = set(run.inputs["customers"]["customer_id"])
    for customer in sorted((everyone - run.dropped - seen) | (seen - everyone)):
        words = "has no row" if customer not in seen else "is not in the campaign"
        yield f"website.sqlite, boxes: customer {customer} {words}"


def _ranked(run: Evidence, base: sqlite3.Connection) -> Iterator[str]:
    """Every other list is of this release, without repeats, and of products sold on the website."""
    on_site = set(run.inputs["products"].loc[run.inputs["products"]["on_site"], "product_id"])
    for table, key in LISTS.items():
        for name, release, items in base.execute(f"SELECT {key}, release, items FROM {table}"):
            shown = [item["product_id"] for item in json.loads(items)]
            where = f'website.sqlite, {table} "{name}"'
            if release != run.run_id:
                yield f"{where}: of release {release}, expected {run.run_id}"
            if len(set(shown)) != len(shown):
                yield f"{where}: a product is listed twice"
            for product in sorted(set(shown) - on_site):
                yield f"{where}: product {product} is not on_site"
