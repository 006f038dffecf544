"""The best box where rules nest, and what comes nearest to it, against a listing of every box of every customer.

Prices are made to tie, to pay for units, and to lie far beyond what the quick tests of the kernels can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from optimizer.laminar.best_box import better, cheap, desk_for, list_near, sort_and_sum
from optimizer.laminar.customers import LaminarCustomers
from optimizer.laminar.tree import Offers
from optimizer.oracle.runner import sealed
from optimizer.problem import POINTS, BoxProblem
from tests.known import known, worths
from tests.optimizer.brute_force import locks_of
from tests.optimizer.every_box import Boxes, boxes_of, lawful_boxes
from tests.optimizer.nests import laminar_customers_of, laminar_shop

many = settings(max_examples=250, deadline=None, database=None)


@dataclass
class Case:
    """A shop, and its prices int64 (P, M)."""

    problem: BoxProblem
    price: np.ndarray
    rng: np.random.Generator

    @cached_property
    def customers(self) -> LaminarCustomers:
        return laminar_customers_of(self.problem)

    @cached_property
    def lawful(self) -> dict[int, np.ndarray]:
        return lawful_boxes(self.problem)

    def boxes(self, c: int) -> Boxes:
        """Every legal box of customer c of the crowd, best first."""
        who = int(self.customers.oracle.order[c])
        return boxes_of(self.problem, self.lawful, who, self.price[self.problem.pools[who]], 1)

    def listed(self, room: int, *, quick: bool) -> tuple[Offers, np.ndarray]:
        """Everyone's list of so many places, and box."""
        customers, shape = self.customers, (self.customers.n, room)
        pool, size, locked = map(sealed, (customers.pool, customers.size, customers.locked))
        item, gain = np.full(shape, -9, np.int32), np.full(shape, -9, np.int32)
        offers = Offers(item, gain, pool, size, locked, self.problem.rules.short_penalty)
        boxes, rough = np.full((customers.n, max(1, self.problem.width)), -9, np.int32), cheap(self.price)

        def one(who: np.ndarray, *pairs: np.ndarray) -> None:
            given_in = map(sealed, (who, *pairs))
            here = np.ones(who.size, np.bool_)
            list_near(
                *given_in, offers, customers.tree, self.price, rough, boxes, here, quick, desk_for(customers.tree)
            )

        customers.over_pairs(one)
        return offers, boxes

    def flagged(self, offers: Offers, boxes: np.ndarray) -> np.ndarray:
        """bool (N,): who has a better box than this one."""
        customers, flags = self.customers, np.zeros(self.customers.n, np.bool_)

        def one(who: np.ndarray, *pairs: np.ndarray) -> None:
            here = np.zeros(who.size, np.bool_)
            given_in, rough = map(sealed, (who, *pairs)), cheap(self.price)
            better(*given_in, offers, customers.tree, self.price, rough, boxes, here, desk_for(customers.tree))
            flags[who] = here

        customers.over_pairs(one)
        return flags


@st.composite
def cases(draw: st.DrawFn, *, locks: bool = True, far: bool = True) -> Case:
    """Small shops; prices of 0, of round numbers that tie, of any numbers, and far beyond all scores."""
    number, n, m = draw(st.integers(0, 2**20)), draw(st.integers(1, 5)), draw(st.integers(1, 10))
    kinds = draw(st.none() | st.integers(1, 2))
    problem = laminar_shop(n, m, number, size=draw(st.integers(1, 3)), kinds=kinds, locks=locks)
    rng = np.random.default_rng(number)
    scale = draw(st.sampled_from([0, 1, POINTS, 4 * POINTS, *([2**31, 2**36] if far else [])]))
    price = rng.integers(-scale // 2, scale + 1, problem.stock.shape)
    if draw(st.booleans()):
        price = np.where(rng.random(price.shape) < 0.5, price // 300_000 * 300_000, 0)
    return Case(problem, price, rng)


def assert_listed(case: Case, c: int, offers: Offers, box: np.ndarray) -> list[int]:
    """The box is the best one, and on the list; lists are in order, with utilities. Returns what is off the box."""
    boxes, listed = case.boxes(c), offers.item[c][offers.item[c] >= 0]
    assert boxes.worth_of(box) == boxes.worth[0]
    assert (offers.item[c][listed.size :] == -1).all()
    assert (np.diff(listed) > 0).all()
    who = int(case.customers.oracle.order[c])
    assert case.problem.allowed is not None
    assert case.problem.allowed[who, listed].all()
    assert (offers.gain[c] == np.where(offers.item[c] >= 0, worths(case.problem)[who, offers.item[c]], 0)).all()
    assert set(box[box >= 0]) <= set(listed)
    return [int(i) for i in listed if i not in box]


@seed(71)
@many
@given(cases(), st.integers(0, 5))
def test_lists_hold_the_best_box_and_the_items_it_would_lose_least_by_taking(case: Case, more: int) -> None:
    room = min(case.problem.n_items, case.problem.width + more)
    offers, boxes = case.listed(room, quick=False)

    for c in range(case.customers.n):
        off = assert_listed(case, c, offers, boxes[c])
        every, locks = case.boxes(c), locks_of(case.problem, int(case.customers.oracle.order[c]))
        if not case.customers.size[c] or (locks and not (boxes[c] >= 0).any()):
            assert not off  # it stays empty, whatever is on offer
            continue
        loss = {}
        for i in range(case.problem.n_items):
            worths = every.worth[(every.item == i).any(axis=1)]
            if worths.size and i not in boxes[c]:
                loss[i] = int(every.worth[0] - worths[0])
        assert sorted(loss[i] for i in off) == sorted(loss.values())[: room - int((boxes[c] >= 0).sum())]


@seed(72)
@many
@given(cases(locks=False, far=False), st.integers(3, 9))
def test_quick_lists_hold_the_best_box_too(case: Case, room: int) -> None:
    room = min(case.problem.n_items, max(room, 2 * case.problem.width))
    offers, boxes = case.listed(room, quick=True)

    for c in range(case.customers.n):
        assert_listed(case, c, offers, boxes[c])


def test_quick_lists_are_of_the_items_worth_most() -> None:
    problem = laminar_shop(40, 10, 3, size=2)
    case = Case(problem, np.zeros(problem.stock.shape, np.int64), np.random.default_rng(0))
    quick, thorough = (case.listed(6, quick=quick)[0].item for quick in (True, False))
    by_worth = 0
    for c in np.flatnonzero((quick != thorough).any(axis=1)):
        who = int(case.customers.oracle.order[c])
        listed = np.isin(np.arange(10), quick[c]) & known(problem.allowed)[who]
        rest = known(problem.allowed)[who] & ~listed
        assert worths(problem)[who][listed].min() > worths(problem)[who][rest].max(initial=-(2**31))
        by_worth += 1

    assert by_worth > 10


@seed(73)
@many
@given(cases(), st.booleans())
def test_those_are_flagged_who_have_a_better_box(case: Case, nearly: bool) -> None:
    offers, boxes = case.listed(case.problem.n_items, quick=False)
    expected = np.zeros(case.customers.n, bool)
    for c in range(case.customers.n):
        every = case.boxes(c)
        if case.rng.random() < 0.7:  # some other box, often one of the best few
            at = case.rng.integers(min(len(every.worth), 4 if nearly else 1_000))
            boxes[c, : every.item.shape[1]] = every.item[at]
        expected[c] = every.worth_of(boxes[c]) < every.worth[0]
    boxes = case.rng.permuted(boxes, axis=1)  # with empty slots anywhere

    assert (case.flagged(offers, boxes) == expected).all()


@seed(74)
@many
@given(cases())
def test_boxes_are_put_in_order_and_summed_up(case: Case) -> None:
    offers, boxes = case.listed(case.problem.n_items, quick=False)
    mixed = case.rng.permuted(boxes, axis=1)
    total, lo = 0, int(case.rng.integers(case.customers.n))
    expected = mixed.copy()
    for c in range(lo, case.customers.n):
        utility = worths(case.problem)[case.customers.oracle.order[c]]
        ordered = sorted(mixed[c].tolist(), key=lambda i: (i < 0, -int(utility[i]), i))
        expected[c] = ordered
        total += sum(int(utility[i]) for i in ordered if i >= 0)

    assert sort_and_sum(lo, case.customers.n, offers, mixed) == total
    assert mixed.tolist() == expected.tolist()
