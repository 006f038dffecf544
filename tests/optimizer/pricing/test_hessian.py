"""Newton's step on prices: how the bound bends is what rounds at moved prices say; the step within bounds is best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import minimize

from optimizer.oracle.coupling import Coupling
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.pricing.dual_ascent import Ascent, ascend
from optimizer.pricing.first_prices import level
from optimizer.pricing.hessian import hessian, rows_of, spread
from optimizer.pricing.newton_step import best_step, learnt
from optimizer.pricing.price_space import choose_unit, price_space
from optimizer.problem import BoxProblem, BoxRules, GroupLimit
from optimizer.solve import solve
from optimizer.warm_up import compile_kernels
from tests.optimizer.shops import ruled
from tests.optimizer.strategies import tiny_problems


def rounds_of(problem: BoxProblem) -> ThreadedOracle:
    compile_kernels()
    return ThreadedOracle(problem, choose_unit(problem))


@settings(deadline=None)
@given(tiny_problems(), st.integers(0, 2**32 - 1))
def test_rows_say_what_a_usage_table_takes(problem: BoxProblem, seed: int) -> None:
    coupling: Coupling = rounds_of(problem).coupling
    usage = np.random.default_rng(seed).integers(0, 9, (coupling.n_segments, problem.n_items))

    taken = rows_of(coupling) @ usage.ravel()

    amount = coupling.amount_used(usage)
    assert taken.tolist() == [*coupling.stock_used(usage).ravel(), *(-amount), *amount]


def test_the_curvature_foretells_how_usage_falls_when_prices_rise() -> None:
    problem = ruled(20_000, 60)
    oracle = rounds_of(problem)
    space = price_space(problem, oracle.coupling, oracle.unit)
    x = level(oracle, space, space.limit)
    near = spread(oracle, oracle.coupling.table(space.prices(x)))
    x = ascend(oracle, space, x, 2 * near, Ascent(space.limit, 1e-6)).x
    table = oracle.coupling.table(space.prices(x))
    oracle.run(table)
    rows, rng = rows_of(oracle.coupling), np.random.default_rng(0)

    found = hessian(oracle, rows, table, near / 8)
    move = rng.uniform(0, near / 40, x.size) * (space.upper > 0)
    moved = oracle.coupling.table(space.prices(x + move))
    fell = rows @ (oracle.run(table).usage - oracle.run(moved).usage).ravel()
    foretold = found.matrix @ (space.vector(space.prices(x + move)) - x)

    stock = slice(0, oracle.coupling.stock.size)
    assert np.allclose(found.matrix, found.matrix.T)
    assert np.linalg.eigvalsh(found.matrix).min() > -1e-9 * np.abs(found.matrix).max()
    assert np.corrcoef(fell[stock], foretold[stock])[0, 1] > 0.9
    assert np.linalg.norm(fell[stock] - foretold[stock]) < 0.5 * np.linalg.norm(fell[stock])


@pytest.mark.parametrize("afresh", [True, False])
def test_an_ascent_needs_few_rounds_and_ends_where_nothing_is_astray(
    afresh: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = ruled(20_000, 60)
    oracle = rounds_of(problem)
    space = price_space(problem, oracle.coupling, oracle.unit)
    x = level(oracle, space, space.limit)
    near = spread(oracle, oracle.coupling.table(space.prices(x)))
    start = ascend(oracle, space, x, 2 * near, Ascent(space.limit, 1e-4))
    asked: list[Any] = []
    run = ThreadedOracle.run

    def counted(self: ThreadedOracle, *given: Any, **named: Any) -> Any:
        asked.append(given)
        return run(self, *given, **named)

    monkeypatch.setattr(ThreadedOracle, "run", counted)

    climb = ascend(oracle, space, start.x, start.near, Ascent(space.limit, 1e-7, patience=2, afresh=afresh))

    assert len(asked) <= 15
    assert climb.bound <= start.bound
    assert climb.astray(oracle.coupling.stock.size) < 0.005 * oracle.sizes.sum()


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.booleans())
def test_a_step_within_bounds_is_the_best_one(seed: int, n: int, in_rows: bool) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(n, n))
    matrix, gradient = half @ half.T + 0.1 * np.eye(n), rng.normal(size=n)
    low, high = -rng.uniform(0, 1, n) * rng.integers(0, 2, n), rng.uniform(0, 1, n)

    def cost(step: Any) -> float:
        return float(gradient @ step + step @ matrix @ step / 2)

    step = best_step(sparse.csr_array(matrix) if in_rows else matrix, gradient, low, high)

    def slope(step: Any) -> Any:
        return gradient + matrix @ step

    twin = minimize(cost, np.zeros(n), jac=slope, bounds=list(zip(low, high, strict=True)))
    assert (low <= step).all()
    assert (step <= high).all()
    assert cost(step) <= twin.fun + 1e-6


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_a_step_taught_holds_along_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(4, 4))
    matrix, step = half @ half.T + 0.1 * np.eye(4), rng.normal(size=4)
    change = step * rng.uniform(0.5, 2.0, 4)

    new = learnt(matrix, step, change)

    assert np.allclose(new @ step, change)
    assert np.linalg.eigvalsh(new).min() > 0


def test_the_spread_is_told_from_lists_that_are_made_by_then_and_never_0() -> None:
    wide, alike = rounds_of(ruled(3_000, 1_500)), rounds_of(BoxProblem(*equals(40, 9)))
    assert not wide.complete

    assert spread(wide, np.zeros((wide.coupling.n_segments, 1_500), np.int64)) > 1_000 * wide.unit
    assert spread(alike, np.zeros((1, 9), np.int64)) >= 1


def test_scores_that_are_all_the_same_are_packed_within_stock() -> None:
    plan = solve(
        BoxProblem(*equals(12_000, 30), rules=BoxRules(3, (GroupLimit("kind", KIND, 1), GroupLimit("x", CROSS, 1))))
    )

    assert plan.gap is not None
    assert plan.gap < 1e-3


KIND = (np.arange(30) // 3).astype(np.int32)
CROSS = (np.arange(30) % 10).astype(np.int32)


def equals(n: int, m: int) -> tuple[Any, Any, Any]:
    """Utility, allowed, stock: everyone likes everything as much, and there is just enough of it."""
    return np.full((n, m), 500_000, np.int32), np.ones((n, m), bool), np.full(m, 1 + 3 * n // m)
