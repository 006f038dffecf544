"""The locks that the edits ask for, as a small problem of their own: who keeps what, and does a box hold it?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from jobs.posing.lock_boxes import by_row
from optimizer.explaining.fullest_box import AllowedBits, fullest
from optimizer.problem import Bool, BoxProblem, Int32, Int64

Short = Literal["ship_short", "no_box", "stop"]
Words = tuple[str, str]
"""Why a lock is taken back, and what would help."""


@dataclass(frozen=True, eq=False)
class Asked:
    """The customers who have locks, as a problem of their own.

    whole      the night's problem
    customers  int32 (n,) their positions in the night's problem
    few        their problem: no utilities, their locks as the edits ask for them
    score      int32 (n, n_items) utility of each pair
    keep       bool (n, n_items) locks that are kept so far
    lost       (row, item) -> why and fix of those that are not
    gave_way   row -> items that the customer's own other locks leave no room for
    """

    whole: BoxProblem
    customers: Int32
    few: BoxProblem
    score: Int32
    keep: Bool
    lost: dict[tuple[int, int], Words] = field(default_factory=dict)
    gave_way: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: BoxProblem) -> Asked:
        assert problem.locked is not None
        who = np.flatnonzero((problem.locked >= 0).any(axis=1)).astype(np.int32)
        score = np.zeros((who.size, problem.n_items), np.int32)
        allowed = np.zeros(score.shape, np.bool_)
        for which, utility, may in problem.pairs.portions(who):
            score[which], allowed[which] = utility, may
        few = BoxProblem(
            np.zeros_like(score),
            allowed,
            problem.stock,
            rules=replace(problem.rules, short="no_box" if problem.rules.short == "stop" else problem.rules.short),
            pool=problem.pools[who],
            slots=problem.sizes[who],
        )
        keep = np.zeros(score.shape, np.bool_)
        row, nth = np.nonzero(problem.locked[who] >= 0)
        keep[row, problem.locked[who][row, nth]] = True
        return cls(problem, who, few, score, keep)

    def take_back(self, row: int, item: int, words: Words, *, room: bool = False) -> None:
        """Give a lock up.

        room  True = for good, and what gave way to it in this customer's box is tried again
        """
        self.keep[row, item] = False
        self.lost[row, item] = words
        if not room:
            self.gave_way.setdefault(row, set()).add(item)
            return
        for other in self.gave_way.pop(row, ()):
            self.keep[row, other] = True
            del self.lost[row, other]

    def by_score(self, rows: Int64, items: Int64) -> Int64:
        """The order of locks from the one that is kept first to the one that is given up first."""
        return np.lexsort((items, rows, -self.score[rows, items].astype(np.int64)))

    def usable(self, locks: Bool | None = None) -> Bool:
        """bool (n, n_items): what is in stock beyond other customers' locks, and a customer's own locks.

        locks  bool (n, n_items) instead of those that are kept
        """
        locks = self.keep if locks is None else locks
        held = np.zeros_like(self.whole.stock)
        rows, items = np.nonzero(locks)
        np.add.at(held, (self.few.pools[rows], items), 1)
        return np.asarray((self.whole.stock > held)[self.few.pools] | locks)

    def boxless(self, rows: Int32, locks: Bool, usable: Bool) -> Bool:
        """bool (len(rows),): no box that holds these locks obeys every rule.

        locks   bool (n, n_items) of everyone; usable likewise: what is looked at besides
        """
        tight: Bool = self.fullest(rows, locks, usable) == 0
        tight |= (locks.sum(axis=1) > self.few.sizes)[rows]
        return tight

    def fullest(self, rows: Int32, locks: Bool, usable: Bool, *, short: Short | None = None) -> Int64:
        """int64 (len(rows),): items of the fullest legal box that holds these locks; 0 = there is none.

        short  the policy on short boxes, instead of tonight's
        """
        return fullest(self.locked(locks, short), self.pairs, rows, self.ones, usable=usable[rows])

    def locked(self, locks: Bool, short: Short | None = None) -> BoxProblem:
        """The customers' problem with these locks."""
        rules = self.few.rules if short is None else replace(self.few.rules, short=short)
        return replace(self.few, locked=by_row(len(locks), *np.nonzero(locks)), rules=rules)

    @property
    def ones(self) -> Int64:
        """Every item counts one."""
        return np.ones(self.few.n_items, np.int64)

    @cached_property
    def pairs(self) -> AllowedBits:
        return AllowedBits.of(self.few)

    @property
    def everyone(self) -> Int32:
        """Every row."""
        return np.arange(self.customers.size, dtype=np.int32)

    def all_hold(self, locks: Bool) -> bool:
        """Has everyone with locks a box that holds them?"""
        some = np.flatnonzero(locks.any(axis=1)).astype(np.int32)
        return not self.boxless(some, locks, self.usable(locks)).any()

    def quotas_hold(self, locks: Bool) -> bool:
        """Do the locks ask of no quota more than it allows?"""
        for quota in self.whole.quotas:
            who = slice(None) if quota.customers is None else quota.customers[self.customers]
            if quota.at_most is not None and int(quota.amount @ locks[who].sum(axis=0)) > quota.at_most:
                return False
        return True

    def keep_after_all(self, row: int, item: int) -> None:
        """Keep a lock that gave way; it is not tried a second time."""
        self.keep[row, item] = True
        self.gave_way[row].discard(item)
        del self.lost[row, item]
