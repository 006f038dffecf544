"""Compile every kernel before the clock of a solve matters: once per installation, then it is cached on disk.

A tiny problem takes other paths than a large one: without this the first large night would meet kernels that are not
compiled yet.
"""

from __future__ import annotations

import sys
from functools import cache

import numpy as np

from optimizer.effort import STANDARD
from optimizer.kernels import folder_of
from optimizer.laminar.customers import LaminarCustomers
from optimizer.laminar.pack import pack_laminar
from optimizer.laminar.tree import laminar_rules, promises_of
from optimizer.oracle.best_box import best_listed
from optimizer.oracle.box_rules import compile_rules
from optimizer.oracle.coupling import compile_coupling
from optimizer.oracle.runner import Runner
from optimizer.oracle.shortlists import Shortlists
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import Band, BoxProblem, BoxRules
from optimizer.rounding.ledger import GAIN, Ledger


def was_compiled() -> bool:
    """Whether kernels for any rules are kept here for this Python, or nothing can be kept; else all is still to do."""
    folder = folder_of(best_listed.py_func)
    python = "py{}{}".format(*sys.version_info[:2])
    return folder is None or any(folder.glob(f"*.best_listed-*.{python}*.nbi"))


def compile_kernels(problem: BoxProblem | None = None) -> None:
    """Compile what this problem needs: the kernels for rules that nest, or those for any rules; None = the latter."""
    if problem is not None:
        tree, coupling = laminar_rules(problem, compile_rules(problem)), compile_coupling(problem)
        if tree is not None and promises_of(coupling) is not None:
            return _compile_laminar()
    return _compile_any()


@cache
def _compile_laminar() -> None:
    customers = LaminarCustomers.of(ThreadedOracle(_tiny(BoxRules(2)), 1, runner=Runner(1)))
    assert customers is not None
    pack_laminar(customers)


@cache
def _compile_any() -> None:
    rules = BoxRules(1, bands=(Band("any", np.ones(3, np.int64), low=0, high=3),))
    oracle = ThreadedOracle(_tiny(rules), 1, runner=Runner(1))
    table = np.zeros((1, 3), np.int64)
    for lists in (oracle.lists, Shortlists.empty(2, 3, 1, 1, STANDARD)):
        oracle.lists = lists
        oracle.all_pairs(table)
    boxes = oracle.lists.last
    oracle.admit(boxes)
    everyone = np.arange(2, dtype=np.int32)
    found = oracle.choices(table, everyone, 2, 0)
    ledger = Ledger(oracle.coupling, oracle.best_first(boxes))
    ledger.move_all(found.customer, found.box, oracle.gains(found.customer, found.box), GAIN)


def _tiny(rules: BoxRules) -> BoxProblem:
    return BoxProblem(np.ones((2, 3), np.int32), np.ones((2, 3), bool), np.ones(3, np.int64), rules=rules)
