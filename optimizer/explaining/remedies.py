"""What would mend a shortage or a missed promise, best first: stock, a looser rule, a wider choice, a higher penalty.

Each repair says how much it would fill, counted box by box, and what that is worth by the plan's prices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from optimizer.explaining.fullest_box import AllowedBits, fullest
from optimizer.explaining.missed_promise import Hindrance, Unsent
from optimizer.explaining.refill import has_pair
from optimizer.explaining.sent import units_packed
from optimizer.explaining.shortage import Shortages
from optimizer.explaining.swaps import FREE, SwapRules, amounts_used, may_swap, swap_rules
from optimizer.explaining.why_not import without_each
from optimizer.kernels import door
from optimizer.problem import Bool, BoxProblem, Int32, Int64, Plan

MOST = 4
"""Repairs told, of each kind."""
LOOKED_AT = 12
"""Items, the dearest of a cut and those of which most is left, for which it is counted which boxes could take them."""
ASKED = 1_000_000
"""Boxes asked, over all rules, about what they could hold without the rule."""
Kind = Literal["stock", "allow", "rule", "cap", "penalty", "promise"]
KINDS: tuple[Kind, ...] = ("stock", "allow", "rule", "cap", "penalty", "promise")


@dataclass(frozen=True)
class Remedy:
    """One thing to do.

    kind     "stock": add `units` of the item to the pool; "allow": let `units` customers more receive it (of a promise:
             any of its items); "rule": take out the rule `name`; "cap": raise the at-most quota `name` by `units`;
             "penalty": raise the penalty of the promise `name` above `units` micro-points; "promise": promise `units`
    fills    slots (or units of the promise) that it would fill
    adds     micro-points that this is worth by the plan's prices, about
    at_most  True = it may fill fewer than `fills`
    """

    kind: Kind
    units: int
    fills: int
    adds: int
    pool: int | None = None
    item: int | None = None
    name: str | None = None
    at_most: bool = False


def _best(remedies: list[Remedy]) -> list[Remedy]:
    """The best few of each kind, in a total order: what adds most comes first."""
    useful = [repair for repair in remedies if repair.fills > 0]
    ranked = sorted(
        useful, key=lambda r: (-r.adds, -r.fills, KINDS.index(r.kind), r.pool or 0, r.item or 0, r.name or "")
    )
    kinds = [repair.kind for repair in ranked]
    return [repair for at, repair in enumerate(ranked) if kinds[:at].count(repair.kind) < MOST]


def freed_by(
    problem: BoxProblem, pairs: AllowedBits, who: Int32, most: Int64, counts: Int64, usable: Bool | None = None
) -> dict[str, Int64]:
    """Rules, any one of which, taken out alone, lets boxes count more: name -> int64 (n,) how much more each.

    who, most   customers, of one pool where `usable` is one row for all, and the most a legal box of each counts now
    counts      int64 (n_items,) what an item counts; usable: bool (n_items,) or (n, n_items), items looked at
    """
    found: dict[str, Int64] = {}
    partly = replace(problem.rules, short="ship_short")
    looser = [rule for at, rule in enumerate(without_each(partly)) if (at + 1) * who.size <= ASKED]
    for name, rules in looser if who.size else ():
        more = fullest(problem, pairs, who, counts, usable=usable, rules=rules) - most
        if (more > 0).any():
            found[name] = np.maximum(more, 0)
    return found


def remedies_for_cut(problem: BoxProblem, plan: Plan, pairs: AllowedBits, told: Shortages, number: int) -> list[Remedy]:
    """What would fill slots of the cut `told.cuts[number]`."""
    assert plan.boxes is not None
    cut, price, penalty = told.cuts[number], _points(plan, problem), problem.rules.short_penalty
    remedies = []
    for q, weight in zip(cut.caps, cut.cap_weight.tolist(), strict=True):
        more = -(-cut.share * cut.missing // weight)
        remedies.append(Remedy("cap", more, cut.missing, cut.missing * penalty, name=problem.quotas[q].name))
    short = told.customers[told.cut == number]
    left = problem.stock - units_packed(problem, plan.boxes)
    left[cut.pool, cut.item] = 0
    dear = np.lexsort((cut.item, cut.pool, -price[cut.pool, cut.item]))[:LOOKED_AT]
    spare = np.argsort(-left, axis=None, kind="stable")[:LOOKED_AT]
    spare = spare[left.flat[spare] > 0]
    cells = np.zeros(problem.stock.shape, np.bool_)
    cells[cut.pool[dear], cut.item[dear]] = True
    cells.flat[spare] = True
    takers = _takers(problem, plan.boxes, pairs, short, cells)
    for p, i, weight in zip(cut.pool[dear].tolist(), cut.item[dear].tolist(), cut.weight[dear].tolist(), strict=True):
        units = min(int(takers[0, p, i]), -(-cut.missing * cut.share // weight))
        fills = min(cut.missing, max(units, units * weight // cut.share))
        remedies.append(Remedy("stock", units, fills, units * int(price[p, i]), p, i, at_most=not cut.plain))
    for p, i in (divmod(int(cell), problem.n_items) for cell in spare):
        units = min(cut.missing, int(left[p, i]), int(takers[1, p, i]))
        remedies.append(Remedy("allow", int(takers[1, p, i]), units, units * penalty, p, i))
    return _best([*remedies, *(() if cut.caps else _looser(problem, plan.boxes, pairs, short, cut.missing))])


def _points(plan: Plan, problem: BoxProblem) -> Int64:
    """int64 (n_pools, n_items) price of a unit in micro-points, rounded up."""
    return np.zeros_like(problem.stock) if plan.prices is None else -(-plan.prices.stock // plan.prices.unit)


def _looser(problem: BoxProblem, boxes: Int32, pairs: AllowedBits, short: Int32, missing: int) -> Iterator[Remedy]:
    """Rules without which short boxes could hold more, of their own items and of what is left."""
    left = problem.stock > units_packed(problem, boxes)
    freed: dict[str, int] = {}
    for pool in np.unique(problem.pools[short]):
        who = short[problem.pools[short] == pool]
        usable = np.repeat(left[pool][None, :], who.size, axis=0)
        row, slot = np.nonzero(boxes[who] >= 0)
        usable[row, boxes[who][row, slot]] = True
        ones, partly = np.ones(problem.n_items, np.int64), replace(problem.rules, short="ship_short")
        most = fullest(problem, pairs, who, ones, usable=usable, rules=partly) if left[pool].any() else None
        for name, more in freed_by(problem, pairs, who, most, ones, usable).items() if most is not None else ():
            units = int((problem.stock[pool] - units_packed(problem, boxes)[pool]).sum())
            freed[name] = freed.get(name, 0) + min(int(more.sum()), units)
    for name, slots in freed.items():
        fills = min(slots, missing)
        yield Remedy("rule", fills, fills, fills * problem.rules.short_penalty, name=name, at_most=True)


def _takers(problem: BoxProblem, boxes: Int32, pairs: AllowedBits, short: Int32, cells: Bool) -> Int64:
    """int64 (2, n_pools, n_items): short boxes with room for the item, of those allowed it (0) and not allowed (1)."""
    rules = swap_rules(problem)
    counts = np.zeros((2, *problem.stock.shape), np.int64)
    used = amounts_used(rules, boxes)
    _count(rules, pairs.bits, used, np.array(problem.pools), np.array(boxes), np.array(short), cells, counts)
    return counts


@door
def _count(
    r: SwapRules, bits: Int64, used: Int64, pool: Int32, boxes: Int32, short: Int32, cells: Bool, counts: Int64
) -> None:
    for c in short:
        box = boxes[c]
        for item in range(counts.shape[2]):
            held = not cells[pool[c], item]
            for k in range(box.size):
                held |= box[k] == item
            if not held and may_swap(r, used, np.int64(c), box, np.int64(-1), item) == FREE:
                counts[0 if has_pair(bits, c, item) else 1, pool[c], item] += 1


def remedies_for_promise(problem: BoxProblem, plan: Plan, why: Unsent) -> list[Remedy]:
    """What would send more of a missed promise."""
    quota, price, missing = problem.quotas[why.quota], _points(plan, problem), why.missing
    if why.hindrance is Hindrance.WORTH and why.cost is not None:
        above = max(why.cost, quota.penalty)
        remedies = [Remedy("penalty", above, missing, 0, name=quota.name)]
        return [*remedies, Remedy("promise", why.sent, missing, 0, name=quota.name)]
    if why.most >= why.at_least:
        return []
    lacking, remedies = why.at_least - why.most, []
    for i in np.unique(why.item).tolist():
        pool = max(why.pool[why.item == i].tolist(), key=lambda p: (int(price[p, i]), -p))
        units = -(-lacking // int(quota.amount[i]))
        remedies.append(Remedy("stock", units, lacking, units * int(price[pool, i]), pool, i))
    remedies = _best(remedies)
    if why.hindrance is not Hindrance.STOCK:
        remedies.append(Remedy("allow", lacking, lacking, 0, name=quota.name))
    return [*remedies, Remedy("promise", why.most, lacking, 0, name=quota.name)]
