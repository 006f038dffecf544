"""Plans where rules nest, against every plan there is, and against a linear programme where there are too many.

Lists, heaps and samples are made so small that lists must be mended and prices start from a few customers only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from optimizer.effort import Effort
from optimizer.laminar import pack as nested_plan
from optimizer.laminar.customers import LaminarCustomers
from optimizer.laminar.pack import Settled, pack_laminar
from optimizer.laminar.tree import as_prices
from optimizer.oracle.runner import Late
from optimizer.problem import BoxProblem
from optimizer.verify import check, plan_value, price_bound, shortfalls
from tests.optimizer.brute_force import brute_force
from tests.optimizer.nests import flow_value, laminar_customers_of, laminar_shop

many = settings(max_examples=300, deadline=None, database=None)


def value_of(problem: BoxProblem, customers: LaminarCustomers, settled: Settled) -> int:
    """Value of the plan, if it is one, after a look at all that is said of it."""
    boxes = np.empty_like(settled.boxes)
    boxes[customers.oracle.order] = settled.boxes
    broken, value = {fault.rule for fault in check(problem, boxes)}, plan_value(problem, boxes)
    assert broken <= {"stock", "quota"}
    assert settled.over or not broken
    missed = sum(quota.penalty * gap for quota, gap in zip(problem.quotas, shortfalls(problem, boxes), strict=True))
    assert settled.worth - missed == value
    if settled.proved:
        assert not broken
        assert price_bound(problem, as_prices(customers.oracle.coupling, settled.price, 1)) == value
    return value


@seed(91)
@many
@given(st.integers(0, 2**20), st.integers(1, 5), st.integers(1, 6), st.integers(1, 3), st.none() | st.integers(1, 2))
def test_tiny_plans_are_the_best_of_all(number: int, n: int, m: int, size: int, kinds: int | None) -> None:
    problem = laminar_shop(n, m, number, size=size, kinds=kinds, locks=number % 2 == 0)
    customers, truth = laminar_customers_of(problem), brute_force(problem)
    settled = pack_laminar(customers)
    value = value_of(problem, customers, settled)

    assert truth is not None
    assert settled.over or value <= truth
    assert settled.proved or (customers.locked >= 0).any()  # whether to ship a locked box at all, swaps do not say
    assert not settled.proved or value == truth


@pytest.mark.parametrize(
    "effort",
    [
        Effort(),
        Effort(swap_steps=1, first_swaps=20),
        Effort(most_swaps=1, laminar_few=20),
        Effort(laminar_all_pairs=0, laminar_listed=4),
        Effort(laminar_all_pairs=0, laminar_listed=4, laminar_few=20, laminar_sample=3),
    ],
)
def test_small_plans_are_those_of_a_linear_programme(effort: Effort, monkeypatch: pytest.MonkeyPatch) -> None:
    mended = counted(monkeypatch, "mend")
    for number in range(60):
        kinds = (None, 1, 2, 5)[number % 4]
        problem = laminar_shop(5 + number % 40, 2 + number % 11, number, size=1 + number % 3, kinds=kinds)
        customers = laminar_customers_of(problem, effort)
        settled = pack_laminar(customers)

        assert settled.proved
        assert value_of(problem, customers, settled) == flow_value(problem)
    assert bool(mended) == (effort.laminar_listed == 4)


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[object]:
    """Fills up with what a stage was called with."""
    calls: list[object] = []
    stage: Callable[..., object] = getattr(nested_plan._State, name)

    def noted(*given_in: object) -> object:
        calls.append(given_in)
        return stage(*given_in)

    monkeypatch.setattr(nested_plan._State, name, noted)
    return calls


def test_lists_of_a_few_are_mended_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    effort = Effort(laminar_all_pairs=0, laminar_listed=4, laminar_many=0)
    mended, proved = counted(monkeypatch, "mend"), 0
    for number in range(60):
        problem = laminar_shop(40, 10, number, size=1 + number % 2, kinds=None if number % 2 else 10)
        customers = laminar_customers_of(problem, effort)
        settled = pack_laminar(customers)
        value, truth = value_of(problem, customers, settled), flow_value(problem)

        assert value == truth if settled.proved else value <= truth or settled.over
        proved += settled.proved
    assert mended
    assert proved > 50


def passed(moments: Iterator[int]) -> bool:
    """Is there no moment left?"""
    return next(moments, None) is None


def test_a_deadline_in_the_middle_leaves_the_best_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    effort = Effort(laminar_all_pairs=0, laminar_listed=4, swap_steps=2)
    settled_at, mended = counted(monkeypatch, "settle"), counted(monkeypatch, "mend")
    for number in range(12):
        problem = laminar_shop(30, 12, number, size=2, kinds=None if number % 2 else 3)
        customers, truth = laminar_customers_of(problem, effort), flow_value(problem)
        in_stock, proved = [], [False]
        while not proved[-1]:
            moments = iter(range(len(proved)))
            customers.oracle.runner.late = partial(passed, moments)
            settled_at.clear()
            try:
                settled = pack_laminar(customers)
            except Late:
                assert not settled_at  # there were no boxes yet
                settled = None
            proved.append(settled is not None and settled.proved)
            if settled is not None:
                value = value_of(problem, customers, settled)
                in_stock.append(settled.over == 0)
                assert settled.over or value <= truth
                assert not settled.proved or value == truth
        assert in_stock == sorted(in_stock)
        assert in_stock[-1]
    assert mended
