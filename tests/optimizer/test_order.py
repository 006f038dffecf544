"""A plan belongs to the customers, not to their order, the number of threads, or how pairs are handed in.

Customers may be told apart only where they are not exact doubles; then the boxes of a group of doubles are the same.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from optimizer.effort import STANDARD, Effort
from optimizer.problem import BoxProblem, BoxRules, Plan
from optimizer.solve import solve
from optimizer.verify import check_plan
from tests.known import worths
from tests.optimizer.shops import Blocks, on_demand, ruled, shuffled
from tests.optimizer.strategies import random_problem, tiny_problems


def use_threads(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """Let this machine have n cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(n)), raising=False)


def assert_same_claims(one: Plan, other: Plan) -> None:
    """Ending, value, bound and prices are the same, to the byte."""
    assert (one.termination, one.value, one.upper_bound) == (other.termination, other.value, other.upper_bound)
    assert (one.prices is None) == (other.prices is None)
    if one.prices is not None and other.prices is not None:
        assert one.prices.unit == other.prices.unit
        for side in ("stock", "at_least", "at_most"):
            assert getattr(one.prices, side).tobytes() == getattr(other.prices, side).tobytes()


def assert_same_plan(one: Plan, other: Plan, order: np.ndarray | None = None) -> None:
    """All claims, and every customer's box; place c of `other` holds the customer who was order[c] in `one`."""
    assert_same_claims(one, other)
    assert (one.boxes is None) == (other.boxes is None)
    if one.boxes is not None and other.boxes is not None:
        ours = one.boxes if order is None else one.boxes[order]
        assert ours.tobytes() == other.boxes.tobytes()


def who_is_who(problem: BoxProblem) -> list[tuple[object, ...]]:
    """All that is known of each customer."""
    assert problem.allowed is not None
    segments = [q.customers for q in problem.quotas if q.customers is not None]
    facts = [problem.pools, problem.sizes, *segments, *([] if problem.locked is None else problem.locked.T)]
    utility = np.where(problem.allowed, worths(problem), 0)
    return [
        (utility[c].tobytes(), problem.allowed[c].tobytes(), *(int(fact[c]) for fact in facts))
        for c in range(problem.n_customers)
    ]


def boxes_of(problem: BoxProblem, plan: Plan) -> dict[tuple[object, ...], Counter[tuple[int, ...]]]:
    """For each kind of customer, how often each box was given."""
    given_to: dict[tuple[object, ...], Counter[tuple[int, ...]]] = defaultdict(Counter)
    if plan.boxes is not None:
        for kind, box in zip(who_is_who(problem), plan.boxes.tolist(), strict=True):
            given_to[kind][tuple(box)] += 1
    return given_to


@seed(31)
@settings(max_examples=100, deadline=None, database=None)
@given(tiny_problems(), st.randoms(use_true_random=False))
def test_tiny_problems_in_any_order_give_each_kind_of_customer_the_same_boxes(
    problem: BoxProblem, random: object
) -> None:
    order = np.array(random.sample(range(problem.n_customers), problem.n_customers), np.int64)  # type: ignore[attr-defined]
    other = shuffled(problem, order)
    one, two = solve(problem), solve(other)

    assert_same_claims(one, two)
    assert boxes_of(problem, one) == boxes_of(other, two)


@seed(32)
@settings(max_examples=30, deadline=None, database=None)
@given(st.integers(0, 2**20), st.integers(12, 24), st.sampled_from(["ship_short", "no_box"]))
def test_small_shops_in_any_order_give_each_customer_the_same_box(number: int, n_items: int, short: str) -> None:
    problem = random_problem(60, n_items, number, short=short)
    order = np.random.default_rng(number).permutation(60)

    assert_same_plan(solve(problem), solve(shuffled(problem, order)), order)


@pytest.mark.parametrize(("n_customers", "n_items", "seed"), [(60, 44, 1), (60, 44, 2), (300, 40, 0), (6000, 60, 0)])
def test_shuffled_customers_on_one_thread_get_the_same_boxes(
    n_customers: int, n_items: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = ruled(n_customers, n_items, seed)
    order = np.random.default_rng(seed).permutation(n_customers)
    use_threads(monkeypatch, 2)
    one = solve(problem)
    use_threads(monkeypatch, 1)
    other = solve(shuffled(problem, order))

    assert one.value is not None
    assert_same_plan(one, other, order)


def test_shuffled_customers_with_shortlists_get_the_same_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = ruled(26_000, 160)
    order = np.random.default_rng(0).permutation(26_000)
    assert problem.n_customers * problem.n_items > STANDARD.all_pairs
    use_threads(monkeypatch, 2)
    one = solve(problem)
    use_threads(monkeypatch, 1)
    other = solve(shuffled(problem, order))

    assert_same_plan(one, other, order)


@pytest.mark.parametrize("complete", [True, False])
def test_doubles_share_the_same_boxes_in_any_order(complete: bool) -> None:
    problem = ruled(400, 40, 3, profiles=60)
    effort = Effort() if complete else Effort(all_pairs=0)
    other = shuffled(problem, np.random.default_rng(3).permutation(400))
    one, two = solve(problem, effort=effort), solve(other, effort=effort)

    assert len(boxes_of(problem, one)) <= 60
    assert_same_claims(one, two)
    assert boxes_of(problem, one) == boxes_of(other, two)


class Pieces(Blocks):
    """Pairs on demand that are put together from pieces of another size than was asked for."""

    def block(self, lo: int, hi: int) -> tuple[np.ndarray, np.ndarray]:
        pieces = [super(Pieces, self).block(at, min(at + 17, hi)) for at in range(lo, hi, 17)]
        return tuple(np.concatenate(part) for part in zip(*pieces, strict=True))  # type: ignore[return-value]


@pytest.mark.parametrize(("rows", "complete"), [(40 * 64, True), (40 * 64, False), (40 * 301, False)])
def test_pairs_on_demand_give_the_plan_of_the_matrix(rows: int, complete: bool) -> None:
    problem = ruled(600, 40)
    effort = Effort() if complete else Effort(all_pairs=0)
    one = solve(problem, effort=effort)
    pieces = replace(problem, utility=Pieces(problem), allowed=None)
    other = solve(pieces, effort=replace(effort, block_pairs=rows))

    assert_same_plan(one, other)


def test_many_pairs_on_demand_give_a_plan_as_good_as_the_matrix() -> None:
    problem = replace(ruled(26_000, 160), rules=BoxRules(5), quotas=(), locked=None)
    assert problem.n_customers * problem.n_items > STANDARD.all_pairs
    one, other = solve(problem), solve(on_demand(problem))

    assert check_plan(problem, other) == []
    assert one.gap is not None
    assert other.gap is not None
    assert one.gap <= 1e-5
    assert other.gap <= 1e-5
