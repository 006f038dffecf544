"""The bound by listing every box there is, with whole arrays: for shops too large for the plain brute force.

Every combination of up to a few items is judged once, then each customer takes the best of those allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from optimizer.problem import BoxProblem, BoxRules, Prices


def lawful(rules: BoxRules, boxes: np.ndarray) -> np.ndarray:
    """True for boxes (n, k) that obey groups, bands and pairs."""
    good = np.ones(len(boxes), bool)
    for group in rules.groups:
        for label in range(group.n_groups):
            count = (group.labels[boxes] == label).sum(axis=1)
            good &= (count >= group.least[label]) & (count <= group.most[label])
    for band in rules.bands:
        total = band.amount[boxes].sum(axis=1)
        good &= (total >= (band.low or 0)) & (band.high is None or total <= band.high)
    for pair in rules.pairs:
        has_i, has_j = (boxes == pair.i).any(axis=1), (boxes == pair.j).any(axis=1)
        good &= ~(has_i & has_j) if pair.kind == "apart" else has_i == has_j
    return good


@dataclass(frozen=True)
class Boxes:
    """Boxes with their worth, worth falling: item int64 (n, W) positions rising, -1 = missing; worth int64 (n,)."""

    item: np.ndarray
    worth: np.ndarray

    def worth_of(self, box: np.ndarray) -> int:
        """Worth of one of the boxes, its items in any order; an error if it is not among them."""
        row = sorted(box.tolist(), key=lambda i: (i < 0, i))
        (found,) = np.flatnonzero((self.item == np.array(row)).all(axis=1))
        return int(self.worth[found])


def lawful_boxes(problem: BoxProblem) -> dict[int, np.ndarray]:
    """Every box that obeys groups, bands and pairs, by its number of items k, int64 (n, k)."""
    boxes = {}
    for k in range(1, problem.width + 1):
        every = np.array(list(combinations(range(problem.n_items), k)), np.int64).reshape(-1, k)
        boxes[k] = every[lawful(problem.rules, every)]
    return boxes


def boxes_of(
    problem: BoxProblem,
    lawful_by_size: dict[int, np.ndarray],
    c: int,
    price: np.ndarray,
    unit: int,
    may: np.ndarray | None = None,
) -> Boxes:
    """Every legal box of one customer at prices int64 (M,), in 1/unit micro-points, out of the items bool (M,)."""
    rules = problem.rules
    (utility,), (allowed,) = problem.block(c, c + 1)
    allowed = allowed if may is None else allowed & may
    worth = utility.astype(np.int64) * unit - price
    slots, locks = int(problem.sizes[c]), [] if problem.locked is None else problem.locked[c]
    penalty = unit * rules.short_penalty
    empty = rules.short != "stop" or not slots
    item, total = [np.full((int(empty), problem.width), -1)], [np.full(int(empty), -penalty * slots)]
    for k in range(1, slots + 1) if rules.short == "ship_short" else [slots][: slots > 0]:
        fits = lawful_by_size[k][allowed[lawful_by_size[k]].all(axis=1)]
        for lock in locks:
            fits = fits if lock < 0 else fits[(fits == lock).any(axis=1)]
        item.append(np.pad(fits, ((0, 0), (0, problem.width - k)), constant_values=-1))
        total.append(worth[fits].sum(axis=1) - penalty * (slots - k))
    every, worths = np.concatenate(item), np.concatenate(total)
    order = np.argsort(-worths, kind="stable")
    return Boxes(every[order], worths[order])


def listed_bound(problem: BoxProblem, prices: Prices) -> int | None:
    """price_bound by its definition; None where some customer has no legal box."""
    total = int((problem.stock * prices.stock).sum())
    for quota, least, most in zip(problem.quotas, prices.at_least, prices.at_most, strict=True):
        total += (quota.at_most or 0) * int(most) - (quota.at_least or 0) * int(least)
    boxes = lawful_boxes(problem)
    for c in range(problem.n_customers):
        price = prices.stock[problem.pools[c]]
        for quota, least, most in zip(problem.quotas, prices.at_least, prices.at_most, strict=True):
            if quota.customers is None or quota.customers[c]:
                price = price + (most - least) * quota.amount
        worth = boxes_of(problem, boxes, c, price, prices.unit).worth
        if not worth.size:
            return None
        total += int(worth[0])
    return total // prices.unit
