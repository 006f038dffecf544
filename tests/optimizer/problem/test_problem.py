"""A problem that does not fit together is refused at the door, and every refusal states the law it found broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.problem import (
    NO_LIMIT,
    POINTS,
    Band,
    BoxProblem,
    BoxRules,
    GroupLimit,
    PairRule,
    Quota,
    UtilityBlocks,
    boxes,
    to_points,
)
from tests.known import worths

LABELS = np.array([0, 1, -1], np.int32)
AMOUNT = np.array([1, 2, 3])
TINY = BoxProblem(np.zeros((2, 3), np.int32), np.ones((2, 3), bool), np.array([1, 1, 1]))


class Blocks:
    """Utilities on demand, deliberately of the given shape and types."""

    shape = (2, 3)

    def __init__(self, utility: Any = None, allowed: Any = None) -> None:
        self.utility = np.arange(6, dtype=np.int32).reshape(2, 3) if utility is None else utility
        self.allowed = np.ones((2, 3), bool) if allowed is None else allowed

    def block(self, lo: int, hi: int) -> tuple[Any, Any]:
        return self.utility[lo:hi], self.allowed[lo:hi]


def with_rules(**rules: Any) -> BoxProblem:
    return replace(TINY, rules=BoxRules(**rules))


HALF: Any = 0.5
"""What no type allows, and a caller without types may hand in all the same."""
REFUSALS: list[tuple[Callable[[], object], str]] = [
    (lambda: GroupLimit("brand", LABELS), "brand: expected at_most or at_least, found neither"),
    (lambda: GroupLimit("brand", LABELS, at_most=0), "brand: expected at_most >= 1, got 0"),
    (lambda: GroupLimit("brand", LABELS, at_most=[1, 0]), "brand: expected at_most >= 1, got 0"),
    (lambda: GroupLimit("brand", LABELS, at_least=-1), "brand: expected at_least >= 0, got -1"),
    (lambda: GroupLimit("brand", LABELS, at_most=[1, 2, 3]), "brand: expected at_most for 2 groups, found (3,)"),
    (lambda: GroupLimit("brand", LABELS - 1, at_most=1), "brand: expected labels >= -1, found -2"),
    (lambda: GroupLimit("brand", LABELS + HALF, at_most=1), "brand: labels: expected int32, found float64"),
    (lambda: GroupLimit("brand", LABELS[None], at_most=1), "brand: labels: expected shape (any), found (1, 3)"),
    (lambda: Band("value", AMOUNT), "value: expected low or high, found neither"),
    (lambda: Band("value", -AMOUNT, low=1), "value: expected amounts >= 0, found -3"),
    (lambda: Band("value", AMOUNT, low=3, high=2), "value: expected low <= high, found 3 > 2"),
    (lambda: Band("value", AMOUNT + HALF, low=3), "value: amount: expected int64, found float64"),
    (lambda: PairRule("near", 0, 1), """pair rule: expected "apart" or "together", found 'near'"""),  # type: ignore[arg-type]
    (lambda: PairRule("apart", 1, 1), "expected two different item positions >= 0, found 1 and 1"),
    (lambda: PairRule("apart", -1, 1), "expected two different item positions >= 0, found -1 and 1"),
    (lambda: Quota("promise", AMOUNT), "promise: expected at_least or at_most, found neither"),
    (lambda: Quota("promise", -AMOUNT, at_least=1), "promise: expected amounts >= 0, found -3"),
    (lambda: Quota("promise", AMOUNT, at_least=-1), "promise: expected at_least >= 0, got -1"),
    (lambda: Quota("promise", AMOUNT, at_most=-1), "promise: expected at_most >= 0, got -1"),
    (lambda: Quota("promise", AMOUNT, at_most=1, penalty=-1), "promise: expected penalty >= 0, got -1"),
    (lambda: Quota("promise", AMOUNT, 1, customers=np.array([0, 2])), "promise: customers: expected bool, found int64"),
    (lambda: BoxRules(size=0), "box size: expected size >= 1, got 0"),
    (lambda: BoxRules(short_penalty=-1), "short boxes: expected short_penalty >= 0, got -1"),
    (lambda: BoxRules(short="half"), """expected "ship_short", "no_box" or "stop", found 'half'"""),  # type: ignore[arg-type]
    (lambda: replace(TINY, utility=np.zeros(3, np.int32)), "utility: expected shape (any, any), found (3,)"),
    (lambda: replace(TINY, utility=np.full((2, 3), 0.5)), "utility: expected int32, found float64"),
    (lambda: replace(TINY, utility=np.full((2, 3), 2**40)), "utility: expected int32, found int64"),
    (lambda: replace(TINY, utility=np.ones((2, 3), bool)), "utility: expected int32, found bool"),
    (lambda: replace(TINY, allowed=None), "allowed: expected a bool matrix, found None"),
    (lambda: replace(TINY, allowed=np.ones((3, 3), bool)), "allowed: expected shape (2, 3), found (3, 3)"),
    (lambda: replace(TINY, utility=Blocks()), "allowed: expected None when utility comes in blocks"),
    (lambda: replace(TINY, stock=np.ones(4, int)), "stock: expected shape (any, 3), found (1, 4)"),
    (lambda: replace(TINY, stock=np.array([1, -2, 3])), "stock: expected units >= 0, found -2"),
    (lambda: replace(TINY, stock=np.array([1, 0.5, 3])), "stock: expected int64, found float64"),
    (lambda: replace(TINY, stock=np.ones((0, 3), int)), "stock: expected at least one pool, found none"),
    (lambda: replace(TINY, pool=np.array([0, 1], np.int32)), "pool: expected rows 0..0, found [0 1]"),
    (lambda: replace(TINY, pool=np.zeros(3, np.int32)), "pool: expected shape (2), found (3,)"),
    (lambda: replace(TINY, slots=np.array([1, -1], np.int32)), "slots: expected sizes >= 0, found -1"),
    (lambda: replace(TINY, slots=np.ones(1, np.int32)), "slots: expected shape (2), found (1,)"),
    (lambda: replace(TINY, locked=np.array([[3], [0]], np.int32)), "locked: expected item positions -1..2, found 3"),
    (lambda: replace(TINY, locked=np.array([0, 0], np.int32)), "locked: expected shape (2, any), found (2,)"),
    (lambda: with_rules(groups=[GroupLimit("brand", LABELS[:2], 1)]), "brand: expected 3 labels, found 2"),
    (lambda: with_rules(bands=[Band("value", AMOUNT[:2], 1)]), "value: expected 3 amounts, found 2"),
    (lambda: with_rules(pairs=[PairRule("apart", 0, 3)]), "pair rule: expected items below 3, found 3"),
    (lambda: replace(TINY, quotas=(Quota("q", AMOUNT[:2], 1),)), "q: expected 3 amounts, found 2"),
    (
        lambda: replace(TINY, quotas=(Quota("q", AMOUNT, 1, customers=np.ones(3, bool)),)),
        "q: expected a segment of 2 customers, found 3",
    ),
    (lambda: to_points([0.5, float("nan")]), "expected finite scores, found NaN or infinity"),
    (lambda: to_points(np.array([1.0, None], object)), "expected finite scores, found NaN or infinity"),
    (lambda: to_points([10**30]), "expected scores within"),
    (lambda: to_points([0.5, -3000.0]), "expected scores within +-2147, found -3000.0"),
]


@pytest.mark.parametrize(("build", "words"), REFUSALS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_does_not_fit_is_refused_with_the_law(build: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError) as refusal:
        build()
    assert words in str(refusal.value)


def test_points_are_micro_points_rounded_half_to_even() -> None:
    points = to_points([1.0, -0.25, 0.0000005, 0.0000015, 0.0000025])

    assert points.dtype == np.int32
    assert points.tolist() == [POINTS, -POINTS // 4, 0, 2, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_points_of_many_scores_are_those_of_each(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(2).normal(size=(7, 5)).astype(dtype)[:, ::-1]
    monkeypatch.setattr(boxes, "AT_ONCE", 4)

    assert to_points(scores).tolist() == [[round(float(one) * POINTS) for one in row] for row in scores]
    with pytest.raises(ValueError, match=r"found 2147\.5"):
        to_points([0.5, 0.0, 0.0, 0.0, 0.0, 2147.5])


def test_absent_choices_have_stated_defaults() -> None:
    assert TINY.sizes.tolist() == [5, 5]
    assert TINY.pools.tolist() == [0, 0]
    assert TINY.stock.shape == (1, 3)
    assert (TINY.n_customers, TINY.n_items, TINY.n_pools, TINY.width) == (2, 3, 1, 5)
    assert replace(TINY, slots=np.array([1, 3], np.int32)).width == 3


def test_a_problem_without_customers_or_items_is_a_problem() -> None:
    nobody = BoxProblem(np.zeros((0, 3), np.int32), np.zeros((0, 3), bool), AMOUNT)
    nothing = BoxProblem(np.zeros((2, 0), np.int32), np.zeros((2, 0), bool), np.zeros(0, int))

    assert nobody.width == 5
    assert nothing.n_items == 0


def test_limits_are_spread_over_all_groups() -> None:
    one_for_all = GroupLimit("brand", LABELS, at_most=2)
    per_group = GroupLimit("brand", LABELS, at_least=[0, 3])

    assert one_for_all.most.tolist() == [2, 2]
    assert one_for_all.least.tolist() == [0, 0]
    assert per_group.least.tolist() == [0, 3]
    assert per_group.most.tolist() == [NO_LIMIT, NO_LIMIT]
    assert GroupLimit("none", np.full(3, -1, np.int32), at_most=1).n_groups == 0


def test_what_a_problem_holds_is_read_only() -> None:
    for array in (
        TINY.utility,
        TINY.allowed,
        TINY.stock,
        GroupLimit("b", LABELS, 1).labels,
        Band("v", AMOUNT, 1).amount,
    ):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(array)[..., 0] = 0


def test_wider_integers_are_taken_when_they_fit() -> None:
    assert worths(replace(TINY, utility=np.full((2, 3), 7, np.int64))).dtype == np.int32


def test_blocks_give_the_same_rows_as_a_matrix() -> None:
    blocks = Blocks()
    problem = BoxProblem(blocks, None, AMOUNT)

    assert isinstance(blocks, UtilityBlocks)
    assert not problem.pairs.in_memory
    assert problem.block(1, 2)[0].tolist() == [[3, 4, 5]]
    assert TINY.block(0, 2)[1].all()


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        (Blocks(utility=np.full((2, 3), 0.5)), "utility block: expected int32, found float64"),
        (Blocks(allowed=np.ones((2, 4), bool)), r"allowed block: expected shape \(1, 3\), found \(1, 4\)"),
    ],
)
def test_a_block_of_the_wrong_kind_is_refused(blocks: Blocks, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        BoxProblem(blocks, None, AMOUNT).block(0, 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GroupLimit("g", np.array([0]), at_most=HALF),
        lambda: GroupLimit("g", np.array([0]), at_least=True),
        lambda: Band("b", np.array([1]), low=HALF),
        lambda: Quota("q", np.array([1]), at_most=HALF),
        lambda: Quota("q", np.array([1]), at_least=2, penalty=HALF),
        lambda: BoxRules(size=HALF),
    ],
)
def test_a_number_that_is_not_whole_is_refused(make) -> None:
    with pytest.raises(ValueError, match="whole number"):
        make()


def test_a_locked_position_below_minus_one_is_the_one_that_is_told() -> None:
    with pytest.raises(ValueError, match="found -7"):
        BoxProblem(
            np.zeros((1, 3), np.int32),
            np.ones((1, 3), bool),
            np.ones(3, np.int64),
            locked=np.array([[2, -7]], np.int32),
        )
