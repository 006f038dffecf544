"""certificate.json: how good the plan is, and how anyone can check it from the files of the run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from optimizer.problem import POINTS, BoxProblem, Plan


def write_certificate(path: Path, run_id: str, problem: BoxProblem, plan: Plan, faults: Sequence[str]) -> None:
    """Write value, upper_bound and gap with the penalties they contain; amounts are whole micro-points.

    faults  what the second opinion found; a published run has none
    """
    certificate = {
        "run_id": run_id,
        "termination": plan.termination.value,
        "value": plan.value,
        "upper_bound": plan.upper_bound,
        "gap": plan.gap,
        "unit": f"micro-points: {POINTS:,} are one point of score. No plan can be worth more than upper_bound",
        "prices": "prices.csv",
        "faults": list(faults),
        "n_customers": problem.n_customers,
        "n_products": problem.n_items,
        "short_policy": problem.rules.short,
        "penalties": {
            "missing_slot": problem.rules.short_penalty,
            "quotas": [
                {"quota": quota.name, "at_least": quota.at_least, "per_unit": quota.penalty}
                for quota in problem.quotas
                if quota.at_least is not None
            ],
        },
        "check": "boxwise verify recomputes all of this from the other files of the run",
    }
    write_json(path, certificate)


def write_json(path: Path, content: object) -> None:
    """JSON a person can read: indented, in the order given, without NaN."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
