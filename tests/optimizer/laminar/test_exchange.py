"""Swaps between customers against a twin that tries each; heaps and prices looked at after every single search.

Room for swaps is made so small that heaps fill up, that swaps are left out and looked for again, and that paths lie out
of reach: all of these must really happen.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from optimizer.effort import Effort
from optimizer.laminar import pack as nested_plan
from optimizer.laminar.best_box import cheap, desk_for, list_near
from optimizer.laminar.heaps import pile
from optimizer.laminar.pack import pack_laminar
from optimizer.laminar.swaps import swaps
from optimizer.laminar.tree import Offers
from optimizer.laminar.workbench import (
    FAR,
    FULL,
    LEFT,
    NOBODY,
    PAUSED,
    PRICE,
    RIGHT,
    SETTLED,
    TOO_FAR,
    WHO,
    Book,
    Heaps,
    bench_for,
)
from optimizer.oracle.runner import sealed
from optimizer.problem import POINTS, BoxProblem
from tests.optimizer.every_swap import NOWHERE, Watch, heap_of, held, offers_of, swaps_of
from tests.optimizer.nests import laminar_customers_of, laminar_shop

many = settings(max_examples=150, deadline=None, database=None)
NONE_SEEN = np.zeros((2, 0, 0), np.int32)
Entry = tuple[int, int, int]
"""Node given up * n + node taken, customer, cost."""


class Market:
    """One pool of a shop at some prices: everyone's best box of short lists, and the swaps from there."""

    def __init__(self, number: int, n: int, m: int, *, kinds: int | None, room: int) -> None:
        self.problem = laminar_shop(n, m, number, size=2, kinds=kinds, locks=number % 2 == 0)
        customers, rng = laminar_customers_of(self.problem), np.random.default_rng(number)
        self.order, self.tree, self.n = customers.oracle.order, customers.tree, m + 1
        scale = int(rng.choice([0, POINTS]))
        price = np.repeat(rng.integers(-scale // 300_000, scale // 300_000 + 1, (1, m)) * 300_000, 2, axis=0)
        shape = (n, min(m, room))
        pool, size, locked = map(sealed, (customers.pool, customers.size, customers.locked))
        item, gain = np.empty(shape, np.int32), np.empty(shape, np.int32)
        self.offers = Offers(item, gain, pool, size, locked, self.problem.rules.short_penalty)
        self.boxes = np.full((n, max(1, self.problem.width)), -1, np.int32)
        everyone = np.ones(n, np.bool_)
        assert self.problem.allowed is not None
        pairs = map(sealed, (customers.place, self.problem.utility, self.problem.allowed))
        list_near(*pairs, self.offers, self.tree, price, cheap(price), self.boxes, everyone, False, desk_for(self.tree))
        self.market = np.zeros((5, m + 1), np.int64)
        self.market[PRICE, :-1] = price[0]
        self.who = np.flatnonzero(customers.pool == customers.pool[0]).astype(np.int32)

    def book(self, reach: int, room: int | None, limit: int = 0) -> Book:
        """What `swaps` counts (no room) or writes."""
        swap, cost = np.empty((2, room or 0), np.int32), np.empty(room or 0, np.int64)
        seen = np.zeros((2, self.n, self.n), np.int32) if limit else NONE_SEEN
        book = Book(np.zeros(64, np.int64), np.zeros(int(room is not None), np.int64), swap, cost, seen, limit)
        bench = bench_for(self.tree, self.boxes.shape[1])
        swaps(sealed(self.who), self.offers, self.tree, self.market, self.boxes, reach, book, bench)
        return book

    def every_swap(self, reach: int) -> dict[Entry, int]:
        """The slow twin's swaps and what they lose at these prices, customer by customer."""
        found = {}
        for c in self.who.tolist():
            gain, price = offers_of(self.offers, c), self.market[PRICE]
            for (i, j), cost in swaps_of(self.problem, int(self.order[c]), gain, held(self.boxes, c)).items():
                loss = int(cost + price[j] - price[i])
                assert loss >= 0
                if loss <= reach:
                    found[i * self.n + j, c, cost] = loss
        return found


def entries(book: Book) -> list[Entry]:
    """What is written in a book."""
    many = int(book.place[0])
    return list(zip(book.swap[0, :many].tolist(), book.swap[1, :many].tolist(), book.cost[:many].tolist(), strict=True))


markets = st.builds(
    Market,
    st.integers(0, 2**20),
    st.integers(1, 12),
    st.integers(1, 7),
    kinds=st.none() | st.integers(1, 2),
    room=st.integers(2, 7),
)
reaches = st.sampled_from([0, 1, 300_000, POINTS, FAR]) | st.integers(0, 3 * POINTS)


@seed(81)
@many
@given(markets, reaches)
def test_swaps_are_those_that_a_customer_may_make_within_reach(shop: Market, reach: int) -> None:
    expected = shop.every_swap(reach)
    bits = np.bincount([loss.bit_length() for loss in expected.values()], minlength=64)

    assert shop.book(reach, None).bits.tolist() == bits.tolist()
    assert sorted(entries(shop.book(reach, len(expected)))) == sorted(expected)


@seed(82)
@many
@given(markets, reaches, st.integers(1, 3))
def test_of_swaps_that_lose_nothing_only_some_of_a_pair_are_written(shop: Market, reach: int, limit: int) -> None:
    expected: list[Entry] = []
    free: dict[int, list[Entry]] = defaultdict(list)
    for entry, loss in shop.every_swap(reach).items():
        (free[entry[0]] if loss == 0 else expected).append(entry)
    book = shop.book(reach, len(expected) + sum(min(len(found), limit + 1) for found in free.values()), limit)
    for pair, found in free.items():
        expected += found[:limit]
        if len(found) > limit:
            _, c, cost = found[limit]
            expected.append((pair, NOBODY, cost))
            assert shop.who[book.seen[1].flat[pair]] == c

    assert sorted(entries(book)) == sorted(expected)


def heaps_for(n: int, many: int) -> Heaps:
    """Empty heaps of n nodes with room for many swaps."""
    empty = np.full((n, n), -1, np.int32), np.full((n, n), FAR), np.empty(many, np.int64)
    return Heaps(*empty, np.full((3, many), -1, np.int32), np.array([-1]), np.zeros(1, np.int32), NONE_SEEN, 0)


@seed(83)
@many
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5), st.integers(-3, 3)), max_size=40))
def test_every_swap_is_piled_on_the_heap_of_its_pair_below_cheaper_ones(given_out: list[Entry]) -> None:
    n, many = 3, len(given_out)
    pair, who, cost = (np.array([entry[k] for entry in given_out], np.int64) for k in range(3))
    h = heaps_for(n, many)
    swap = np.stack([pair, who]).astype(np.int32)
    pile(h, Book(np.zeros(64, np.int64), np.array([many]), swap, cost, NONE_SEEN, 0), np.zeros(n * n + 2, np.int64))
    found = []
    for p, top in enumerate(h.head.ravel().tolist()):
        assert h.top.flat[p] == (h.cost[top] if top >= 0 else FAR)
        for e in heap_of(h, top):
            found.append((p, int(h.link[WHO, e]), int(h.cost[e])))
            for below in h.link[[LEFT, RIGHT], e]:
                assert below < 0 or (h.cost[e], h.link[WHO, e]) <= (h.cost[below], h.link[WHO, below])

    assert sorted(found) == sorted(given_out)


@pytest.mark.parametrize(
    ("effort", "room", "reached"),
    [
        (Effort(laminar_all_pairs=0, laminar_listed=5), None, {SETTLED, NOWHERE}),
        (Effort(swap_steps=1), None, {SETTLED, NOWHERE, PAUSED}),
        (Effort(first_swaps=20), None, {SETTLED, NOWHERE, TOO_FAR}),
        (Effort(), 3, {SETTLED, NOWHERE, FULL}),
        (Effort(first_swaps=20, swap_steps=2), 3, {SETTLED, NOWHERE, TOO_FAR, PAUSED, FULL}),
    ],
)
def test_after_every_search_boxes_are_best_and_heaps_hold_the_cheapest_swaps(
    effort: Effort, room: int | None, reached: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: Counter[int] = Counter()
    for number in range(60):
        kinds, locks = (None, 2, 5)[number % 3], number % 4 == 0
        problem = laminar_shop(1 + number % 30, 1 + number % 9, number, size=2 + number % 2, kinds=kinds, locks=locks)
        ended += watched(problem, monkeypatch, effort, room).ended

    assert set(ended) == reached


def test_swaps_that_were_left_out_are_found_when_their_turn_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = 0
    for number in range(100):
        problem = laminar_shop(60, 4, number, size=2, kinds=3)
        found += watched(problem, monkeypatch, Effort(most_swaps=1, laminar_few=20)).refilled

    assert found > 100


def watched(problem: BoxProblem, monkeypatch: pytest.MonkeyPatch, effort: Effort, room: int | None = None) -> Watch:
    """What a watch saw while a shop was packed."""
    customers = laminar_customers_of(problem, effort)
    watch = Watch(problem, customers.oracle.order, room=room)
    monkeypatch.setattr(nested_plan, "settle", watch)
    pack_laminar(customers)
    return watch
