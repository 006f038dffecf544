"""check_plan: a plan that lies about its value, its bound or how it ended is caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.problem import BoxProblem, BoxRules, Plan, Prices, Termination
from optimizer.verify import check_plan
from optimizer.verify import plan as verify_plan
from tests.known import worths

# Even customers like even items, odd like odd; one unit of each, so that prices of 1 prove the optimum.
SHOP = BoxProblem(
    utility=np.array([[9, 1, 8, 1], [1, 9, 1, 8]], np.int32),
    allowed=np.ones((2, 4), bool),
    stock=np.array([1, 1, 1, 1]),
    rules=BoxRules(size=2, short_penalty=0),
)
NONE = np.zeros(0, np.int64)
PRICES = Prices(np.ones((1, 4), np.int64), NONE, NONE)
BOXES = np.array([[0, 2], [1, 3]], np.int32)
GOOD = Plan(Termination.OPTIMAL, BOXES, 34, 34, PRICES)
HALF = np.array([[0, -1], [1, 3]], np.int32)
NOTHING_PROVED = {"upper_bound": None, "prices": None}


def test_an_honest_plan_has_no_faults() -> None:
    assert check_plan(SHOP, GOOD) == []
    assert check_plan(SHOP, replace(GOOD, boxes=HALF, value=26, termination=Termination.FEASIBLE)) == []
    assert check_plan(SHOP, Plan(Termination.NO_SOLUTION, None, None, None, None)) == []
    assert check_plan(SHOP, Plan(Termination.NO_SOLUTION, None, None, 34, PRICES)) == []
    stop = replace(SHOP, rules=replace(SHOP.rules, short="stop"))
    assert check_plan(stop, Plan(Termination.INFEASIBLE, None, None, None, None)) == []


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        ({"value": 33}, "the plan says its value is 33, the boxes are worth 34"),
        ({"upper_bound": 35}, "the plan says no plan exceeds 35, its prices prove 34"),
        ({"upper_bound": 33}, "the plan's value 34 lies above its own bound 33"),
        ({"termination": Termination.FEASIBLE}, "the plan says feasible with value 34 and bound 34"),
        ({"termination": Termination.NO_SOLUTION}, "the plan has boxes but says it ended no_solution"),
        ({"boxes": HALF, "value": 26}, "the plan says optimal with value 26 and bound 34"),
        ({"prices": None}, "the plan claims a bound but has no prices to prove it"),
        (NOTHING_PROVED, "the plan says optimal but proves no bound"),
        (
            {"prices": replace(PRICES, stock=np.ones((2, 4), np.int64))},
            "the prices prove nothing: prices: expected stock",
        ),
        ({"boxes": BOXES.astype(np.int64)}, "expected int32 boxes (2, 2), found int64 (2, 2)"),
        ({"boxes": np.hstack([BOXES, BOXES])}, "expected int32 boxes (2, 2), found int32 (2, 4)"),
        ({"boxes": BOXES[:, ::-1]}, "expected items by utility, best first, then by position"),
        ({"boxes": BOXES + np.int32(1)}, "slot 1 of the box holds item 4, expected -1..3"),
        ({"boxes": np.array([[0, 2], [0, 3]], np.int32)}, "stock of item 0 in pool 0: 2 packed, 1 available"),
        ({"boxes": None}, "the plan has no boxes but a value, 34"),
        ({"boxes": None, "value": None}, "the plan has no boxes but says it ended optimal"),
        (
            {"boxes": None, "value": None, "termination": Termination.INFEASIBLE},
            'the plan says infeasible, which only short="stop" can be',
        ),
    ],
)
def test_each_lie_is_told_in_words(lie: dict[str, object], words: str) -> None:
    faults = check_plan(SHOP, replace(GOOD, **lie))  # type: ignore[arg-type]

    assert any(words in fault.words for fault in faults), faults


def test_equal_utilities_are_listed_by_position() -> None:
    flat = replace(SHOP, utility=np.zeros((2, 4), np.int32))
    prices = Prices(np.zeros((1, 4), np.int64), NONE, NONE)

    assert check_plan(flat, Plan(Termination.OPTIMAL, BOXES, 0, 0, prices)) == []
    (fault,) = check_plan(flat, Plan(Termination.OPTIMAL, np.array([[2, 0], [1, 3]], np.int32), 0, 0, prices))
    assert (fault.rule, fault.customer_idx) == ("order", 0)


def test_beyond_the_first_block_of_rows_the_right_customer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_plan, "ROWS", 2)
    shop = replace(SHOP, utility=np.tile(worths(SHOP), (2, 1)), allowed=np.ones((4, 4), bool), stock=SHOP.stock * 2)
    boxes = np.tile(BOXES, (2, 1))
    good = Plan(Termination.OPTIMAL, boxes, 68, 68, PRICES)
    swapped = boxes.copy()
    swapped[3] = swapped[3, ::-1]

    assert check_plan(shop, good) == []
    (fault,) = check_plan(shop, replace(good, boxes=swapped))
    assert (fault.rule, fault.customer_idx) == ("order", 3)
