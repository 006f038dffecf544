"""Rounds over one problem, by threads of this machine: see optimizer/oracle/oracle.py for what they answer.

Passes over all pairs go block by block in the problem's own order, which suits data made on demand; all else is asked
of the shortlists, in canonical order. Sums are of exact integers, so the threads' order does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from optimizer.effort import STANDARD, Effort
from optimizer.oracle.arguments import Customers, Found, Limits, Lists, PriceTable
from optimizer.oracle.best_box import best_listed, best_of_all
from optimizer.oracle.box_rules import Rules, compile_rules, sheet_of
from optimizer.oracle.coupling import Coupling, compile_coupling
from optimizer.oracle.kernels.kept_lists import admit_boxes, gains_of, sort_boxes
from optimizer.oracle.oracle import Answer, Choices, Reach
from optimizer.oracle.order import Kept, hash_everyone, told_apart
from optimizer.oracle.runner import Late, Runner, sealed
from optimizer.oracle.shortlists import Shortlists
from optimizer.oracle.standing import exact_sum, unsearched
from optimizer.problem import Bool, BoxProblem, Int32, Int64

T = TypeVar("T")


class ThreadedOracle:
    """See `Oracle`.

    order    int32 (N,)  the problem's position of each customer here
    members  int32 (N,)  of a sample: who they are among everyone
    """

    coupling: Coupling
    rules: Rules
    alike: float = 0.0

    def __init__(
        self,
        problem: BoxProblem,
        unit: int,
        *,
        seed: int = 0,
        effort: Effort = STANDARD,
        runner: Runner | None = None,
    ) -> None:
        self.problem, self.unit, self.effort = problem, unit, effort
        self.runner = Runner() if runner is None else runner
        self.rules = compile_rules(problem)
        self.sheet = sealed(sheet_of(self.rules))
        n, m = problem.n_customers, problem.n_items
        coupling = compile_coupling(problem)
        locked = np.full((n, 0), -1, np.int32) if problem.locked is None else problem.locked
        in_time = self._put_in_order(coupling, locked, seed)
        self.members = np.arange(n, dtype=np.int32)
        self.coupling = replace(coupling, segment=coupling.segment[self.order])
        self.sizes, self.locked = problem.sizes[self.order], np.ascontiguousarray(locked[self.order])
        few, width = n * m <= effort.all_pairs and in_time, problem.width
        self.lists = self._lists(*self._rows(self.members, timed=False), width) if few else self._no_lists(n, width)

    def _put_in_order(self, coupling: Coupling, locked: Int32, seed: int) -> bool:
        """Number the customers. False = out of time: no round will be answered, but empty boxes can be handed out."""
        problem, n = self.problem, self.problem.n_customers
        facts = (coupling.segment.astype(np.int64), problem.sizes.astype(np.int64), *locked.T.astype(np.int64))
        self._hashes, self._kept = np.zeros(n, np.uint64), Kept.of([])
        try:
            rows = self.runner.shared(n, self._rows_per_block())
            self._hashes, self._kept = hash_everyone(
                problem, facts, self.runner, rows=rows, seed=seed, keep=self.effort.kept
            )
        except Late:
            self.order = np.arange(n, dtype=np.int32)
            return False
        self.order = np.argsort(told_apart(self._hashes), kind="stable").astype(np.int32)
        self._hashes = self._hashes[self.order]
        doubles = np.count_nonzero(self._hashes[1:] == self._hashes[:-1])
        self.alike = 1.0 - (n - doubles) / max(1, n)
        return True

    def _lists(self, utility: Int32, allowed: Bool, width: int) -> Shortlists:
        """Shortlists of every allowed item."""
        return Shortlists.whole(utility, allowed, self.rules.low.size, width)

    def _no_lists(self, n: int, width: int) -> Shortlists:
        """Room for shortlists that are still to be made."""
        return Shortlists.empty(n, self.problem.n_items, self.rules.low.size, width, self.effort)

    @property
    def complete(self) -> bool:
        """See `Oracle`."""
        return self.lists.complete

    @property
    def n_customers(self) -> int:
        """See `Oracle`."""
        return int(self.order.size)

    def run(self, table: Int64, *, boxes: bool = False, jitter: int = 0) -> Answer:
        """See `Oracle`."""
        if not self.lists.made:
            return self.all_pairs(table)
        lists, standing = self.lists, self.lists.standing
        standing.move(table, jitter)
        stands, known = unsearched(self.runner, lists.last, lists.item, self.coupling.segment, standing)
        who = np.flatnonzero(~stands).astype(np.int32)

        def one(lo: int, hi: int) -> tuple[int | None, Int64]:
            usage, some = np.zeros_like(table), who[lo:hi]
            out = self._room(hi - lo, 1, usage, a_round=True)
            self._listed(some, table, standing.reach, jitter, None, out)
            lists.last[some] = out.boxes[:, 0]
            standing.keep(some, self.coupling.segment[some], out.own, out.rival)
            return (exact_sum(out.worth[:, 0]) if out.n_found.all() else None), usage

        answer = _added(table, [known, *self._each(who.size, one, 4096)])
        return replace(answer, boxes=lists.last.copy()) if boxes else answer

    def all_pairs(self, table: Int64) -> Answer:
        """See `Oracle`."""
        if self.complete:
            return self.run(table, boxes=True)
        lists, n = self.lists, self.n_customers
        lists.make_room(self.problem.n_items)
        place = np.empty(n, np.int64)
        place[self.order] = np.arange(n)
        standing = lists.standing
        standing.move_all(table, lists.last.shape[1])
        segment = self.coupling.segment
        beyond = standing.beyond(segment)
        stands, known = unsearched(self.runner, lists.last, lists.item, segment, standing, beyond)

        def one(lo: int, hi: int) -> tuple[int | None, Int64]:
            some = np.flatnonzero(~stands[place[lo:hi]])
            at = place[lo:hi][some]
            usage = np.zeros_like(table)
            if not at.size:
                return 0, usage
            item, gain, tilt = lists.item[at], lists.gain[at], lists.tilt[at]
            out = self._room(at.size, 1, usage, a_round=True)
            segment, sizes, locked = map(sealed, (self.coupling.segment[at], self.sizes[at], self.locked[at]))
            customers = Customers(segment, sizes, locked, tilt, lists.last[at])
            pairs = (array if at.size == hi - lo else array[some] for array in self.problem.block(lo, hi))
            listed, reach = self.effort.listed, standing.reach
            best_of_all(
                *map(sealed, pairs), customers, Lists(item, gain), self._at(table), listed, reach, self.sheet, out
            )
            lists.item[at], lists.gain[at], lists.tilt[at], lists.last[at] = item, gain, tilt, out.boxes[:, 0]
            standing.keep(at, self.coupling.segment[at], out.own, out.rival, out.outside)
            return (exact_sum(out.worth[:, 0]) if out.n_found.all() else None), usage

        answer = _added(table, [known, *self._each(n, one, self._rows_per_block())])
        lists.made = True
        return replace(answer, boxes=lists.last.copy())

    def choices(
        self, table: Int64, customers: Int32, keep: int, slack: int, reach: Reach | None = None, *, jitter: int = 0
    ) -> Choices:
        """See `Oracle`."""

        def one(lo: int, hi: int) -> tuple[Int32, Int32, Int64]:
            who = customers[lo:hi]
            out = self._room(who.size, keep, np.zeros_like(table))
            self._listed(who, table, slack, jitter, reach, out)
            kept = np.arange(keep) < out.n_found[:, None]
            return np.repeat(who, out.n_found), out.boxes[kept], out.worth[kept]

        parts = self._each(customers.size, one, max(64, min(4096, 200_000 // keep)))
        width = self.lists.last.shape[1]
        none = (np.zeros(0, np.int32), np.zeros((0, width), np.int32), np.zeros(0, np.int64))
        customer, box, worth = (np.concatenate(column) for column in zip(none, *parts, strict=True))
        return Choices(customer, box, worth)

    def least_losses(self, table: Int64) -> Int64 | None:
        """See `Oracle`."""
        return self.lists.standing.least_losses(self.lists.last, self.coupling.segment, table)

    def _listed(self, who: Int32, table: Int64, slack: int, jitter: int, reach: Reach | None, out: Found) -> None:
        """Run the kernel over shortlists for the customers `who`."""
        lists = self.lists
        reach = reach or Reach(np.zeros((table.shape[0], 0), bool), np.zeros((table.shape[0], 0), bool), lists.last)
        segment, sizes, locked = map(sealed, (self.coupling.segment, self.sizes, self.locked))
        best_listed(
            sealed(who),
            Customers(segment, sizes, locked, lists.tilt, lists.last),
            Lists(sealed(lists.item), sealed(lists.gain)),
            self._at(table),
            Limits(*map(sealed, (reach.free, reach.stay, reach.own))),
            slack,
            jitter,
            self.sheet,
            out,
        )

    def _at(self, table: Int64) -> PriceTable:
        return PriceTable(sealed(table), self.unit)

    def _room(self, n: int, keep: int, usage: Int64, *, a_round: bool = False) -> Found:
        """Room for up to `keep` boxes of each of n customers."""
        boxes = np.empty((n, keep, self.lists.last.shape[1]), np.int32)
        own, rival, outside = np.empty((3, n if a_round else 0), np.int64)
        return Found(boxes, np.empty((n, keep), np.int64), np.empty(n, np.int32), usage, own, rival, outside)

    def gains(self, customers: Int32, boxes: Int32) -> Int64:
        """See `Oracle`. Items that are not on a customer's shortlist are an error of the caller."""
        total = np.empty(customers.size, np.int64)

        def one(lo: int, hi: int) -> None:
            given = (customers[lo:hi], boxes[lo:hi], self.lists.item, self.lists.gain)
            gains_of(*map(sealed, given), total[lo:hi])

        self._each(customers.size, one, 32_768, timed=False)
        missing = self.sizes[customers].astype(np.int64) - (boxes >= 0).sum(axis=1)
        return np.asarray(total - self.problem.rules.short_penalty * missing, np.int64)

    def best_first(self, boxes: Int32) -> Int32:
        """Each box by utility falling, then position rising; missing slots last."""
        ordered = boxes.copy()

        def one(lo: int, hi: int) -> None:
            sort_boxes(ordered[lo:hi], *map(sealed, (self.lists.item[lo:hi], self.lists.gain[lo:hi])))

        self._each(boxes.shape[0], one, 32_768, timed=False)
        return ordered

    def sample(self, n: int) -> ThreadedOracle:
        """See `Oracle`."""
        if self.runner.late():
            raise Late
        members = np.arange(n, dtype=np.int32)
        found = np.isin(self._hashes[:n], self._kept.hashes)
        if n < self.n_customers and found.mean() > 0.7:  # of pairs made on demand, rows were kept
            members, at = members[found], np.searchsorted(self._kept.hashes, self._hashes[:n][found])
            utility, allowed = self._kept.utility[at], self._kept.allowed[at]
        else:
            utility, allowed = self._rows(members)
        small = object.__new__(ThreadedOracle)
        small.__dict__.update(self.__dict__)
        small.problem = BoxProblem(utility, allowed, self.problem.stock, rules=self.problem.rules)
        small._kept = Kept.of([])  # its rows are in memory
        small.members, small.order = members, np.arange(members.size, dtype=np.int32)
        small.coupling = replace(self.coupling, segment=self.coupling.segment[members])
        small.sizes, small.locked = self.sizes[members], self.locked[members]
        few = utility.size <= self.effort.all_pairs // 4
        width = self.lists.last.shape[1]  # of everyone: a sample knows no sizes of its own
        small.lists = small._lists(utility, allowed, width) if few else small._no_lists(members.size, width)
        return small

    def _rows(self, customers: Int32, *, timed: bool = True) -> tuple[Int32, Bool]:
        """Utility and allowed of some customers, by a pass over blocks."""
        who = self.order[customers].astype(np.int64)
        by_position = np.argsort(who)
        utility = np.empty((who.size, self.problem.n_items), np.int32)
        allowed = np.empty((who.size, self.problem.n_items), np.bool_)

        def one(lo: int, hi: int) -> None:
            first, end = np.searchsorted(who, (lo, hi), sorter=by_position)
            here = by_position[first:end]
            if here.size:
                block = self.problem.block(lo, hi)
                utility[here], allowed[here] = block[0][who[here] - lo], block[1][who[here] - lo]

        self._each(self.problem.n_customers, one, self._rows_per_block(), timed=timed)
        return utility, allowed

    def admit(self, boxes: Int32) -> None:
        """See that every item of these boxes, one per customer, is on its shortlist."""
        if self.complete:
            return
        self.lists.make_room(self.problem.n_items)

        def one(lo: int, hi: int) -> None:
            at = place[lo:hi]
            item, gain, changed = self.lists.item[at], self.lists.gain[at], np.empty(hi - lo, np.bool_)
            admit_boxes(*map(sealed, (self.problem.block(lo, hi)[0], boxes[at])), item, gain, changed)
            self.lists.item[at], self.lists.gain[at] = item, gain
            self.lists.standing.forget(at[changed])

        place = np.argsort(self.order)
        self._each(self.n_customers, one, self._rows_per_block(), timed=False)

    def _rows_per_block(self) -> int:
        return max(64, min(8192, self.effort.block_pairs // max(1, self.problem.n_items)))

    def _each(self, n: int, one: Callable[[int, int], T], rows: int, *, timed: bool = True) -> list[T]:
        return self.runner.each(n, one, self.runner.shared(n, rows), timed=timed)


def _added(table: Int64, parts: list[tuple[int | None, Int64]]) -> Answer:
    """One answer out of those of all blocks."""
    usage, worths = np.zeros_like(table), []
    for worth, part in parts:
        usage += part
        worths.append(worth)
    return Answer(None if None in worths else sum(worth for worth in worths if worth is not None), usage)
