"""Explanations, against the naive best box of brute force and against what was built into the problem."""

from dataclasses import replace
from time import process_time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.explaining.marginal_value import price_row
from optimizer.explaining.why_not import Obstacle, why_not
from optimizer.problem import Band, BoxProblem, BoxRules, GroupLimit, Prices
from tests.known import known


def shop(**changes):
    """Two customers, four items: 0 and 1 of one category, worth 9, 8, 5 and 1."""
    category = GroupLimit("category", np.array([0, 0, 1, 2], np.int32), at_most=1)
    utility = np.array([[9, 8, 5, 1], [9, 8, 5, 1]], np.int32)
    problem = BoxProblem(utility, np.ones((2, 4), bool), np.full(4, 2), rules=BoxRules(2, groups=(category,)))
    return replace(problem, **changes)


def free(problem):
    quotas = np.zeros(len(problem.quotas), np.int64)
    return Prices(np.zeros((problem.n_pools, problem.n_items), np.int64), quotas, quotas)


def test_a_group_limit_stands_in_the_way():
    told = why_not(shop(), free(shop()), 0, 1)
    assert (told.best, told.with_item, told.costs) == ((0, 2), (1, 2), 1)
    assert told.blocked_by == (("category", 4),), "without it: 9 + 8 instead of 8 + 5"
    assert told.obstacle is Obstacle.RULE


def test_a_price_stands_in_the_way():
    prices = replace(free(shop()), stock=np.array([[0, 0, 70, 0]], np.int64), unit=10)
    told = why_not(shop(), prices, 0, 2)
    assert (told.utility, told.price, told.best, told.with_item, told.costs) == (5, 7, (0, 3), (0, 2), 3)
    assert told.obstacle is Obstacle.PRICE
    assert price_row(shop(), prices, 0).tolist() == [0, 0, 70, 0]


def test_not_allowed_and_not_in_stock_are_told_apart():
    allowed = np.ones((2, 4), bool)
    allowed[0, 3] = False
    problem = shop(allowed=allowed, stock=np.array([2, 2, 0, 2]))
    assert not why_not(problem, free(problem), 0, 3).allowed
    assert why_not(problem, free(problem), 0, 3).with_item is None
    assert why_not(problem, free(problem), 0, 3).obstacle is Obstacle.NOT_ALLOWED
    assert not why_not(problem, free(problem), 0, 2).in_stock
    assert why_not(problem, free(problem), 0, 2).obstacle is Obstacle.NO_STOCK
    two = shop(stock=np.array([[2, 2, 0, 2], [2, 2, 2, 2]]), pool=np.array([0, 1], np.int32))
    assert why_not(two, free(two), 0, 2).obstacle is Obstacle.ELSEWHERE
    assert why_not(two, free(two), 1, 2).obstacle is Obstacle.NOTHING, "it is in her best box"


def test_what_she_likes_less_stands_back():
    assert why_not(shop(), free(shop()), 0, 3).obstacle is Obstacle.TASTE


def test_a_rule_that_makes_it_impossible_is_named():
    heavy = Band("weight", np.array([1, 1, 9, 1]), high=5)
    problem = shop(rules=replace(shop().rules, bands=(heavy,)))
    told = why_not(problem, free(problem), 0, 2)
    assert told.with_item is None
    assert told.costs is None
    assert told.blocked_by == (("weight", None),)
    assert told.obstacle is Obstacle.NO_BOX


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_the_best_box_with_an_item_is_what_a_listing_of_all_boxes_says(data):
    from tests.optimizer.brute_force import legal_boxes
    from tests.optimizer.strategies import prices as some_prices
    from tests.optimizer.strategies import tiny_problems

    problem = data.draw(tiny_problems())
    if not problem.n_customers or not problem.n_items:
        return
    at = data.draw(some_prices(problem))
    customer = data.draw(st.integers(0, problem.n_customers - 1))
    item = data.draw(st.integers(0, problem.n_items - 1))
    utility, _ = problem.block(customer, customer + 1)
    row = price_row(problem, at, customer)

    def worth(box):
        gain = sum(at.unit * int(utility[0, i]) - int(row[i]) for i in box)
        return gain - at.unit * problem.rules.short_penalty * (int(problem.sizes[customer]) - len(box))

    boxes = list(legal_boxes(problem, customer))
    told = why_not(problem, at, customer, item)
    holding = [box for box in boxes if item in box]
    assert (told.with_item is None) == (not holding)
    if holding and told.costs is not None:
        assert told.costs == (max(map(worth, boxes)) - max(map(worth, holding))) // at.unit


def test_one_question_about_one_of_many_reads_her_row_only():
    """As many customers as a campaign has, made on demand: the answer takes milliseconds and one row."""
    asked = []

    class Blocks:
        shape = (300_000, 200)

        def block(self, lo, hi):
            asked.append((lo, hi))
            rng = np.random.default_rng(lo)
            return rng.integers(0, 1_000_000, (hi - lo, 200)).astype(np.int32), np.ones((hi - lo, 200), bool)

    groups = tuple(GroupLimit(f"group {k}", np.arange(200, dtype=np.int32) % n, 1) for k, n in enumerate((40, 30, 20)))
    problem = BoxProblem(Blocks(), None, np.full(200, 9_000), rules=BoxRules(5, groups))
    prices = Prices(np.zeros((1, 200), np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))
    why_not(problem, prices, 7, 3)
    times = []
    for customer in range(250_000, 250_020):
        asked.clear()
        start = process_time()
        told = why_not(problem, prices, customer, 3)
        times.append(process_time() - start)
        assert asked == [(customer, customer + 1)]
        assert 3 in known(told.with_item)
    assert sorted(times)[10] < 0.05
