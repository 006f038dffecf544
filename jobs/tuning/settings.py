"""The settings that tuning may try: what it changes, by how much, and how far a change is still felt.

A value beyond what the campaign's size allows changes nothing (recsys/parts/als.py caps it), so it is never tried: a
training
saved, and no suggestion that does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jobs.config.campaign import Model, SignalsTable
from recsys.base.events import strengths
from recsys.parts.als import balanced_alpha, sensible_factors

if TYPE_CHECKING:
    from jobs.config.campaign import Campaign
    from jobs.learning.recommender import Recommender

STEPS = {"alpha": 3.0, "regularization": 3.0, "half_life_days": 2.0, "factors": 2.0}
"""What a key is multiplied or divided by in one step, in the order in which the keys are tried. Smaller steps differ by
less than the customers of one window can tell."""
LEAST = {"alpha": 0.1, "regularization": 0.01, "half_life_days": 7.0, "factors": 8.0}
"""Nothing below is tried: less than a week forgets everything, and eight factors are always fine
(recsys/parts/als.py)."""
MOST_FACTORS = 256
"""More are not tried unless the campaign has them: each doubling takes two to four times as long every night."""
MOST_ALPHA = 1e9
SPANS = 4.0
"""A half-life of more than four times the age of the oldest event lets nothing fade."""


@dataclass(frozen=True)
class Setting:
    """What tuning changes; the meaning of each key stands in docs/campaign.md."""

    factors: int
    regularization: float
    alpha: float
    half_life_days: float

    @classmethod
    def of(cls, campaign: Campaign) -> Setting:
        """The campaign's present setting."""
        model = campaign.model
        return cls(model.factors, float(model.regularization), float(model.alpha), float(campaign.half_life_days))

    @classmethod
    def as_shipped(cls) -> Setting:
        """What a campaign.toml that says nothing gets."""
        model = Model()
        return cls(model.factors, model.regularization, model.alpha, SignalsTable.model_validate({}).half_life_days)

    def applied(self, campaign: Campaign) -> Campaign:
        """The campaign with this setting; the given one stays as it is."""
        keys = {"factors": self.factors, "regularization": self.regularization, "alpha": self.alpha}
        model = campaign.model.model_copy(update=keys)
        return campaign.model_copy(update={"model": model, "half_life_days": self.half_life_days})

    def changes(self, present: Setting) -> dict[str, tuple[float, float]]:
        """Keys that differ, in the order of STEPS: (now, then)."""
        both = {key: (getattr(present, key), getattr(self, key)) for key in STEPS}
        return {key: (now, then) for key, (now, then) in both.items() if now != then}


@dataclass(frozen=True)
class Limits:
    """The largest values that still make a difference in a campaign.

    factors         one per eight products with likes, at most MOST_FACTORS or what the campaign has
    alpha           beyond it likes would weigh more than everything that was not chosen
    half_life_days  SPANS times the age of the oldest event
    """

    factors: float
    alpha: float
    half_life_days: float
    regularization: float = 1e9

    @classmethod
    def of(cls, recommender: Recommender, present: Setting) -> Limits:
        """Of what a recommender with the present setting was trained on."""
        events = recommender.interactions.events
        most = max(MOST_FACTORS, present.factors)
        oldest = float(np.max(events.age_days, initial=1.0))
        return cls(
            factors=sensible_factors(int(recommender.model.warm_items.sum()), most),
            alpha=balanced_alpha(strengths(events, present.half_life_days), MOST_ALPHA),
            half_life_days=max(SPANS * oldest, LEAST["half_life_days"]),
        )

    def felt(self, setting: Setting) -> Setting:
        """The setting with every value at its limit at most: two settings that are felt alike train the same model."""
        return Setting(
            int(min(setting.factors, self.factors)),
            min(setting.regularization, self.regularization),
            min(setting.alpha, self.alpha),
            min(setting.half_life_days, self.half_life_days),
        )

    def step(self, setting: Setting, key: str, *, up: bool) -> Setting | None:
        """The setting one step further in a key, rounded to two digits; None where that changes nothing or too much."""
        value = float(getattr(self.felt(setting), key))
        value = rounded(max(value * STEPS[key], LEAST[key]) if up else value / STEPS[key])
        stepped = replace(setting, **{key: round(value) if key == "factors" else value})  # type: ignore[arg-type]
        return None if value < LEAST[key] or self.felt(stepped) == self.felt(setting) else stepped


def rounded(value: float) -> float:
    """Two significant digits, and whole powers of two as they are: 6.6667 is 6.7, 128 stays 128."""
    return value if value >= 1 and float(np.log2(value)).is_integer() else float(f"{value:.2g}")
