"""How much sooner a night packs from last night's prices: `python -m benchmarks.warm [CUSTOMERS | CAMPAIGN]`.

Packs, changes a hundredth of the customers, scores and stock, and packs again, cold and warm; prints CPU seconds, gap
and value. CAMPAIGN: a folder with a published run, whose scores and prices are taken.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.instances import KINDS
from jobs.outputs.rebuild import rebuild
from optimizer.problem import Bool, BoxProblem, Int32, Prices
from optimizer.solve import solve

CUSTOMERS, ITEMS = 300_000, 200
SHARE = 0.01
"""Share of customers who are others, of items whose stock differs, and of their spread that all scores move by."""
STOCK = 0.2
"""Stock that differs does so by up to this share."""
ROWS = 8_192


def changed(problem: BoxProblem, seed: int = 0, share: float = SHARE) -> BoxProblem:
    """The next night: other customers in the place of some, all scores learned from a few more events, other stock."""
    rng, n = np.random.default_rng(seed), problem.n_customers
    utility, allowed = problem.block(0, n)
    utility, allowed = utility.copy(), allowed.copy()
    gone = rng.permutation(n)[: int(share * n)]
    like = rng.integers(0, n, gone.size)
    utility[gone], allowed[gone] = utility[like], allowed[like]
    noise = share * float(utility[:ROWS].std())
    for lo in range(0, n, ROWS):
        part = utility[lo : lo + ROWS]
        part += np.rint(rng.normal(0.0, noise, part.shape)).astype(np.int32)
    stock = np.array(problem.stock)
    items = rng.permutation(problem.n_items)[: max(1, int(share * problem.n_items))]
    stock[:, items] = np.rint(stock[:, items] * rng.uniform(1 - STOCK, 1 + STOCK, items.size))
    return replace(problem, utility=utility, allowed=allowed, stock=stock, locked=_kept(problem, allowed))


def _kept(problem: BoxProblem, allowed: Bool) -> Int32 | None:
    """The locks that are still allowed."""
    if problem.locked is None:
        return None
    may = np.take_along_axis(allowed, np.maximum(problem.locked, 0).astype(np.intp), axis=1)
    kept: Int32 = np.where(may, problem.locked, -1).astype(np.int32)
    return kept


def timed(name: str, problem: BoxProblem, prices: Prices | None) -> tuple[float, Prices | None]:
    """CPU seconds of one packing, and the prices it ended with; printed."""
    started, cpu = time.perf_counter(), time.process_time()
    plan = solve(problem, prices=prices)
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - started
    gap = "none" if plan.gap is None else f"{plan.gap:.2e}"
    print(f"{name:<12} {cpu:8.2f} CPU s {seconds:8.2f} s   gap {gap}   value {plan.value:,}", flush=True)
    return cpu, plan.prices


def main(asked: str) -> None:
    """Measure one problem."""
    if asked.isdecimal():
        problem = KINDS["ruled"](int(asked), ITEMS, 0)
        solve(KINDS["ruled"](1_000, ITEMS, 0))  # compiles what is to be timed without
        _, prices = timed("first night", problem, None)
    else:
        run = rebuild(Path(asked) / "runs" / "current")
        problem, prices = run.problem, run.prices
        solve(KINDS["ruled"](1_000, ITEMS, 0))
    tonight = changed(problem)
    cold, _ = timed("cold", tonight, None)
    warm, _ = timed("warm", tonight, prices)
    print(f"warm takes {warm / cold:.2f} of cold: {cold / warm:.1f}x")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(CUSTOMERS))
