"""The certified bound, recomputed over all pairs from prices alone, in exact integers.

    unit * bound = sum stock * price + sum at_most * price - sum at_least * price
                   + sum over customers of their best legal box at unit * utility - prices

By weak duality no plan is worth more, whatever the prices; see docs/packing.md.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.problem import BoxProblem, Prices
from optimizer.verify.best_box import best_worths
from optimizer.verify.rulebook import Boxes, Rulebook, compile_rules
from optimizer.verify.states import nothing

PAIRS = 3_000_000
"""Customer-item pairs in one block."""
THREADS = 2
"""Blocks at work at once; the sum is of exact integers, so their order does not matter."""


class NoLegalBoxError(ValueError):
    """With short="stop" a customer without any legal box leaves no plan to bound."""


def price_bound(problem: BoxProblem, prices: Prices, boxes: Boxes | None = None) -> int:
    """Micro-points that no plan exceeds, from `prices` alone.

    boxes   int32 (n_customers, any) boxes to start from, such as a plan's: the search is shorter, its answer the same

    Raises ValueError when the prices do not fit the problem or break their signs and limits, and `NoLegalBoxError` when
    short="stop" and some customer has no legal box at all.
    """
    _check_prices(problem, prices)
    total = sum(int(units) * int(price) for units, price in zip(problem.stock.flat, prices.stock.flat, strict=True))
    for quota, least, most in zip(problem.quotas, prices.at_least.tolist(), prices.at_most.tolist(), strict=True):
        total += (quota.at_most or 0) * most - (quota.at_least or 0) * least
    rulebook = compile_rules(problem.rules, problem.n_items, problem.width)
    rows = max(1, PAIRS // max(1, problem.n_items))
    blocks = [(lo, min(lo + rows, problem.n_customers)) for lo in range(0, problem.n_customers, rows)]
    with ThreadPoolExecutor(THREADS) as pool:
        total += sum(pool.map(lambda block: _block_sum(problem, prices, rulebook, block, boxes), blocks))
    return total // prices.unit


def _check_prices(problem: BoxProblem, prices: Prices) -> None:
    """Raise ValueError, stating the law, where prices do not fit the problem."""
    if prices.stock.shape != problem.stock.shape:
        raise ValueError(f"prices: expected stock prices {problem.stock.shape}, found {prices.stock.shape}")
    for side in ("at_least", "at_most"):
        found = getattr(prices, side)
        if found.shape != (len(problem.quotas),):
            raise ValueError(f"prices: expected {side} prices for {len(problem.quotas)} quotas, found {found.shape}")
        for quota, price in zip(problem.quotas, found.tolist(), strict=True):
            if price and getattr(quota, side) is None:
                raise ValueError(f"prices: expected price 0 where {quota.name} has no {side}, got {price}")
            if side == "at_least" and price > quota.penalty * prices.unit:
                law = f"at_least price of {quota.name} <= penalty x unit = {quota.penalty * prices.unit}"
                raise ValueError(f"prices: expected {law}, got {price}")


def _block_sum(
    problem: BoxProblem, prices: Prices, rulebook: Rulebook, block: tuple[int, int], boxes: Boxes | None
) -> int:
    """Sum over customers lo..hi-1 of their best legal box, in 1/unit micro-points."""
    lo, hi = block
    utility, allowed = problem.block(lo, hi)
    dtype = _dtype(problem, prices, utility)
    # A box is worth its items at unit * utility - price, less the penalty of each missing slot: one penalty for every
    # slot, less one for every item packed.
    penalty = problem.rules.short_penalty * prices.unit
    worth = utility.astype(dtype) * prices.unit + penalty - _item_prices(problem, prices, lo, hi, dtype)
    slots = problem.sizes[lo:hi].astype(np.int64)
    locked = None if problem.locked is None else problem.locked[lo:hi]
    start = None if boxes is None else boxes[lo:hi]
    best = best_worths(rulebook, worth, allowed, slots, locked, problem.width, start)
    may_be_empty = (slots == 0) | (problem.rules.short != "stop")
    best = np.where(may_be_empty, np.maximum(best, 0), best)
    stuck = np.flatnonzero(best <= nothing(best.dtype))
    if len(stuck):
        raise NoLegalBoxError(f'customer {lo + stuck[0]} has no legal box: with short="stop" there is no plan')
    return int(sum(best.tolist())) - penalty * int(slots.sum())


def _dtype(problem: BoxProblem, prices: Prices, utility: npt.NDArray[np.int32]) -> Any:
    """int64 where it surely holds every number of the search, else Python ints: slower, as exact.

    |what an item adds| <= highest, so a box is worth at most width * highest < 2**59. Prices of bands ("tilts") add at
    most 2**58 to a box and as much to its offset. The search adds and subtracts up to three such numbers and
    -2**62 (`nothing`): all stay within 2**63.
    """
    highest = prices.unit * (
        max(-int(utility.min(initial=0)), int(utility.max(initial=0))) + problem.rules.short_penalty
    )
    highest += int(prices.stock.max(initial=0))
    for quota, least, most in zip(problem.quotas, prices.at_least.tolist(), prices.at_most.tolist(), strict=True):
        highest += (least + most) * int(quota.amount.max(initial=0))
    return np.int64 if problem.width * highest < 2**59 else object


def _item_prices(problem: BoxProblem, prices: Prices, lo: int, hi: int, dtype: Any) -> npt.NDArray[Any]:
    """(hi - lo, n_items) price of one unit of each item for each customer: of its stock, and of quotas that count it.

    Customers with the same pool and the same quotas form one segment, and one row of the price table.
    """
    everyone = np.zeros(problem.n_items, dtype)
    member, segment_prices = [problem.pools[lo:hi].astype(np.int64)], []
    for quota, least, most in zip(problem.quotas, prices.at_least.tolist(), prices.at_most.tolist(), strict=True):
        if quota.customers is None:
            everyone += quota.amount.astype(dtype) * (most - least)
        elif most or least:
            member.append(quota.customers[lo:hi].astype(np.int64))
            segment_prices.append(quota.amount.astype(dtype) * (most - least))
    segments, segment = np.unique(np.stack(member, axis=1), axis=0, return_inverse=True)
    table = prices.stock.astype(dtype)[segments[:, 0]] + everyone
    for column, extra in enumerate(segment_prices, start=1):
        table[segments[:, column] == 1] += extra
    found: npt.NDArray[Any] = table[segment.reshape(-1)]
    return found
