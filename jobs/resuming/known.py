"""The dataclasses that finished stages consist of: the only ones that are made when a kept stage is read."""

from __future__ import annotations

from enum import Enum

from jobs.evaluating.evaluate import Evaluation
from jobs.features.attributes import Attributes
from jobs.learning.interactions import Interactions
from jobs.learning.recommender import Recommender
from jobs.learning.weights import BoxAndListWeights
from jobs.packing.granted import TakenBack
from jobs.packing.pack import Solved
from jobs.recommending.lists import WebsiteLists
from jobs.recommending.ranked_list import Ranked
from optimizer.problem import Plan, Prices, Termination
from recsys.base.events import Events
from recsys.parts.preferences import Preferences
from recsys.parts.ridge import LinearMap
from recsys.ranking.metrics import Interval
from recsys.reasons import Reasoner
from recsys.satisfaction.calibration import Bin, Calibration, Quality
from recsys.satisfaction.effects import Spread, Spreads
from recsys.satisfaction.ratings import Ratings
from recsys.satisfaction.satisfaction import Satisfaction
from recsys.scoring.blend import Moments, PartWeights, Weights
from recsys.scoring.fit_weights import Fit
from recsys.scoring.model import Model
from recsys.training import Trained

DATACLASSES: tuple[type, ...] = (
    Attributes, Bin, BoxAndListWeights, Calibration, Evaluation, Events, Fit, Interactions, Interval, LinearMap, Model,
    Moments, PartWeights, Plan, Preferences, Prices, Quality, Ranked, Ratings, Reasoner, Recommender, Satisfaction,
    Solved, Spread, Spreads, TakenBack, Trained, WebsiteLists, Weights,
)  # fmt: skip
ENUMS: tuple[type[Enum], ...] = (Termination,)
KNOWN: dict[str, type] = {kind.__name__: kind for kind in (*DATACLASSES, *ENUMS)}
