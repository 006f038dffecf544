"""A round: price table in, usage table and worth out, boxes on request. The one door between prices and customers.

`ThreadRounds` answers with this machine's threads; a cluster's workers would answer the same three questions.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Protocol, TypeVar

import numpy as np

from optimizer.best_box import best_boxes
from optimizer.compiled import Bool, Int32, Int64, Rules, compile_rules
from optimizer.coupling import Coupling, compile_coupling
from optimizer.problem import BoxProblem

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Answer:
    """What one round says.

    worth   int, sum over customers of their best legal box at unit * utility - price; None = some customer has none
    usage   int64 (n_segments, n_items)  units in those boxes
    boxes   int32 (n_customers, width), in the order found, -1 = missing; None unless asked for
    """

    worth: int | None
    usage: Int64
    boxes: Int32 | None = None


@dataclass(frozen=True, eq=False)
class Choices:
    """Several good boxes per customer of a list: customer, box and reduced worth, customer by customer, best first.

    customer  int32 (n,); box int32 (n, width); worth int64 (n,) in 1/unit micro-points
    """

    customer: Int32
    box: Int32
    worth: Int64


class Rounds(Protocol):
    """Who can answer a round. All answers are independent of threads and of how customers are dealt out."""

    coupling: Coupling
    unit: int

    def run(self, table: Int64, *, boxes: bool = False) -> Answer:
        """The best legal box of every customer at these prices."""
        ...

    def choices(self, table: Int64, customers: Int32, keep: int, slack: int, usable: Bool | None = None) -> Choices:
        """Up to `keep` best boxes, within `slack` of the best, of the customers named.

        usable   bool (len(customers), n_items): further restricts what is allowed; None = no restriction
        """
        ...

    def gains(self, customers: Int32, boxes: Int32) -> Int64:
        """int64 (n,) micro-points of one box per customer named: utility, less the penalty of missing slots."""
        ...


class ThreadRounds:
    """Rounds over one problem, by threads of this machine."""

    def __init__(self, problem: BoxProblem, unit: int, *, threads: int | None = None, block: int | None = None) -> None:
        self.problem = problem
        self.unit = unit
        self.rules: Rules = compile_rules(problem)
        self.coupling = compile_coupling(problem)
        self._width = problem.width
        self._locked = np.full((problem.n_customers, 0), -1, np.int32) if problem.locked is None else problem.locked
        self._sizes = problem.sizes
        self._threads = threads or len(os.sched_getaffinity(0))
        self._block = block or max(64, min(4096, problem.n_customers // (8 * self._threads)))
        self._making = Lock()  # a `UtilityBlocks` need not be safe to call from several threads

    def subset(self, customers: Int32) -> ThreadRounds:
        """Rounds over some of the customers, held in memory; the coupling rows stay those of the whole problem."""
        utility, allowed = self.rows(customers)
        small = object.__new__(ThreadRounds)
        small.__dict__.update(self.__dict__)
        problem = self.problem
        small.problem = BoxProblem(
            utility,
            allowed,
            problem.stock,
            rules=problem.rules,
            pool=problem.pools[customers],
            locked=self._locked[customers],
            slots=self._sizes[customers],
        )
        small.coupling = replace(self.coupling, segment=self.coupling.segment[customers])
        small._locked, small._sizes = self._locked[customers], self._sizes[customers]
        return small

    def run(self, table: Int64, *, boxes: bool = False) -> Answer:
        """See `Rounds`."""
        n = self.problem.n_customers
        out = np.full((n if boxes else 0, 1, self._width), -1, np.int32)

        def one(lo: int, hi: int) -> tuple[int | None, Int64]:
            who = slice(lo, hi)
            usage = np.zeros_like(table)
            box = out[lo:hi] if boxes else np.empty((hi - lo, 1, self._width), np.int32)
            worth, found = self._best(*self._make(lo, hi), who, table, 0, box, usage)
            return (sum(worth[:, 0].tolist()) if found.all() else None), usage

        usage, total, complete = np.zeros_like(table), 0, True
        for worth, part in self._each(n, one):
            usage += part
            complete &= worth is not None
            total += worth or 0
        return Answer(total if complete else None, usage, out[:, 0] if boxes else None)

    def choices(self, table: Int64, customers: Int32, keep: int, slack: int, usable: Bool | None = None) -> Choices:
        """See `Rounds`."""

        def one(lo: int, hi: int) -> tuple[Int32, Int32, Int64]:
            who = customers[lo:hi]
            utility, allowed = self.rows(who)
            if usable is not None:
                allowed = allowed & usable[lo:hi]
            box = np.empty((who.size, keep, self._width), np.int32)
            worth, found = self._best(utility, allowed, who, table, slack, box, np.zeros_like(table))
            kept = np.arange(keep) < found[:, None]
            return np.repeat(who, found), box[kept], worth[kept]

        parts = self._each(customers.size, one)
        none = (np.zeros(0, np.int32), np.zeros((0, self._width), np.int32), np.zeros(0, np.int64))
        customer, box, worth = (np.concatenate(column) for column in zip(none, *parts, strict=True))
        return Choices(customer, box, worth)

    def _best(
        self, utility: Int32, allowed: Bool, who: Any, table: Int64, slack: int, box: Int32, usage: Int64
    ) -> tuple[Int64, Int32]:
        """Run the kernel for the customers `who` (a slice or positions); fills box and usage."""
        worth, found = np.empty(box.shape[:2], np.int64), np.empty(box.shape[0], np.int32)
        given = (utility, allowed, self.coupling.segment[who], self._sizes[who], self._locked[who], table)
        best_boxes(*map(_sealed, given), self.unit, slack, self.rules, box, worth, found, usage)
        return worth, found

    def gains(self, customers: Int32, boxes: Int32) -> Int64:
        """See `Rounds`."""
        total = np.zeros(customers.size, np.int64)

        def one(lo: int, hi: int) -> None:
            if np.array_equal(customers[lo:hi], np.arange(customers[lo], customers[lo] + hi - lo)):
                utility, _ = self._make(int(customers[lo]), int(customers[lo]) + hi - lo)
            else:
                utility, _ = self.rows(customers[lo:hi])
            box = boxes[lo:hi]
            packed = np.take_along_axis(utility, np.maximum(box, 0), axis=1).astype(np.int64)
            total[lo:hi] = np.where(box >= 0, packed, 0).sum(axis=1)

        if self.problem.n_items:
            self._each(customers.size, one)
        missing = self._sizes[customers].astype(np.int64) - (boxes >= 0).sum(axis=1)
        return np.asarray(total - self.problem.rules.short_penalty * missing, np.int64)

    def rows(self, customers: Int32) -> tuple[Int32, Bool]:
        """Utility and allowed of the customers named, in their order."""
        problem = self.problem
        if not problem.in_blocks:
            assert problem.allowed is not None
            return problem.utility[customers], problem.allowed[customers]
        utility = np.empty((customers.size, problem.n_items), np.int32)
        allowed = np.empty((customers.size, problem.n_items), np.bool_)
        blocks = customers // self._block
        for b in np.unique(blocks):
            lo = int(b) * self._block
            here = blocks == b
            made = self._make(lo, min(lo + self._block, problem.n_customers))
            utility[here], allowed[here] = made[0][customers[here] - lo], made[1][customers[here] - lo]
        return utility, allowed

    def _make(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        if not self.problem.in_blocks:
            return self.problem.block(lo, hi)
        with self._making:
            return self.problem.block(lo, hi)

    def _each(self, n: int, one: Callable[[int, int], T]) -> list[T]:
        """Results of `one` over blocks of 0..n-1, in order."""
        cuts = [(lo, min(lo + self._block, n)) for lo in range(0, n, self._block)]
        if len(cuts) < 2 or self._threads < 2:
            return [one(lo, hi) for lo, hi in cuts]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(lambda cut: one(*cut), cuts))


def _sealed(array: Any) -> Any:
    """The array in row order and read-only: one type, so that the kernel is compiled once."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
