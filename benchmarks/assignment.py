"""A whole packing problem as one integer programme, the way general solvers are given it: a column per allowed pair.

    max  sum (utility + short_penalty) x(c, i)  -  sum penalty(q) short(q)  -  short_penalty * slots
    x(c, i) in {0, 1};  short(q) >= 0 whole;  ships(c) in {0, 1}, only where some rule spares empty boxes

Every rule of docs/packing.md is some rows, in whole numbers, so that each solver gets the same model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from benchmarks.instance_scores import ROWS, Bool, Int32, Int64
from optimizer.problem import NO_LIMIT, BoxProblem, GroupLimit


class Entries(NamedTuple):
    """Coefficients of some rows: row (from 0 within its set), column and value, each (n,) or one for all."""

    row: npt.ArrayLike
    column: npt.ArrayLike
    value: npt.ArrayLike


class RowSet(NamedTuple):
    """n rows of one rule: low <= entries @ x <= high; limits int64 (n,) or one for all."""

    n: int
    low: npt.ArrayLike
    high: npt.ArrayLike
    entries: tuple[Entries, ...]


@dataclass(frozen=True, eq=False)
class Assignment:
    """max worth @ x + constant  s.t.  low <= matrix @ x <= high,  0 <= x <= upper, x whole.

    customer, item   int32 (n_pairs,)  the pair of each of the first columns, customer by customer
    worth, upper     int64 (n_columns,) micro-points, units: pairs first, then ships, then short
    matrix           int64 CSR (n_rows, n_columns)
    low, high        int64 (n_rows,), -NO_LIMIT and NO_LIMIT where there is none
    constant         int micro-points
    """

    problem: BoxProblem
    customer: Int32
    item: Int32
    worth: Int64
    upper: Int64
    matrix: sparse.csr_matrix
    low: Int64
    high: Int64
    constant: int

    @classmethod
    def of(cls, problem: BoxProblem) -> Assignment:
        """The programme of `problem`."""
        rules, n = problem.rules, problem.n_customers
        customer, item, utility = _pairs(problem)
        promised = [q for q, quota in enumerate(problem.quotas) if quota.at_least]
        n_ships = n if _spares_empty(problem) else 0
        columns = _Columns(problem, customer, item, customer.size if n_ships else -1, customer.size + n_ships)
        most_short = np.array([problem.quotas[q].at_least for q in promised], np.int64)
        penalty = np.array([problem.quotas[q].penalty for q in promised], np.int64)
        worth = np.concatenate([utility + rules.short_penalty, np.zeros(n_ships, np.int64), -penalty])
        upper = np.concatenate([np.ones(customer.size + n_ships, np.int64), most_short])
        matrix, low, high = _stacked([*columns.box_rows(), *columns.shared_rows(promised)], worth.size)
        constant = -rules.short_penalty * int(problem.sizes.sum(dtype=np.int64))
        return cls(problem, customer, item, worth, upper, matrix, low, high, constant)

    def boxes(self, chosen: Bool) -> Int32:
        """Boxes int32 (n_customers, width) from the chosen columns, bool (n_columns,)."""
        taken = np.flatnonzero(chosen[: self.customer.size])
        who = self.customer[taken]
        boxes = np.full((self.problem.n_customers, self.problem.width), -1, np.int32)
        boxes[who, np.arange(taken.size) - np.searchsorted(who, who)] = self.item[taken]
        return boxes


def _pairs(problem: BoxProblem) -> tuple[Int32, Int32, Int64]:
    """Customer, item and utility of every allowed pair, customer by customer."""
    parts = [(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64))]
    for lo in range(0, problem.n_customers, ROWS):
        utility, allowed = problem.block(lo, min(lo + ROWS, problem.n_customers))
        row, item = np.nonzero(allowed)
        parts.append(((row + lo).astype(np.int32), item.astype(np.int32), utility[row, item].astype(np.int64)))
    customer, items, worth = (np.concatenate(column) for column in zip(*parts, strict=True))
    return customer, items, worth


def _spares_empty(problem: BoxProblem) -> bool:
    """True when some rule binds a box that ships and not an empty one, so that shipping is a decision of its own."""
    rules = problem.rules
    least = any(group.least.any() for group in rules.groups)
    banded = any((band.low or 0) > 0 or (band.high is not None and band.high < 0) for band in rules.bands)
    locked = problem.locked is not None and bool((problem.locked >= 0).any())
    return least or banded or locked or rules.short == "no_box"


def _stacked(sets: list[RowSet], n_columns: int) -> tuple[sparse.csr_matrix, Int64, Int64]:
    """All rows as one matrix with its limits."""
    first = np.cumsum([0, *(one.n for one in sets)])
    none = np.zeros(0, np.int64)
    row, column, value = [none], [none], [none]
    for start, one in zip(first, sets, strict=False):
        for part in one.entries:
            at, where, what = np.broadcast_arrays(*(np.asarray(x, np.int64) for x in part))
            row.append(at + start)
            column.append(where)
            value.append(what)
    triplets = (np.concatenate(value), (np.concatenate(row), np.concatenate(column)))
    matrix = sparse.csr_matrix(triplets, shape=(int(first[-1]), n_columns), dtype=np.int64)
    low = np.concatenate([none, *(np.broadcast_to(np.asarray(one.low, np.int64), one.n) for one in sets)])
    high = np.concatenate([none, *(np.broadcast_to(np.asarray(one.high, np.int64), one.n) for one in sets)])
    return matrix, low, high


class _Columns:
    """Where the columns are, and the rows over them. ships, short: first column of each, ships -1 = there are none."""

    def __init__(self, problem: BoxProblem, customer: Int32, item: Int32, ships: int, short: int) -> None:
        self.problem, self.customer, self.item, self.ships, self.short = problem, customer, item, ships, short
        self.everyone = np.arange(problem.n_customers)
        self.pair = np.arange(customer.size)
        self.at = np.full((problem.n_customers, problem.n_items), -1, np.int64)
        self.at[customer, item] = self.pair

    def _if_ships(self, weight: npt.ArrayLike) -> tuple[Entries, ...]:
        """The customer's `ships` column in a row per customer."""
        return (Entries(self.everyone, self.ships + self.everyone, weight),) if self.ships >= 0 else ()

    def box_rows(self) -> Iterator[RowSet]:
        """The rules of one box, for every customer."""
        problem, rules, n = self.problem, self.problem.rules, self.problem.n_customers
        sizes = problem.sizes.astype(np.int64)
        filled = Entries(self.customer, self.pair, 1)
        if self.ships >= 0:
            least = 0 if rules.short == "no_box" else -NO_LIMIT
            yield RowSet(n, least, 0, (filled, *self._if_ships(-sizes)))
        if self.ships < 0 or rules.short == "stop":
            yield RowSet(n, sizes if rules.short == "stop" else 0, sizes, (filled,))
        for group in rules.groups:
            yield from self._group(group)
        for band in rules.bands:
            held = Entries(self.customer, self.pair, band.amount[self.item])
            if band.high is not None:
                spared = self.ships >= 0
                yield RowSet(n, -NO_LIMIT, 0 if spared else band.high, (held, *self._if_ships(-band.high)))
            if (band.low or 0) > 0:
                yield RowSet(n, 0, NO_LIMIT, (held, *self._if_ships(-(band.low or 0))))
        yield from self._pair_rules()
        yield from self._locks()

    def _group(self, group: GroupLimit) -> Iterator[RowSet]:
        label = group.labels[self.item]
        pair = np.flatnonzero(label >= 0)
        if not pair.size and not group.least.any():
            return
        key = self.customer[pair].astype(np.int64) * max(1, group.n_groups) + label[pair]
        found, row, count = np.unique(key, return_inverse=True, return_counts=True)
        most = group.most[found % max(1, group.n_groups)]
        binds = count > most
        kept = binds[row]
        number = np.cumsum(binds) - 1
        yield RowSet(int(binds.sum()), 0, most[binds], (Entries(number[row[kept]], pair[kept], 1),))
        for one in np.flatnonzero(group.least):
            own = np.flatnonzero(label == one)
            lacking = self._if_ships(-int(group.least[one]))
            yield RowSet(self.everyone.size, 0, NO_LIMIT, (Entries(self.customer[own], own, 1), *lacking))

    def _pair_rules(self) -> Iterator[RowSet]:
        for rule in self.problem.rules.pairs:
            first, second = self.at[:, rule.i], self.at[:, rule.j]
            has, had = np.flatnonzero(first >= 0), np.flatnonzero(second >= 0)
            together = rule.kind == "together"
            both = (Entries(has, first[has], 1), Entries(had, second[had], -1 if together else 1))
            yield RowSet(self.everyone.size, 0, 0 if together else 1, both)

    def _locks(self) -> Iterator[RowSet]:
        if self.problem.locked is None or self.ships < 0:
            return
        who, slot = np.nonzero(self.problem.locked >= 0)
        column = self.at[who, self.problem.locked[who, slot]]
        row = np.arange(who.size)
        held = np.flatnonzero(column >= 0)  # a lock that is not allowed leaves ships <= 0
        yield RowSet(who.size, 0, 0, (Entries(row[held], column[held], 1), Entries(row, self.ships + who, -1)))

    def shared_rows(self, promised: list[int]) -> Iterator[RowSet]:
        """Stock and quotas."""
        problem = self.problem
        cell = problem.pools[self.customer].astype(np.int64) * problem.n_items + self.item
        yield RowSet(problem.stock.size, 0, problem.stock.ravel(), (Entries(cell, self.pair, 1),))
        for q, quota in enumerate(problem.quotas):
            amount = quota.amount[self.item]
            if quota.customers is not None:
                amount = amount * quota.customers[self.customer]
            counted = np.flatnonzero(amount)
            sent = Entries(np.zeros(counted.size, np.int64), counted, amount[counted])
            if quota.at_most is not None:
                yield RowSet(1, 0, quota.at_most, (sent,))
            if q in promised:
                yield RowSet(1, quota.at_least or 0, NO_LIMIT, (sent, Entries([0], self.short + promised.index(q), 1)))
