"""Choosing one box per customer exactly, to the micro-point, by CP-SAT: for programmes of a few thousand choices.

One worker, a fixed seed and a deterministic limit: the same programme always gets the same answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ortools.sat.python import cp_model

from optimizer.problem import NO_LIMIT
from optimizer.rounding.master import Chosen, Master


def choose_exactly(
    model: Master, seconds: float | None, work: float, start: npt.NDArray[np.bool_] | None = None
) -> Chosen:
    """The best choices; `proved` when nothing better (or nothing at all) exists among the choices of the model.

    work   most deterministic time, about seconds on an ordinary core
    start  bool (n,) the choices of a plan in hand; None = there is none
    """
    program = cp_model.CpModel()
    n = model.customer.size
    taken = [program.new_bool_var("") for _ in range(n)]
    for c in np.unique(model.customer):
        program.add_exactly_one(taken[j] for j in np.flatnonzero(model.customer == c))
    _stock_rows(model, program, taken)
    cost = _quota_rows(model, program, taken)
    for one, hint in zip(taken, [] if start is None else start.tolist(), strict=False):
        program.add_hint(one, hint)
    program.maximize(sum(int(model.gain[j]) * taken[j] for j in range(n)) - cost)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.linearization_level = 2  # the LP is nearly whole: with all rows in it, it proves at once
    solver.parameters.max_deterministic_time = work
    if seconds is not None:
        solver.parameters.max_time_in_seconds = max(0.01, seconds)
    status = solver.solve(program)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):  # its values mean nothing then
        return Chosen(None, bool(status == cp_model.INFEASIBLE))
    values = np.array([solver.boolean_value(x) for x in taken], bool)
    return Chosen(np.flatnonzero(values), bool(status == cp_model.OPTIMAL))


def _stock_rows(model: Master, program: cp_model.CpModel, taken: list[cp_model.IntVar]) -> None:
    pool = model.coupling.pool_of[model.coupling.segment[model.customer]]
    for p in range(model.stock.shape[0]):
        for i in range(model.stock.shape[1]):
            holders = np.flatnonzero((pool == p) & (model.box == i).any(axis=1))
            if holders.size > model.stock[p, i]:
                program.add(sum(taken[j] for j in holders) <= int(model.stock[p, i]))


def _quota_rows(model: Master, program: cp_model.CpModel, taken: list[cp_model.IntVar]) -> cp_model.LinearExprT:
    amounts = model.amounts()
    cost: cp_model.LinearExprT = 0
    for q in range(model.at_least.size):
        counted = np.flatnonzero(amounts[:, q])
        used = sum(int(amounts[j, q]) * taken[j] for j in counted)
        if model.at_most[q] < NO_LIMIT // 2:
            program.add(used <= int(model.at_most[q]))
        if model.coupling.at_least[q] > 0 and model.at_least[q] > 0:
            short = program.new_int_var(0, int(model.at_least[q]), "")
            program.add(used + short >= int(model.at_least[q]))
            cost += int(model.coupling.penalty[q]) * short
    return cost
