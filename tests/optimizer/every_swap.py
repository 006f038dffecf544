"""Swaps by trying each: what customers may give up for what; and a watch over markets and heaps after every search."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from optimizer.laminar.exchange import settle
from optimizer.laminar.tree import Offers, Tree
from optimizer.laminar.workbench import (
    EXCESS,
    FAR,
    FEE,
    FULL,
    LEFT,
    NOBODY,
    PAUSED,
    PRICE,
    RIGHT,
    SPARE,
    TOO_FAR,
    UNUSED,
    WHO,
    Bench,
    Heaps,
)
from optimizer.problem import BoxProblem
from tests.optimizer.brute_force import locks_of, slots_of

NOWHERE = -1
"""Stands for TOO_FAR where the heaps hold all swaps that there are."""
Swap = tuple[int, int]
Limits = list[tuple[frozenset[int], int]]


def limits_of(problem: BoxProblem, c: int) -> Limits:
    """Sets of items and how many of each a box of customer c may hold."""
    limits = [(frozenset(range(problem.n_items)), slots_of(problem, c))]
    for group in problem.rules.groups:
        for label, most in enumerate(group.most.tolist()):
            limits.append((frozenset(np.flatnonzero(group.labels == label).tolist()), most))
    return limits


def lawful(limits: Limits, items: set[int]) -> bool:
    """Whether a box may hold these items, locks aside."""
    return all(len(items & group) <= most for group, most in limits)


def swaps_of(problem: BoxProblem, c: int, gain: dict[int, int], box: set[int]) -> dict[Swap, int]:
    """What customer c may give up (first) for what she is offered, and the worth she loses; n_items = nothing.

    gain   her offers and their utilities
    """
    nothing, penalty, limits = problem.n_items, problem.rules.short_penalty, limits_of(problem, c)
    free = box - set(locks_of(problem, c)) if gain else set()
    found = {(i, nothing): gain[i] + penalty for i in free}
    for j in gain.keys() - box:
        if lawful(limits, box | {j}):
            found[nothing, j] = -gain[j] - penalty
        else:
            found |= {(i, j): gain[i] - gain[j] for i in free if lawful(limits, box - {i} | {j})}
    return found


def offers_of(o: Offers, c: int) -> dict[int, int]:
    """Item -> utility on the list of customer c."""
    return {int(i): int(gain) for i, gain in zip(o.item[c], o.gain[c], strict=True) if i >= 0}


def held(boxes: np.ndarray, c: int) -> set[int]:
    """Items in a box, which must not be twice in it."""
    items = boxes[c][boxes[c] >= 0].tolist()
    assert len(items) == len(set(items))
    return set(items)


@dataclass
class Watch:
    """Stands in for `settle`: one search at a time, everything held against the slow twin after each.

    order     the problem's customer of each of these customers
    ended     how often each ending was seen
    refilled  how often swaps left out for want of room were looked for again
    room      places that are free on heaps; None = as many as there are
    """

    problem: BoxProblem
    order: np.ndarray
    ended: Counter[int] = field(default_factory=Counter)
    refilled: int = 0
    room: int | None = None

    def __call__(
        self, h: Heaps, o: Offers, tree: Tree, m: np.ndarray, boxes: np.ndarray, reach: int, steps: int, b: Bench
    ) -> tuple[int, int]:
        if self.room is not None:
            customers(h, self.room)
        stock = self.look(h, o, m, boxes, reach)
        for _ in range(steps):
            before = h.seen[1].copy(), left_out(h)
            ended, reach = settle(h, o, tree, m, boxes, reach, 1, b)
            self.refilled += int((h.seen[1] > before[0]).sum()) + max(0, before[1] - left_out(h))
            now = self.look(h, o, m, boxes, None if ended == FULL else reach)  # full: some are missing
            assert (now == stock).all()
            if ended != PAUSED:
                break
        self.ended[NOWHERE if ended == TOO_FAR and reach == FAR else ended] += 1
        return ended, reach

    def look(self, h: Heaps, o: Offers, m: np.ndarray, boxes: np.ndarray, reach: int | None) -> np.ndarray:
        """No swap wins anything, and on top of each heap is the cheapest there is, up to `reach`."""
        price, used = m[PRICE], np.zeros(m.shape[1], np.int64)
        cheapest: dict[Swap, int] = {}
        costs: dict[tuple[int, Swap], int] = {}
        for c in h.who.tolist():
            who, box, gain = int(self.order[c]), held(boxes, c), offers_of(o, c)
            used[list(box)] += 1
            assert box <= gain.keys()
            assert not box or (lawful(limits_of(self.problem, who), box) and box >= set(locks_of(self.problem, who)))
            for swap, cost in swaps_of(self.problem, who, gain, box).items():
                assert cost >= price[swap[0]] - price[swap[1]]
                cheapest[swap] = min(cost, cheapest.get(swap, FAR))
                costs[c, swap] = cost
        for (i, j), e in np.ndenumerate(h.head):
            least, top = cheapest.get((i, j), FAR), int(h.top[i, j])
            left_out = e >= 0 and h.link[WHO, e] == NOBODY
            assert top == (h.cost[e] if e >= 0 else FAR)
            assert e < 0 or left_out or costs.get((int(h.link[WHO, e]), (i, j))) == top
            if reach is not None and least + price[j] - price[i] <= reach:
                assert top == least or (top < least and left_out)
        assert_left_over_is_cheap(m)
        return np.asarray(used + m[UNUSED] - m[EXCESS])[:-1]


def assert_left_over_is_cheap(m: np.ndarray) -> None:
    """What is left in stock is worth no more than leaving it costs, and what is not left no less."""
    price, (unused, spare, fee) = m[PRICE, :-1] - m[PRICE, -1], m[[UNUSED, SPARE, FEE], :-1]
    assert m[EXCESS].sum() == 0
    assert (unused >= 0).all()
    assert (price >= np.where(unused < spare, 0, -fee)).all()
    assert (price <= np.where(unused == 0, FAR, np.where(unused <= spare, 0, -fee))).all()


def heap_of(h: Heaps, top: int) -> list[int]:
    """All swaps on the heap below one, this one first."""
    found, open_ = [], [top]
    while open_:
        e = open_.pop()
        if e >= 0:
            found.append(e)
            open_ += [int(h.link[LEFT, e]), int(h.link[RIGHT, e])]
    return found


def customers(h: Heaps, room: int) -> None:
    """Leave only so many places free."""
    e = int(h.free[0])
    while room > 1 and e >= 0:
        e, room = int(h.link[LEFT, e]), room - 1
    if e >= 0:
        h.link[LEFT, e] = -1


def left_out(h: Heaps) -> int:
    """How many heaps end in swaps that were left out."""
    return sum(any(h.link[WHO, e] == NOBODY for e in heap_of(h, int(top))) for top in h.head.ravel())
