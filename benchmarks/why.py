"""How fast a plan explains itself where stock is scarce: `python -m benchmarks.why --customers 100000 --items 200`.

Packs a ruled campaign with nine units for ten slots, gives every short box its reason, has the second opinion prove
every cut, and asks why one customer does not get one item.
"""

from __future__ import annotations

import argparse
from collections import Counter
from time import perf_counter

import numpy as np

from benchmarks.instances import scarce
from optimizer.explaining.fullest_box import AllowedBits
from optimizer.explaining.missed_promise import unsent
from optimizer.explaining.remedies import remedies_for_cut
from optimizer.explaining.shortage import REASONS, shortages
from optimizer.explaining.why_not import why_not
from optimizer.problem import BoxProblem, Plan
from optimizer.solve import solve
from optimizer.verify import empty_slots


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.why", description="How fast a plan explains itself.")
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--deadline", type=float, default=None, help="seconds for packing")
    given = parser.parse_args()
    problem = scarce(given.customers, given.items, given.seed)
    start = perf_counter()
    plan = solve(problem, deadline_s=given.deadline)
    print(f"packed {given.customers:,} x {given.items} in {perf_counter() - start:.1f} s, gap {plan.gap:.2e}")
    _short(problem, plan)
    _single(problem, plan, given.seed)


def _short(problem: BoxProblem, plan: Plan) -> None:
    """All short boxes and all missed promises; the first time kernels are compiled, so the second counts."""
    for turn in ("first time", "again"):
        start = perf_counter()
        pairs = AllowedBits.of(problem)
        told = shortages(problem, plan, pairs)
        boxes = perf_counter() - start
        start = perf_counter()
        for number in np.unique(told.cut[told.cut >= 0]).tolist():
            remedies_for_cut(problem, plan, pairs, told, number)
        repairs = perf_counter() - start
        start = perf_counter()
        missed = unsent(problem, plan, pairs)
        seconds = f"boxes {boxes:.2f} s, repairs {repairs:.2f} s, {len(missed)} promises {perf_counter() - start:.2f} s"
        print(f"{turn}: {seconds}")
    reasons = Counter(REASONS[code].value for code in told.reason.tolist())
    empty = int((told.slots - told.packed).sum())
    print(f"{told.customers.size:,} short boxes, {empty:,} empty slots; reasons: {dict(reasons)}")
    for cut in told.cuts:
        start = perf_counter()
        proved = empty_slots(problem, cut)
        shared = f"{len(cut.customers):,} customers, {len(cut.item)} items, {cut.units:,} units"
        print(f"  {shared}: {cut.missing:,} slots stay empty; proved {proved:,} in {perf_counter() - start:.1f} s")


def _single(problem: BoxProblem, plan: Plan, seed: int) -> None:
    assert plan.prices is not None
    rng, seconds = np.random.default_rng(seed), []
    for customer in rng.integers(0, problem.n_customers, 200).tolist():
        start = perf_counter()
        why_not(problem, plan.prices, customer, int(rng.integers(0, problem.n_items)))
        seconds.append(perf_counter() - start)
    print(f"why not that item: median {1e3 * float(np.median(seconds)):.1f} ms, longest {1e3 * max(seconds):.1f} ms")


if __name__ == "__main__":
    main()
