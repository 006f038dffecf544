"""How full could the boxes be made by exchanges alone, worth aside, and what is used up when nothing more can be done?

Units left over are moved, swap by swap, towards customers with empty slots, as push-relabel moves flow; what is still
within reach of a short customer then has nothing left: the stock that a cut is made of. Heuristic where rules cross:
whoever uses the answer computes its numbers anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.explaining.fullest_box import AllowedBits
from optimizer.explaining.swaps import BARRED, FREE, SwapRules, amounts_used, may_swap, swap_rules
from optimizer.kernels import door
from optimizer.problem import Bool, BoxProblem, Int32, Int64

PHASES = 40
"""Rounds of moving units after which the search settles for what it has."""
PATIENCE = 3
"""Rounds in a row that fill nothing after which it stops."""
UNSEEN = -1


@dataclass(frozen=True, eq=False)
class Reach:
    """What short customers can reach by chains of swaps once nothing more can be filled.

    cells   bool (n_pools, n_items) stock within their reach, all of it used up
    caps    positions (among `swaps.capped`) of capped quotas that stopped a swap
    empty   slots that were not filled, or only by boxes that lack something that they must hold
    """

    cells: Bool
    caps: tuple[int, ...]
    empty: int


def refill(problem: BoxProblem, pairs: AllowedBits, boxes: Int32, want: Int64) -> Reach:
    """Fill what can be filled from `boxes` on, and say what stops the rest.

    boxes   int32 (n_customers, any) legal boxes within stock
    want    int64 (n_customers,) items each box should hold
    """
    width = max(problem.width, boxes.shape[1], 1)
    now = np.full((problem.n_customers, width), -1, np.int32)
    now[:, : boxes.shape[1]] = boxes
    rules, pool = swap_rules(problem), np.array(problem.pools)
    flat = pool[:, None].astype(np.int64) * problem.n_items + now
    left = problem.stock - np.bincount(flat[now >= 0], minlength=problem.stock.size).reshape(problem.stock.shape)
    used = amounts_used(rules, now)
    order = np.argsort(pool, kind="stable").astype(np.int32)
    start = np.searchsorted(pool[order], np.arange(problem.n_pools + 1)).astype(np.int64)
    level, met = np.full(left.shape, UNSEEN, np.int32), np.full(rules.cap.size, UNSEEN, np.int32)
    in_vain = 0
    for _ in range(PHASES):
        _spread(rules, pairs.bits, pool, now, want, used, level, met)
        if in_vain == PATIENCE or not ((level >= 0) & (left > 0)).any():
            break
        filled = _push(rules, pairs.bits, order, start, now, want, used, level, left)
        in_vain = 0 if filled else in_vain + 1
    held = (now >= 0).sum(axis=1)
    lawful = _lawful(rules, now) & ((held >= want) | (problem.rules.short == "ship_short"))
    held = np.where(lawful, held, (boxes >= 0).sum(axis=1))
    empty = int(np.maximum(0, want - held).sum())
    return Reach((level >= 0) & (left == 0), tuple(np.flatnonzero(met >= 0).tolist()), empty)


def _lawful(rules: SwapRules, boxes: Int32) -> Bool:
    """bool (n,): the box is empty or holds what it must: at-least sides of groups, low ends of bands."""
    ships = (boxes >= 0).any(axis=1)
    lawful = np.ones(len(boxes), np.bool_)
    for label, least in zip(rules.label, rules.least, strict=True):
        held = np.append(label, np.int32(-1))[boxes]
        for group in np.flatnonzero(least):
            lawful &= (held == group).sum(axis=1) >= least[group]
    for amount, low in zip(rules.amount, rules.low.tolist(), strict=True):
        lawful &= np.append(amount, 0)[boxes].sum(axis=1) >= low
    return lawful | ~ships


@door
def has_pair(bits: np.ndarray, c: int, item: int) -> bool:
    """Is the pair allowed? `bits` as in `AllowedBits`."""
    return bool((bits[c, item >> 3] >> (item & 7)) & 1)


@door
def _holds(box: Int32, item: int) -> bool:
    held = False
    for k in range(box.size):
        held |= box[k] == item
    return held


@door
def _size(box: Int32) -> int:
    size = 0
    for k in range(box.size):
        size += box[k] >= 0
    return size


@door
def _free_slot(box: Int32, want: int) -> int:
    """An empty slot of a box that should hold more; -1 = none."""
    if _size(box) >= want:
        return -1
    for k in range(box.size):
        if box[k] < 0:
            return k
    return -1


@door
def _near(r: SwapRules, c: int, gone: int, step: int, level: Int32, met: Int32) -> bool:
    """Did the last step reach the item, or a cap that it counts under?"""
    near = bool(level[gone] == step)
    for q in range(met.size):
        near |= met[q] == step and r.member[q, c] and r.weight[q, gone] > 0
    return near


@door
def _spread(
    r: SwapRules, bits: np.ndarray, pool: Int32, boxes: Int32, want: Int64, used: Int64, level: Int32, met: Int32
) -> None:
    """level (P, M), met (Q,): how many swaps stand between a short customer and the item, or cap; UNSEEN = no chain."""
    level[:], met[:] = UNSEEN, UNSEEN
    step, grew = 0, True
    while grew:
        grew = False
        for c in range(boxes.shape[0]):
            box, seen = boxes[c], level[pool[c]]
            if step == 0:
                if _free_slot(box, want[c]) >= 0:
                    grew |= _mark(r, bits, c, box, np.int64(-1), used, seen, met, step)
            else:
                for k in range(box.size):
                    if box[k] >= 0 and _near(r, c, np.int64(box[k]), step - 1, seen, met):
                        grew |= _mark(r, bits, c, box, np.int64(box[k]), used, seen, met, step)
        step += 1


@door
def _mark(
    r: SwapRules, bits: np.ndarray, c: int, box: Int32, gone: int, used: Int64, seen: Int32, met: Int32, step: int
) -> bool:
    """Mark what customer c could take in place of `gone`; True when anything is new."""
    grew = False
    for come in range(seen.size):
        if seen[come] == UNSEEN and has_pair(bits, c, come) and not _holds(box, come):
            said = may_swap(r, used, c, box, gone, come)
            if said == FREE:
                seen[come] = step
                grew = True
            elif said != BARRED and met[said] == UNSEEN:
                met[said] = step
                grew = True
    return grew


@door
def _push(
    r: SwapRules,
    bits: np.ndarray,
    order: Int32,
    start: Int64,
    boxes: Int32,
    want: Int64,
    used: Int64,
    level: Int32,
    left: Int64,
) -> bool:
    """Move every unit that is left one swap nearer to a short customer, farthest first; True when a box was filled."""
    filled = False
    for p in range(left.shape[0]):
        missing = np.int64(0)
        for at in range(start[p], start[p + 1]):
            missing += max(0, want[order[at]] - _size(boxes[order[at]]))
        farthest = -1
        for come in range(left.shape[1]):
            farthest = max(farthest, level[p, come])
        for step in range(farthest, -1, -1):
            for come in range(left.shape[1]):
                if level[p, come] != step:
                    continue
                enough = missing  # more units than empty slots need not come nearer
                for at in range(start[p], start[p + 1]):
                    c = np.int64(order[at])
                    if left[p, come] == 0 or enough == 0:
                        break
                    if step == 0 and _size(boxes[c]) >= want[c]:
                        continue
                    if has_pair(bits, c, come) and not _holds(boxes[c], come):
                        slot = _slot_for(r, c, boxes[c], want[c], come, step, used, level[p])
                        if slot < 0:
                            continue
                        gone = np.int64(boxes[c, slot])
                        for q in range(r.cap.size):
                            if r.member[q, c]:
                                used[q] += r.weight[q, come] - (np.int64(0) if gone < 0 else r.weight[q, gone])
                        boxes[c, slot] = come
                        left[p, come] -= 1
                        enough -= 1
                        if gone >= 0:
                            left[p, gone] += 1
                        else:
                            missing -= 1
                            filled = True
    return filled


@door
def _slot_for(r: SwapRules, c: int, box: Int32, want: int, come: int, step: int, used: Int64, level: Int32) -> int:
    """The slot of customer c's box that may take the item: empty, or with an item that is a step nearer; -1 = none."""
    if step == 0:
        slot = _free_slot(box, want)
        return slot if slot >= 0 and may_swap(r, used, c, box, np.int64(-1), come) == FREE else -1
    for k in range(box.size):
        if box[k] >= 0 and level[box[k]] == step - 1 and may_swap(r, used, c, box, np.int64(box[k]), come) == FREE:
            return k
    return -1
