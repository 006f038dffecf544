"""The names of the quotas' limits that have a price, as prices.csv and start.json tell them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from optimizer.problem import Quota

SIDES = ("at_least", "at_most")


def priced_limits(quotas: Sequence[Quota]) -> Iterator[tuple[str, int, str]]:
    """Every limit that has a price: side, position of the quota, its name (numbered where two share one)."""
    names = Counter(quota.name for quota in quotas)
    for side in SIDES:
        for number, quota in enumerate(quotas):
            if getattr(quota, side) is not None:
                yield side, number, quota.name if names[quota.name] == 1 else f"{quota.name} [{number + 1}]"
