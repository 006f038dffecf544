"""The best plan where rules nest, and the prices that prove it: rough prices from a sample, then swaps until all fits.

Every box starts as its customer's best at the rough prices. Swaps (optimizer/laminar/exchange.py) bring what
is packed down to what is in stock, and prices with it; a last pass over all pairs shows that every box is still its
customer's best.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from optimizer.laminar.best_box import better, cheap, desk_for, list_near, sort_and_sum
from optimizer.laminar.customers import LaminarCustomers
from optimizer.laminar.exchange import settle
from optimizer.laminar.heaps import pile
from optimizer.laminar.swaps import swaps
from optimizer.laminar.tree import Offers
from optimizer.laminar.workbench import EXCESS, FAR, PAUSED, PRICE, SETTLED, TOO_FAR, Book, Heaps, bench_for
from optimizer.oracle.runner import Late, sealed
from optimizer.problem import Bool, Int32, Int64

ROWS = 8192
"""Customers in one part of a pass over shortlists."""


@dataclass(frozen=True, eq=False)
class Settled:
    """What came of it.

    boxes   int32 (N, W) in the order of the customers, best first, -1 = missing
    price   int64 (P, M) micro-points; below 0 where a promise pays for units
    over    units packed beyond stock, or left at a price: 0 = the boxes are a plan
    worth   int micro-points of the boxes: utilities, less missing slots
    proved  True = over is 0 and every box is its customer's best at these prices, over all pairs: the plan is optimal
    """

    boxes: Int32
    price: Int64
    over: int
    worth: int
    proved: bool


def pack_laminar(customers: LaminarCustomers) -> Settled:
    """The best plan, as far as time allows.

    A plan is left unproved, though there was time, in two cases: locks overdraw stock, or the choice between shipping a
    locked box and shipping none depends on other customers. Swaps of single items decide neither.

    Raises Late when the deadline passes before there are boxes.
    """
    effort, price = customers.oracle.effort, np.zeros_like(customers.promises.stock)
    if customers.n > effort.laminar_few:
        price = pack_laminar(customers.sample(customers.n // effort.laminar_sample)).price
    price = np.maximum(price, -customers.promises.fee)
    state, flagged, plan = _State.at(customers, price), np.ones(customers.n, bool), None
    with suppress(Late):
        for turn in range(effort.laminar_turns):
            if turn:
                state.mend(flagged)
            over = sum(state.settle(pool) for pool in range(price.shape[0]))
            if plan is None or not over:  # the plan before this turn is one to fall back on
                worth = state.worth()
                plan = Settled(state.boxes.copy(), state.price.copy(), over, worth, proved=False)
            if over:
                break
            flagged = state.better()
            if not flagged.any():
                return replace(plan, proved=True)
    assert plan is not None
    return plan


@dataclass(eq=False)
class _State:
    """Shortlists, boxes int32 (N, W), prices int64 (P, M): every box is the best of its customer's list."""

    customers: LaminarCustomers
    offers: Offers
    boxes: Int32
    price: Int64

    @classmethod
    def at(cls, customers: LaminarCustomers, price: Int64) -> _State:
        width = max(1, int(customers.size.max(initial=0)))
        effort = customers.oracle.effort
        few = customers.n * customers.n_items <= effort.laminar_all_pairs
        shape = customers.n, customers.n_items if few else min(customers.n_items, max(effort.laminar_listed, 4 * width))
        pool, size, locked = map(sealed, (customers.pool, customers.size, customers.locked))
        item, gain = np.empty(shape, np.int32), np.empty(shape, np.int32)
        offers = Offers(item, gain, pool, size, locked, customers.oracle.problem.rules.short_penalty)
        boxes = np.full((customers.n, width), -1, np.int32)
        state = cls(customers, offers, boxes, price)
        state.list_near(np.ones(customers.n, bool), quick=True)
        return state

    def mend(self, flagged: Bool) -> None:
        """Better lists for the customers who need them; where these are many, longer lists for everyone."""
        n, places = self.offers.item.shape
        if flagged.sum() * self.customers.oracle.effort.laminar_many > n and places < self.customers.n_items:
            shape = n, min(self.customers.n_items, 2 * places)
            self.offers = self.offers._replace(item=np.empty(shape, np.int32), gain=np.empty(shape, np.int32))
            flagged = np.ones(n, bool)
        self.list_near(flagged)

    def list_near(self, flagged: Bool, quick: bool = False) -> None:
        """Anew, for some customers: their shortlists and best boxes at these prices."""
        tree, rough = self.customers.tree, cheap(self.price)

        def one(who: Int32, utility: Int32, allowed: Bool) -> None:
            here = flagged[who]
            if here.any():
                pairs = map(sealed, (who, utility, allowed))
                prices = self.price, rough
                list_near(*pairs, self.offers, tree, *prices, self.boxes, here, quick, desk_for(tree))

        self.customers.over_pairs(one)

    def better(self) -> Bool:
        """bool (N,): customers who have a better box than theirs at these prices, out of all pairs."""
        tree, rough, flagged = self.customers.tree, cheap(self.price), np.zeros(self.customers.n, np.bool_)

        def one(who: Int32, utility: Int32, allowed: Bool) -> None:
            here = np.zeros(who.size, np.bool_)
            pairs = map(sealed, (who, utility, allowed))
            better(*pairs, self.offers, tree, self.price, rough, self.boxes, here, desk_for(tree))
            flagged[who] = here

        self.customers.over_pairs(one)
        return flagged

    def worth(self) -> int:
        """Utilities of the boxes, less missing slots; the best item of every box is put first."""
        total = sum(
            self.customers.each(self.customers.n, lambda lo, hi: sort_and_sum(lo, hi, self.offers, self.boxes), ROWS)
        )
        missing = int(self.customers.size.sum(dtype=np.int64)) - int((self.boxes >= 0).sum())
        return int(total) - self.offers.penalty * missing

    def settle(self, pool: int) -> int:
        """Swap until one pool's stock is kept; returns how many units are still over or left."""
        who = sealed(np.flatnonzero(self.customers.pool == pool).astype(np.int32))
        market, bench = self._market(pool, who), bench_for(self.customers.tree, self.boxes.shape[1])
        room = max(who.size // 2, self.customers.oracle.effort.first_swaps)
        while market[EXCESS].any() and not self.customers.late():
            market[PRICE] -= market[PRICE, -1]
            before, ended = _over(market), PAUSED
            reach, heaps = self._heaps(who, market, room)
            left = reach
            while ended == PAUSED and not self.customers.late():
                given = (heaps, self.offers, self.customers.tree, market, self.boxes)
                ended, left = settle(*given, left, self.customers.oracle.effort.swap_steps, bench)
            if ended == SETTLED or (ended == TOO_FAR and reach == FAR):
                break
            if _over(market) * 2 > before:
                room = min(self.customers.oracle.effort.most_swaps, 4 * room)
        self.price[pool] = (market[PRICE] - market[PRICE, -1])[:-1]
        return _over(market)

    def _market(self, pool: int, who: Int32) -> Int64:
        """What is over and left in a pool, see optimizer/laminar/exchange.py: units without a price may be left."""
        boxes = self.boxes[who]
        used = np.bincount(boxes[boxes >= 0], minlength=self.customers.n_items)
        stock, spare, fee = (x[pool] for x in self.customers.promises)
        price = self.price[pool]
        least = np.where(price < 0, spare, 0)
        most = np.where(price > 0, 0, np.where((price < 0) & (price == -fee), stock, spare))
        unused = np.clip(stock - used, least, most)
        excess = used + unused - stock
        items = np.stack([price, excess, unused, spare, fee])
        return np.concatenate([items, [[0], [-excess.sum()], [0], [0], [0]]], axis=1).astype(np.int64)

    def _heaps(self, who: Int32, market: Int64, room: int) -> tuple[int, Heaps]:
        """Heaps of the cheapest swaps, about `room` of them, and what the dearest of them may lose."""
        reach, parts = self._reach(who, market, room)
        n, ends = market.shape[1], np.concatenate([[0], np.cumsum(parts.sum(axis=1))])
        total, limit, rows = int(ends[-1]), 0, ROWS
        if (
            total > self.customers.oracle.effort.most_swaps
        ):  # of those that lose nothing, some of each pair are enough for now
            limit, rows = max(8, self.customers.oracle.effort.most_swaps // n**2), max(1, who.size)
            total += min(0, n**2 * (limit + 1) - int(parts[:, 0].sum()))
        swap, cost = np.empty((2, total), np.int32), np.empty(total, np.int64)
        seen = np.zeros((2, n, n) if limit else (2, 0, 0), np.int32)

        def one(lo: int, hi: int) -> Book:
            book = Book(NO_COUNTS, ends[lo // ROWS : lo // ROWS + 1].copy(), swap, cost, seen, limit)
            given = (self.offers, self.customers.tree, market, self.boxes)
            swaps(sealed(who[lo:hi]), *given, reach, book, bench_for(self.customers.tree, self.boxes.shape[1]))
            return book

        book = self.customers.each(who.size, one, rows)[-1]
        return reach, _piled(book, who, n, max(1_000, total // 2, who.size))

    def _reach(self, who: Int32, market: Int64, room: int) -> tuple[int, Int64]:
        """How much swaps may lose for about `room` of them, 2**b - 1 or FAR; int64 (parts, 64) their counts by bits."""
        reach = 2**14 - 1
        while True:

            def one(lo: int, hi: int, reach: int = reach) -> Int64:
                book = Book(np.zeros(64, np.int64), *NO_SWAPS)
                given = (self.offers, self.customers.tree, market, self.boxes)
                swaps(sealed(who[lo:hi]), *given, reach, book, bench_for(self.customers.tree, self.boxes.shape[1]))
                return book.bits

            parts = np.array(self.customers.each(who.size, one, ROWS))
            upto = np.cumsum(parts.sum(axis=0))
            if upto[-1] - upto[0] > room or reach == FAR:
                break
            reach = min(FAR, 2**12 * (reach + 1) - 1)
        bits = max(1, int(np.searchsorted(upto - upto[0], room, side="right")) - 1)
        if 2**bits - 1 < reach:
            reach = 2**bits - 1
            parts[:, bits + 1 :] = 0
        return reach, parts


NO_COUNTS = np.zeros(64, np.int64)
NO_SWAPS = np.zeros(0, np.int64), np.zeros((2, 0), np.int32), np.zeros(0, np.int64), np.zeros((2, 0, 0), np.int32), 0


def _piled(book: Book, who: Int32, n: int, room: int) -> Heaps:
    """Heaps of the swaps written, with room for more."""
    many = int(book.place[0])
    link = np.full((3, many + room), -1, np.int32)
    link[1, many:-1] = np.arange(many + 1, many + room)
    empty = np.full((n, n), -1, np.int32), np.full((n, n), FAR), np.empty(many + room, np.int64)
    heaps = Heaps(*empty, link, np.array([many]), who, book.seen, book.limit)
    pile(heaps, book, np.zeros(n * n + 2, np.int64))
    return heaps


def _over(market: Int64) -> int:
    return int(np.maximum(0, market[EXCESS]).sum())
