"""Rounds over one problem, by threads of this machine: see optimizer/oracle/oracle.py for what they answer.

Passes over all pairs go block by block in the problem's own order, which suits data made on demand; all else is asked
of the shortlists, in canonical order. Sums are of exact integers, so the threads' order does not matter.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from optimizer.oracle.best_box import best_listed, best_of_all
from optimizer.oracle.box_rules import Rules, compile_rules, sheet_of
from optimizer.oracle.coupling import Coupling, compile_coupling
from optimizer.oracle.kernels.shortlist import admit_boxes, gains_of, sort_boxes
from optimizer.oracle.oracle import Answer, Choices, Late, Reach
from optimizer.oracle.shortlists import ALL_PAIRS, LISTED, Hashes, Shortlists, hash_rows, keys, told_apart, with_facts
from optimizer.problem import Bool, BoxProblem, Int32, Int64

T = TypeVar("T")
SAMPLE = 60_000
"""Most customers of a sample of a problem whose pairs are made on demand."""
BLOCK_PAIRS = 1_000_000
"""Pairs in one block."""


@dataclass(frozen=True, eq=False)
class Kept:
    """Rows kept from a pass over pairs made on demand: hashes uint64 (n,) rising, utility and allowed (n, M)."""

    hashes: Hashes
    utility: Int32
    allowed: Bool

    @classmethod
    def of(cls, parts: list[Kept]) -> Kept:
        """All parts in one, each hash once."""
        if not parts:
            return cls(np.zeros(0, np.uint64), np.zeros((0, 0), np.int32), np.zeros((0, 0), bool))
        hashes, first = np.unique(np.concatenate([part.hashes for part in parts]), return_index=True)
        utility = np.concatenate([part.utility for part in parts])[first]
        return cls(hashes, utility, np.concatenate([part.allowed for part in parts])[first])


def never() -> bool:
    """No deadline."""
    return False


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
        threads: int | None = None,
        late: Callable[[], bool] = never,
    ) -> None:
        self.problem, self.unit = problem, unit
        self.rules = compile_rules(problem)
        self.sheet = _sealed(sheet_of(self.rules))
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self._threads)  # starts no thread before there is work for two
        self._late = late
        self._making = Lock()  # a `UtilityBlocks` need not be safe to call from several threads
        n, m = problem.n_customers, problem.n_items
        coupling = compile_coupling(problem)
        locked = np.full((n, 0), -1, np.int32) if problem.locked is None else problem.locked
        self._hashes, self._kept = np.zeros(n, np.uint64), Kept.of([])
        try:
            self._hashes, self._kept = self._hash_everyone(coupling.segment, problem.sizes, locked, seed)
            self.order = np.argsort(told_apart(self._hashes), kind="stable").astype(np.int32)
            self._hashes, in_time = self._hashes[self.order], True
            self.alike = 1.0 - np.unique(self._hashes).size / max(1, n)
        except Late:  # no round will be answered, but a plan of empty boxes can be handed out
            self.order, in_time = np.arange(n, dtype=np.int32), False
        self.members = np.arange(n, dtype=np.int32)
        self.coupling = replace(coupling, segment=coupling.segment[self.order])
        self.sizes, self.locked = problem.sizes[self.order], np.ascontiguousarray(locked[self.order])
        if n * m <= ALL_PAIRS and in_time:
            utility, allowed = self._rows(self.members)
            self.lists = Shortlists.whole(utility, allowed, self.rules.low.size, problem.width)
        else:
            self.lists = Shortlists.empty(n, m, self.rules.low.size, problem.width)

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
        n, width = self.n_customers, self.lists.last.shape[1]
        everyone = np.arange(n, dtype=np.int32)
        out = np.full((n, 1, width), -1, np.int32)

        def one(lo: int, hi: int) -> tuple[int | None, Int64]:
            usage = np.zeros_like(table)
            worth, found = self._listed(everyone[lo:hi], table, 0, jitter, None, out[lo:hi], usage)
            self.lists.last[lo:hi] = out[lo:hi, 0]
            return (sum(worth[:, 0].tolist()) if found.all() else None), usage

        answer = _added(table, self._each(n, one, 4096))
        return replace(answer, boxes=out[:, 0]) if boxes else answer

    def all_pairs(self, table: Int64) -> Answer:
        """See `Oracle`."""
        if self.complete:
            return self.run(table, boxes=True)
        lists, n = self.lists, self.n_customers
        lists.make_room(self.problem.n_items)
        place = np.empty(n, np.int64)
        place[self.order] = np.arange(n)

        def one(lo: int, hi: int) -> tuple[int | None, Int64]:
            at = place[lo:hi]
            usage = np.zeros_like(table)
            box, worth = np.empty((hi - lo, 1, lists.last.shape[1]), np.int32), np.empty((hi - lo, 1), np.int64)
            found = np.empty(hi - lo, np.int32)
            item, gain, tilt = lists.item[at], lists.gain[at], lists.tilt[at]
            given = (*self._block(lo, hi), self.coupling.segment[at], self.sizes[at], self.locked[at])
            best_of_all(
                *map(_sealed, given), tilt, lists.last[at], _sealed(table), self.unit, item, gain, LISTED,
                self.sheet, box, worth, found, usage,
            )  # fmt: skip
            lists.item[at], lists.gain[at], lists.tilt[at], lists.last[at] = item, gain, tilt, box[:, 0]
            return (sum(worth[:, 0].tolist()) if found.all() else None), usage

        answer = _added(table, self._each(n, one, self._rows_per_block()))
        lists.made = True
        return replace(answer, boxes=lists.last.copy())

    def choices(
        self, table: Int64, customers: Int32, keep: int, slack: int, reach: Reach | None = None, *, jitter: int = 0
    ) -> Choices:
        """See `Oracle`."""

        def one(lo: int, hi: int) -> tuple[Int32, Int32, Int64]:
            who = customers[lo:hi]
            box = np.empty((who.size, keep, self.lists.last.shape[1]), np.int32)
            worth, found = self._listed(who, table, slack, jitter, reach, box, np.zeros_like(table))
            kept = np.arange(keep) < found[:, None]
            return np.repeat(who, found), box[kept], worth[kept]

        parts = self._each(customers.size, one, max(64, min(4096, 200_000 // keep)))
        width = self.lists.last.shape[1]
        none = (np.zeros(0, np.int32), np.zeros((0, width), np.int32), np.zeros(0, np.int64))
        customer, box, worth = (np.concatenate(column) for column in zip(none, *parts, strict=True))
        return Choices(customer, box, worth)

    def _listed(
        self, who: Int32, table: Int64, slack: int, jitter: int, reach: Reach | None, box: Int32, usage: Int64
    ) -> tuple[Int64, Int32]:
        """Run the kernel over shortlists for the customers `who`; fills box and usage."""
        lists = self.lists
        worth, found = np.empty(box.shape[:2], np.int64), np.empty(box.shape[0], np.int32)
        reach = reach or Reach(np.zeros((table.shape[0], 0), bool), np.zeros((table.shape[0], 0), bool), lists.last)
        given = (who, lists.item, lists.gain, self.coupling.segment, self.sizes, self.locked)
        limits = map(_sealed, (reach.free, reach.stay, reach.own))
        best_listed(
            *map(_sealed, given), lists.tilt, lists.last, _sealed(table), self.unit, slack, jitter, *limits,
            self.sheet, box, worth, found, usage,
        )  # fmt: skip
        return worth, found

    def gains(self, customers: Int32, boxes: Int32) -> Int64:
        """See `Oracle`. Items that are not on a customer's shortlist are an error of the caller."""
        total = np.empty(customers.size, np.int64)

        def one(lo: int, hi: int) -> None:
            given = (customers[lo:hi], boxes[lo:hi], self.lists.item, self.lists.gain)
            gains_of(*map(_sealed, given), total[lo:hi])

        self._each(customers.size, one, 32_768, timed=False)
        missing = self.sizes[customers].astype(np.int64) - (boxes >= 0).sum(axis=1)
        return np.asarray(total - self.problem.rules.short_penalty * missing, np.int64)

    def best_first(self, boxes: Int32) -> Int32:
        """Each box by utility falling, then position rising; missing slots last."""
        ordered = boxes.copy()

        def one(lo: int, hi: int) -> None:
            sort_boxes(ordered[lo:hi], *map(_sealed, (self.lists.item[lo:hi], self.lists.gain[lo:hi])))

        self._each(boxes.shape[0], one, 32_768, timed=False)
        return ordered

    def sample(self, n: int) -> ThreadedOracle:
        """See `Oracle`."""
        if self._late():
            raise Late
        members = np.arange(n, dtype=np.int32)
        if self.problem.in_blocks and n < self.n_customers:
            at = np.searchsorted(self._kept.hashes, self._hashes[:n])
            found = np.isin(self._hashes[:n], self._kept.hashes)
            if found.mean() > 0.7:
                members, at = members[found], at[found]
                utility, allowed = self._kept.utility[at], self._kept.allowed[at]
            else:  # many doubles, of whom few rows were kept
                utility, allowed = self._gathered(members)
        else:
            utility, allowed = self._rows(members)
        small = object.__new__(ThreadedOracle)
        small.__dict__.update(self.__dict__)
        small.problem = BoxProblem(utility, allowed, self.problem.stock, rules=self.problem.rules)
        small.members, small.order = members, np.arange(members.size, dtype=np.int32)
        small.coupling = replace(self.coupling, segment=self.coupling.segment[members])
        small.sizes, small.locked = self.sizes[members], self.locked[members]
        n_bands, width = self.rules.low.size, self.lists.last.shape[1]
        if utility.size <= ALL_PAIRS // 4:
            small.lists = Shortlists.whole(utility, allowed, n_bands, width)
        else:
            small.lists = Shortlists.empty(utility.shape[0], utility.shape[1], n_bands, width)
        return small

    def _hash_everyone(self, segment: Int32, sizes: Int32, locked: Int32, seed: int) -> tuple[Hashes, Kept]:
        """uint64 (N,) what every customer is; of pairs made on demand, the rows of low hash are kept for samples."""
        problem, n = self.problem, self.problem.n_customers
        hashes: Hashes = np.empty(n, np.uint64)
        key = keys(problem.n_items, seed)
        bar = np.uint64(min(1.0, 1.1 * SAMPLE / max(1, n)) * (2**64 - 2**12))
        facts = (segment.astype(np.int64), sizes.astype(np.int64), *locked.T.astype(np.int64))

        def one(lo: int, hi: int) -> Kept:
            utility, allowed = self._block(lo, hi)
            hash_rows(_sealed(utility), _sealed(allowed), key, hashes[lo:hi])
            hashes[lo:hi] = with_facts(hashes[lo:hi], tuple(fact[lo:hi] for fact in facts))
            if not problem.in_blocks:
                return Kept(hashes[:0], utility[:0], allowed[:0])
            early = np.flatnonzero(hashes[lo:hi] <= bar)
            early = early[np.unique(hashes[lo:hi][early], return_index=True)[1]]  # of doubles, one
            return Kept(hashes[lo:hi][early], utility[early], allowed[early])

        return hashes, Kept.of(self._each(n, one, self._rows_per_block()))

    def _rows(self, customers: Int32) -> tuple[Int32, Bool]:
        """Utility and allowed of some customers; of pairs made on demand, everyone's are made."""
        who = self.order[customers]
        if not self.problem.in_blocks:
            assert self.problem.allowed is not None
            return self.problem.utility[who], self.problem.allowed[who]
        utility, allowed = self._block(0, self.n_customers)
        return utility[who], allowed[who]

    def _gathered(self, customers: Int32) -> tuple[Int32, Bool]:
        """Utility and allowed of some customers, by one more pass over blocks."""
        who = self.order[customers].astype(np.int64)
        by_position = np.argsort(who)
        utility = np.empty((who.size, self.problem.n_items), np.int32)
        allowed = np.empty((who.size, self.problem.n_items), np.bool_)

        def one(lo: int, hi: int) -> None:
            first, end = np.searchsorted(who, (lo, hi), sorter=by_position)
            here = by_position[first:end]
            if here.size:
                block = self._block(lo, hi)
                utility[here], allowed[here] = block[0][who[here] - lo], block[1][who[here] - lo]

        self._each(self.n_customers, one, self._rows_per_block())
        return utility, allowed

    def admit(self, boxes: Int32) -> None:
        """See that every item of these boxes, one per customer, is on its shortlist."""
        if self.complete:
            return
        self.lists.make_room(self.problem.n_items)

        def one(lo: int, hi: int) -> None:
            at = place[lo:hi]
            item, gain = self.lists.item[at], self.lists.gain[at]
            admit_boxes(*map(_sealed, (self._block(lo, hi)[0], boxes[at])), item, gain)
            self.lists.item[at], self.lists.gain[at] = item, gain

        place = np.argsort(self.order)
        self._each(self.n_customers, one, self._rows_per_block(), timed=False)

    def _block(self, lo: int, hi: int) -> tuple[Int32, Bool]:
        if not self.problem.in_blocks:
            return self.problem.block(lo, hi)
        with self._making:
            return self.problem.block(lo, hi)

    def _rows_per_block(self) -> int:
        return max(64, min(8192, BLOCK_PAIRS // max(1, self.problem.n_items)))

    def _each(self, n: int, one: Callable[[int, int], T], rows: int, *, timed: bool = True) -> list[T]:
        """Results of `one` over blocks of 0..n-1, in order; `timed` ends with Late when the deadline passes."""
        rows = max(1, min(rows, -(-n // self._threads))) if n > 512 else max(1, n)
        cuts = [(lo, min(lo + rows, n)) for lo in range(0, n, rows)]

        def timely(cut: tuple[int, int]) -> T:
            if timed and self._late():
                raise Late
            return one(*cut)

        if len(cuts) < 2 or self._threads < 2:
            return [timely(cut) for cut in cuts]
        parts = [self._pool.submit(timely, cut) for cut in cuts]
        wait(parts)  # nobody may still be writing when the deadline ends it
        return [part.result() for part in parts]


def _added(table: Int64, parts: list[tuple[int | None, Int64]]) -> Answer:
    """One answer out of those of all blocks."""
    usage, worths = np.zeros_like(table), []
    for worth, part in parts:
        usage += part
        worths.append(worth)
    return Answer(None if None in worths else sum(worth for worth in worths if worth is not None), usage)


def _sealed(array: Any) -> Any:
    """The array in row order and read-only: one type, so that the kernel is compiled once."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
