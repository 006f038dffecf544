"""What the numbers of a run mean, in plain sentences."""

from __future__ import annotations

import math
from typing import Any

from optimizer.problem import POINTS


def at_most_percent(share: float) -> str:
    """A share as a percentage of two digits, rounded up so that "no more than" stays true: 0.000213 -> "0.022 %"."""
    percent = 100 * share
    if percent <= 0:
        return "0 %"
    if percent < 1e-7:
        return "0.0000001 %"
    digits = max(0, 1 - math.floor(math.log10(percent)))
    rounded = math.ceil(round(percent * 10**digits, 6)) / 10**digits
    return f"{rounded:.{digits}f}".rstrip("0").rstrip(".") + " %" if digits else f"{rounded:.0f} %"


def gap_sentence(certificate: dict[str, Any]) -> str:
    """How good the plan is, proved, in one sentence."""
    value, bound = certificate.get("value"), certificate.get("upper_bound")
    if value is None or bound is None:
        return "How much better another plan could be is not known: nothing was proved."
    if bound <= value:
        return "No plan could be better: this one is proved to be the best there is."
    if value <= 0:
        return f"No plan could be better by more than {(bound - value) / POINTS:,.2f} points."
    return f"No plan could be more than {at_most_percent((bound - value) / value)} better."


def percent(share: float) -> str:
    """A share as a percentage without decimals; "-" when unknown. Only the whole is 100 %, only nothing is 0 %."""
    if math.isnan(share):
        return "-"
    rounded = round(100 * share)
    if rounded >= 100 > 100 * share:
        return "over 99 %"
    if rounded <= 0 < share:
        return "under 1 %"
    return f"{rounded} %"


def points(value: float) -> str:
    """Points with three decimals: "0.215"; "-" when unknown."""
    return "-" if math.isnan(value) else f"{value:,.3f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """ "1 box", "2 boxes", "1,000 boxes"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
