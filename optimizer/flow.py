"""Plain problems (stock, eligibility and box sizes only) as minimum-cost flow: the optimum, and prices that prove it.

OR-tools finds the flow over the arcs that matter; the prices come from the exchanges that the boxes leave open, over
all arcs, so that value equals bound to the micro-point. Arcs that matter after all are added and the flow redone.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from optimizer.compiled import Bool, Int32, Int64
from optimizer.problem import BoxProblem
from optimizer.result import Prices
from optimizer.run import Run

ALL_ARCS = 1_000_000
"""Up to so many pairs the flow is solved over all of them, without looking for prices first."""
FAR = 2**61


def is_plain(run: Run) -> bool:
    """True when nothing but stock, eligibility and sizes binds, a box may be short, and the pairs are in memory."""
    problem, rules = run.problem, run.rounds.rules
    locked = problem.locked is not None and bool((problem.locked >= 0).any())
    binds = rules.row.shape[0] or rules.low.size or problem.rules.pairs or problem.quotas or locked
    return not binds and problem.rules.short == "ship_short" and not problem.in_blocks and problem.n_items > 0


def solve_plain(run: Run, slack: int) -> bool:
    """Offer the optimal boxes and the prices that prove it; True when they do.

    slack   pairs within so many micro-points of a customer's last packed item are given to the flow, at the best prices
    """
    problem = run.problem
    utility, allowed = problem.block(0, problem.n_customers)
    arcs = allowed
    if utility.size > ALL_ARCS:
        assert run.best.prices is not None
        price = run.best.prices.stock // run.best.prices.unit
        arcs = allowed & _near(utility, allowed, problem.sizes, price[problem.pools], slack)
    for _ in range(6):
        boxes = _flow(problem, utility, arcs, run.rounds.coupling.stock)
        if boxes is None or run.late():
            return False
        run.offer_boxes(boxes)
        proof = _prices(problem, utility, allowed, boxes)
        if proof is not None:
            none = np.zeros(0, np.int64)
            run.offer_prices(Prices(proof * run.space.unit, none, none, run.space.unit))
            return run.proved()
        if arcs is allowed:
            return False
        slack *= 4
        arcs = allowed & (arcs | _near(utility, allowed, problem.sizes, _guess(run, problem), slack))
    return False


def _guess(run: Run, problem: BoxProblem) -> Int64:
    assert run.best.prices is not None
    price: Int64 = (run.best.prices.stock // run.best.prices.unit)[problem.pools]
    return price


def _near(utility: Int32, allowed: Bool, sizes: Int32, price: Int64, slack: int) -> Bool:
    """bool (N, M): pairs worth at most `slack` less than the last item of the customer's best box at these prices."""
    near = np.zeros(utility.shape, np.bool_)
    last = np.minimum(np.maximum(sizes, 1), utility.shape[1]) - 1
    for lo in range(0, utility.shape[0], 8192):
        worth = np.where(allowed[lo : lo + 8192], utility[lo : lo + 8192] - price[lo : lo + 8192], -FAR)
        ranked = -np.sort(-worth, axis=1)
        floor = np.take_along_axis(ranked, last[lo : lo + 8192, None].astype(np.intp), axis=1)
        near[lo : lo + 8192] = worth >= floor - slack
    return near


def _flow(problem: BoxProblem, utility: Int32, arcs: Bool, stock: Int64) -> Int32 | None:
    """The best boxes over the given pairs; None when OR-tools fails."""
    n, m = utility.shape
    customer, item = np.nonzero(arcs)
    cell = n + problem.pools[customer].astype(np.int64) * m + item
    sink = n + stock.size
    top = int(utility.max(initial=0))
    cells = np.arange(stock.size)
    tail = np.concatenate([customer, np.arange(n), n + cells]).astype(np.int32)
    head = np.concatenate([cell, np.full(n + stock.size, sink)]).astype(np.int32)
    sizes = problem.sizes.astype(np.int64)
    capacity = np.concatenate([np.ones(customer.size, np.int64), sizes, np.minimum(stock.ravel(), n)])
    missing, held = np.full(n, top + problem.rules.short_penalty), np.zeros(stock.size, np.int64)
    cost = np.concatenate([top - utility[customer, item].astype(np.int64), missing, held])
    network = SimpleMinCostFlow()
    handles = network.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
    network.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), np.r_[sizes, np.zeros(stock.size), -sizes.sum()])
    if network.solve() != network.OPTIMAL:
        return None
    taken = np.flatnonzero(np.asarray(network.flows(handles))[: customer.size] > 0)
    boxes = np.full((n, problem.width), -1, np.int32)
    first = np.searchsorted(customer[taken], np.arange(n))
    boxes[customer[taken], np.arange(taken.size) - first[customer[taken]]] = item[taken]
    return boxes


def _prices(problem: BoxProblem, utility: Int32, allowed: Bool, boxes: Int32) -> Int64 | None:
    """Stock prices int64 (P, M) in micro-points at which every box is its customer's best; None = there are none.

    For pool p let D[i, j] be the least that a customer loses by giving up i for j (node M: "nothing", price 0). Prices
    prove the boxes exactly if price[i] - price[j] <= D[i, j] for all i, j: the shortest distances from node M.
    """
    exchange = np.full((problem.n_pools, problem.n_items + 1, problem.n_items + 1), FAR)
    used = np.zeros((problem.n_pools, problem.n_items), np.int64)
    _exchanges(utility, allowed, boxes, problem.pools, problem.sizes, problem.rules.short_penalty, exchange, used)
    prices = np.zeros((problem.n_pools, problem.n_items), np.int64)
    for pool in range(problem.n_pools):
        exchange[pool, problem.n_items, :] = np.minimum(exchange[pool, problem.n_items, :], 0)  # prices >= 0
        left = np.flatnonzero(used[pool] < problem.stock[pool])
        exchange[pool, left, problem.n_items] = np.minimum(exchange[pool, left, problem.n_items], 0)
        distance = np.full(problem.n_items + 1, FAR)
        distance[-1] = 0
        for _ in range(problem.n_items + 2):
            shorter = np.minimum(distance, (exchange[pool] + distance[None, :]).min(axis=1))
            if np.array_equal(shorter, distance):
                break
            distance = shorter
        else:
            return None
        if distance[-1] < 0:
            return None
        prices[pool] = distance[:-1]
    return prices if prices.max(initial=0) < FAR // 4 else None


@njit(cache=True, nogil=True)
def _exchanges(
    utility: Int32, allowed: Bool, boxes: Int32, pools: Int32, sizes: Int32, penalty: int, exchange: Int64, used: Int64
) -> None:
    """Fill exchange (P, M + 1, M + 1), see `_prices`, and count the units used (P, M)."""
    n_items = utility.shape[1]
    inside = np.zeros(n_items, np.bool_)
    for c in range(utility.shape[0]):
        least = exchange[pools[c]]
        size = 0
        for k in range(boxes.shape[1]):
            if boxes[c, k] >= 0:
                inside[boxes[c, k]] = True
                used[pools[c], boxes[c, k]] += 1
                size += 1
        for k in range(size):
            i = boxes[c, k]
            own = np.int64(utility[c, i])
            least[i, n_items] = min(least[i, n_items], own + penalty)
            for j in range(n_items):
                if allowed[c, j] and not inside[j]:
                    least[i, j] = min(least[i, j], own - utility[c, j])
        if size < sizes[c]:
            for j in range(n_items):
                if allowed[c, j] and not inside[j]:
                    least[n_items, j] = min(least[n_items, j], -penalty - np.int64(utility[c, j]))
        for k in range(size):
            inside[boxes[c, k]] = False
