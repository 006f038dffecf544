"""The box in hand while the search runs: items in and out, is it legal, and the best boxes kept."""

from __future__ import annotations

from optimizer.kernels import kernel, small
from optimizer.oracle.box_rules import (
    APART,
    APART_START,
    BUNDLE,
    BUNDLE_START,
    FULL,
    HEAD,
    HIGH,
    LEAST,
    LOW,
    LOWER,
    MEMBER,
    MOST,
    N_BANDS,
    N_GROUPINGS,
    N_LOWER,
    ROW,
    ROW_START,
)
from optimizer.oracle.kernels.memory import (
    BEST,
    BOX,
    COUNT,
    FLOOR,
    FOUND,
    INSIDE,
    KEEP,
    NEVER,
    RELAXED,
    RELAXED_OF,
    SIZE,
    STATE,
    TOTAL,
    WIDTH,
    WORTH,
    WORTH_OF,
    Whole,
)
from optimizer.problem import Int64


@kernel
def push_one(s: Int64, r: Int64, item: int, slots: int) -> bool:
    """Put one item into the box unless a rule forbids it."""
    size = s[STATE, SIZE]
    if size >= slots:
        return False
    for g in range(r[HEAD, N_GROUPINGS]):
        row = r[ROW + g, item]
        if row >= 0 and s[COUNT, row] >= r[MOST, row]:
            return False
    for b in range(r[HEAD, N_BANDS]):
        if s[TOTAL, b] + r[-1 - b, item] > r[HIGH, b]:
            return False
    for at in range(r[APART_START, item], r[APART_START, item + 1]):
        if s[INSIDE, r[APART, at]]:
            return False
    for g in range(r[HEAD, N_GROUPINGS]):
        row = r[ROW + g, item]
        if row >= 0:
            s[COUNT, row] += 1
    for b in range(r[HEAD, N_BANDS]):
        s[TOTAL, b] += r[-1 - b, item]
    s[BOX, size] = item
    s[INSIDE, item] = True
    s[STATE, SIZE] = size + 1
    s[STATE, WORTH] += s[WORTH_OF, item]
    s[STATE, RELAXED] += s[RELAXED_OF, item]
    return True


@kernel
def pop_to(s: Int64, r: Int64, size: int) -> None:
    """Take items out of the box, last first, until `size` are left."""
    while s[STATE, SIZE] > size:
        s[STATE, SIZE] -= 1
        item = s[BOX, s[STATE, SIZE]]
        s[INSIDE, item] = False
        s[STATE, WORTH] -= s[WORTH_OF, item]
        s[STATE, RELAXED] -= s[RELAXED_OF, item]
        for g in range(r[HEAD, N_GROUPINGS]):
            row = r[ROW + g, item]
            if row >= 0:
                s[COUNT, row] -= 1
        for b in range(r[HEAD, N_BANDS]):
            s[TOTAL, b] -= r[-1 - b, item]


@kernel
def push_whole(s: Int64, r: Int64, item: int, slots: int) -> bool:
    """Put an item, with all that go together with it, into the box, or change nothing."""
    t = r[BUNDLE, item]
    if t < 0:
        return bool(push_one(s, r, item, slots))
    size = s[STATE, SIZE]
    for m in range(r[BUNDLE_START, t], r[BUNDLE_START, t + 1]):
        if not push_one(s, r, r[MEMBER, m], slots):
            pop_to(s, r, size)
            return False
    return True


@kernel
def is_legal(s: Int64, r: Int64, slots: int) -> bool:
    """True when the non-empty box obeys the rules that only a finished box can be judged by."""
    if s[STATE, SIZE] == 0 or (r[HEAD, FULL] and s[STATE, SIZE] < slots):
        return False
    for b in range(r[HEAD, N_BANDS]):
        if s[TOTAL, b] < r[LOW, b]:
            return False
    for at in range(r[HEAD, N_LOWER]):
        g = r[LOWER, at]
        for row in range(r[ROW_START, g], r[ROW_START, g + 1]):
            if s[COUNT, row] < r[LEAST, row]:
                return False
    return True


@kernel
def keep_box(s: Int64) -> None:
    """Enter the box into the list of the best, after its equals."""
    keep, worth = s[STATE, KEEP], s[STATE, WORTH]
    at = s[STATE, FOUND]
    if at == keep:
        if worth <= s[BEST + keep - 1, 0]:
            return
        at -= 1
    else:
        s[STATE, FOUND] += 1
    while at > 0 and s[BEST + at - 1, 0] < worth:
        s[BEST + at, 0] = s[BEST + at - 1, 0]
        for k in range(s[STATE, WIDTH]):
            s[BEST + at, 1 + k] = s[BEST + at - 1, 1 + k]
        at -= 1
    s[BEST + at, 0] = worth
    for k in range(s[STATE, WIDTH]):
        s[BEST + at, 1 + k] = s[BOX, k] if k < s[STATE, SIZE] else -1


@small
def threshold_at(s: Int64, slack: int) -> Whole:
    """A box must be worth more than this to be of interest."""
    found, keep = s[STATE, FOUND], s[STATE, KEEP]
    worst = s[BEST + keep - 1, 0] if found == keep else NEVER
    best = max(s[STATE, FLOOR], s[BEST + 0, 0]) if found > 0 else s[STATE, FLOOR]
    return max(worst, best - slack - 1) if best > NEVER else worst


@small
def know_box(s: Int64) -> None:
    """The box in hand is legal: boxes worth less by more than the slack are of no interest."""
    s[STATE, FLOOR] = max(s[STATE, FLOOR], s[STATE, WORTH])
