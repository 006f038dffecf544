"""check and plan_value against the naive twin, and in words a merchandiser reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.problem import POINTS, Band, BoxProblem, BoxRules, GroupLimit, PairRule, Quota
from optimizer.verify import check, plan_value, shortfalls, usage
from tests.optimizer.brute_force import box_faults, legal_boxes, plan_faults, plan_worth
from tests.optimizer.strategies import random_problem, tiny_problems

many = settings(max_examples=400, deadline=None, derandomize=True)

# Two customers, six items: brands 0 0 1 1 2 and none; values 1 2 3 4 5 6.
BRAND = GroupLimit("brand", np.array([0, 0, 1, 1, 2, -1], np.int32), at_most=1)
VALUE = Band("value", np.array([1, 2, 3, 4, 5, 6]), low=6, high=12)
SHOP = BoxProblem(
    utility=np.array([[6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6]], np.int32) * POINTS,
    allowed=np.ones((2, 6), bool),
    stock=np.array([1, 1, 1, 1, 1, 1]),
    rules=BoxRules(size=3),
)
LEGAL = [[0, 2, 4], [5, 3, 1]]


def shop(allowed: np.ndarray | None = None, locked: object = None, slots: object = None, **rules: object) -> BoxProblem:
    """The shop with other rules."""
    problem = replace(SHOP, rules=replace(SHOP.rules, **rules))  # type: ignore[arg-type]
    return replace(
        problem,
        allowed=SHOP.allowed if allowed is None else allowed,
        locked=None if locked is None else np.array(locked, np.int32),
        slots=None if slots is None else np.array(slots, np.int32),
    )


NOT_ITEM_3 = np.array([[True] * 6, [True, True, True, False, True, True]])
CASES = [
    ("shape", shop(), [[0, 2, 4]], "expected integer boxes with 2 rows, found int64 of shape (1, 3)"),
    ("shape", shop(), [[0.0, 2, 4], [5, 3, 1]], "expected integer boxes with 2 rows, found float64 of shape (2, 3)"),
    ("position", shop(), [[0, 2, 4], [5, 3, 6]], "slot 2 of the box holds item 6, expected -1..5"),
    ("position", shop(), [[0, 2, 4], [5, 3, -2]], "slot 2 of the box holds item -2, expected -1..5"),
    ("order", shop(), [[0, 2, 4], [5, -1, 1]], "a missing slot (-1) stands before an item, expected it last"),
    ("repeat", replace(shop(), stock=np.full(6, 2)), [[0, 2, 4], [5, 3, 5]], "item 5 is in the box more than once"),
    ("allowed", shop(NOT_ITEM_3), LEGAL, "item 3 is not allowed for this customer"),
    ("slots", shop(slots=[3, 2]), LEGAL, "the box holds 3 items, expected at most 2"),
    ("short", shop(short="no_box"), [[0, 2, 4], [5, 3, -1]], 'the box holds 2 items, expected 3 or none ("no_box")'),
    ("short", shop(short="stop"), [[0, 2, 4], [-1, -1, -1]], 'the box holds 0 items, expected 3 ("stop")'),
    ("at_most", shop(groups=[BRAND]), [[5, 2, 4], [3, 1, 0]], "brand: 2 items of group 0, expected at most 1"),
    (
        "at_least",
        shop(groups=[replace(BRAND, at_least=[1, 0, 0])]),
        [[0, 2, -1], [5, 3, 4]],
        "brand: 0 items of group 0, expected at least 1",
    ),
    ("band", shop(bands=[VALUE]), [[5, 0, 4], [1, 2, -1]], "value: the box sums to 5, expected at least 6"),
    ("band", shop(bands=[VALUE]), [[0, 2, 1], [5, 3, 4]], "value: the box sums to 15, expected at most 12"),
    ("apart", shop(pairs=[PairRule("apart", 3, 5)]), LEGAL, "items 3 and 5 may not share a box"),
    ("together", shop(pairs=[PairRule("together", 2, 5)]), [[0, 3, 4], [5, 1, -1]], "ship together with item 2"),
    ("together", shop(pairs=[PairRule("together", 2, 5)]), [[0, 3, 4], [2, 1, -1]], "ship together with item 5"),
    ("locked", shop(locked=[[-1], [0]]), [[2, 4, -1], [5, 3, 1]], "item 0 is locked but not in the box"),
]


@pytest.mark.parametrize(("rule", "problem", "boxes", "words"), CASES, ids=lambda value: str(value)[:30])
def test_each_broken_rule_is_named_once_in_words(
    rule: str, problem: BoxProblem, boxes: list[list[float]], words: str
) -> None:
    faults = check(problem, np.array(boxes))

    assert [fault.rule for fault in faults] == [rule]
    assert faults[0].words.endswith(words)
    assert faults[0].customer_idx == (None if rule == "shape" else 1)


def test_a_legal_plan_has_no_faults() -> None:
    rules: dict[str, Any] = {
        "groups": [BRAND],
        "bands": [VALUE],
        "pairs": [PairRule("apart", 0, 1), PairRule("together", 0, 2)],
    }
    assert check(shop(**rules, locked=[[4], [5]]), np.array([[0, 2, 4], [5, 3, 1]])) == []


def test_stock_faults_name_the_pool_the_item_and_both_figures() -> None:
    problem = replace(SHOP, stock=np.array([[9] * 6, [9, 9, 9, 0, 9, 9]]), pool=np.array([0, 1], np.int32))

    (fault,) = check(problem, np.array(LEGAL))

    assert (fault.rule, fault.customer_idx, fault.item_idx) == ("stock", None, 3)
    assert fault.words == "stock of item 3 in pool 1: 1 packed, 0 available"


def test_quota_faults_give_what_was_sent_and_the_limit() -> None:
    weights = np.array([1, 0, 1, 5, 0, 0])
    everyone = Quota("budget", weights, at_most=6)
    first_only = Quota("first", weights, at_most=2, customers=np.array([True, False]))

    (fault,) = check(replace(SHOP, quotas=(everyone, first_only)), np.array(LEGAL))

    assert fault.words == "budget: 7 sent, expected at most 6"


def test_a_missed_promise_costs_its_penalty_and_breaks_no_rule() -> None:
    problem = replace(SHOP, quotas=(Quota("promise", np.array([3, 0, 0, 0, 0, 0]), at_least=10, penalty=7),))

    assert check(problem, np.array(LEGAL)) == []
    assert shortfalls(problem, np.array(LEGAL)) == [7]
    assert plan_value(problem, np.array(LEGAL)) == plan_value(SHOP, np.array(LEGAL)) - 7 * 7


def test_an_empty_box_breaks_none_of_the_box_rules() -> None:
    rules: dict[str, Any] = {"groups": [replace(BRAND, at_least=1)], "bands": [VALUE], "short": "no_box"}
    assert check(shop(**rules, locked=[[4], [5]]), np.full((2, 3), -1)) == []


def test_huge_amounts_do_not_wrap_around() -> None:
    huge = np.full(6, 2**62)
    problem = replace(shop(bands=[Band("cost", huge, high=2**62)]), quotas=(Quota("total", huge, at_most=2**62),))

    faults = check(problem, np.array(LEGAL))

    assert [fault.rule for fault in faults] == ["band", "band", "quota"]
    assert f"{6 * 2**62} sent" in faults[-1].words
    assert f"sums to {3 * 2**62}" in faults[0].words


@many
@given(tiny_problems(), st.data())
def test_check_finds_exactly_the_rules_that_the_naive_checker_finds(problem: BoxProblem, data: st.DataObject) -> None:
    cells = st.integers(-2, problem.n_items)
    row = st.lists(cells, min_size=problem.width, max_size=problem.width)
    boxes = data.draw(st.lists(row, min_size=problem.n_customers, max_size=problem.n_customers))

    assert found(problem, boxes) == plan_faults(problem, boxes)


@many
@given(tiny_problems(), st.data())
def test_every_changed_cell_that_breaks_a_rule_is_found(problem: BoxProblem, data: st.DataObject) -> None:
    boxes = []
    for c in range(problem.n_customers):
        legal = legal_boxes(problem, c) or [()]
        box = data.draw(st.sampled_from(legal))
        boxes.append([*box, *[-1] * (problem.width - len(box))])
    assert found(problem, boxes) == plan_faults(problem, boxes)

    if problem.n_customers and problem.width:
        c, s = data.draw(st.tuples(st.integers(0, problem.n_customers - 1), st.integers(0, problem.width - 1)))
        for item in range(-1, problem.n_items + 1):
            changed = [list(box) for box in boxes]
            changed[c][s] = item
            assert found(problem, changed) == plan_faults(problem, changed)


@many
@given(tiny_problems(), st.data())
def test_the_value_of_a_plan_is_the_documented_one(problem: BoxProblem, data: st.DataObject) -> None:
    row = st.lists(st.integers(-1, problem.n_items - 1), min_size=problem.width, max_size=problem.width)
    boxes = data.draw(st.lists(row, min_size=problem.n_customers, max_size=problem.n_customers))

    assert plan_value(problem, as_array(problem, boxes)) == plan_worth(problem, boxes)


def test_thousands_of_boxes_at_once_are_checked_as_one_by_one() -> None:
    problem, boxes = random_problem(3_000, 40, seed=5), np.random.default_rng(5).integers(-1, 40, (3_000, 5))
    boxes = np.sort(boxes)[:, ::-1]

    faults = check(problem, boxes)

    alone: dict[int, set[str]] = {c: set() for c in range(3_000)}
    for fault in faults:
        if fault.customer_idx is not None:
            alone[fault.customer_idx].add(fault.rule)
    for c in range(3_000):
        assert alone[c] == box_faults(problem, c, boxes[c].tolist())


def test_utilities_made_on_demand_are_checked_block_by_block() -> None:
    class Blocks:
        shape = (150_000, 6)
        tallest = 0

        def block(self, lo: int, hi: int) -> tuple[np.ndarray, np.ndarray]:
            self.tallest = max(self.tallest, hi - lo)
            rows = np.arange(lo, hi)[:, None]
            return (rows + np.arange(6)).astype(np.int32), rows % 6 != np.arange(6)

    blocks = Blocks()
    problem = BoxProblem(blocks, None, np.full(6, 10**6), BoxRules(size=2))
    boxes = np.stack([(np.arange(150_000) + 1) % 6, (np.arange(150_000) + 2) % 6], axis=1).astype(np.int32)
    boxes[100_003] = [(100_003) % 6, -1]

    faults = check(problem, boxes)

    assert [(fault.rule, fault.customer_idx) for fault in faults] == [("allowed", 100_003)]
    utilities = 2 * np.arange(150_000) + boxes.clip(0).sum(axis=1)
    utilities[100_003] = 100_003 + boxes[100_003, 0]
    assert plan_value(problem, boxes) == utilities.sum() - problem.rules.short_penalty
    assert blocks.tallest < 100_000


def test_usage_counts_units_per_pool_and_item() -> None:
    problem = replace(SHOP, stock=np.ones((2, 6), int), pool=np.array([1, 0], np.int32))

    assert usage(problem, np.array(LEGAL, np.int32)).tolist() == [[0, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0]]


def as_array(problem: BoxProblem, boxes: list[list[int]]) -> np.ndarray:
    return np.array(boxes, np.int64).reshape(problem.n_customers, problem.width)


def found(problem: BoxProblem, boxes: list[list[int]]) -> set[str]:
    return {fault.rule for fault in check(problem, as_array(problem, boxes))}
