"""The kernels against a listing of every box: the best one, the best few, out of all items or out of those on a list.

Problems are tiny with all rules mixed, or middling with lists far too short, so that most must be mended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from optimizer.effort import Effort
from optimizer.oracle.oracle import Answer, Choices, Reach
from optimizer.oracle.runner import Runner
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import POINTS, Band, BoxProblem, PairRule
from optimizer.rounding.ledger import usage_of
from tests.optimizer.every_box import Boxes, boxes_of, lawful_boxes
from tests.optimizer.strategies import prices, random_problem, tiny_problems

few = settings(max_examples=150, deadline=None, database=None)


@dataclass
class Case:
    """A problem, its rounds, price tables int64 (S, M) to ask them at, and the length of lists (None = complete)."""

    problem: BoxProblem
    oracle: ThreadedOracle
    tables: list[np.ndarray]
    length: int | None

    def __post_init__(self) -> None:
        self.lawful = lawful_boxes(self.problem)

    @property
    def everyone(self) -> np.ndarray:
        return np.arange(self.problem.n_customers, dtype=np.int32)

    def boxes(self, table: np.ndarray, c: int, may: np.ndarray | None = None) -> Boxes:
        """Every legal box of customer c of the rounds, best first; `may` = items that there are, bool (M,)."""
        price = table[self.oracle.coupling.segment[c]]
        return boxes_of(self.problem, self.lawful, int(self.oracle.order[c]), price, self.oracle.unit, may)

    def listed(self, c: int) -> np.ndarray:
        """bool (M,) items on the shortlist of customer c."""
        may = np.zeros(self.problem.n_items, bool)
        may[self.oracle.lists.item[c][self.oracle.lists.item[c] >= 0]] = True
        return may


def short_lists(listed: int | None) -> Effort:
    """Shortlists of about so many items, and little room for more; None = of all items."""
    return Effort() if listed is None else Effort(all_pairs=0, listed=listed, spare=0)


def middling(number: int, short: str) -> BoxProblem:
    """Six customers, 30 items, boxes of up to three, every rule at once."""
    rng = np.random.default_rng(number)
    problem = random_problem(
        6,
        30,
        number,
        size=3,
        short=short,
        bands=(Band("value", rng.integers(1, 30, 30), low=20, high=60), Band("weight", rng.integers(0, 9, 30), low=6)),
        pairs=(PairRule("apart", 0, 1), PairRule("together", 2, 3), PairRule("together", 3, 4)),
    )
    return replace(problem, slots=rng.integers(1, 4, 6).astype(np.int32))


@st.composite
def cases(draw: st.DrawFn, n_tables: int = 1) -> Case:
    """Tiny problems at lawful prices, middling ones at any; shortlists of all items or of a few."""
    listed = draw(st.sampled_from([None, 1, 2, 5]))
    if draw(st.booleans()):
        problem = draw(tiny_problems(4, 9))
        found = [draw(prices(problem)) for _ in range(n_tables)]
        unit = found[0].unit
        oracle = ThreadedOracle(problem, unit, effort=short_lists(listed), runner=Runner(1))
        return Case(problem, oracle, [oracle.coupling.table(price) for price in found], listed)
    number, unit = draw(st.integers(0, 2**20)), draw(st.sampled_from([1, 64]))
    problem = middling(number, draw(st.sampled_from(["ship_short", "no_box", "stop"])))
    oracle = ThreadedOracle(problem, unit, effort=short_lists(listed), runner=Runner(1))
    shape, rng = (oracle.coupling.n_segments, 30), np.random.default_rng(number)
    steep = unit * POINTS * draw(st.sampled_from([0, 1, 3]))
    return Case(problem, oracle, [rng.integers(-steep // 4, steep + 1, shape) for _ in range(n_tables)], listed)


def assert_best(case: Case, table: np.ndarray, answer: Answer, *, listed: bool) -> None:
    """Worth, boxes and usage are those of everyone's best box, out of the items listed or of all."""
    assert answer.boxes is not None
    total: int | None = 0
    for c in range(case.problem.n_customers):
        boxes = case.boxes(table, c, case.listed(c) if listed else None)
        if not boxes.worth.size:
            total = None
            assert (answer.boxes[c] == -1).all()
            continue
        assert boxes.worth_of(answer.boxes[c]) == boxes.worth[0]
        total = None if total is None else total + int(boxes.worth[0])
    assert answer.worth == total
    assert (answer.usage == usage_of(case.oracle.coupling, answer.boxes)).all()


def assert_choices(case: Case, table: np.ndarray, found: Choices, keep: int, slack: int, may: list[np.ndarray]) -> None:
    """Everyone's `keep` best boxes within the slack, no doubles, best first, customer by customer."""
    assert found.customer.tolist() == sorted(found.customer.tolist())
    for c in range(case.problem.n_customers):
        boxes, here = case.boxes(table, c, may[c]), found.customer == c
        expected = boxes.worth[boxes.worth >= boxes.worth[0] - slack][:keep] if boxes.worth.size else boxes.worth
        assert found.worth[here].tolist() == expected.tolist()
        assert [boxes.worth_of(box) for box in found.box[here]] == expected.tolist()
        assert len({frozenset(box) for box in found.box[here].tolist()}) == expected.size


@seed(41)
@few
@given(cases(3))
def test_the_best_box_at_one_price_after_another(case: Case) -> None:
    for table in case.tables:  # lists, band multipliers and boxes are those of the prices before
        if case.oracle.lists.made:
            assert_best(case, table, case.oracle.run(table, boxes=True), listed=True)
        assert_best(case, table, case.oracle.all_pairs(table), listed=False)
        assert_best(case, table, case.oracle.run(table, boxes=True), listed=False)


@seed(42)
@few
@given(cases(2), st.integers(1, 12), st.sampled_from([0, 1, 300_000, POINTS, 2**50]))
def test_the_best_few_boxes_are_all_different_and_within_the_slack(case: Case, keep: int, slack: int) -> None:
    case.oracle.all_pairs(case.tables[0])
    may = [case.listed(c) for c in case.everyone]
    for table in case.tables:
        assert_choices(case, table, case.oracle.choices(table, case.everyone, keep, slack), keep, slack, may)


@seed(43)
@few
@given(cases(2), st.integers(0, 2**20), st.sampled_from([1, 1, 4]))
def test_only_items_within_reach_come_into_a_box_or_stay(case: Case, number: int, keep: int) -> None:
    first, table = case.tables
    own = case.oracle.all_pairs(first).boxes
    assert own is not None
    rng = np.random.default_rng(number)
    free, stay = rng.random(table.shape) < 0.5, rng.random(table.shape) < 0.7
    may = []
    for c in case.everyone:
        t, held = case.oracle.coupling.segment[c], np.isin(np.arange(case.problem.n_items), own[c])
        may.append(case.listed(c) & (free[t] | (stay[t] & held)))

    assert_choices(
        case, table, case.oracle.choices(table, case.everyone, keep, 2**50, Reach(free, stay, own)), keep, 2**50, may
    )


@pytest.mark.parametrize("number", range(5))
def test_a_list_that_lacks_the_best_box_gets_it(number: int) -> None:
    problem = middling(number, "ship_short")
    oracle = ThreadedOracle(problem, 1, effort=short_lists(1), runner=Runner(1))
    table = np.zeros((oracle.coupling.n_segments, 30), np.int64)
    case, rng = Case(problem, oracle, [table], 1), np.random.default_rng(number)
    case.oracle.all_pairs(table)
    mended = 0
    for _ in range(10):
        table = rng.integers(0, 3 * POINTS, table.shape)
        listed = oracle.run(table).worth
        before = [case.listed(c) for c in case.everyone]
        answer = case.oracle.all_pairs(table)
        assert_best(case, table, answer, listed=False)
        assert listed is not None
        assert answer.worth is not None
        assert answer.boxes is not None
        assert listed <= answer.worth
        for c in case.everyone:
            new = [i for i in answer.boxes[c] if i >= 0 and not before[c][i]]
            assert all(case.listed(c)[new])
            mended += len(new)
        assert oracle.run(table).worth == answer.worth

    assert mended > 0


@seed(44)
@few
@given(cases())
def test_gains_are_utility_less_what_is_missing(case: Case) -> None:
    (table,) = case.tables
    case.oracle.all_pairs(table)
    found = case.oracle.choices(table, case.everyone, 5, 2**50)
    gains = case.oracle.gains(found.customer, found.box)

    for c, box, gain in zip(found.customer, found.box, gains.tolist(), strict=True):
        assert gain == case.boxes(np.zeros_like(table), c).worth_of(box) // case.oracle.unit
