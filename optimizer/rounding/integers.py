"""Whole boxes at the best prices: integer programmes, one after the other, until another is not worth its time."""

from __future__ import annotations

import numpy as np

from optimizer.rounding.column_generation import generate_columns
from optimizer.rounding.lp_rounding import round_lp
from optimizer.rounding.programmes import pick, polish, split
from optimizer.rounding.run import Run


def whole_boxes(run: Run) -> bool:
    """Improve the plan; True when it is proved that no better plan (or none at all) exists.

    Few customers: column generation over all of them brings prices and boxes together first.
    """
    effort, n = run.effort, run.problem.n_customers
    if n <= effort.few_customers:
        generate_columns(run, effort.column_turns, 0.0 if n <= effort.small else 1e-9)
        if pick(run, effort.first_choices):
            return True
        round_lp(run, effort.good_gap)
    elif run.boxes is not None and not run.late():
        _round_first(run)
    stale, reached = 0, np.inf
    for turn in range(effort.programmes):
        if _enough(run, stale, reached if turn else None):
            return False
        before, reached = run.value, run.gap() or np.inf
        if pick(run, min(effort.first_choices << turn, effort.last_choices)):
            return True
        polish(run)
        if (
            turn == 0
            and effort.few_customers < n <= effort.many_customers
            and (run.gap() or 0.0) > 10 * effort.good_gap
        ):
            generate_columns(run, effort.more_column_turns)
        stale = stale + 1 if run.value == before else 0
    return False


def _round_first(run: Run) -> None:
    """Of many customers an LP splits hardly any: to round it is cheaper than a programme, and often enough."""
    if (run.gap() or 0.0) > run.effort.good_gap and split(run):
        run.report("rounding")
        round_lp(run, run.effort.good_gap)
        polish(run)


def _enough(run: Run, stale: int, reached: float | None) -> bool:
    """True when another programme is not worth its time.

    stale     programmes in a row that found nothing better
    reached   gap before the last programme; None = there was none yet
    """
    effort, gap = run.effort, run.gap()
    if run.proved() or run.late() or stale == 2:
        return True
    if gap is None or gap > effort.fair_gap:
        return False
    if stale or run.problem.n_customers <= effort.small:
        return stale > 0
    again = reached is not None and (gap <= effort.well_gap or gap > effort.slow * reached)
    return gap <= effort.good_gap or again or (run.crowded and gap <= effort.tied_gap)
