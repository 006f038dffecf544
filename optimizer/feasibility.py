"""Only for short="stop": can every box be filled at all, utility aside?

The same engine answers: nothing is worth anything, an empty box costs one point per slot. A plan worth 0 fills every
box; a bound below 0 proves that none does.
"""

from __future__ import annotations

from dataclasses import replace

from optimizer.problem import POINTS, BoxProblem


def filling_problem(problem: BoxProblem) -> BoxProblem:
    """`problem` with nothing worth anything, empty boxes allowed at a point per slot, and promises left out."""
    return replace(
        problem,
        utility=problem.pairs.worthless(),
        rules=replace(problem.rules, short="no_box", short_penalty=POINTS),
        quotas=tuple(replace(quota, at_least=None) for quota in problem.quotas if quota.at_most is not None),
    )
