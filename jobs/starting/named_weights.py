"""The weights of a recommender as JSON: weights.json of a run, and part of what the next night starts from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from jobs.learning.weights import BoxAndListWeights
from recsys.scoring.blend import PartWeights, Weights


def weights_as_json(weights: BoxAndListWeights) -> dict[str, Any]:
    """Both sets, what they are for -> case -> part -> weight; what they were fitted to is not told."""
    return {"packing": asdict(weights.packing), "lists": asdict(weights.lists)}


def weights_of_json(told: Any) -> BoxAndListWeights:
    """Raises ValueError, KeyError, TypeError or AttributeError where these are no weights."""
    return BoxAndListWeights(packing=_set_of_json(told["packing"]), lists=_set_of_json(told["lists"]))


def _set_of_json(told: Any) -> Weights:
    return Weights(**{case: PartWeights(**_finite(parts)) for case, parts in told.items()})


def _finite(parts: Any) -> dict[str, float]:
    for part, weight in parts.items():
        if type(weight) not in (int, float) or not 0 <= weight < float("inf"):
            raise ValueError(f"weight of {part}: found {weight!r}, expected a number >= 0")
    return dict(parts)
