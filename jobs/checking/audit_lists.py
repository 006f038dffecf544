"""The audit of what others read: scores.parquet and website.sqlite tell the boxes of assignments.csv, of this run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.evidence.audit_read import Evidence, capped
from jobs.evidence.joined import IntArray, Mask, place
from jobs.evidence.read_lists import ROWS_AT_ONCE, Portion, open_website, portions
from jobs.evidence.read_scores import written_scores

UNREAD = "website.sqlite: cannot be read"


def audit_scores(run: Evidence) -> list[str]:
    """A line for every score that is not the run's."""
    return capped(_scores(run))


def audit_shown(run: Evidence) -> list[str]:
    """A line for every box and product that the website shows and the run does not have, or the other way round."""
    return [*on_website(run, _boxes), *on_website(run, _catalogue)]


def on_website(run: Evidence, look: Callable[[Evidence, sqlite3.Connection], Iterable[str]]) -> list[str]:
    """What one look at website.sqlite finds."""
    try:
        with open_website(run.folder) as base:
            return capped(look(run, base))
    except (sqlite3.Error, ValueError, KeyError, TypeError) as bad:
        return [f"{UNREAD}: {bad}"]


def _scores(run: Evidence) -> Iterator[str]:
    """scores.parquet covers the campaign, and assignments.csv tells its scores."""
    try:
        file = written_scores(run.folder / "scores.parquet")
    except (OSError, ValueError) as bad:
        yield f"scores.parquet: cannot be read: {bad}"
        return
    products = run.inputs["products"]
    if sorted(file.product_ids) != sorted(products.loc[products["boxable"], "product_id"]):
        yield "scores.parquet: its products are not the boxable products of the campaign"
    if not _covers(run, file.customer_ids):
        yield "scores.parquet: its customers are not those of the campaign, each once"
        return
    row, column = place(run.sent["customer_id"], file.customer_ids), place(run.sent["product_id"], file.product_ids)
    told = run.sent["score"].to_numpy(np.float64).astype(np.float32)
    order = np.argsort(row, kind="stable")
    for lo, block in file.blocks():
        if not np.isfinite(block).all():
            yield f"scores.parquet, rows {lo + 1} to {lo + len(block)}: found a score that is no finite number"
        here = order[slice(*np.searchsorted(row, (lo, lo + len(block)), sorter=order))]
        here = here[column[here] >= 0]
        true = block[row[here] - lo, column[here]]
        for at in here[told[here] != true]:
            expected = block[row[at] - lo, column[at]]
            yield f"{run.row(at)}, column score: found {told[at]}, scores.parquet says {expected}"


def _covers(run: Evidence, customer_ids: pa.Array) -> bool:
    """Does scores.parquet hold the customers of the campaign, each once? One who is gone may be missing."""
    each_once = pc.count_distinct(customer_ids, mode="all").as_py() == len(customer_ids)
    if not each_once or (place(customer_ids, run.people) < 0).any():
        return False
    return bool(run.people[place(run.people, customer_ids) < 0].isin(run.gone).all())


def _boxes(run: Evidence, base: sqlite3.Connection) -> Iterator[str]:
    """The website shows every customer the very box of assignments.csv, and every row is of this release."""
    if base.execute("SELECT run_id FROM release").fetchall() != [(run.run_id,)]:
        yield f"website.sqlite: table release does not name {run.run_id}"
    told, seen = _Told(run), np.zeros(len(run.people), dtype=bool)
    for portion in portions(base, "boxes", "customer_id"):
        position = np.array([run.person_of.get(key, -1) for key in portion.keys], np.int64)
        for row in np.flatnonzero(position < 0):
            yield f"website.sqlite, boxes: customer {portion.keys[row]} is not in the campaign"
        seen[position[position >= 0]] = True
        wrong = (np.array(portion.releases, dtype=object) != run.run_id) | ~told.same(portion, position)
        for row in np.flatnonzero(wrong & (position >= 0)):
            yield f"website.sqlite, boxes: customer {portion.keys[row]} is not shown the box of assignments.csv"
    for at in np.flatnonzero(~seen & ~run.people.isin(run.gone).to_numpy()):
        yield f"website.sqlite, boxes: customer {run.people[at]} has no row"
    yield from _each_box(run, base)


class _Told:
    """The items of assignments.csv, by customer, to hold others against."""

    def __init__(self, run: Evidence) -> None:
        person = np.where(run.customer >= 0, run.person[run.customer], -1)
        self._row = np.argsort(person, kind="stable")
        self._count = np.bincount(person[person >= 0], minlength=len(run.people))
        self._first = int((person < 0).sum()) + np.cumsum(self._count) - self._count
        self._score = run.sent["score"].to_numpy(np.float64).astype(np.float32)
        self._texts = [run.sent[column].cat for column in ("product_id", "reason")]

    def same(self, portion: Portion, position: IntArray) -> Mask:
        """bool per row of the portion: are its items those of the customer, in the same places?

        position  the customer of each row, -1 = unknown
        """
        person = position[portion.row]
        there = np.flatnonzero((person >= 0) & (portion.place < self._count[person]))
        row = self._row[self._first[person[there]] + portion.place[there]]
        right = self._score[row] == portion.scores[there]
        for shown, told in zip((portion.products, portion.reasons), self._texts, strict=True):
            found = place(shown, told.categories.to_series())[there]
            right &= found == told.codes.to_numpy()[row]
        n_right = np.bincount(portion.row[there[right]], minlength=len(position))
        return np.asarray((n_right == portion.counts) & (n_right == self._count[position]))


def _each_box(run: Evidence, base: sqlite3.Connection) -> Iterator[str]:
    """Beside all items of a customer stand those of each box, and the names of the boxes."""
    names = run.inputs["customers"]["box_id"].to_numpy(object)
    columns = {row[1] for row in base.execute("PRAGMA table_info(boxes)")}
    if "box_ids" not in columns and not any(names):  # a run from before there could be several
        return
    active = np.flatnonzero(~run.dropped)
    several = np.bincount(run.person[active], minlength=len(run.people)) != 1
    code, distinct = pd.factorize(names)
    said = np.full(len(run.people) + 1, None, dtype=object)  # the names of a customer's only box
    said[run.person[active]] = np.array([json.dumps([name], ensure_ascii=False) for name in distinct], object)[
        code[active]
    ]
    said[:-1][several] = None
    rows: dict[int, list[int]] = {}
    for row in active[several[run.person[active]]].tolist():
        rows.setdefault(int(run.person[row]), []).append(row)
    found = base.execute("SELECT customer_id, boxes = '[' || items || ']', box_ids FROM boxes")
    while some := found.fetchmany(ROWS_AT_ONCE):
        keys, alone, box_ids = (np.array(column, dtype=object) for column in zip(*some, strict=True))
        position = np.array([run.person_of.get(key, -1) for key in keys], np.int64)
        only = said[position]
        same = (alone == 1) & (box_ids == only) & pd.notna(only)  # two unknown names are not the same name
        for at in np.flatnonzero(~same):
            mine = rows.get(int(position[at]), [])
            if only[at] is not None or not _each_by_itself(run, base, keys[at], mine):
                yield f"website.sqlite, boxes: customer {keys[at]} is not shown each box of assignments.csv by itself"


def _each_by_itself(run: Evidence, base: sqlite3.Connection, customer_id: str, mine: list[int]) -> bool:
    """Is a customer with several boxes, or none, shown each of them?

    mine  rows of inputs customers
    """
    asked = "SELECT items, boxes, box_ids FROM boxes WHERE customer_id = ?"
    items, boxes, box_ids = base.execute(asked, (customer_id,)).fetchone()
    names, each = run.inputs["customers"]["box_id"].iloc[mine].tolist(), json.loads(boxes)
    same = box_ids == json.dumps(names, ensure_ascii=False)
    same &= [item for box in each for item in box] == json.loads(items)
    return bool(same and [len(box) for box in each] == run.box_items[mine].tolist())


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
