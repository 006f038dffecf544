"""The bound by listing every box there is, with whole arrays: for shops too large for the plain brute force.

Every combination of up to a few items is judged once, then each customer takes the best of those allowed.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from optimizer.problem import BoxProblem, BoxRules
from optimizer.result import Prices


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


def listed_bound(problem: BoxProblem, prices: Prices) -> int | None:
    """price_bound by its definition; None where some customer has no legal box."""
    rules = problem.rules
    total = int((problem.stock * prices.stock).sum())
    for quota, least, most in zip(problem.quotas, prices.at_least, prices.at_most, strict=True):
        total += (quota.at_most or 0) * int(most) - (quota.at_least or 0) * int(least)
    boxes = {}
    for k in range(1, problem.width + 1):
        every = np.array(list(combinations(range(problem.n_items), k)), np.int64).reshape(-1, k)
        boxes[k] = every[lawful(rules, every)]
    for c in range(problem.n_customers):
        (utility,), (allowed,) = problem.block(c, c + 1)
        worth = utility.astype(np.int64) * prices.unit - prices.stock[problem.pools[c]]
        for quota, least, most in zip(problem.quotas, prices.at_least, prices.at_most, strict=True):
            if quota.customers is None or quota.customers[c]:
                worth = worth - (most - least) * quota.amount
        slots, locks = int(problem.sizes[c]), [] if problem.locked is None else problem.locked[c]
        penalty = prices.unit * rules.short_penalty
        found = [-penalty * slots] if rules.short != "stop" or not slots else []
        for k in range(1, slots + 1) if rules.short == "ship_short" else [slots][: slots > 0]:
            fits = boxes[k][allowed[boxes[k]].all(axis=1)]
            for lock in locks:
                fits = fits if lock < 0 else fits[(fits == lock).any(axis=1)]
            found += [int(worth[fits].sum(axis=1).max()) - penalty * (slots - k)] if len(fits) else []
        if not found:
            return None
        total += max(found)
    return total // prices.unit
