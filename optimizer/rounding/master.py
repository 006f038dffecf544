"""Choosing one box per customer out of several, under stock and quotas: as an LP (for prices) and as a MIP (for boxes).

OR-tools solves both. Everything it returns is only a proposal: boxes are checked and valued in integers elsewhere.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ortools.linear_solver.python import model_builder_helper as mb
from scipy import sparse

from optimizer.oracle.coupling import Coupling
from optimizer.problem import NO_LIMIT, POINTS, Int32, Int64

Float = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Master:
    """max gain x - penalty s  s.t.  one box per customer, stock, quotas.

    customer   int32 (n,)  whose box each choice is, non-decreasing
    box        int32 (n, W)
    gain       int64 (n,)  micro-points
    stock      int64 (P, M), at_least, at_most int64 (Q,)  what is left for these customers
    """

    coupling: Coupling
    customer: Int32
    box: Int32
    gain: Int64
    stock: Int64
    at_least: Int64
    at_most: Int64

    def rows(self) -> tuple[sparse.csr_matrix, Float, Float, Float]:
        """Matrix over (choices, shortfalls), lower and upper row limits in units, and the objective in points.

        Rows: customers, then stock (P * M), then at-least and at-most sides of quotas.
        """
        n, n_quotas = self.customer.size, self.at_least.size
        _, person = np.unique(self.customer, return_inverse=True)
        n_people = int(person.max()) + 1 if n else 0
        segment = self.coupling.segment[self.customer]
        column, k = np.nonzero(self.box >= 0)
        stock_row = self.coupling.pool_of[segment[column]].astype(np.int64) * self.stock.shape[1] + self.box[column, k]
        count = self.amounts().astype(float)
        q_column, q = np.nonzero(count)
        size = np.maximum(1.0, self.coupling.amount.max(axis=1, initial=0).astype(float))
        base = n_people + self.stock.size
        row = np.concatenate([person, n_people + stock_row, base + q, base + n_quotas + q, base + np.arange(n_quotas)])
        col = np.concatenate([np.arange(n), column, q_column, q_column, n + np.arange(n_quotas)])
        scaled = count[q_column, q] / size[q]
        data = np.concatenate([np.ones(n + column.size), scaled, scaled, np.ones(n_quotas)])
        matrix = sparse.csr_matrix((data, (row, col)), shape=(base + 2 * n_quotas, n + n_quotas))
        low = np.concatenate([np.ones(n_people), np.full(self.stock.size, -np.inf), self.at_least / size])
        low = np.concatenate([low, np.full(n_quotas, -np.inf)])
        high = np.concatenate([np.ones(n_people), self.stock.ravel(), np.full(n_quotas, np.inf)])
        high = np.concatenate([high, np.where(self.at_most < NO_LIMIT // 2, self.at_most / size, np.inf)])
        worth = np.concatenate([self.gain, -self.coupling.penalty * size]) / POINTS
        return matrix, low, high, worth

    def amounts(self) -> Int64:
        """What each choice counts for each quota, int64 (n, Q)."""
        padded = np.concatenate([self.coupling.amount.T, np.zeros((1, self.at_least.size), np.int64)])
        amounts = np.zeros((self.customer.size, self.at_least.size), np.int64)
        for k in range(self.box.shape[1]):
            amounts += padded[self.box[:, k]]
        return amounts * self.coupling.member[self.coupling.segment[self.customer]]


def _build(model: Master, integral: bool) -> mb.ModelBuilderHelper:
    matrix, low, high, worth = model.rows()
    n, n_columns = model.customer.size, matrix.shape[1]
    helper = mb.ModelBuilderHelper()
    upper = np.concatenate([np.ones(n), np.full(n_columns - n, np.inf)])
    fill: Any = helper.fill_model_from_sparse_data  # its type stub swaps an array's shape and type
    fill(np.zeros(n_columns), upper, worth, low, high, matrix)
    helper.set_maximize(True)
    for j in range(n if integral else 0):
        helper.set_var_integrality(j, True)
    return helper


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The LP's answer: value in points, weight of each choice, what stock and quotas are worth in points a unit."""

    value: float
    weight: Float
    stock: Float
    at_least: Float
    at_most: Float


def relax(model: Master, seconds: float | None) -> Relaxed | None:
    """Solve the LP relaxation with GLOP; None when there is no optimal solution in time."""
    helper, solver = _build(model, False), mb.ModelSolverHelper("glop")
    solver.set_solver_specific_parameters("use_dual_simplex: true")  # up to five times as fast on these
    if seconds is not None:
        solver.set_time_limit_in_seconds(max(0.01, seconds))
    solver.solve(helper)
    if not solver.has_solution() or solver.status() != mb.SolveStatus.OPTIMAL:
        return None
    dual = np.asarray(solver.dual_values())
    size = np.maximum(1.0, model.coupling.amount.max(axis=1, initial=0).astype(float))
    n_quotas = model.at_least.size
    n_people = dual.size - model.stock.size - 2 * n_quotas
    quota = dual[n_people + model.stock.size :]
    return Relaxed(
        float(solver.objective_value()),
        np.asarray(solver.variable_values())[: model.customer.size],
        np.maximum(0.0, dual[n_people : n_people + model.stock.size]).reshape(model.stock.shape),
        np.maximum(0.0, -quota[:n_quotas]) / size,
        np.maximum(0.0, quota[n_quotas:]) / size,
    )


@dataclass(frozen=True, eq=False)
class Chosen:
    """The MIP's answer: positions of the choices taken, None = none found; proved = nothing better among them."""

    taken: npt.NDArray[np.intp] | None
    proved: bool


def choose(model: Master, seconds: float | None, nodes: int) -> Chosen:
    """Solve the MIP with HiGHS, up to a number of nodes (a limit that does not depend on the machine's speed)."""
    helper, solver = _build(model, True), mb.ModelSolverHelper("highs")
    if seconds is not None:
        solver.set_time_limit_in_seconds(max(0.01, seconds))
    solver.set_solver_specific_parameters(
        f"mip_max_nodes={nodes}\nthreads=1\nmip_rel_gap=0\nmip_abs_gap=5e-7\noutput_flag=false\nlog_to_console=false"
    )
    with _quiet():
        solver.solve(helper)
    status = solver.status()
    if status not in (mb.SolveStatus.OPTIMAL, mb.SolveStatus.FEASIBLE) or not solver.has_solution():
        return Chosen(None, status == mb.SolveStatus.INFEASIBLE)
    values = np.asarray(solver.variable_values())[: model.customer.size]
    return Chosen(np.flatnonzero(values > 0.5), status == mb.SolveStatus.OPTIMAL)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep standard output clean: HiGHS prints a line of its own now and then, whatever its options say."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what C has not written yet would come out later
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
