"""Baskets: counts against plain loops, and a measure that neither popularity nor a few coincidences can fool."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma

from recsys.base.shrink import lift_bound, shrunk_lift
from recsys.baskets import baskets as module
from recsys.baskets.baskets import (
    FEW,
    LEAST_LIFT,
    MOST_PRODUCTS,
    Baskets,
    association,
    baskets_of,
    by_chance,
    count_pairs,
)
from recsys.baskets.followers import followers
from recsys.baskets.sets import completions, frequent_sets, strongest_member, whole_set_customers

HALF_LIFE = 100.0
N_ITEMS = 7
ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, N_ITEMS - 1), st.integers(0, 40)), max_size=60)


def made(rows: list[tuple[int, int, int]], window: int = 0, n_items: int = N_ITEMS) -> Baskets:
    customer, item, day = np.array(rows, np.int64).reshape(-1, 3).T
    return baskets_of(customer, item, day, n_items, window)


def plain_baskets(rows: list[tuple[int, int, int]], window: int) -> list[tuple[int, int, list[int]]]:
    moments = sorted({(customer, day) for customer, _, day in rows})
    return [
        (customer, day, sorted({i for c, i, d in rows if c == customer and day <= d <= day + window}))
        for customer, day in moments
    ]


def plain_counts(rows: list[tuple[int, int, int]], window: int, size: int) -> dict[tuple[int, ...], dict[int, int]]:
    """Per set of items, each customer's newest day with all of them in a basket."""
    found: dict[tuple[int, ...], dict[int, int]] = defaultdict(dict)
    for customer, day, items in plain_baskets(rows, window):
        for some in combinations(items, size):
            found[some][customer] = min(day, found[some].get(customer, day))
    return found


@given(ROWS, st.sampled_from([0, 3, 30]))
def test_baskets_are_what_a_customer_bought_in_a_moment(rows: list[tuple[int, int, int]], window: int) -> None:
    found = made(rows, window)
    told = [
        (int(c), int(d), found.item_idx[lo:hi].tolist())
        for c, d, lo, hi in zip(found.customer_idx, found.days_ago, found.starts[:-1], found.starts[1:], strict=True)
    ]

    assert told == plain_baskets(rows, window)


@settings(deadline=None)
@given(ROWS, st.sampled_from([0, 30]), st.sampled_from([1, 5, 10_000]))
def test_each_customer_counts_once_per_pair_by_her_newest_basket(
    rows: list[tuple[int, int, int]], window: int, at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAIRS_AT_ONCE", at_once)
        pairs = count_pairs(made(rows, window), HALF_LIFE)
    expected = plain_counts(rows, window, 2)

    assert list(zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)) == sorted(expected)
    for at, pair in enumerate(sorted(expected)):
        assert pairs.customers[at] == len(expected[pair])
        assert pairs.weight[at] == pytest.approx(sum(0.5 ** (day / HALF_LIFE) for day in expected[pair].values()))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[int, int, int]], random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = (count_pairs(made(some), HALF_LIFE) for some in (rows, shuffled))

    assert one.weight.tobytes() == other.weight.tobytes()


def test_a_very_large_basket_is_not_counted() -> None:
    rows = [(0, item, 1) for item in range(MOST_PRODUCTS + 1)] + [(1, item, 1) for item in range(MOST_PRODUCTS)]

    assert set(made(rows, n_items=99).customer_idx.tolist()) == {1}


def test_the_bound_is_the_quantile_of_a_gamma_and_below_the_mean() -> None:
    found, expected = np.array([0.0, 1.0, 5.0, 200.0]), np.array([0.0, 3.0, 0.1, 50.0])

    assert lift_bound(found, expected) == pytest.approx(gamma.ppf(0.01, 1 + found, scale=1 / (1 + expected)))
    assert (lift_bound(found, expected) < shrunk_lift(found, expected)).all()
    assert shrunk_lift(np.zeros(1), np.zeros(1)) == 1
    assert lift_bound(np.array([1e6]), np.array([1e5])) == pytest.approx(10, rel=0.01)


def test_three_coincidences_prove_nothing_and_four_may() -> None:
    assert lift_bound(np.array([3.0]), np.array([0.0]))[0] < 1
    assert lift_bound(np.array([4.0]), np.array([0.0]))[0] > LEAST_LIFT


def independent(n_customers: int, seed: int) -> list[tuple[int, int, int]]:
    """Everybody buys three products by popularity alone: item 0 is in most baskets."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, 41)
    return [
        (customer, int(item), 1)
        for customer in range(n_customers)
        for item in rng.choice(40, 3, replace=False, p=share / share.sum())
    ]


@given(st.lists(st.integers(0, 30), min_size=3, max_size=8))
def test_what_chance_gives_adds_up_to_what_was_bought(weights: list[int]) -> None:
    pairs = np.triu(np.outer(weights, weights), 1)  # any symmetric counts would do; these are pure chance
    totals = (pairs + pairs.T).sum(axis=1).astype(float)
    appeal = by_chance(totals)

    given_ = np.outer(appeal, appeal)
    np.fill_diagonal(given_, 0)
    assert given_.sum(axis=1) == pytest.approx(totals, rel=0.02, abs=1e-6)
    if np.count_nonzero(weights) > 3:
        assert given_ == pytest.approx(pairs + pairs.T, rel=0.1, abs=0.1)


def test_two_products_of_a_shop_with_two_go_together_by_chance_alone() -> None:
    assert association(count_pairs(made([(c, i, 0) for c in range(99) for i in (0, 1)]), HALF_LIFE)).score.nnz == 0


@pytest.mark.parametrize("seed", range(5))
def test_popularity_alone_makes_nothing_go_together(seed: int) -> None:
    pairs = count_pairs(made(independent(3_000, seed), n_items=40), HALF_LIFE)

    assert pairs.customers.max() > 400
    assert association(pairs).score.nnz == 0


def test_a_true_pair_is_found_among_popular_products_and_told_both_ways() -> None:
    rows = independent(3_000, 1) + [(5_000 + c, item, 1) for c in range(40) for item in (30, 38)]
    goes = association(count_pairs(made(rows, n_items=40), HALF_LIFE))

    assert goes.score[30].indices.tolist() == [38]
    assert goes.score[38].indices.tolist() == [30]
    assert goes.score[30, 38] == goes.score[38, 30] > np.log2(3)
    assert goes.customers[30, 38] >= 40
    assert goes.share.sum() == pytest.approx(1)


def test_one_faithful_customer_is_not_many() -> None:
    rows = independent(500, 2) + [(5_000, item, day) for day in range(0, 400, 5) for item in (30, 38)]

    assert association(count_pairs(made(rows, n_items=40), HALF_LIFE)).score.nnz == 0


def test_old_customers_count_for_less() -> None:
    fresh, old = (
        association(count_pairs(made(independent(500, 3) + [(9_000 + c, i, day) for c in range(30) for i in (30, 38)],
                                     n_items=40), HALF_LIFE)).score[30, 38]
        for day in (0, 150)
    )  # fmt: skip

    assert fresh > old > 0


@settings(deadline=None)
@given(ROWS, st.integers(0, 12), st.sampled_from([1, 10_000]))
def test_frequent_sets_are_those_of_a_plain_count(rows: list[tuple[int, int, int]], most: int, at_once: int) -> None:
    rows = [(customer % 4, item % 4, day % 3) for customer, item, day in rows]  # so that some sets are frequent
    allowed = np.arange(N_ITEMS) != 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAIRS_AT_ONCE", at_once)
        found = frequent_sets(made(rows), count_pairs(made(rows), HALF_LIFE), allowed, most, HALF_LIFE)
    counts = {**plain_counts(rows, 0, 2), **plain_counts(rows, 0, 3)}
    enough = {s: d for s, d in counts.items() if len(d) >= FEW and 2 not in s}
    weight = {s: sum(0.5 ** (day / HALF_LIFE) for day in days.values()) for s, days in enough.items()}
    order = sorted(enough, key=lambda s: (-round(weight[s], 9), len(s), s))[:most]

    sets = [tuple(row[row >= 0].tolist()) for row in found.members]
    assert [round(w, 9) for w in found.weight.tolist()] == [round(weight[s], 9) for s in order]
    assert set(sets) <= set(enough)
    assert [len(enough[s]) for s in sets] == found.customers.tolist()
    assert len(set(sets)) == len(sets)


@settings(deadline=None)
@given(ROWS)
def test_followers_are_those_of_a_plain_count(rows: list[tuple[int, int, int]]) -> None:
    rows = [(customer, item % 5, day % 3) for customer, item, day in rows]
    sets = frequent_sets(made(rows), count_pairs(made(rows), HALF_LIFE), np.ones(N_ITEMS, bool), 30, HALF_LIFE)
    found = followers(made(rows), sets, HALF_LIFE)
    counts = {**plain_counts(rows, 0, 3), **plain_counts(rows, 0, 4)}
    for at, row in enumerate(sets.members):
        members = row[row >= 0].tolist()
        for item in set(range(N_ITEMS)) - set(members):
            days = counts.get(tuple(sorted([*members, item])), {})
            assert found.customers[at, item] == len(days)
            assert found.weight[at, item] == pytest.approx(sum(0.5 ** (day / HALF_LIFE) for day in days.values()))
        assert not found.customers[at, members].nnz


def trio(n: int) -> list[tuple[int, int, int]]:
    """10 with 11 often; 12 with 10 and with 11; 13 with 10 alone; and n customers who took 10, 11 and 14 together."""
    rows = independent(800, 4)
    for start, some in ((2_000, (10, 11)), (3_000, (10, 12)), (4_000, (11, 12)), (5_000, (10, 13))):
        rows += [(start + c, item, 1) for c in range(40) for item in some]
    return rows + [(6_000 + c, item, 1) for c in range(n) for item in (10, 11, 14)]


def test_what_goes_with_both_completes_a_basket_before_what_goes_with_one() -> None:
    given_ = made(trio(0), n_items=40)
    pairs = count_pairs(given_, HALF_LIFE)
    goes = association(pairs)
    sets = frequent_sets(given_, pairs, np.ones(40, bool), 2_000, HALF_LIFE)
    at = sets.members.tolist().index([10, 11, -1])
    scores = completions(sets, followers(given_, sets, HALF_LIFE), goes)

    assert scores[at, 12] > scores[at, 13] > 0
    assert not scores.multiply(sets.matrix).nnz
    member, customers = strongest_member(sets, goes, np.array([at, at]), np.array([12, 13]))
    assert member.tolist()[1] == 10
    assert customers.tolist() == [int(goes.customers[member[0], 12]), int(goes.customers[10, 13])]


def test_buyers_of_the_whole_set_have_the_last_word_once_they_are_many() -> None:
    given_ = made(trio(300), n_items=40)
    pairs = count_pairs(given_, HALF_LIFE)
    goes = association(pairs)
    sets = frequent_sets(given_, pairs, np.ones(40, bool), 2_000, HALF_LIFE)
    at = sets.members.tolist().index([10, 11, -1])
    found = followers(given_, sets, HALF_LIFE)
    scores = completions(sets, found, goes)

    assert scores[at].indices[np.argmax(scores[at].data)] == 14
    assert scores[at, 12] == 0  # nobody who took both took 12, though each goes with it
    assert whole_set_customers(sets, found, goes.share, np.array([at]), np.array([14])).tolist() == [300]


def test_nothing_bought_gives_nothing() -> None:
    nothing = made([])
    pairs = count_pairs(nothing, HALF_LIFE)
    goes = association(pairs)
    sets = frequent_sets(nothing, pairs, np.ones(N_ITEMS, bool), 10, HALF_LIFE)

    assert len(nothing) == len(sets) == goes.score.nnz == 0
    assert completions(sets, followers(nothing, sets, HALF_LIFE), goes).shape == (0, N_ITEMS)
