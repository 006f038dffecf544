"""The solver on problems too large to list, with ties and scarcity: the second opinion judges every answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.problem import POINTS, Band, BoxProblem, BoxRules, GroupLimit, PairRule, Plan, Quota, Termination
from optimizer.solve import solve
from optimizer.verify import check_plan


def shop(
    n_customers: int = 400, n_items: int = 30, *, seed: int = 0, supply: float = 1.3, profiles: int | None = None
) -> BoxProblem:
    """A shop with every kind of rule; `profiles` makes that many kinds of identical customers with rounded scores."""
    rng = np.random.default_rng(seed)
    utility = rng.random((profiles or n_customers, n_items)) * rng.random(n_items)
    if profiles:
        utility = np.round(utility[rng.integers(profiles, size=n_customers)], 2)
    stock = rng.dirichlet(np.full(n_items, 3.0)) * n_customers * 4 * supply
    rules = BoxRules(
        4,
        groups=(
            GroupLimit("category", rng.integers(6, size=n_items).astype(np.int32), at_most=2),
            GroupLimit("brand", rng.integers(12, size=n_items).astype(np.int32), at_most=1),
        ),
        bands=(Band("value", rng.integers(5, 30, n_items), low=40),),
        pairs=(PairRule("apart", 0, 1), PairRule("together", 2, 3)),
    )
    quotas = (
        Quota("launch", (np.arange(n_items) < 4).astype(np.int64), at_least=n_customers // 3, penalty=POINTS // 5),
        Quota("budget", rng.integers(50, 200, n_items), at_most=n_customers * 480),
    )
    return BoxProblem(
        (utility * POINTS).astype(np.int32),
        rng.random((n_customers, n_items)) < 0.9,
        np.stack([stock // 2, stock // 2]).astype(np.int64),
        rules=rules,
        pool=(np.arange(n_customers) % 2).astype(np.int32),
        quotas=quotas,
    )


def assert_sound(problem: BoxProblem, plan: Plan, gap: float) -> None:
    assert check_plan(problem, plan) == []
    assert plan.gap is not None
    assert 0 <= plan.gap <= gap


@pytest.mark.parametrize("seed", range(2))
def test_every_kind_of_rule_at_once(seed: int) -> None:
    problem = shop(seed=seed)
    assert_sound(problem, solve(problem), 2e-3)


def test_thousands_of_identical_customers() -> None:
    problem = shop(600, 24, profiles=5)
    assert_sound(problem, solve(problem), 5e-3)


def test_scarce_stock_leaves_short_boxes_and_still_a_proof() -> None:
    problem = shop(300, supply=0.6)
    plan = solve(problem)
    assert_sound(problem, plan, 2e-2)
    assert plan.boxes is not None
    assert (plan.boxes[:, 0] < 0).any()


def test_plain_problems_are_solved_to_the_proved_optimum() -> None:
    problem = replace(shop(500), rules=BoxRules(4), quotas=())
    plan = solve(problem)
    assert_sound(problem, plan, 0.0)
    assert plan.termination is Termination.OPTIMAL


class Blocks:
    """The same utilities, made on demand."""

    def __init__(self, problem: BoxProblem) -> None:
        self.problem, self.shape = problem, problem.utility.shape

    def block(self, lo: int, hi: int) -> tuple[np.ndarray, np.ndarray]:
        return self.problem.block(lo, hi)


def test_utilities_in_blocks_give_the_same_plan_as_a_matrix() -> None:
    problem = shop(60, 20, seed=4)
    in_blocks = replace(problem, utility=Blocks(problem), allowed=None)
    one, other = solve(problem), solve(in_blocks)
    assert check_plan(in_blocks, other) == []
    assert one.gap is not None
    assert other.gap is not None
    assert abs(one.gap - other.gap) < 5e-3


def test_last_nights_prices_are_a_start_and_not_a_bond() -> None:
    problem = shop(400, seed=3)
    first = solve(problem)
    again = solve(problem, prices=first.prices)
    assert_sound(problem, again, 2e-3)
    assert first.upper_bound is not None
    assert again.upper_bound is not None
    assert again.upper_bound <= first.upper_bound * (1 + 1e-6)


def test_a_deadline_that_has_passed_still_gives_a_legal_plan_and_an_honest_gap() -> None:
    problem = shop(300)
    for _ in range(5):  # on a busy machine the first may get nowhere
        plan = solve(problem, deadline_s=0.05)
        assert check_plan(problem, plan) == []
        if plan.gap is not None:
            break
    assert plan.gap is not None


def test_progress_tells_phases_in_order_of_time() -> None:
    told: list[tuple[str, float, float | None, float | None]] = []
    solve(shop(100), progress=lambda *words: told.append(words))
    assert len(told) >= 3
    assert [seconds for _, seconds, *_ in told] == sorted(seconds for _, seconds, *_ in told)
    assert told[-1][0] == "done"
