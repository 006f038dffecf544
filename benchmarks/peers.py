"""Others who pack the same problem: OR-tools' solvers on the usual models, and a greedy packer. `PEERS` names them.

Each takes the problem and a time limit and does all its work inside the call: building arcs or rows counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.instance_scores import ROWS, Int32
from optimizer.problem import NO_LIMIT, POINTS, BoxProblem


@dataclass(frozen=True, eq=False)
class Found:
    """What a peer says. boxes int32 (n_customers, width) or None; bound in micro-points, None = claims none."""

    status: str
    boxes: Int32 | None = None
    bound: int | None = None


@dataclass(frozen=True)
class Peer:
    """One way to pack. pack(problem, seconds) -> Found; most_pairs: customers x items beyond which it is not asked."""

    words: str
    pack: Callable[[BoxProblem, float], Found]
    most_pairs: int


def flow(problem: BoxProblem, _seconds: float) -> Found:
    """OR-tools' minimum-cost flow over all allowed arcs: customer -> (pool, item) -> sink. Stock and eligibility only.

    Arcs are added block by block, so that building them takes no more memory than they do. It knows no time limit.
    """
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    rules = problem.rules
    if rules.groups or rules.bands or rules.pairs or problem.quotas or problem.locked is not None:
        raise ValueError("min-cost flow: expected stock and eligibility only, found other rules")
    if rules.short != "ship_short":
        raise ValueError(f'min-cost flow: expected "ship_short", found "{rules.short}"')
    n, m, cells = problem.n_customers, problem.n_items, problem.stock.size
    network, sink, packed = SimpleMinCostFlow(), n + cells, []

    def arcs(tail: object, head: object, capacity: object, cost: object) -> Int32:
        ends = np.asarray(tail, np.int32), np.asarray(head, np.int32)
        added: Int32 = network.add_arcs_with_capacity_and_unit_cost(
            *ends, np.asarray(capacity, np.int64), np.asarray(cost, np.int64)
        )
        return added

    for lo in range(0, n, ROWS):
        utility, allowed = problem.block(lo, min(lo + ROWS, n))
        row, item = np.nonzero(allowed)
        cell = n + problem.pools[lo + row].astype(np.int64) * m + item
        packed.append(arcs(lo + row, cell, np.ones(row.size), -utility[row, item].astype(np.int64)))
    arcs(np.arange(n), np.full(n, sink), problem.sizes, np.full(n, rules.short_penalty))
    arcs(n + np.arange(cells), np.full(cells, sink), np.minimum(problem.stock.ravel(), n), np.zeros(cells))
    supply = np.concatenate([problem.sizes, np.zeros(cells), [-problem.sizes.sum(dtype=np.int64)]]).astype(np.int64)
    network.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply)
    status = network.solve()
    if status != network.OPTIMAL:
        return Found(str(status))
    boxes = np.full((n, problem.width), -1, np.int32)
    for lo, added in zip(range(0, n, ROWS), packed, strict=True):
        row, item = np.nonzero(problem.block(lo, min(lo + ROWS, n))[1])
        taken = np.flatnonzero(network.flows(added))
        who = row[taken]
        boxes[lo + who, np.arange(taken.size) - np.searchsorted(who, who)] = item[taken]
    return Found("optimal", boxes, -int(network.optimal_cost()))


def _modelled(problem: BoxProblem, seconds: float, solver: str, options: str) -> Found:
    """The assignment programme by a solver of OR-tools' model builder: a MIP by HiGHS, its LP relaxation by PDLP."""
    from ortools.linear_solver.python import model_builder_helper as mb

    from benchmarks.assignment import Assignment

    started = perf_counter()
    model = Assignment.of(problem)
    if not model.worth.size:  # nothing to decide, which the model builder does not take
        possible = bool((model.low <= 0).all() and (model.high >= 0).all())
        return Found("optimal", model.boxes(np.zeros(0, bool)), model.constant) if possible else Found("infeasible")
    helper, engine = mb.ModelBuilderHelper(), mb.ModelSolverHelper(solver)
    low = np.where(model.low > -NO_LIMIT, model.low, -np.inf)
    high = np.where(model.high < NO_LIMIT, model.high, np.inf)
    upper, worth = model.upper.astype(float), model.worth / POINTS
    fill: Any = helper.fill_model_from_sparse_data  # its type stub swaps an array's shape and type
    fill(np.zeros(worth.size), upper, worth, low, high, model.matrix.astype(float))
    helper.set_maximize(True)
    whole = solver != "pdlp"
    for column in range(worth.size if whole else 0):
        helper.set_var_integrality(column, True)
    engine.set_time_limit_in_seconds(max(0.01, seconds - (perf_counter() - started)))
    engine.set_solver_specific_parameters(options)
    engine.solve(helper)
    status = _words(engine.status().name)
    if not engine.has_solution():
        return Found(status)
    if not whole:
        return Found(status, None, round(engine.objective_value() * POINTS) + model.constant)
    bound = engine.best_objective_bound()
    proved = round(bound * POINTS) + model.constant if np.isfinite(bound) else None
    return Found(status, model.boxes(np.asarray(engine.variable_values()) > 0.5), proved)


def _words(status: str) -> str:
    """How a solver ended: "optimal", "feasible", "infeasible", "no plan in time" or its own word in small letters."""
    nothing = ("UNKNOWN", "UNKNOWN_STATUS", "NOT_SOLVED")
    return "no plan in time" if status in nothing else status.lower()


HIGHS = "threads=0\nrandom_seed=0\noutput_flag=false\nlog_to_console=false\nmip_rel_gap={}\nmip_abs_gap={}"


def highs(problem: BoxProblem, seconds: float) -> Found:
    """HiGHS on the assignment programme, to its optimum: it stops at half a micro-point from its own bound."""
    return _modelled(problem, seconds, "highs", HIGHS.format(0, 5e-7))


def highs_loose(problem: BoxProblem, seconds: float) -> Found:
    """HiGHS on the assignment programme as it comes: it stops at a relative gap of 1e-4."""
    return _modelled(problem, seconds, "highs", HIGHS.format(1e-4, 1e-6))


def pdlp(problem: BoxProblem, seconds: float) -> Found:
    """PDLP on the LP relaxation: a bound up to its tolerances (1e-6 relative), no boxes."""
    tolerance = "simple_optimality_criteria { eps_optimal_absolute: 1e-6 eps_optimal_relative: 1e-6 }"
    return _modelled(problem, seconds, "pdlp", f"num_threads: 2 termination_criteria {{ {tolerance} }}")


def _by_cp_sat(problem: BoxProblem, seconds: float, workers: int) -> Found:
    """The assignment programme by CP-SAT, in whole numbers."""
    from ortools.sat.python import cp_model

    from benchmarks.assignment import Assignment

    started = perf_counter()
    model = Assignment.of(problem)
    program = cp_model.CpModel()
    columns = [program.new_int_var(0, top, "") for top in model.upper.tolist()]
    matrix, low, high = model.matrix, model.low.tolist(), model.high.tolist()
    for row in range(matrix.shape[0]):
        own = slice(matrix.indptr[row], matrix.indptr[row + 1])
        of_row = [columns[column] for column in matrix.indices[own].tolist()]
        total = cp_model.LinearExpr.weighted_sum(of_row, matrix.data[own].tolist())
        program.add_linear_constraint(total, low[row], high[row])
    program.maximize(cp_model.LinearExpr.weighted_sum(columns, model.worth.tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.random_seed = workers, 0
    solver.parameters.max_time_in_seconds = max(0.01, seconds - (perf_counter() - started))
    status = solver.solve(program)
    name = _words(solver.status_name(status))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):  # its values mean nothing then
        return Found(name)
    chosen = np.array([solver.value(x) > 0 for x in columns[: model.customer.size]], bool)
    return Found(name, model.boxes(chosen), round(solver.best_objective_bound) + model.constant)


def cp_sat(problem: BoxProblem, seconds: float) -> Found:
    """CP-SAT with one worker."""
    return _by_cp_sat(problem, seconds, 1)


def cp_sat_two(problem: BoxProblem, seconds: float) -> Found:
    """CP-SAT with two workers."""
    return _by_cp_sat(problem, seconds, 2)


def greedy(problem: BoxProblem, seconds: float) -> Found:
    """Customers in turn, each the best that is left: see `benchmarks.greedy`."""
    from benchmarks.greedy import pack_in_turn

    return pack_in_turn(problem, seconds)


PEERS: dict[str, Peer] = {
    "flow": Peer("OR-tools min-cost flow", flow, 100_000_000),
    "highs": Peer("OR-tools HiGHS, to the optimum", highs, 400_000),
    "highs-loose": Peer("OR-tools HiGHS, to 1e-4", highs_loose, 400_000),
    "cp-sat": Peer("OR-tools CP-SAT, 1 worker", cp_sat, 400_000),
    "cp-sat-2": Peer("OR-tools CP-SAT, 2 workers", cp_sat_two, 400_000),
    "pdlp": Peer("OR-tools PDLP, the LP's bound", pdlp, 4_000_000),
    "greedy": Peer("greedy, customer by customer", greedy, 100_000_000),
}
