"""One item in, one item out: which single swaps keep a box legal, compiled. What chains of exchanges are made of.

Rules that a swap cannot be judged by alone (items that go together) are answered "no".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizer.kernels import door
from optimizer.problem import NO_LIMIT, Bool, BoxProblem, Int32, Int64

FREE = -1
"""No cap stands in the way."""
BARRED = -2
"""A rule of the box forbids the swap."""


class SwapRules(NamedTuple):
    """What a swap is judged by. G groupings, L labels at most, B bands, M items, Q capped quotas, N customers.

    label        int32 (G, M), -1 = none; most, least int64 (G, L)
    amount       int64 (B, M); low, high int64 (B,)
    apart_start  int64 (M + 1,), apart int32: items that may not join item i
    mate         bool (M,) the item ships with others only
    locked       int32 (N, any) items that stay, -1 = none
    weight       int64 (Q, M); cap int64 (Q,); member bool (Q, N): capped quotas
    """

    label: Int32
    most: Int64
    least: Int64
    amount: Int64
    low: Int64
    high: Int64
    apart_start: Int64
    apart: Int32
    mate: Bool
    locked: Int32
    weight: Int64
    cap: Int64
    member: Bool


def capped(problem: BoxProblem) -> list[int]:
    """Positions of the quotas with an at-most side."""
    return [q for q, quota in enumerate(problem.quotas) if quota.at_most is not None]


def swap_rules(problem: BoxProblem) -> SwapRules:
    """Flatten what single swaps are judged by."""
    rules, m, n = problem.rules, problem.n_items, problem.n_customers
    groups = rules.groups
    width = max([1, *(group.n_groups for group in groups)])
    most, least = np.full((len(groups), width), NO_LIMIT), np.zeros((len(groups), width), np.int64)
    for g, group in enumerate(groups):
        most[g, : group.n_groups], least[g, : group.n_groups] = group.most, group.least
    near: list[set[int]] = [set() for _ in range(m)]
    mate = np.zeros(m, np.bool_)
    for pair in rules.pairs:
        if pair.kind == "apart":
            near[pair.i].add(pair.j)
            near[pair.j].add(pair.i)
        else:
            mate[[pair.i, pair.j]] = True
    quotas = [problem.quotas[q] for q in capped(problem)]
    everyone = np.ones(n, np.bool_)
    return SwapRules(
        label=np.array([group.labels for group in groups], np.int32).reshape(len(groups), m),
        most=most.astype(np.int64),
        least=least,
        amount=np.array([band.amount for band in rules.bands], np.int64).reshape(len(rules.bands), m),
        low=np.array([0 if band.low is None else band.low for band in rules.bands], np.int64),
        high=np.array([NO_LIMIT if band.high is None else band.high for band in rules.bands], np.int64),
        apart_start=np.concatenate([[0], np.cumsum([len(items) for items in near])]).astype(np.int64),
        apart=np.array([j for items in near for j in sorted(items)], np.int32),
        mate=mate,
        locked=np.zeros((n, 0), np.int32) if problem.locked is None else np.array(problem.locked, np.int32),
        weight=np.array([quota.amount for quota in quotas], np.int64).reshape(len(quotas), m),
        cap=np.array([quota.at_most for quota in quotas], np.int64),
        member=np.array([everyone if q.customers is None else q.customers for q in quotas], np.bool_).reshape(-1, n),
    )


def amounts_used(rules: SwapRules, boxes: Int32) -> Int64:
    """int64 (Q,) what boxes (n_customers, any) count under each cap."""
    used = np.zeros(rules.cap.size, np.int64)
    for q in range(rules.cap.size):
        held = boxes[rules.member[q]]
        used[q] = np.append(rules.weight[q], 0)[held].sum()
    return used


@door
def may_swap(r: SwapRules, used: Int64, c: int, box: Int32, gone: int, come: int) -> int:
    """May customer c's box lose item `gone` (-1 = nothing) and gain item `come`?

    used     int64 (Q,) amounts that count under the caps now

    FREE, BARRED by a rule of the box, or the position of a cap that has no room for it.
    """
    if r.mate[come] or (gone >= 0 and r.mate[gone]):
        return BARRED
    for k in range(r.locked.shape[1]):
        if gone >= 0 and r.locked[c, k] == gone:
            return BARRED
    for g in range(r.label.shape[0]):
        joins, leaves = r.label[g, come], np.int32(-1) if gone < 0 else r.label[g, gone]
        if joins == leaves:
            continue
        here, there = 0, 0
        for k in range(box.size):
            if box[k] >= 0:
                here += r.label[g, box[k]] == joins
                there += r.label[g, box[k]] == leaves
        if joins >= 0 and here + 1 > r.most[g, joins]:
            return BARRED
        if leaves >= 0 and there == r.least[g, leaves]:
            return BARRED
    for b in range(r.amount.shape[0]):
        before = np.int64(0)
        for k in range(box.size):
            if box[k] >= 0:
                before += r.amount[b, box[k]]
        after = before + r.amount[b, come] - (np.int64(0) if gone < 0 else r.amount[b, gone])
        if after > r.high[b] or before >= r.low[b] > after:
            return BARRED
    for at in range(r.apart_start[come], r.apart_start[come + 1]):
        for k in range(box.size):
            if box[k] == r.apart[at] and box[k] != gone:
                return BARRED
    for q in range(r.cap.size):
        if r.member[q, c]:
            more = r.weight[q, come] - (np.int64(0) if gone < 0 else r.weight[q, gone])
            if more > 0 and used[q] + more > r.cap[q]:
                return q
    return FREE
