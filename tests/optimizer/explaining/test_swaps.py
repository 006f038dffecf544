"""One item in, one item out: what a swap is judged by, against all rules of the box looked at anew before and after.

A swap may leave unmet what was not met before (boxes are filled item by item), but never break what was.
"""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

from optimizer.explaining.swaps import BARRED, FREE, amounts_used, capped, may_swap, swap_rules
from optimizer.problem import BoxProblem
from tests.optimizer.brute_force import locks_of, sent
from tests.optimizer.strategies import tiny_problems

many = settings(max_examples=300, deadline=None, database=None)


def broken_by(problem: BoxProblem, c: int, box: set[int]) -> set[object]:
    """Every single rule that a box does not keep, sizes and allowed items aside."""
    rules, broken = problem.rules, set[object]()
    for g, group in enumerate(rules.groups):
        for label in range(group.n_groups):
            count = sum(int(group.labels[i]) == label for i in box)
            broken |= {("at most", g, label)} if count > group.most[label] else set()
            broken |= {("at least", g, label)} if count < group.least[label] else set()
    for b, band in enumerate(rules.bands):
        total = sum(int(band.amount[i]) for i in box)
        broken |= {("high", b)} if band.high is not None and total > band.high else set()
        broken |= {("low", b)} if band.low is not None and total < band.low else set()
    for pair in rules.pairs:
        together = pair.kind == "together"
        wrong = len({pair.i, pair.j} & box) == (1 if together else 2)
        broken |= {pair} if wrong else set()
    return broken | {("lock", i) for i in locks_of(problem, c) if i not in box}


def some_box(problem: BoxProblem, c: int, rng: np.random.Generator) -> set[int]:
    """Items in any order as long as they break nothing that a box can have too much of."""
    box: set[int] = set()
    for i in rng.permutation(problem.n_items)[: rng.integers(0, problem.n_items + 1)].tolist():
        if len(box) < problem.rules.size and not broken_by(problem, c, {*box, i}) - broken_by(problem, c, box):
            box.add(i)
    return box


@seed(101)
@many
@given(tiny_problems(), st.integers(0, 2**20))
def test_a_swap_is_free_when_it_breaks_no_rule_and_no_cap(problem: BoxProblem, number: int) -> None:
    assume(problem.n_customers)
    rng, rules, width = np.random.default_rng(number), swap_rules(problem), max(1, problem.width, problem.rules.size)
    plan = np.full((problem.n_customers, width), -1, np.int32)
    for c in range(problem.n_customers):
        some = list(some_box(problem, c, rng))
        plan[c, rng.permutation(width)[: len(some)]] = some
    used = amounts_used(rules, plan)
    mates = {i for pair in problem.rules.pairs if pair.kind == "together" for i in (pair.i, pair.j)}

    boxes = plan.tolist()
    assert used.tolist() == [sent(problem, problem.quotas[q], boxes) for q in capped(problem)]
    for c in range(problem.n_customers):
        box = {i for i in boxes[c] if i >= 0}
        before = broken_by(problem, c, box)
        for gone in {-1, *box}:
            for come in set(range(problem.n_items)) - box:
                after = [*boxes[:c], [*(box - {gone}), come], *boxes[c + 1 :]]
                full = [
                    k
                    for k, q in enumerate(capped(problem))
                    if sent(problem, problem.quotas[q], after) > max(int(used[k]), problem.quotas[q].at_most or 0)
                ]
                expected = full[0] if full else FREE
                if {gone, come} & mates or broken_by(problem, c, set(after[c])) - before:
                    expected = BARRED
                assert may_swap(rules, used, np.int64(c), plan[c], np.int64(gone), np.int64(come)) == expected
