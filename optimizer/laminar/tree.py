"""Rules that nest: at-most limits on groups of which any two are disjoint or one inside the other, as a tree.

Under such rules a box is the best one as soon as no single item can be dropped, added or swapped for the better, and a
plan as soon as no cycle of swaps helps: so minimum-cost flow finds the best plan, and its prices prove it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizer.oracle.box_rules import Rules
from optimizer.oracle.coupling import Coupling
from optimizer.problem import NO_LIMIT, Bool, BoxProblem, Int32, Int64, Prices

LARGEST = 2**40
"""Penalties beyond this are left to solvers that add up in wider numbers."""


class Tree(NamedTuple):
    """Nested groups, each after all groups that hold it; group 0 is the whole box. G groups, M items.

    parent  int64 (G,)  smallest group that holds this one, -1 for the whole box
    most    int64 (G,)  items of the group per box, >= 1; that of group 0 is the customer's box size and not used
    inner   int64 (M,)  smallest group of each item
    member  bool (G, M)  items of each group
    """

    parent: Int64
    most: Int64
    inner: Int64
    member: Bool


class Promises(NamedTuple):
    """What quotas on single items of single pools come to. P pools, M items.

    stock   int64 (P, M)  units that may be packed: no more than a cap allows
    spare   int64 (P, M)  of these, units that may be left; each one more costs `fee`
    fee     int64 (P, M)  micro-points, the penalty of a promise
    """

    stock: Int64
    spare: Int64
    fee: Int64


class Offers(NamedTuple):
    """The pairs under consideration and whom they are for. N customers, L pairs each at most, K locks each at most.

    item     int32 (N, L)  positions, rising, then -1
    gain     int32 (N, L)  utility of each in micro-points
    pool     int32 (N,)  row of stock that serves the customer
    size     int32 (N,)  slots
    locked   int32 (N, K)  items that a box must hold, -1 = none
    penalty  int micro-points per missing slot
    """

    item: Int32
    gain: Int32
    pool: Int32
    size: Int32
    locked: Int32
    penalty: int


def tree_of(rules: Rules) -> Tree | None:
    """The tree of the at-most limits; None when two of their groups cross."""
    n_items = rules.row.shape[1]
    member, most = _groups(rules)
    size = member.sum(axis=1)
    shared = member.astype(np.float32) @ member.T.astype(np.float32)
    if not ((shared == 0) | (shared == size[:, None]) | (shared == size[None, :])).all():
        return None
    order = np.argsort(-size, kind="stable")
    member = np.concatenate([np.ones((1, n_items), bool), member[order]])
    parent, inner = np.full(member.shape[0], -1, np.int64), np.zeros(n_items, np.int64)
    for g in range(1, member.shape[0]):
        parent[g] = inner[np.argmax(member[g])]
        inner[member[g]] = g
    return Tree(parent, np.concatenate([[n_items], most[order]]), inner, member)


def laminar_rules(problem: BoxProblem, rules: Rules) -> Tree | None:
    """The tree of the rules; None when more binds than stock, eligibility, sizes, locks and nested at-most limits.

    rules   `compile_rules(problem)`: limits that no box can reach are out already
    """
    other = rules.low.size or problem.rules.pairs or rules.lower.size or problem.rules.short != "ship_short"
    if other or problem.n_items == 0 or problem.rules.short_penalty > LARGEST:
        return None
    return tree_of(rules)


def promises_of(coupling: Coupling) -> Promises | None:
    """Quotas as limits on what is left of each item; None when one counts several items, pools, or parts of a pool."""
    stock, fee = coupling.stock.copy(), np.zeros_like(coupling.stock)
    spare = np.full_like(stock, NO_LIMIT)
    taken = np.zeros(stock.shape, bool)
    for q in range(coupling.penalty.size):
        cell = _cell(coupling, q)
        if cell is None or taken[cell] or coupling.penalty[q] > LARGEST:
            return None
        taken[cell] = True
        stock[cell] = min(stock[cell], coupling.at_most[q])
        if coupling.at_least[q]:
            fee[cell] = coupling.penalty[q]
            spare[cell] = max(0, stock[cell] - coupling.at_least[q])
    return Promises(stock, np.minimum(spare, stock), fee)


def _cell(coupling: Coupling, q: int) -> tuple[int, int] | None:
    """Pool and item that a quota counts; None when it is not one of each, unit by unit, for everyone there."""
    items = np.flatnonzero(coupling.amount[q])
    pools = np.unique(coupling.pool_of[coupling.member[:, q]])
    if items.size != 1 or coupling.amount[q, items[0]] != 1 or pools.size != 1:
        return None
    everyone = coupling.member[coupling.pool_of == pools[0], q].all()
    return (int(pools[0]), int(items[0])) if everyone else None


def as_prices(coupling: Coupling, price: Int64, unit: int) -> Prices:
    """Prices of stock and quotas out of what a unit of each item is worth.

    price   int64 (P, M) micro-points; below 0 where a promise pays for a unit, above 0 where stock or a cap is short
    """
    stock = np.maximum(price, 0)
    at_least, at_most = np.zeros(coupling.penalty.size, np.int64), np.zeros(coupling.penalty.size, np.int64)
    for q in range(coupling.penalty.size):
        cell = _cell(coupling, q)
        assert cell is not None
        beyond = coupling.at_least[q] > min(coupling.stock[cell], coupling.at_most[q])  # some units are missing anyhow
        at_least[q] = coupling.penalty[q] if beyond else max(0, -int(price[cell]))
        stock[cell] = price[cell] + at_least[q]
        if coupling.at_most[q] < coupling.stock[cell]:
            at_most[q], stock[cell] = stock[cell], 0
    return Prices(stock * unit, at_least * unit, at_most * unit, unit)


def _groups(rules: Rules) -> tuple[Bool, Int64]:
    """Items (R, M) and limit (R,) of every group; of groups with the same items only the tightest."""
    n_items = rules.row.shape[1]
    rows = np.arange(rules.most.size)
    member = np.zeros((rows.size, n_items), bool)
    for row in rules.row:
        member |= row[None, :] == rows[:, None]
    order = np.lexsort((rows, rules.most))
    _, first = np.unique(member[order], axis=0, return_index=True) if rows.size else (None, rows)
    kept = order[np.sort(first)]
    used = kept[member[kept].any(axis=1)]
    return member[used], rules.most[used]
