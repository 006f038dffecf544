"""Stock and quotas while single boxes change: the ledger against a twin that counts everything anew at every step.

And what relies on it: a repaired plan overdraws nothing, breaks no rule of a box, and is only ever improved.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

from optimizer.effort import Effort
from optimizer.oracle.coupling import compile_coupling
from optimizer.oracle.runner import Runner, never
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import POINTS, BoxProblem
from optimizer.rounding.ledger import GAIN, LEAVE_QUOTA, LEAVE_STOCK, Ledger
from optimizer.rounding.repair import improve, repair
from optimizer.verify import check, plan_value
from tests.optimizer.brute_force import plan_faults, pool_of, sent
from tests.optimizer.shops import ruled
from tests.optimizer.strategies import prices, tiny_problems

many = settings(max_examples=200, deadline=None, database=None)
Box = list[int]


def stock_left(problem: BoxProblem, boxes: list[Box]) -> Counter[tuple[int, int]]:
    """Units left per (pool, item); below 0 where too many are packed."""
    left = Counter({(p, i): int(units) for (p, i), units in np.ndenumerate(problem.stock)})
    for c, box in enumerate(boxes):
        left.subtract((pool_of(problem, c), i) for i in box if i >= 0)
    return left


def may_move(problem: BoxProblem, boxes: list[Box], c: int, new: Box, rise: int, why: int) -> bool:
    """Whether customer c gets a new box: it is another one, there is a reason, and nothing is overdrawn further."""
    after = [*boxes[:c], new, *boxes[c + 1 :]]
    pool, left, then = pool_of(problem, c), stock_left(problem, boxes), stock_left(problem, after)
    reasons = [
        any(left[pool, i] < 0 for i in boxes[c] if i >= 0),
        False,
        rise,
    ]
    for quota in problem.quotas:
        used, will = sent(problem, quota, boxes), sent(problem, quota, after)
        if quota.at_most is not None:
            if will > max(used, quota.at_most):
                return False
            reasons[LEAVE_QUOTA] |= used > quota.at_most and will < used
        if quota.at_least is not None:
            reasons[GAIN] += quota.penalty * (max(0, quota.at_least - used) - max(0, quota.at_least - will))
    reasons[GAIN] = reasons[GAIN] > 0
    further = any(then[cell] < min(0, left[cell]) for cell in then)
    return set(new) != set(boxes[c]) and bool(reasons[why]) and not further


def random_boxes(problem: BoxProblem, customers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int32 (n, W) distinct items, -1 last; not always lawful, and often more than there is."""
    boxes = np.full((customers.size, problem.width), -1, np.int32)
    for row in range(customers.size):
        size = rng.integers(0, min(problem.n_items, problem.width) + 1)
        boxes[row, :size] = rng.permutation(problem.n_items)[:size]
    return boxes


@seed(51)
@many
@given(tiny_problems(), st.integers(0, 2**20), st.sampled_from([LEAVE_STOCK, LEAVE_QUOTA, GAIN]))
def test_moves_are_those_of_a_ledger_that_counts_anew(problem: BoxProblem, number: int, why: int) -> None:
    assume(problem.n_customers)
    rng = np.random.default_rng(number)
    everyone = np.arange(problem.n_customers, dtype=np.int32)
    ledger = Ledger(compile_coupling(problem), random_boxes(problem, everyone, rng))
    boxes: list[Box] = ledger.boxes.tolist()
    customers = rng.integers(problem.n_customers, size=12).astype(np.int32)
    new, rise = random_boxes(problem, customers, rng), rng.integers(-2, 3, 12) * POINTS // 2

    moved = 0
    for c, box, gain in zip(customers.tolist(), new.tolist(), rise.tolist(), strict=True):
        if may_move(problem, boxes, c, box, gain, why):
            boxes[c], moved = box, moved + 1

    assert ledger.move_all(customers, new, rise, why) == moved
    assert ledger.boxes.tolist() == boxes
    left = stock_left(problem, boxes)
    assert {cell: int(units) for cell, units in np.ndenumerate(ledger.left)} == dict(left)
    assert ledger.used.tolist() == [sent(problem, quota, boxes) for quota in problem.quotas]
    assert ledger.legal() == (not {"stock", "quota"} & plan_faults(problem, boxes))


@seed(52)
@many
@given(tiny_problems(), st.integers(0, 2**20))
def test_there_is_room_for_an_item_where_one_more_unit_overdraws_nothing(problem: BoxProblem, number: int) -> None:
    everyone = np.arange(problem.n_customers, dtype=np.int32)
    ledger = Ledger(compile_coupling(problem), random_boxes(problem, everyone, np.random.default_rng(number)))
    room, boxes = ledger.room(), ledger.boxes.tolist()
    left = stock_left(problem, boxes)

    for c in range(problem.n_customers):
        for i in range(problem.n_items):
            fits = left[pool_of(problem, c), i] > 0
            for quota in problem.quotas:
                if quota.at_most is not None and (quota.customers is None or quota.customers[c]) and quota.amount[i]:
                    fits = fits and sent(problem, quota, boxes) + quota.amount[i] <= quota.at_most
            assert room[ledger.coupling.segment[c], i] == fits


def in_problem_order(oracle: ThreadedOracle, boxes: np.ndarray) -> np.ndarray:
    """Boxes of the rounds, given back to the problem's customers."""
    theirs = np.empty_like(boxes)
    theirs[oracle.order] = boxes
    return theirs


@seed(53)
@many
@given(tiny_problems(), st.booleans(), st.data())
def test_a_repaired_plan_is_legal_and_is_only_improved(
    problem: BoxProblem, complete: bool, data: st.DataObject
) -> None:
    chosen = data.draw(prices(problem))
    effort = Effort() if complete else Effort(all_pairs=0, listed=2)
    oracle = ThreadedOracle(problem, chosen.unit, effort=effort, runner=Runner(1))
    table = oracle.coupling.table(chosen)
    answer = oracle.all_pairs(table)
    assume(answer.worth is not None)
    assert answer.boxes is not None
    plan = repair(problem, oracle, table, answer.boxes, never)

    assert plan is not None or problem.rules.short == "stop"
    if plan is not None:
        boxes = in_problem_order(oracle, plan)
        better = in_problem_order(oracle, improve(oracle, table, plan, np.arange(problem.n_customers, dtype=np.int32)))
        assert check(problem, boxes) == check(problem, better) == []
        assert plan_value(problem, better) >= plan_value(problem, boxes)


@pytest.mark.parametrize(
    ("number", "broken", "kept"), [(0, {"stock", "quota"}, 0.4), (1, {"stock"}, 0.9), (2, {"stock"}, 0.9)]
)
def test_a_shop_where_everyone_wants_the_same_is_repaired(number: int, broken: set[str], kept: float) -> None:
    problem = ruled(300, 40, number)
    oracle = ThreadedOracle(problem, 1, runner=Runner(1))
    table = np.zeros((oracle.coupling.n_segments, 40), np.int64)
    wanted = oracle.run(table, boxes=True).boxes
    assert wanted is not None
    before = wanted.copy()
    assert {fault.rule for fault in check(problem, in_problem_order(oracle, wanted))} == broken
    plan = repair(problem, oracle, table, wanted, never)

    assert plan is not None
    assert check(problem, in_problem_order(oracle, plan)) == []
    assert (plan >= 0).sum() > kept * (wanted >= 0).sum()
    assert (wanted == before).all()


def test_a_repair_that_is_stopped_hands_out_a_legal_plan_all_the_same() -> None:
    problem = ruled(300, 40)
    oracle = ThreadedOracle(problem, 1, runner=Runner(1))
    table = np.zeros((oracle.coupling.n_segments, 40), np.int64)
    wanted = oracle.run(table, boxes=True).boxes
    assert wanted is not None
    plan = repair(problem, oracle, table, wanted, lambda: True)

    assert plan is not None
    assert check(problem, in_problem_order(oracle, plan)) == []
