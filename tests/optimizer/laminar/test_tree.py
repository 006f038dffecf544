"""Which rules nest, against sets in plain Python, and promises on single items, against quotas counted one by one.

Prices that come out of it must be lawful, say the same of every item, and bound every plan.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from optimizer.laminar.tree import LARGEST, Promises, as_prices, laminar_rules, promises_of, tree_of
from optimizer.oracle.box_rules import compile_rules
from optimizer.oracle.coupling import compile_coupling
from optimizer.problem import NO_LIMIT, POINTS, Band, BoxProblem, BoxRules, GroupLimit, PairRule, Quota
from optimizer.verify import price_bound
from tests.optimizer.brute_force import box_worth, brute_force, legal_boxes
from tests.optimizer.nests import laminar_shop

many = settings(max_examples=300, deadline=None, database=None)
Items = frozenset[int]


def groups_of(problem: BoxProblem) -> dict[Items, int]:
    """Every set of items that a box could hold too many of, and how many it may; of equal ones the tightest limit."""
    found: dict[Items, int] = {}
    for group in problem.rules.groups:
        for label in range(group.n_groups):
            items, most = frozenset(np.flatnonzero(group.labels == label).tolist()), int(group.most[label])
            if min(len(items), problem.width) > most:
                found[items] = min(most, found.get(items, NO_LIMIT))
    return found


def crosses(groups: dict[Items, int]) -> bool:
    return any(a & b and not a <= b and not b <= a for a, b in combinations(groups, 2))


@st.composite
def grouped(draw: st.DrawFn) -> BoxProblem:
    """One customer under groupings of any kind: about half of them nest."""
    m, size = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    groups = []
    for g in range(draw(st.integers(0, 3))):
        label = st.integers(-1, draw(st.integers(0, 2)))
        labels = np.array(draw(st.lists(label, min_size=m, max_size=m)), np.int32)
        n = int(labels.max()) + 1
        groups.append(GroupLimit(f"{g}", labels, at_most=draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))))
    shape = np.zeros((1, m), np.int32)
    return BoxProblem(shape, shape == 0, shape[0], rules=BoxRules(size, groups=tuple(groups)))


@seed(61)
@many
@given(grouped())
def test_a_tree_holds_every_group_after_those_that_hold_it(problem: BoxProblem) -> None:
    tree, groups = tree_of(compile_rules(problem)), groups_of(problem)

    assert (tree is None) == crosses(groups)
    if tree is None:
        return
    everything = frozenset(range(problem.n_items))
    sets = [frozenset(np.flatnonzero(row).tolist()) for row in tree.member]
    assert sets[0] == everything
    assert sorted(zip(sets[1:], tree.most[1:].tolist(), strict=True), key=str) == sorted(groups.items(), key=str)
    assert tree.parent[0] == -1
    for g in range(1, len(sets)):
        assert not any(sets[g] < after for after in sets[g:])
        assert tree.parent[g] == min((h for h in range(g) if sets[g] <= sets[h]), key=lambda h: (len(sets[h]), -h))
    for i, g in enumerate(tree.inner.tolist()):
        assert g == min((h for h in range(len(sets)) if i in sets[h]), key=lambda h: (len(sets[h]), -h))


ones = np.ones(6, np.int64)
two_and_one = GroupLimit("pairs", np.array([0, 0, 1, 1, 2, 2], np.int32), at_most=1)
LAMINAR_RULES = BoxRules(
    3, groups=(two_and_one, GroupLimit("halves", np.array([0, 0, 0, 0, 1, 1], np.int32), at_most=2))
)


@pytest.mark.parametrize(
    "changed",
    [
        {"bands": (Band("value", ones, low=1),)},
        {"bands": (Band("value", ones, high=2),)},
        {"pairs": (PairRule("apart", 0, 1),)},
        {"pairs": (PairRule("together", 0, 4),)},
        {"groups": (replace(two_and_one, at_least=[0, 0, 1]),)},
        {"groups": (two_and_one, GroupLimit("across", np.array([0, 1, 1, 0, 0, 1], np.int32), at_most=1))},
        {"short": "no_box"},
        {"short": "stop"},
        {"short_penalty": LARGEST + 1},
    ],
)
def test_whatever_more_binds_is_not_for_swaps(changed: dict[str, object]) -> None:
    shape = np.zeros((1, 6), np.int32)
    problem = BoxProblem(shape, shape == 0, shape[0], rules=replace(LAMINAR_RULES, **changed))  # type: ignore[arg-type]
    plain = replace(problem, rules=replace(LAMINAR_RULES, short_penalty=LARGEST))

    assert laminar_rules(problem, compile_rules(problem)) is None
    assert laminar_rules(plain, compile_rules(plain)) is not None


def cells(quotas: tuple[Quota, ...]) -> Promises | None:
    """Promises of a shop of four customers, one of them in a second pool, and three items with five units each."""
    utility = np.zeros((4, 3), np.int32)
    pool = np.array([0, 0, 0, 1], np.int32)
    problem = BoxProblem(utility, utility == 0, np.full((2, 3), 5), pool=pool, quotas=quotas)
    return promises_of(compile_coupling(problem))


def promise(name: str, amount: list[int], customers: list[bool] | None = None, **limits: int) -> Quota:
    segment = None if customers is None else np.array(customers)
    return Quota(name, np.array(amount), customers=segment, **limits)


@pytest.mark.parametrize(
    ("quota", "single"),
    [
        (promise("one item of one pool", [0, 1, 0], at_least=2, customers=[True, True, True, False]), True),
        (promise("the same of the other", [0, 0, 1], at_most=2, customers=[False, False, False, True]), True),
        (promise("largest penalty", [1, 0, 0], at_least=2, customers=[False] * 3 + [True], penalty=LARGEST), True),
        (promise("beyond", [1, 0, 0], at_least=2, customers=[False] * 3 + [True], penalty=LARGEST + 1), False),
        (promise("everyone", [0, 1, 0], at_least=2), False),
        (promise("two items", [0, 1, 1], at_least=2, customers=[False, False, False, True]), False),
        (promise("no item", [0, 0, 0], at_least=2, customers=[False, False, False, True]), False),
        (promise("units count double", [0, 2, 0], at_least=2, customers=[False, False, False, True]), False),
        (promise("part of a pool", [0, 1, 0], at_least=2, customers=[True, True, False, False]), False),
        (promise("nobody", [0, 1, 0], at_least=2, customers=[False] * 4), False),
    ],
)
def test_promises_are_on_one_item_of_one_whole_pool(quota: Quota, single: bool) -> None:
    twice = Quota("again", quota.amount, at_most=4, customers=quota.customers)

    assert (cells((quota,)) is not None) == single
    assert cells((quota, twice)) is None


def shop_with_promises(number: int) -> BoxProblem:
    """A tiny shop with promises or caps."""
    rng = np.random.default_rng(number)
    problem = laminar_shop(int(rng.integers(1, 5)), int(rng.integers(1, 6)), number, size=2, locks=bool(number % 2))
    return problem if problem.quotas else shop_with_promises(number + 2**20)


def brings(units: int, price: int, quota: Quota | None) -> int | None:
    """What so many units bring at a price each, less what they leave of a promise; None = more than its cap."""
    if quota is None:
        return units * price
    if quota.at_most is not None and units > quota.at_most:
        return None
    return units * price - quota.penalty * max(0, (quota.at_least or 0) - units)


def quota_on(problem: BoxProblem, p: int, i: int) -> Quota | None:
    """The quota on an item of a pool."""
    here = problem.pools == p
    found = [q for q in problem.quotas if q.amount[i] and q.customers is not None and (q.customers & here).any()]
    return found[0] if found else None


@seed(62)
@many
@given(st.integers(0, 2**20))
def test_what_is_left_of_a_promise_costs_what_its_quota_says(number: int) -> None:
    problem = shop_with_promises(number)
    given_out = promises_of(compile_coupling(problem))
    assert given_out is not None

    for (p, i), units in np.ndenumerate(problem.stock):
        stock, spare, fee = (int(part[p, i]) for part in given_out)
        values = [brings(used, 0, quota_on(problem, p, i)) for used in range(int(units) + 1)]
        assert [value is not None for value in values] == [used <= stock for used in range(int(units) + 1)]
        assert 0 <= spare <= stock
        for used in range(stock + 1):
            assert values[used] == (values[stock] or 0) - fee * max(0, stock - used - spare)


@seed(63)
@many
@given(st.integers(0, 2**20), st.sampled_from([1, 3, 1000]))
def test_prices_of_items_are_lawful_prices_of_quotas_and_bound_every_plan(number: int, unit: int) -> None:
    problem, rng = shop_with_promises(number), np.random.default_rng(number)
    coupling = compile_coupling(problem)
    given_out = promises_of(coupling)
    assert given_out is not None
    price = rng.choice([-10 * POINTS, -300_000, -1, 0, 0, 1, 400_000, 2 * POINTS], problem.stock.shape)
    price = np.maximum(price, -given_out.fee)
    prices = as_prices(coupling, price, unit)

    assert (coupling.table(prices) == price[coupling.pool_of] * unit).all()
    bound, truth = price_bound(problem, prices), brute_force(problem)  # a bound of what is not lawful is refused
    assert truth is not None
    assert bound >= truth
    dearest = 0  # the least that prices can prove: what all that there is would bring, and everyone's best box
    for (p, i), units in np.ndenumerate(problem.stock):
        worths = [brings(used, int(price[p, i]), quota_on(problem, p, i)) for used in range(int(units) + 1)]
        dearest += max(worth for worth in worths if worth is not None) * unit
    for c in range(problem.n_customers):
        dearest += max(box_worth(problem, prices, c, box) for box in legal_boxes(problem, c))
    assert bound * unit == dearest
