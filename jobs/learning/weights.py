"""How much each part of a score counts, in boxes and in lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from recsys.scoring.blend import LISTS, PACKING, Weights
from recsys.scoring.fit_weights import Fit


@dataclass(frozen=True, eq=False)
class BoxAndListWeights:
    """The weights that boxes are packed by, those that lists are ranked by, and where both come from.

    fits   (what they are for, case) -> the fit, e.g. ("lists", "known"); empty = nothing could be fitted
    since  first day of what they were fitted to; until its last; None = not fitted
    judged_by  weights fitted to an earlier stretch, by which the recommender of this one was judged; None = was not
    """

    packing: Weights = PACKING
    lists: Weights = LISTS
    fits: tuple[tuple[str, str, Fit], ...] = ()
    since: date | None = None
    until: date | None = None
    judged_by: BoxAndListWeights | None = None


AS_SHIPPED = BoxAndListWeights()
"""The weights of recsys/scoring/blend.py, before anything is known of a shop."""
