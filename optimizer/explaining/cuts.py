"""Who must share what: from stock that short customers can reach to the smallest cuts that explain them.

For a set I of stock, need(c) = most items of a legal box of customer c - most items outside I of a legal box of c;
where the needs add up to more than the units of I, the difference stays empty. Every number is computed anew by the
exact kernel, and `verify.empty_slots` checks it without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from optimizer.explaining.fullest_box import AllowedBits, fullest
from optimizer.explaining.marginal_value import price_rows
from optimizer.explaining.refill import Reach
from optimizer.explaining.swaps import capped
from optimizer.problem import Bool, BoxProblem, Cut, Int32, Int64, Prices

ROUNDS = 8
"""Times that stock which nobody fights for is taken out of a cut."""
SMALL = 40_000
"""Cuts of up to so many customers x items are shrunk item by item."""
ENOUGH = 0.75
"""Share of the empty slots that plain cuts must explain for no other kind to be looked for."""
SHARE = 1_000
"""Weights taken from prices are in thousandths of a slot."""
SCALES = (1.0, 1.03, 1.1, 1.25)
"""A price is what a filled slot counts and what the item itself is worth: these take the second out again, roughly."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What cuts are computed from.

    want   int64 (n_customers,) items of each customer's fullest legal box
    """

    problem: BoxProblem
    pairs: AllowedBits
    want: Int64

    def everyone(self) -> Int32:
        """int32 (n_customers,)."""
        return np.arange(self.problem.n_customers, dtype=np.int32)

    def whole(self, cells: Bool) -> Prices:
        """A slot for every unit of these cells."""
        quotas = np.zeros(len(self.problem.quotas), np.int64)
        return Prices(cells.astype(np.int64), quotas, quotas)

    def needs(self, weights: Prices, customers: Int32) -> Int64:
        """int64 (n,) what each must take of what is weighed to be as full as the rules allow, in 1/unit slots."""
        need = np.zeros(customers.size, np.int64)
        row, rows = price_rows(self.problem, weights, customers)
        for number, price in enumerate(rows):
            mine = np.flatnonzero(row == number)
            who = customers[mine]
            need[mine] = weights.unit * self.want[who] - fullest(self.problem, self.pairs, who, weights.unit - price)
        return need

    def supply(self, weights: Prices) -> int:
        """What there is of what is weighed, in 1/unit slots."""
        stock = sum(int(self.problem.stock[p, i]) * int(weights.stock[p, i]) for p, i in np.argwhere(weights.stock))
        caps = np.flatnonzero(weights.at_most).tolist()
        return stock + sum((self.problem.quotas[q].at_most or 0) * int(weights.at_most[q]) for q in caps)


def find_cuts(ground: Ground, reach: Reach, prices: Prices | None) -> list[Cut]:
    """The cuts that explain why boxes stay short; those that empty most slots first.

    reach   what `refill` says is used up
    prices  of the plan: where rules cross, they know better what is scarce
    """
    if not reach.empty:
        return []
    parts = _parts(ground, *_contested(ground, reach.cells))
    cuts = [cut for cells, who in parts for cut in _cut(ground, ground.whole(_shrunk(ground, cells, who)), who)]
    explained = sum(cut.missing for cut in cuts)
    if explained < ENOUGH * reach.empty:
        tried = [(_missing(ground, weights), weights) for weights in (*_caps(ground, reach), *_priced(ground, prices))]
        most, weights = max(tried, key=lambda found: found[0], default=(0, None))
        if weights is not None and most > explained:
            cuts = list(_split(ground, weights))
    return sorted(cuts, key=lambda cut: (-cut.missing, cut.pool.tolist(), cut.item.tolist()))


def _contested(ground: Ground, cells: Bool) -> tuple[Bool, Int32]:
    """The cells without those that have enough for all who need the set, and the customers who need it."""
    everyone = ground.everyone()
    members, cells = everyone, cells.copy()
    for _ in range(ROUNDS):
        members = everyone[ground.needs(ground.whole(cells), everyone) > 0] if cells.any() else everyone[:0]
        plenty = cells & (_takers(ground, members) <= ground.problem.stock)
        if not plenty.any():
            break
        cells &= ~plenty
    return cells, members


def _takers(ground: Ground, customers: Int32) -> Int64:
    """int64 (n_pools, n_items): how many of the customers may receive each item."""
    takers = np.zeros(ground.problem.stock.shape, np.int64)
    for lo in range(0, customers.size, 65_536):
        who = customers[lo : lo + 65_536]
        rows, pools = ground.pairs.rows(who), ground.problem.pools[who]
        for pool in np.unique(pools):
            takers[pool] += rows[pools == pool].sum(axis=0)
    return takers


def _parts(ground: Ground, cells: Bool, members: Int32) -> Iterator[tuple[Bool, Int32]]:
    """Cells and members, split where no customer joins the parts."""
    label = np.arange(cells.size).reshape(cells.shape)
    pools = ground.problem.pools[members]
    for pool in np.unique(pools):
        here = np.flatnonzero(cells[pool])
        root = _joined(ground, members[pools == pool], here)
        label[pool, here] = label[pool, here[root]]
    mine = np.full(members.size, -1, np.int64)
    for lo in range(0, members.size, 65_536):
        who = members[lo : lo + 65_536]
        held = ground.pairs.rows(who) & cells[ground.problem.pools[who]]
        mine[lo : lo + 65_536] = label[ground.problem.pools[who], held.argmax(axis=1)]
    for part in np.unique(label[cells]):
        if (mine == part).any():
            yield cells & (label == part), members[mine == part]


def _joined(ground: Ground, customers: Int32, items: Int64) -> Int64:
    """int64 (len(items),): for each item, the first one that a chain of customers allowed both joins it with."""
    root = np.arange(items.size)
    for lo, hi in pairwise([0, 64, *range(4_096, customers.size + 65_536, 65_536)]):
        rows = ground.pairs.rows(customers[lo:hi])[:, items].astype(np.float32)
        together = (rows.T @ rows > 0) | (root[:, None] == root[None, :])
        while True:
            lower = np.minimum(np.where(together, root[None, :], items.size).min(axis=1, initial=items.size), root)
            if np.array_equal(lower, root):
                break
            root = lower
        if not root.any():  # all are one already
            break
    return root.astype(np.int64)


def _shrunk(ground: Ground, cells: Bool, members: Int32) -> Bool:
    """The cells of a cut made as few as they get without explaining a slot less; large cuts are left as they are."""
    if members.size * int(cells.sum()) > SMALL:
        return cells
    best = _missing(ground, ground.whole(cells), members)
    for cell in np.argwhere(cells)[::-1]:
        fewer = cells.copy()
        fewer[tuple(cell)] = False
        if _missing(ground, ground.whole(fewer), members) >= best > 0:
            cells = fewer
    return cells


def _missing(ground: Ground, weights: Prices, members: Int32 | None = None) -> int:
    """Slots that these weights prove empty, of those who need any of what is weighed."""
    need = ground.needs(weights, ground.everyone() if members is None else members)
    return -((ground.supply(weights) - int(np.maximum(need, 0).sum())) // weights.unit)


def _cut(ground: Ground, weights: Prices, members: Int32) -> Iterator[Cut]:
    """The cut of these weights among these customers; nothing if it proves nothing."""
    need = ground.needs(weights, members)
    who, (pool, item) = members[need > 0], np.nonzero(weights.stock)
    needed, supply = int(need[need > 0].sum()), ground.supply(weights)
    missing = -((supply - needed) // weights.unit)
    if missing > 0:
        caps = np.flatnonzero(weights.at_most)
        weight, units = weights.stock[pool, item], int(ground.problem.stock[pool, item].sum())
        plain = not caps.size and bool((weight == weights.unit).all())
        slots = units + missing if plain else int(ground.want[who].sum())
        yield Cut(
            who, pool.astype(np.int32), item.astype(np.int32), weight, tuple(caps.tolist()), weights.at_most[caps],
            weights.unit, units, slots, missing,
        )  # fmt: skip


def _split(ground: Ground, weights: Prices) -> Iterator[Cut]:
    """The cuts of weights, each part that no customer joins with another on its own; a cap joins everyone."""
    members = ground.everyone()
    members = members[ground.needs(weights, members) > 0]
    if weights.at_most.any():
        yield from _cut(ground, weights, members)
        return
    for cells, who in _parts(ground, weights.stock > 0, members):
        stock = np.where(cells, weights.stock, 0)
        yield from _cut(ground, Prices(stock, weights.at_least, weights.at_most, weights.unit), who)


def _caps(ground: Ground, reach: Reach) -> Iterator[Prices]:
    """Weights of capped quotas that stopped a swap, with the stock in reach that they do not count."""
    for cap in (capped(ground.problem)[q] for q in reach.caps):
        amount = ground.problem.quotas[cap].amount
        amounts, at_most = np.unique(amount[amount > 0]), np.zeros(len(ground.problem.quotas), np.int64)
        at_most[cap] = 1
        for share in sorted({int(amounts[k * (amounts.size - 1) // 2]) for k in range(3)} if amounts.size else ()):
            stock = np.where(reach.cells & (amount == 0), share, 0).astype(np.int64)
            yield Prices(stock, np.zeros_like(at_most), at_most, share)


def _priced(ground: Ground, prices: Prices | None) -> Iterator[Prices]:
    """The plan's prices as weights: in slots, as a missing slot counts its penalty."""
    penalty = ground.problem.rules.short_penalty
    if prices is None or not penalty:
        return
    for scale in SCALES:
        slot = penalty * prices.unit * scale / SHARE
        stock, at_most = (np.rint(part / slot).astype(np.int64) for part in (prices.stock, prices.at_most))
        at_least = np.zeros_like(prices.at_least)
        yield Prices(stock, at_least, at_most, SHARE)
        yield Prices((stock + SHARE // 2) // SHARE * SHARE, at_least, at_most, SHARE)
