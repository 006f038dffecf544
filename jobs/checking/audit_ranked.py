"""The audit of the website's ranked lists: whose they are, what may stand in them, and in which order.

Everything is worked out again from the run's own copy of the tables; nothing is asked of the code that made the lists.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from jobs.evidence.audit_read import Evidence, Position, reader
from jobs.evidence.joined import IntArray, Mask, place
from jobs.evidence.read_lists import Portion, portions

LISTS = {
    "recommendations": "customer_id",
    "similar_products": "product_id",
    "goes_with": "product_id",
    "baskets": "basket",
    "bestsellers": "segment",
}


def audit_ranked(
    run: Evidence, base: sqlite3.Connection, look: Callable[[Portion], None] = lambda _: None
) -> Iterator[str]:
    """A line for every list that is of another release, of a wrong key or length, holds what it may not, or is not in
    order.

    look  what else is to see the lists of customers, while they are read
    """
    listed = _Listed(run)
    for table, key in LISTS.items():
        seen = 0
        for portion in portions(base, table, key):
            seen += len(portion.keys)
            if table == "recommendations":
                look(portion)
            for at in np.flatnonzero(np.array(portion.releases, dtype=object) != run.run_id):
                yield f"{_where(table, portion, at)}: of release {portion.releases[at]}, expected {run.run_id}"
            members = [_members(table, name) for name in portion.keys]
            for row, name in enumerate(portion.keys):
                if not listed.is_key(table, name, members[row]):
                    yield f"{_where(table, portion, row)}: no such {key.removesuffix('_id')} in this campaign"
            yield from _items(listed, table, portion, members)
        expected = listed.n_keys(table)
        if expected is not None and seen != expected:
            yield f"website.sqlite, {table}: found {seen:,} lists, expected {expected:,}"


def _where(table: str, portion: Portion, row: Position) -> str:
    return f'website.sqlite, {table} "{portion.keys[int(row)]}"'


def _items(listed: _Listed, table: str, portion: Portion, members: list[list[str]]) -> Iterator[str]:
    """The items of some lists; members: the products that each is about."""
    product = place(portion.products, listed.products["product_id"])
    for at in np.flatnonzero((product < 0) | ~listed.on_site[product]):
        yield f"{_where(table, portion, portion.row[at])}: product {portion.products[int(at)]} is not on_site"
    for at in np.flatnonzero((product >= 0) & ~listed.in_stock[product]):
        yield f"{_where(table, portion, portion.row[at])}: product {portion.products[int(at)]} is out of stock"
    pairs = np.sort(portion.row * len(listed.products) + product)
    for at in np.unique(pairs[1:][pairs[1:] == pairs[:-1]] // len(listed.products)):
        yield f"{_where(table, portion, at)}: a product is listed twice"
    about = [row for row, names in enumerate(members) if names]
    for item in np.flatnonzero(np.isin(portion.row, about)).tolist():
        if (name := portion.products[item].as_py()) in members[portion.row[item]]:
            yield f"{_where(table, portion, portion.row[item])}: product {name} is listed with itself"
    most = listed.longest(table)
    for at in np.flatnonzero(portion.counts > most):
        yield f"{_where(table, portion, at)}: longer than {most}"
    for at in listed.out_of_order(portion, product):
        yield f"{_where(table, portion, at)}: not best first{listed.rule}"


def _members(table: str, key: str) -> list[str]:
    """The products that a list is about, if it is about any; a key of `baskets` that is none has no members."""
    if table in ("recommendations", "bestsellers"):
        return []
    if table != "baskets":
        return [key]
    try:
        ids = json.loads(key)
    except ValueError:
        return []
    sound = isinstance(ids, list) and all(isinstance(one, str) for one in ids) and 2 <= len(ids) <= 3
    as_written = sound and json.dumps(sorted(set(ids)), ensure_ascii=False, separators=(",", ":")) == key
    return ids if as_written else []


@dataclass(frozen=True, eq=False)
class _Listed:
    """What the run's inputs and its campaign.toml say about lists."""

    run: Evidence

    @property
    def products(self) -> pd.DataFrame:
        return self.run.inputs["products"]

    @cached_property
    def on_site(self) -> Mask:
        return self.products["on_site"].to_numpy(dtype=bool)

    @cached_property
    def in_stock(self) -> Mask:
        """Some warehouse has a unit to give away, or nobody counts the product."""
        inventory = self.run.inputs["inventory"]
        units = (inventory["on_hand"] - inventory["reserved"] - inventory["safety_stock"]).clip(lower=0)
        counted = units.groupby(inventory["product_id"]).sum().reindex(self.products["product_id"])
        return np.asarray(counted.isna() | (counted > 0), dtype=bool)

    @cached_property
    def at_most(self) -> dict[str, int]:
        return dict(self.run.rules.get("website", {}).get("at_most", {}))

    @property
    def rule(self) -> str:
        """What the order obeys besides the score, in words."""
        limits = [f"{limit} of one {column}" for column, limit in self.at_most.items()]
        return f", with at most {' and '.join(limits)} before the others" if limits else ""

    def longest(self, table: str) -> int:
        website = self.run.rules.get("website", {})
        short = table in ("similar_products", "goes_with", "baskets")
        return int(website.get("similar_length", 10) if short else website.get("list_length", 20))

    def n_keys(self, table: str) -> int | None:
        """How many lists there must be; None = as many as there are."""
        n_products = len(self.products)
        exact = {"recommendations": len(self.run.people)}
        return {**exact, "similar_products": n_products, "goes_with": n_products}.get(table)

    def is_key(self, table: str, key: str, members: list[str]) -> bool:
        if table == "recommendations":
            return key in self.run.person_of
        if table == "bestsellers":
            return key == "" or key in self._segments
        return bool(members) and set(members) <= (self._sold if table == "baskets" else self._products)

    @cached_property
    def _products(self) -> set[str]:
        return set(self.products["product_id"])

    @cached_property
    def _sold(self) -> set[str]:
        return set(self.products["product_id"][self.on_site])

    @cached_property
    def _segments(self) -> set[str]:
        customers = self.run.inputs["customers"]
        columns = self.run.rules.get("website", {}).get("segments", [])
        read = {name: reader(self.run.rules, "customers", name) for name in columns}
        cells = {(name, cell) for name in columns for cell in customers[name].astype("str").unique()}
        return {f"{name}={value}" for name, cell in cells for value in read[name](cell)}

    @cached_property
    def _sorts(self) -> tuple[IntArray, IntArray]:
        """Codes of each product's limited values, (n_products, most values), -1 = no more; and the limit of each."""
        limits: list[int] = []
        mine: list[list[int]] = [[] for _ in range(len(self.products))]
        for column, limit in self.at_most.items():
            code: dict[str, int] = {}
            cells, read = self.products[column], reader(self.run.rules, "products", column)
            for at, cell in enumerate(cells.astype("str").where(cells.notna(), "")):
                mine[at] += [code.setdefault(value, len(limits) + len(code)) for value in sorted(read(cell))]
            limits += [limit] * len(code)
        width = max((len(codes) for codes in mine), default=0)
        table = np.array([codes + [-1] * (width - len(codes)) for codes in mine], np.int64)
        return table.reshape(len(mine), width), np.array(limits, np.int64)

    def out_of_order(self, portion: Portion, product: IntArray) -> IntArray:
        """Rows whose items do not stand best first, ties by product, those put aside last."""
        score = np.where(np.isnan(portion.scores), -np.inf, portion.scores)
        aside = np.zeros(len(product), dtype=bool)
        if self.at_most:
            order = np.lexsort((product, -score, portion.row))
            aside[order] = self._aside(portion.row[order], product[order])
        here = np.flatnonzero(portion.place > 0)  # each but the first of a list is held against the one above it
        above = here - 1
        tied = (score[above] == score[here]) & (product[above] <= product[here])
        better = (score[above] > score[here]) | tied
        right = (aside[above] < aside[here]) | ((aside[above] == aside[here]) & better)
        return np.unique(portion.row[here[~right]])

    def _aside(self, row: IntArray, product: IntArray) -> Mask:
        """bool per item: is it put aside, because better items of the list fill the limit of one of its values?"""
        codes, limits = self._sorts
        nth = np.arange(len(row)) - np.searchsorted(row, row)
        count = np.zeros((int(row.max(initial=-1)) + 1, len(limits) + 1), np.int32)
        most = np.append(limits, np.iinfo(np.int32).max)  # what has no value is code -1, the last: never too many
        aside = np.zeros(len(row), dtype=bool)
        for step in range(int(nth.max(initial=-1)) + 1):
            here = np.flatnonzero((nth == step) & (product >= 0))
            held = (row[here, None], codes[product[here]])
            aside[here] = (count[held] >= most[held[1]]).any(axis=1)
            kept = here[~aside[here]]
            count[row[kept, None], codes[product[kept]]] += 1
        return aside
