"""price_bound: exact against the naive twins, above every plan, and strict about prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.problem import POINTS, Band, BoxProblem, BoxRules, GroupLimit, PairRule, Prices, Quota
from optimizer.solve import solve
from optimizer.verify import NoLegalBoxError, price_bound
from optimizer.verify import best_box as verify_best
from optimizer.verify import bound as verify_bound
from optimizer.verify.rulebook import Boxes, Rulebook
from optimizer.verify.states import Menu, States
from tests.known import known, worths
from tests.optimizer.brute_force import brute_force, naive_bound
from tests.optimizer.every_box import listed_bound
from tests.optimizer.strategies import prices, random_problem, tiny_problems

many = settings(max_examples=500, deadline=None, derandomize=True)
NONE = np.zeros(0, np.int64)


def bound_or_none(problem: BoxProblem, given_prices: Prices, boxes: Boxes | None = None) -> int | None:
    try:
        return price_bound(problem, given_prices, boxes)
    except NoLegalBoxError:
        return None


@many
@given(tiny_problems(), st.data())
def test_the_bound_is_the_naive_bound_to_the_last_unit(problem: BoxProblem, data: st.DataObject) -> None:
    given_prices = data.draw(prices(problem))

    assert bound_or_none(problem, given_prices) == naive_bound(problem, given_prices)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(tiny_problems(), st.data())
def test_looking_at_few_choices_first_gives_the_same(problem: BoxProblem, data: st.DataObject) -> None:
    given_prices = data.draw(prices(problem))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify_best, "FEW", data.draw(st.integers(1, 3)))
        patch.setattr(verify_best, "PER_SLOT", 1)
        assert bound_or_none(problem, given_prices) == naive_bound(problem, given_prices)


@pytest.mark.parametrize("seed", range(12))
def test_few_choices_of_many_give_the_same_bound(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, given_prices = middling(seed)
    monkeypatch.setattr(verify_best, "FEW", problem.n_items)
    expected = bound_or_none(problem, given_prices)

    monkeypatch.setattr(verify_best, "FEW", 1)
    monkeypatch.setattr(verify_best, "PER_SLOT", 1)
    assert bound_or_none(problem, given_prices) == expected


@many
@given(tiny_problems(), st.data())
def test_boxes_to_start_from_change_no_bound_however_wrong_they_are(problem: BoxProblem, data: st.DataObject) -> None:
    given_prices = data.draw(prices(problem))
    items = st.integers(-2, problem.n_items)
    shape = (problem.n_customers, data.draw(st.integers(1, 4)))
    drawn = data.draw(st.lists(items, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    boxes = np.array(drawn, np.int32).reshape(shape)

    assert bound_or_none(problem, given_prices, boxes) == naive_bound(problem, given_prices)


@pytest.mark.parametrize("seed", range(24))
def test_a_plan_to_start_from_changes_no_bound(seed: int) -> None:
    problem, given_prices = middling(seed)
    boxes = solve(problem, seed=seed).boxes

    assert bound_or_none(problem, given_prices, boxes) == listed_bound(problem, given_prices)


@many
@given(tiny_problems(max_customers=3), st.data())
def test_every_price_bounds_every_plan(problem: BoxProblem, data: st.DataObject) -> None:
    truth = brute_force(problem)

    if truth is not None:
        assert price_bound(problem, data.draw(prices(problem))) >= truth


def middling(seed: int) -> tuple[BoxProblem, Prices]:
    """A shop of 10 to 90 items with a random part of the rules, bands that bind, and prices without a pattern."""
    rng = np.random.default_rng(seed)
    n_items, size = [(10, 5), (16, 5), (28, 4), (90, 3)][seed % 4]
    shop = random_problem(30, n_items, seed, size=size, short=("ship_short", "no_box", "stop")[seed % 3])
    low = int(rng.integers(0, 22 * size))
    value = Band(
        "value", rng.integers(1, 30, n_items), low, None if rng.random() < 0.5 else low + int(rng.integers(30))
    )
    weight = Band("weight", rng.integers(0, 99, n_items), None, int(rng.integers(40 * size, 70 * size)))
    kinds = rng.choice(["", "", "", "", "apart", "together"], n_items - 4).tolist()
    rules = replace(
        shop.rules,
        groups=tuple(group for group in shop.rules.groups if rng.random() < 0.7),
        bands=tuple(band for band in (value, weight) if rng.random() < 0.7),
        pairs=tuple(PairRule(kind, i, i + int(rng.integers(1, 4))) for i, kind in enumerate(kinds) if kind),
        short_penalty=int(rng.choice([0, POINTS, 10 * POINTS])),
    )
    unit = int(rng.choice([1, 7, 1000]))
    at_least, at_most = rng.integers(0, POINTS * unit, 1), np.zeros(1, np.int64)
    slots = rng.integers(max(0, size - 2), size + 1, 30).astype(np.int32)
    locked = None if shop.rules.short == "stop" else shop.locked
    problem = replace(shop, rules=rules, slots=slots, locked=locked)
    return problem, Prices(rng.integers(0, POINTS * unit, (2, n_items)), at_least, at_most, unit)


@pytest.mark.parametrize("seed", range(24))
def test_the_bound_is_what_listing_every_box_gives(seed: int) -> None:
    problem, given_prices = middling(seed)

    assert bound_or_none(problem, given_prices) == listed_bound(problem, given_prices)


@pytest.mark.parametrize("seed", [0, 1, 3, 7])
def test_neither_blocks_nor_lots_change_the_bound(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, given_prices = middling(seed)
    expected = price_bound(problem, given_prices)

    monkeypatch.setattr(verify_bound, "PAIRS", 7 * problem.n_items)
    monkeypatch.setattr(verify_best, "CELLS", 11 * problem.n_items)
    monkeypatch.setattr(verify_best, "ROUNDS", 2)
    assert price_bound(problem, given_prices) == expected


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 9, 13])
def test_prices_too_fine_for_int64_give_the_same_bound(seed: int) -> None:
    problem, coarse = middling(seed)
    finer = 2**62 // max(int(coarse.stock.max()), int(coarse.at_least.max()))
    fine = Prices(coarse.stock * finer, coarse.at_least * finer, coarse.at_most, coarse.unit * finer)
    assert verify_bound._dtype(problem, fine, worths(problem)) is object

    assert bound_or_none(problem, fine) == bound_or_none(problem, coarse)


def test_amounts_and_limits_too_large_for_int64_are_still_exact() -> None:
    huge = np.array([2**62, 2**62, 1])
    shop = BoxProblem(
        np.array([[5, 4, 3]], np.int32), np.ones((1, 3), bool), np.ones(3, int), BoxRules(3, short_penalty=0)
    )
    zero = Prices(np.zeros((1, 3), np.int64), NONE, NONE)

    def bound(**limits: int) -> int:
        return price_bound(replace(shop, rules=replace(shop.rules, bands=(Band("cost", huge, **limits),))), zero)

    assert bound(high=2**63 - 1) == 5 + 3
    assert bound(high=2**63) == 5 + 4
    assert bound(low=2**63, high=2**63) == 5 + 4
    assert bound(low=2**63 + 1) == 5 + 4 + 3
    assert bound(low=10**40) == 0
    assert bound(high=10**40) == 12


def test_utilities_in_blocks_give_the_same_bound_as_a_matrix() -> None:
    problem, given_prices = middling(7)

    class Blocks:
        shape = problem.utility.shape

        def block(self, lo: int, hi: int) -> tuple[np.ndarray, np.ndarray]:
            assert problem.allowed is not None
            return worths(problem)[lo:hi], known(problem.allowed)[lo:hi]

    assert price_bound(replace(problem, utility=Blocks(), allowed=None), given_prices) == price_bound(
        problem, given_prices
    )


def test_a_bound_that_fits_in_the_head() -> None:
    """Two customers, both want item 0; one unit of it at price 3, a promise of 2 units of item 2 at price 1."""
    shop = BoxProblem(
        utility=np.array([[5, 1, 0], [9, 2, 0]], np.int32),
        allowed=np.ones((2, 3), bool),
        stock=np.array([1, 2, 2]),
        rules=BoxRules(size=1, short_penalty=0),
        quotas=(Quota("promise", np.array([0, 0, 1]), at_least=2, penalty=1),),
    )

    assert price_bound(shop, Prices(np.array([[3, 0, 0]]), np.array([1]), np.array([0]))) == 3 - 2 + (5 - 3) + (9 - 3)
    assert (
        price_bound(shop, Prices(np.array([[9, 0, 0]]), np.array([1]), np.array([0]), unit=2)) == (9 - 2 + 2 + 9) // 2
    )


def test_a_customer_without_any_legal_box_leaves_nothing_to_bound() -> None:
    shop = BoxProblem(np.zeros((3, 2), np.int32), np.ones((3, 2), bool), np.ones(2, int), BoxRules(2, short="stop"))
    brand = GroupLimit("brand", np.zeros(2, np.int32), at_most=1)
    zero = Prices(np.zeros((1, 2), np.int64), NONE, NONE)
    stuck = replace(shop, rules=replace(shop.rules, groups=(brand,)), slots=np.array([1, 2, 2], np.int32))

    assert price_bound(shop, zero) == 0
    with pytest.raises(NoLegalBoxError, match="customer 1 has no legal box"):
        price_bound(stuck, zero)


def test_nobody_and_nothing_have_a_bound_too() -> None:
    nobody = BoxProblem(np.zeros((0, 3), np.int32), np.zeros((0, 3), bool), np.array([1, 2, 3]))
    nothing = BoxProblem(np.zeros((2, 0), np.int32), np.zeros((2, 0), bool), np.zeros(0, int))

    assert price_bound(nobody, Prices(np.array([[1, 1, 1]]), NONE, NONE)) == 6
    assert price_bound(nothing, Prices(np.zeros((1, 0), np.int64), NONE, NONE)) == -2 * 5 * 10 * POINTS


AMOUNT = np.array([1, 2])
PROMISE, CAP = Quota("promise", AMOUNT, at_least=3, penalty=10), Quota("cap", AMOUNT, at_most=3)
PRICED = BoxProblem(np.zeros((1, 2), np.int32), np.ones((1, 2), bool), np.ones(2, int), quotas=(PROMISE, CAP))


@pytest.mark.parametrize(
    ("stock", "at_least", "at_most", "words"),
    [
        (np.zeros((2, 2), int), [0, 0], [0, 0], r"expected stock prices \(1, 2\), found \(2, 2\)"),
        (np.zeros((1, 2), int), [0], [0, 0], r"expected at_least prices for 2 quotas, found \(1,\)"),
        (np.zeros((1, 2), int), [0, 0], [0, 0, 0], r"expected at_most prices for 2 quotas, found \(3,\)"),
        (np.zeros((1, 2), int), [21, 0], [0, 0], "at_least price of promise <= penalty x unit = 20, got 21"),
        (np.zeros((1, 2), int), [0, 1], [0, 0], "expected price 0 where cap has no at_least, got 1"),
        (np.zeros((1, 2), int), [0, 0], [1, 0], "expected price 0 where promise has no at_most, got 1"),
    ],
)
def test_prices_that_do_not_fit_are_refused_with_the_law(
    stock: np.ndarray, at_least: list[int], at_most: list[int], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        price_bound(PRICED, Prices(stock, np.array(at_least), np.array(at_most), unit=2))


@pytest.mark.parametrize("short", ["ship_short", "no_box"])
def test_the_search_stays_small(short: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rules at once: some twenty states per customer, where listing every box would look at two million."""
    problem = random_problem(1_000, 50, seed=1, short=short)
    zero = Prices(np.zeros((2, 50), np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64))
    bounded, bound_states = 0, verify_best._bounded

    def counted(rulebook: Rulebook, menu: Menu, states: States) -> tuple[States, Boxes, Boxes]:
        nonlocal bounded
        bounded += len(states.row)
        return bound_states(rulebook, menu, states)

    monkeypatch.setattr(verify_best, "_bounded", counted)
    price_bound(problem, zero)

    assert 1_000 <= bounded <= 30_000


@pytest.mark.parametrize("lowest", [-7, 3])
@pytest.mark.parametrize("sign", [-1, 1])
def test_numbers_are_wide_enough_for_all_that_a_box_adds_up(lowest: int, sign: int) -> None:
    """Just below the limit int64 does, from it on Python's own integers are taken; every part counts."""
    utility = np.array([[lowest, 5]], np.int32) * sign
    quota = Quota("q", np.array([2, 3]), at_least=1, at_most=9, penalty=1)
    shop = BoxProblem(
        utility, np.ones((1, 2), bool), np.ones(2, np.int64), BoxRules(2, short_penalty=11), quotas=(quota,)
    )
    unit, least, most, stock = 1000, 13, 17, 19
    rest = unit * (max(-int(utility.min()), int(utility.max())) + 11) + (least + most) * 3
    room = 2**59 // 2 - rest  # two items in a box
    for price, expected in ((room - 1, np.int64), (room, object)):
        given_prices = Prices(np.array([[stock, price]]), np.array([least]), np.array([most]), unit)
        assert verify_bound._dtype(shop, given_prices, utility) is expected
