"""The rules of one box as flat arrays that a compiled kernel can read, with what never binds taken out.

A "row" is one label of one grouping ("at most two of category 3"); rows of all groupings are numbered together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimizer.problem import NO_LIMIT, Bool, BoxProblem, BoxRules, Int32, Int64

# The sheet of rules for the kernels: one int64 table, read as sheet[ROW, place]. Last come the groups that each item is
# in (sheet[ROW + g, item], a row number or -1) and, from the end backwards, band amounts (sheet[-1 - b, item]).
HEAD = 0  # the numbers below

BUNDLE, BUNDLE_START, MEMBER = 1, 2, 3  # items that go together

APART_START, APART = 4, 5  # items that may not join item i: sheet[APART, start[i]:start[i + 1]]

ROW_START, MOST, LEAST = 6, 7, 8  # rows of each grouping, limits of each row

LOW, HIGH, STEEPEST = 9, 10, 11  # of each band

LOWER = 12  # groupings with an at-least side

FAMILY_OF = 13  # sets of groupings that nest, as bits

ROW = 14

# Places in row HEAD
N_ITEMS, N_GROUPINGS, N_ROWS, N_BANDS, N_BUNDLES, N_FAMILIES, N_LOWER = range(7)

FULL, MAY_BE_EMPTY, PENALTY, PLAIN = 7, 8, 9, 10


class Rules(NamedTuple):
    """Local rules for the kernels. G groupings, R rows, F families, B bands, T bundles, M items.

    row           int32 (G, M)  row of each item in each grouping, -1 = none
    row_start     int32 (G + 1,)  first row of each grouping
    most, least   int64 (R,)  limits of each row
    family        bool (F, G)  sets of groupings whose rows nest: a greedy scan is exact for each set
    lower         int32 (.,)  groupings that have an at-least side
    amount        int64 (B, M)  band amounts; members of a bundle carry an even share of the bundle's amount
    low, high     int64 (B,)  band limits; 0 and NO_LIMIT where there is none
    steepest      int64 (B,)  largest multiplier of a band that keeps every sum within int64
    apart_start   int64 (M + 1,), apart int32: items that may not join item i
    bundle        int32 (M,)  bundle of items that go together, -1 = none
    bundle_start  int64 (T + 1,), member int32: items of each bundle
    full          True = a box is full or empty ("no_box", "stop")
    may_be_empty  False = every box is full ("stop")
    penalty       int micro-points per missing slot
    """

    row: Int32
    row_start: Int32
    most: Int64
    least: Int64
    family: Bool
    lower: Int32
    amount: Int64
    low: Int64
    high: Int64
    steepest: Int64
    apart_start: Int64
    apart: Int32
    bundle: Int32
    bundle_start: Int64
    member: Int32
    full: bool
    may_be_empty: bool
    penalty: int


def compile_rules(problem: BoxProblem) -> Rules:
    """Flatten the local rules of `problem`; limits that no box can reach are left out."""
    rules, n_items = problem.rules, problem.n_items
    groupings = (_grouping(g.labels, g.most, g.least, problem.width) for g in rules.groups)
    kept = [g for g in groupings if g is not None]
    sizes = [g[1].size for g in kept]
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    row = np.full((len(kept), n_items), -1, np.int32)
    for g, (labels, _, _) in enumerate(kept):
        row[g] = np.where(labels >= 0, labels + start[g], -1)
    bundle, bundle_start, member = _bundles(rules, n_items)
    apart_start, apart = _neighbours([(p.i, p.j) for p in rules.pairs if p.kind == "apart"], n_items)
    amount = _shared_amounts(rules, n_items, bundle_start, member)
    return Rules(
        row=row,
        row_start=start,
        most=np.concatenate([np.zeros(0, np.int64), *(g[1] for g in kept)]),
        least=np.concatenate([np.zeros(0, np.int64), *(g[2] for g in kept)]),
        family=_families(row),
        lower=np.array([g for g in range(len(kept)) if kept[g][2].any()], np.int32),
        amount=amount,
        low=np.array([0 if b.low is None else b.low for b in rules.bands], np.int64),
        high=np.array([NO_LIMIT if b.high is None else b.high for b in rules.bands], np.int64),
        steepest=2**57 // np.maximum(1, amount.max(axis=1, initial=0) * max(1, problem.width)),
        apart_start=apart_start,
        apart=apart,
        bundle=bundle,
        bundle_start=bundle_start,
        member=member,
        full=rules.short != "ship_short",
        may_be_empty=rules.short != "stop",
        penalty=rules.short_penalty,
    )


def sheet_of(rules: Rules) -> Int64:
    """int64 (ROW + G + B, .): the rules as one table for the kernels; unused places are 0."""
    n_groupings, n_bands, n_items = rules.row.shape[0], rules.low.size, rules.bundle.size
    lists: dict[int, Any] = {
        HEAD: [
            n_items,
            n_groupings,
            rules.most.size,
            n_bands,
            rules.bundle_start.size - 1,
            rules.family.shape[0],
            rules.lower.size,
            rules.full,
            rules.may_be_empty,
            rules.penalty,
            n_groupings + n_bands + rules.member.size + rules.apart.size == 0,
        ],
        BUNDLE: rules.bundle,
        BUNDLE_START: rules.bundle_start,
        MEMBER: rules.member,
        APART_START: rules.apart_start,
        APART: rules.apart,
        ROW_START: rules.row_start,
        MOST: rules.most,
        LEAST: rules.least,
        LOW: rules.low,
        HIGH: rules.high,
        STEEPEST: rules.steepest,
        LOWER: rules.lower,
        FAMILY_OF: rules.family[:, :62] @ (1 << np.arange(min(n_groupings, 62))),
    }
    lists |= {ROW + g: rules.row[g] for g in range(n_groupings)}
    lists |= {ROW + n_groupings + n_bands - 1 - b: rules.amount[b] for b in range(n_bands)}
    sheet = np.zeros((ROW + n_groupings + n_bands, max(n_items + 1, *(len(row) for row in lists.values()))), np.int64)
    for row, values in lists.items():
        sheet[row, : len(values)] = values
    return sheet


def _grouping(labels: Int32, most: Int64, least: Int64, width: int) -> tuple[Int32, Int64, Int64] | None:
    """The rows of one grouping that can bind, renumbered; None when none can."""
    held = np.bincount(labels[labels >= 0], minlength=most.size)
    binds = (least > 0) | (np.minimum(held, width) > most)
    if not binds.any():
        return None
    number = np.full(most.size + 1, -1, np.int32)
    number[:-1][binds] = np.arange(int(binds.sum()))
    return number[labels], most[binds], least[binds]


def _families(row: Int32) -> Bool:
    """From each grouping, the largest set (built in order) of groupings whose rows nest or do not meet."""
    n = row.shape[0]
    nests = np.array([[a == b or _nest(row[a], row[b]) for b in range(n)] for a in range(n)], bool).reshape(n, n)
    families: list[tuple[bool, ...]] = []
    for first in range(n):
        chosen = [first]
        for other in range(n):
            if other != first and all(nests[other, c] for c in chosen):
                chosen.append(other)
        mask = tuple(g in chosen for g in range(n))
        if mask not in families:
            families.append(mask)
    return np.array(families, bool).reshape(len(families), n)


def _nest(a: Int32, b: Int32) -> bool:
    """True when every row of `a` and every row of `b` are nested or share no item."""
    both = (a >= 0) & (b >= 0)
    pairs, shared = np.unique(np.stack([a[both], b[both]]), axis=1, return_counts=True)
    size_a = np.bincount(a[a >= 0], minlength=1)
    size_b = np.bincount(b[b >= 0], minlength=1)
    return bool(np.all((shared == size_a[pairs[0]]) | (shared == size_b[pairs[1]])))


def _neighbours(pairs: list[tuple[int, int]], n_items: int) -> tuple[Int64, Int32]:
    """Adjacency lists (start, items) of undirected pairs, each list sorted."""
    lists: list[set[int]] = [set() for _ in range(n_items)]
    for i, j in pairs:
        lists[i].add(j)
        lists[j].add(i)
    start = np.concatenate([[0], np.cumsum([len(near) for near in lists])]).astype(np.int64)
    return start, np.array([j for near in lists for j in sorted(near)], np.int32)


def _bundles(rules: BoxRules, n_items: int) -> tuple[Int32, Int64, Int32]:
    """Connected components of the "together" pairs: bundle of each item, and the members of each bundle."""
    root = list(range(n_items))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for pair in rules.pairs:
        if pair.kind == "together":
            a, b = sorted((find(pair.i), find(pair.j)))
            root[b] = a
    members: dict[int, list[int]] = {}
    for i in range(n_items):
        members.setdefault(find(i), []).append(i)
    groups = [items for items in members.values() if len(items) > 1]
    bundle = np.full(n_items, -1, np.int32)
    for t, items in enumerate(groups):
        bundle[items] = t
    start = np.concatenate([[0], np.cumsum([len(items) for items in groups])]).astype(np.int64)
    return bundle, start, np.array([i for items in groups for i in items], np.int32)


def _shared_amounts(rules: BoxRules, n_items: int, start: Int64, member: Int32) -> Int64:
    """Band amounts (B, M); within a bundle the total is spread evenly, so that any order of its members is as heavy."""
    amount: Any = np.zeros((len(rules.bands), n_items), np.int64)
    for b, band in enumerate(rules.bands):
        amount[b] = band.amount
        for t in range(start.size - 1):
            items = member[start[t] : start[t + 1]]
            share, rest = divmod(int(amount[b, items].sum()), items.size)
            amount[b, items] = share
            amount[b, items[:rest]] += 1
    return np.ascontiguousarray(amount)
