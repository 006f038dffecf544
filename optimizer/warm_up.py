"""Compile every kernel before the clock of a solve matters: once per installation, then it is cached on disk.

A tiny problem takes other paths than a large one: without this the first large night would meet kernels that are not
compiled yet.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from optimizer.ledger import GAIN, Ledger
from optimizer.problem import Band, BoxProblem, BoxRules
from optimizer.shortlists import Shortlists
from optimizer.threads import ThreadRounds


@cache
def compile_kernels() -> None:
    """Call each kernel once, with the types that every solve uses."""
    n, m = 2, 3
    rules = BoxRules(1, bands=(Band("any", np.ones(m, np.int64), low=0, high=m),))
    problem = BoxProblem(np.ones((n, m), np.int32), np.ones((n, m), bool), np.ones(m, np.int64), rules=rules)
    rounds = ThreadRounds(problem, 1, threads=1)
    table = np.zeros((1, m), np.int64)
    for lists in (rounds.lists, Shortlists.empty(n, m, 1, 1)):
        rounds.lists = lists
        rounds.all_pairs(table)
    boxes = rounds.lists.last
    rounds.admit(boxes)
    everyone = np.arange(n, dtype=np.int32)
    found = rounds.choices(table, everyone, 2, 0)
    ledger = Ledger(rounds.coupling, rounds.best_first(boxes))
    ledger.move_all(found.customer, found.box, rounds.gains(found.customer, found.box), GAIN)
