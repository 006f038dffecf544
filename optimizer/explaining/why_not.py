"""Why this box and why not that item: answers for one customer, from prices, in milliseconds.

Everything is asked of the same exact kernel that packs the boxes, on problems of one customer: with an item forced in,
with a rule taken out, with the shelves as they are. Answers are numbers and rule names; words are the callers' work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

from optimizer.explaining.marginal_value import price_row
from optimizer.oracle.runner import Runner
from optimizer.oracle.threaded import ThreadedOracle
from optimizer.problem import BoxProblem, BoxRules, Prices

Int64 = npt.NDArray[np.int64]
Items = tuple[int, ...]


class Obstacle(Enum):
    """What stands between a customer and an item, most of all."""

    NOT_ALLOWED = "not allowed"  # the customer may not receive it
    NO_STOCK = "no stock"  # there is none, anywhere
    ELSEWHERE = "elsewhere"  # there is none in the customer's pool of stock, but in another
    NO_BOX = "no box"  # no box that holds it obeys every rule
    PRICE = "price"  # it is worth less in this box than its unit in other boxes
    RULE = "rule"  # a rule makes the box give up more for it than it is worth
    TASTE = "taste"  # other items are worth more to the customer
    NOTHING = "nothing"  # the best box may hold it as well: a tie


@dataclass(frozen=True)
class Alternative:
    """The best box that holds a wanted item, next to the best box without that wish.

    obstacle    what stands in the way, most of all
    allowed     may the customer receive the item at all?
    in_stock    does the customer's pool of stock hold any unit of it?
    utility     micro-points the item is worth to the customer
    price       micro-points that a unit of it is worth elsewhere, quotas counted in
    best        items of the customer's best box at these prices
    with_item   items of the best legal box that holds the item; None when there is none
    costs       micro-points by which `with_item` is worth less than `best`, >= 0; None when there is none
    blocked_by  names of rules, each of which alone makes the difference dearer (or the box impossible): (name,
                micro-points saved without the rule, or None where it makes possible what was not), greatest first
    """

    item: int
    obstacle: Obstacle
    allowed: bool
    in_stock: bool
    utility: int
    price: int
    best: Items
    with_item: Items | None
    costs: int | None
    blocked_by: tuple[tuple[str, int | None], ...]


def why_not(problem: BoxProblem, prices: Prices, customer_idx: int, item: int) -> Alternative:
    """What stands between a customer and an item, at these prices."""
    one = _One.of(problem, prices, customer_idx)
    best, best_worth = one.best_box(problem.rules, ())
    with_item, worth = one.best_box(problem.rules, (item,)) if one.allowed[item] else (None, None)
    told = Alternative(
        item=item,
        obstacle=Obstacle.NOTHING,
        allowed=bool(one.allowed[item]),
        in_stock=bool(problem.stock[one.pool, item] > 0),
        utility=int(one.utility[item]),
        price=int(one.price[item]) // prices.unit,
        best=best or (),
        with_item=with_item,
        costs=None if worth is None or best_worth is None else (best_worth - worth) // prices.unit,
        blocked_by=tuple(_relief(one, problem.rules, item, worth, prices.unit)) if one.allowed[item] else (),
    )
    return replace(told, obstacle=_obstacle(told, bool((problem.stock[:, item] > 0).any())))


def _obstacle(told: Alternative, anywhere: bool) -> Obstacle:
    """The first of these that holds: it alone, taken away, would let the item in."""
    if not told.allowed:
        return Obstacle.NOT_ALLOWED
    if not told.in_stock:
        return Obstacle.ELSEWHERE if anywhere else Obstacle.NO_STOCK
    if told.costs is None:
        return Obstacle.NO_BOX
    if told.costs == 0:
        return Obstacle.NOTHING
    if told.price >= told.costs:
        return Obstacle.PRICE
    saved = max((saved for _, saved in told.blocked_by if saved is not None), default=0)
    return Obstacle.RULE if saved >= told.costs else Obstacle.TASTE


@dataclass(frozen=True, eq=False)
class _One:
    """One customer: a row of everything."""

    utility: npt.NDArray[np.int32]
    allowed: npt.NDArray[np.bool_]
    price: Int64
    unit: int
    pool: int
    slots: int
    locked: Items

    @classmethod
    def of(cls, problem: BoxProblem, prices: Prices, customer_idx: int) -> _One:
        """One row only: `problem.sizes` and `problem.pools` would make one for everyone."""
        utility, allowed = problem.block(customer_idx, customer_idx + 1)
        locked = () if problem.locked is None else tuple(int(i) for i in problem.locked[customer_idx] if i >= 0)
        pool = 0 if problem.pool is None else int(problem.pool[customer_idx])
        slots = problem.rules.size if problem.slots is None else int(problem.slots[customer_idx])
        return cls(utility[0], allowed[0], price_row(problem, prices, customer_idx), prices.unit, pool, slots, locked)

    def best_box(self, rules: BoxRules, wanted: Items) -> tuple[Items | None, int | None]:
        """The best legal box, not empty where items are wanted in it, and its worth after prices; None = there is none.

        A bonus on wanted items outweighs all else, so that the empty box is never preferred to them.
        """
        price = self.price.copy()
        highest = self.unit * (int(np.abs(self.utility.astype(np.int64)).max(initial=0)) + rules.short_penalty)
        bonus = 2 * (self.slots + 1) * (highest + int(np.abs(price).max(initial=0)) + 1)
        price[list(wanted)] -= bonus
        box, worth = self._ask(rules, (*self.locked, *wanted), price)
        if box is None or worth is None or not set(wanted) <= set(box):
            return None, None
        return box, worth - bonus * len(set(wanted))

    def _ask(self, rules: BoxRules, locked: Items, price: Int64) -> tuple[Items | None, int | None]:
        """The best legal box with these locks at these prices, and its worth."""
        alone = BoxProblem(
            self.utility[None, :],
            self.allowed[None, :],
            np.zeros(self.utility.size, np.int64),
            rules=rules,
            locked=np.array([list(dict.fromkeys(locked)) or [-1]], np.int32),
            slots=np.array([self.slots], np.int32),
        )
        answer = ThreadedOracle(alone, self.unit, runner=Runner(1)).run(price[None, :], boxes=True)
        if answer.worth is None or answer.boxes is None:
            return None, None
        return tuple(sorted(int(i) for i in answer.boxes[0] if i >= 0)), answer.worth


def _relief(one: _One, rules: BoxRules, item: int, worth: int | None, unit: int) -> Iterator[tuple[str, int | None]]:
    """Rules without which the best box with the item would be worth more, or possible at all; greatest relief first."""
    reliefs: list[tuple[str, int | None]] = []
    for name, looser in without_each(rules):
        box, freed = one.best_box(looser, (item,))
        if box is None or freed is None:
            continue
        if worth is None:
            reliefs.append((name, None))
        elif freed > worth:
            reliefs.append((name, (freed - worth) // unit))
    yield from sorted(reliefs, key=lambda relief: (relief[1] is not None, -(relief[1] or 0), relief[0]))


def without_each(rules: BoxRules) -> Iterator[tuple[str, BoxRules]]:
    """The rules with one taken out, for each in turn, and its name."""
    for number, group in enumerate(rules.groups):
        yield group.name, replace(rules, groups=(*rules.groups[:number], *rules.groups[number + 1 :]))
    for number, band in enumerate(rules.bands):
        yield band.name, replace(rules, bands=(*rules.bands[:number], *rules.bands[number + 1 :]))
    for number, pair in enumerate(rules.pairs):
        fewer = (*rules.pairs[:number], *rules.pairs[number + 1 :])
        yield f"{pair.kind} {pair.i} {pair.j}", replace(rules, pairs=fewer)
