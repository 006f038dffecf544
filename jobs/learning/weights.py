"""How much each part of a score counts, in boxes and in lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from recsys.scoring.blend import LISTS, PACKING, Mix
from recsys.scoring.fit_weights import Fit


@dataclass(frozen=True, eq=False)
class Mixes:
    """The two mixes, and where they come from.

    fits   (mix, case) -> the fit, e.g. ("lists", "known"); empty = nothing could be fitted
    since  first day of what they were fitted to; until its last; None = not fitted
    """

    packing: Mix = PACKING
    lists: Mix = LISTS
    fits: tuple[tuple[str, str, Fit], ...] = ()
    since: date | None = None
    until: date | None = None


AS_SHIPPED = Mixes()
"""The mixes of recsys/scoring/blend.py, before anything is known of a shop."""
