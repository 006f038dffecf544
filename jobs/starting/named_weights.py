"""The weights of a recommender as JSON: weights.json of a run, and part of what the next night starts from."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from jobs.learning.weights import BoxAndListWeights
from recsys.scoring.blend import PartWeights, Weights


def weights_as_json(weights: BoxAndListWeights) -> dict[str, Any]:
    """Both sets, what they are for -> case -> part -> weight; the days they were fitted to; and what judged them."""
    judged_by = weights.judged_by
    return {
        "packing": asdict(weights.packing),
        "lists": asdict(weights.lists),
        "since": None if weights.since is None else str(weights.since),
        "until": None if weights.until is None else str(weights.until),
        "judged_by": None if judged_by is None else weights_as_json(judged_by),
    }


def weights_of_json(told: Any) -> BoxAndListWeights:
    """Raises ValueError, KeyError, TypeError or AttributeError where these are no weights."""
    return BoxAndListWeights(
        packing=_set_of_json(told["packing"]),
        lists=_set_of_json(told["lists"]),
        since=_day(told["since"]),
        until=_day(told["until"]),
        judged_by=None if told["judged_by"] is None else weights_of_json(told["judged_by"]),
    )


def _day(told: Any) -> date | None:
    return None if told is None else date.fromisoformat(told)


def _set_of_json(told: Any) -> Weights:
    return Weights(**{case: PartWeights(**_finite(parts)) for case, parts in told.items()})


def _finite(parts: Any) -> dict[str, float]:
    for part, weight in parts.items():
        if type(weight) not in (int, float) or not 0 <= weight < float("inf"):
            raise ValueError(f"weight of {part}: found {weight!r}, expected a number >= 0")
    return dict(parts)
