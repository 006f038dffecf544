"""Warm starts: good prices save work, bad ones are mended, and the plan's proof is as good either way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.effort import STANDARD
from optimizer.oracle.oracle import EVERYTHING, Answer
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.pricing.first_prices import rough_prices
from optimizer.problem import Int64
from optimizer.rounding.programmes import contested, first_plan, slack
from optimizer.rounding.repair import losses
from optimizer.rounding.run import Clock, Run
from optimizer.solve import solve
from tests.optimizer.test_solve import assert_sound, shop

EAGER = replace(STANDARD, samples=(60, 200), few_customers=100, small=50, all_pairs=0, split_customers=60, counted=400)
"""Every way of many customers, with few."""


@pytest.mark.parametrize("far", [False, True])
def test_good_prices_are_gone_on_from_and_bad_ones_are_mended_on_samples_first(far: bool) -> None:
    problem = shop(900, seed=3)
    prices = solve(problem, effort=EAGER).prices
    assert prices is not None
    if far:
        prices = replace(prices, stock=np.ascontiguousarray(prices.stock[:, ::-1]))
    run = Run.of(problem, effort=EAGER)

    rough = rough_prices(run.oracle, run.space, prices)

    assert (rough.x == run.space.vector(prices)).all() != far
    assert_sound(problem, solve(problem, prices=prices, effort=EAGER), 5e-3)


def test_a_deadline_leaves_a_plan_also_where_prices_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = shop(900, seed=3)
    prices = solve(problem, effort=EAGER).prices
    before, stages = {"prices from samples", "a first plan"}, [""]
    clock = Clock.remaining

    def over_once_prices_are_sought(self: Clock) -> float | None:
        return clock(self) if stages[-1] in ("", *before) else -1.0

    monkeypatch.setattr(Clock, "remaining", over_once_prices_are_sought)
    plan = solve(problem, prices=prices, deadline_s=1e6, effort=EAGER, progress=lambda stage, *_: stages.append(stage))

    assert before <= set(stages)
    assert plan.boxes is not None
    assert not (plan.boxes < 0).all(axis=1).any()
    assert plan.gap is not None
    assert plan.gap < 0.05


def test_good_prices_save_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = shop(900, seed=3)
    asked: list[int] = []
    run = ThreadedOracle.run

    def counting(self: ThreadedOracle, table: Int64, **how: Any) -> Answer:
        asked.append(self.n_customers)
        return run(self, table, **how)

    first = solve(problem, effort=EAGER)
    monkeypatch.setattr(ThreadedOracle, "run", counting)
    cold = solve(problem, effort=EAGER)
    by_cold = sum(asked)
    asked.clear()
    warm = solve(problem, effort=EAGER, prices=first.prices)

    assert sum(asked) < by_cold
    assert cold.gap is not None
    assert warm.gap is not None
    assert warm.gap < cold.gap + 1e-3


def test_the_customers_nearest_another_box_are_found_as_if_everyone_had_been_asked() -> None:
    problem = shop(900, seed=5)
    run = Run.of(problem, effort=EAGER)
    _, boxes = run.offer_x(np.zeros(run.space.limit.size))
    first_plan(run, boxes)
    table = run.table()
    second = run.oracle.choices(table, run.everyone(), 2, slack(run))
    margin = {int(c): EVERYTHING for c in run.everyone()}
    for at in range(1, second.customer.size):
        if second.customer[at] == second.customer[at - 1]:
            margin[int(second.customer[at])] = int(second.worth[at - 1] - second.worth[at])
    assert run.boxes is not None
    off = losses(run.oracle, table, run.boxes, boxes) > 0
    nearest = sorted(margin, key=lambda c: (-1 if off[c] else margin[c], c))

    for most in (5, 60, 300):
        chosen, whole = contested(run, table, boxes, most)
        assert not whole
        assert chosen.tolist() == sorted(nearest[:most])
