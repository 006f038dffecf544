"""The slow, obvious twin: every legal box of every customer, every combination of boxes, no cleverness to mistrust.

Written from the documents alone. Shares nothing with the solver or with `optimizer.verify.plan` but the problem itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import combinations, pairwise

import numpy as np

from optimizer.problem import BoxProblem, Prices, Quota

Box = tuple[int, ...]


def slots_of(problem: BoxProblem, c: int) -> int:
    return problem.rules.size if problem.slots is None else int(problem.slots[c])


def pool_of(problem: BoxProblem, c: int) -> int:
    return 0 if problem.pool is None else int(problem.pool[c])


def locks_of(problem: BoxProblem, c: int) -> list[int]:
    return [] if problem.locked is None else [int(i) for i in problem.locked[c] if i >= 0]


def utility_of(problem: BoxProblem, c: int, i: int) -> int:
    return int(problem.block(c, c + 1)[0][0, i])


def limit(given: int | Sequence[int] | np.ndarray | None, label: int) -> int | None:
    """The limit of one group: there is none, one for all, or one per group."""
    if given is None:
        return None
    every = np.ravel(given)
    return int(every[label] if every.size > label else every[0])


def box_faults(problem: BoxProblem, c: int, box: list[int]) -> set[str]:
    """Names of the rules that one box breaks; `box` as in a plan, -1 = missing slot."""
    rules, faults = problem.rules, set()
    items = [i for i in box if i != -1]
    if any(i < -1 or i >= problem.n_items for i in items):
        faults.add("position")
        items = [i for i in items if 0 <= i < problem.n_items]
        box = [i if -1 <= i < problem.n_items else -1 for i in box]
    if any(first == -1 and second != -1 for first, second in pairwise(box)):
        faults.add("order")
    if len(items) != len(set(items)):
        faults.add("repeat")
    allowed = problem.block(c, c + 1)[1][0]
    if any(not allowed[i] for i in items):
        faults.add("allowed")
    slots = slots_of(problem, c)
    if len(items) > slots:
        faults.add("slots")
    if rules.short == "no_box" and 0 < len(items) < slots:
        faults.add("short")
    if rules.short == "stop" and len(items) < slots:
        faults.add("short")
    if not items:
        return faults
    for group in rules.groups:
        counts = Counter(int(group.labels[i]) for i in items)
        for label in range(max([-1, *map(int, group.labels)]) + 1):
            most, least = limit(group.at_most, label), limit(group.at_least, label)
            if most is not None and counts[label] > most:
                faults.add("at_most")
            if least is not None and counts[label] < least:
                faults.add("at_least")
    for band in rules.bands:
        total = sum(int(band.amount[i]) for i in items)
        if (band.low is not None and total < band.low) or (band.high is not None and total > band.high):
            faults.add("band")
    for pair in rules.pairs:
        if pair.kind == "apart" and pair.i in items and pair.j in items:
            faults.add("apart")
        if pair.kind == "together" and (pair.i in items) != (pair.j in items):
            faults.add("together")
    if any(i not in items for i in locks_of(problem, c)):
        faults.add("locked")
    return faults


def plan_faults(problem: BoxProblem, boxes: list[list[int]]) -> set[str]:
    """Names of the rules that a plan breaks, stock and quotas included."""
    faults = set()
    used: Counter[tuple[int, int]] = Counter()
    for c, box in enumerate(boxes):
        faults |= box_faults(problem, c, box)
        used.update((pool_of(problem, c), i) for i in box if 0 <= i < problem.n_items)
    if any(units > problem.stock[cell] for cell, units in used.items()):
        faults.add("stock")
    for quota in problem.quotas:
        if quota.at_most is not None and sent(problem, quota, boxes) > quota.at_most:
            faults.add("quota")
    return faults


def sent(problem: BoxProblem, quota: Quota, boxes: list[list[int]]) -> int:
    """Amount that counts towards a quota."""
    counted = [box for c, box in enumerate(boxes) if quota.customers is None or quota.customers[c]]
    return sum(int(quota.amount[i]) for box in counted for i in box if 0 <= i < problem.n_items)


def plan_worth(problem: BoxProblem, boxes: list[list[int]]) -> int:
    """Value of a plan as documented: utility, less missing slots, less unmet promises."""
    value = 0
    for c, box in enumerate(boxes):
        items = [i for i in box if i >= 0]
        value += sum(utility_of(problem, c, i) for i in items)
        value -= problem.rules.short_penalty * (slots_of(problem, c) - len(items))
    for quota in problem.quotas:
        if quota.at_least is not None:
            value -= quota.penalty * max(0, quota.at_least - sent(problem, quota, boxes))
    return value


def legal_boxes(problem: BoxProblem, c: int) -> list[Box]:
    """Every legal box of one customer, the empty one included where it is legal."""
    found = []
    for n in range(slots_of(problem, c) + 1):
        found += [box for box in combinations(range(problem.n_items), n) if not box_faults(problem, c, list(box))]
    return found


def brute_force(problem: BoxProblem) -> int | None:
    """Value of the best plan, None where there is no plan: tries everything."""
    choices = [legal_boxes(problem, c) for c in range(problem.n_customers)]
    capped = [q for q, quota in enumerate(problem.quotas) if quota.at_most is not None]
    promised = [q for q, quota in enumerate(problem.quotas) if quota.at_least is not None]

    def counts(q: int, c: int, box: Box) -> int:
        quota = problem.quotas[q]
        counted = quota.customers is None or quota.customers[c]
        return sum(int(quota.amount[i]) for i in box) if counted else 0

    def facts(c: int, box: Box) -> tuple[list[int], list[int], list[int], int]:
        """What a box takes from stock, counts under caps and towards promises, and is worth."""
        cells = [pool_of(problem, c) * problem.n_items + i for i in box]
        worth = sum(utility_of(problem, c, i) for i in box)
        worth -= problem.rules.short_penalty * (slots_of(problem, c) - len(box))
        return cells, [counts(q, c, box) for q in capped], [counts(q, c, box) for q in promised], worth

    options = [[facts(c, box) for box in choices[c]] for c in range(problem.n_customers)]

    @cache
    def best(c: int, stock: tuple[int, ...], room: tuple[int, ...], missing: tuple[int, ...]) -> int | None:
        """Best value of customers c.. with this stock left, this room under caps, this much still promised."""
        if c == problem.n_customers:
            return -sum(problem.quotas[q].penalty * amount for q, amount in zip(promised, missing, strict=True))
        found = None
        for cells, capping, promising, worth in options[c]:
            if any(not stock[cell] for cell in cells):
                continue
            new_room = tuple(r - n for r, n in zip(room, capping, strict=True))
            if any(r < 0 for r in new_room):
                continue
            new_missing = tuple(max(0, m - n) for m, n in zip(missing, promising, strict=True))
            left = list(stock)
            for cell in cells:
                left[cell] -= 1
            rest = best(c + 1, tuple(left), new_room, new_missing)
            if rest is not None:
                found = rest + worth if found is None else max(found, rest + worth)
        return found

    # More units than customers never bind: cutting them there lets the memory meet more often.
    stock = tuple(min(problem.n_customers, int(units)) for units in problem.stock.reshape(-1))
    room = tuple(int(problem.quotas[q].at_most or 0) for q in capped)
    missing = tuple(int(problem.quotas[q].at_least or 0) for q in promised)
    return best(0, stock, room, missing)


def naive_bound(problem: BoxProblem, prices: Prices) -> int | None:
    """The bound of the documents, box by box; None where some customer has no legal box."""
    total = sum(
        int(problem.stock[p, i]) * int(prices.stock[p, i])
        for p in range(problem.n_pools)
        for i in range(problem.n_items)
    )
    for q, quota in enumerate(problem.quotas):
        total += (quota.at_most or 0) * int(prices.at_most[q]) - (quota.at_least or 0) * int(prices.at_least[q])
    for c in range(problem.n_customers):
        worths = [box_worth(problem, prices, c, box) for box in legal_boxes(problem, c)]
        if not worths:
            return None
        total += max(worths)
    return total // prices.unit


def box_worth(problem: BoxProblem, prices: Prices, c: int, box: Box) -> int:
    """A box at unit * utility - prices, less its missing slots."""
    worth = -prices.unit * problem.rules.short_penalty * (slots_of(problem, c) - len(box))
    for i in box:
        worth += prices.unit * utility_of(problem, c, i) - int(prices.stock[pool_of(problem, c), i])
        for q, quota in enumerate(problem.quotas):
            if quota.customers is None or quota.customers[c]:
                worth -= (int(prices.at_most[q]) - int(prices.at_least[q])) * int(quota.amount[i])
    return worth
