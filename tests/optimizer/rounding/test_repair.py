"""Who gives way when boxes ask for too much, and who gains by what is left: those who lose least, who gain most.

Shops of one item per box, where a plain sort says who; and what a box is worth at prices, against plain sums.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

from optimizer.oracle.runner import Runner, never
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import POINTS, BoxProblem, BoxRules, Quota
from optimizer.rounding.repair import improve, losses, reduced_worth, repair
from tests.optimizer.brute_force import box_worth, legal_boxes
from tests.optimizer.strategies import prices, tiny_problems

many = settings(max_examples=150, deadline=None, database=None)


@seed(111)
@many
@given(tiny_problems(), st.data(), st.integers(0, 2**20))
def test_the_worth_of_a_box_is_utility_less_prices_and_missing_slots(
    problem: BoxProblem, data: st.DataObject, number: int
) -> None:
    chosen, rng = data.draw(prices(problem)), np.random.default_rng(number)
    every = [legal_boxes(problem, c) for c in range(problem.n_customers)]
    assume(problem.n_customers and all(every))
    oracle = ThreadedOracle(problem, chosen.unit, runner=Runner(1))
    table = oracle.coupling.table(chosen)
    boxes = np.full((problem.n_customers, max(1, problem.width)), -1, np.int32)
    worth, best = [], []
    for c, who in enumerate(oracle.order.tolist()):
        mine = every[who][rng.integers(len(every[who]))]
        boxes[c, : len(mine)] = mine
        worth.append(box_worth(problem, chosen, who, mine))
        best.append(max(box_worth(problem, chosen, who, box) for box in every[who]))
    some = rng.permutation(problem.n_customers)[:3].astype(np.int32)
    answer = oracle.run(table, boxes=True)
    assert answer.boxes is not None

    assert reduced_worth(oracle, table, some, boxes[some]).tolist() == [worth[c] for c in some]
    assert losses(oracle, table, boxes, answer.boxes).tolist() == [b - w for b, w in zip(best, worth, strict=True)]


likings = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=9)


def one_item_each(first: list[int], second: list[int], units: int, *, quota: bool) -> BoxProblem:
    """What every customer thinks of item 0, of which there are (or may be sent) so many units, and of item 1."""
    n = len(first)
    utility = np.array([first, second], np.int32).T * 10_000
    stock = np.array([n if quota else units, n])
    quotas = (Quota("few", np.array([1, 0]), at_most=units),) if quota else ()
    return BoxProblem(utility, utility > -1, stock, rules=BoxRules(1), quotas=quotas)


@seed(112)
@many
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=9), st.integers(0, 9), st.booleans()
)
def test_those_leave_who_lose_least_by_it_and_no_more_than_must(
    liking: list[tuple[int, int]], units: int, quota: bool
) -> None:
    first, second = (list(side) for side in zip(*liking, strict=True))
    problem = one_item_each(first, second, units, quota=quota)
    oracle = ThreadedOracle(problem, 1, runner=Runner(1))
    table = np.array([[10_000, -20_000]])  # any prices: those who leave now and then even gain by it
    loss = [first[who] - second[who] - 3 for who in oracle.order]
    leave = sorted(range(len(loss)), key=lambda c: (loss[c], c))[: max(0, len(loss) - units)]
    plan = repair(problem, oracle, table, np.zeros((len(loss), 1), np.int32), never)

    assert plan is not None
    assert [c for c in range(len(loss)) if plan[c, 0] == 1] == sorted(leave)
    assert (plan >= 0).all()


@seed(113)
@many
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=9), st.integers(0, 9), st.booleans()
)
def test_those_take_what_is_left_who_gain_most(liking: list[tuple[int, int]], units: int, quota: bool) -> None:
    first, second = (list(side) for side in zip(*liking, strict=True))
    problem = one_item_each(first, second, units, quota=quota)
    oracle = ThreadedOracle(problem, 1, runner=Runner(1))
    rise = [first[who] - second[who] for who in oracle.order]
    gainers = sorted((c for c in range(len(rise)) if rise[c] > 0), key=lambda c: (-rise[c], c))[:units]
    everyone, boxes = np.arange(len(rise), dtype=np.int32), np.ones((len(rise), 1), np.int32)
    better = improve(oracle, np.zeros((1, 2), np.int64), boxes, everyone)

    assert np.flatnonzero(better[:, 0] == 0).tolist() == sorted(gainers)
    assert (boxes == 1).all()


@pytest.mark.parametrize("penalty", [0, POINTS // 100, POINTS])
def test_a_promise_is_kept_where_its_penalty_pays_for_it(penalty: int) -> None:
    promise = Quota("promised", np.array([0, 1]), at_least=3, penalty=penalty)
    utility = np.array([[5, 4], [9, 3], [8, 7], [7, 7], [6, 0]], np.int32) * 10_000
    problem = BoxProblem(utility, utility > -1, np.array([5, 5]), rules=BoxRules(1), quotas=(promise,))
    oracle = ThreadedOracle(problem, 1, runner=Runner(1))
    everyone, boxes = np.arange(5, dtype=np.int32), np.zeros((5, 1), np.int32)
    sent = np.flatnonzero(improve(oracle, np.zeros((1, 2), np.int64), boxes, everyone)[:, 0] == 1)

    expected = {0: [], POINTS // 100: [3], POINTS: [0, 2, 3]}[penalty]  # a unit costs customer 3 nothing, 0 and 2 a bit
    assert sorted(oracle.order[sent].tolist()) == expected
