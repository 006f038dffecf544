"""Boxes that are not searched again, against a listing of every box: as prices creep, no better box is ever missed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, seed
from hypothesis import strategies as st

from optimizer.oracle.oracle import EVERYTHING
from optimizer.oracle.runner import Runner
from optimizer.oracle.standing import KNOWN, exact_sum, most_gained
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import BoxProblem, BoxRules, GroupLimit
from tests.optimizer.oracle.test_kernels import Case, assert_best, cases, few


def assert_bounds(case: Case, table: np.ndarray, *, everywhere: bool) -> None:
    """What is known of everyone's other boxes is true at these prices, the last ones.

    everywhere   of boxes with an item off the list, too: these are known after a pass over all pairs
    """
    standing, coupling = case.oracle.lists.standing, case.oracle.coupling
    for c in case.everyone:
        boxes, listed, segment = case.boxes(table, c), case.listed(c), coupling.segment[c]
        outside = standing.outside[c] + (standing.all_rise[segment] if standing.all_rise.size else 0)
        for limit, wanted in ((standing.rival[c], True), (outside, False)):
            if limit >= KNOWN or not (wanted or everywhere):
                continue
            others = [
                int(worth)
                for worth, box in zip(boxes.worth, boxes.item, strict=True)
                if bool(listed[box[box >= 0]].all()) == wanted
                and set(box[box >= 0]) != set(case.oracle.lists.last[c][case.oracle.lists.last[c] >= 0])
            ]
            assert not others or max(others) <= limit


def assert_losses(case: Case, table: np.ndarray) -> None:
    """Nobody's second-best box is nearer to the best than is told."""
    oracle = case.oracle
    least = oracle.least_losses(table)
    if least is not None:
        told = oracle.choices(table, np.arange(least.size, dtype=np.int32), 2, EVERYTHING)
        second = np.flatnonzero(told.customer[1:] == told.customer[:-1]) + 1
        assert (told.worth[second - 1] - told.worth[second] >= least[told.customer[second]]).all()


@seed(71)
@few
@given(
    cases(), st.lists(st.tuples(st.sampled_from(["run", "all", "jitter", "admit"]), st.integers(0, 2**20)), max_size=8)
)
def test_creeping_prices_never_leave_a_better_box_unfound(case: Case, steps: list[tuple[str, int]]) -> None:
    table, oracle = case.tables[0], case.oracle
    assert_best(case, table, oracle.all_pairs(table), listed=False)
    for what, number in steps:
        rng = np.random.default_rng(number)
        far = int(rng.choice([1, 1_000, 100_000]))
        table = table + rng.integers(-far, far + 1, table.shape) * (rng.random(table.shape) < 0.5)
        if what == "all":
            assert_best(case, table, oracle.all_pairs(table), listed=False)
            assert_bounds(case, table, everywhere=True)
        elif what == "jitter":
            oracle.run(table, jitter=far)
        elif what == "admit":
            boxes = oracle.run(table - far, boxes=True).boxes
            assert boxes is not None
            oracle.admit(boxes)
            assert_best(case, table, oracle.run(table, boxes=True), listed=True)
        else:
            assert_best(case, table, oracle.run(table, boxes=True), listed=True)
            assert_bounds(case, table, everywhere=False)
        assert_losses(case, table)


def test_boxes_far_from_any_other_are_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, 12).astype(np.int32)
    rules = BoxRules(3, (GroupLimit("kind", labels, at_most=1),))
    worth = rng.integers(0, 1_000_000, (200, 12)).astype(np.int32)
    problem = BoxProblem(worth, np.ones((200, 12), bool), np.full(12, 60), rules=rules)
    oracle = ThreadedOracle(problem, 1, runner=Runner(1))
    table = np.zeros((1, 12), np.int64)
    oracle.run(table)
    oracle.run(table + rng.integers(0, 1_000, (1, 12)))
    searched: list[int] = []
    listed = oracle._listed

    def counted(who: np.ndarray, *rest: Any) -> None:
        searched.append(who.size)
        listed(who, *rest)

    monkeypatch.setattr(oracle, "_listed", counted)
    near = table + rng.integers(0, 1_000, (1, 12))
    oracle.run(near)
    before = sum(searched)
    oracle.run(near + rng.integers(-20, 21, (1, 12)))
    assert sum(searched) - before < 20


@given(st.lists(st.integers(-(2**62), 2**62), max_size=20))
def test_sums_are_exact_beyond_64_bits(numbers: list[int]) -> None:
    assert exact_sum(np.array(numbers, np.int64)) == sum(numbers)


def test_a_box_gains_at_most_what_the_largest_falls_add_up_to() -> None:
    before, after = np.array([[5, 9, 7, 1]]), np.array([[4, 2, 4, 9]])
    assert most_gained(before, after, 2).tolist() == [10]
    assert most_gained(after, before, 3).tolist() == [8]
