"""What the nights of a case say together: medians, times implicit's fit, and how stages grow from size to size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.night.cases import Case
from benchmarks.night.run import Night, Stage
from benchmarks.night.yardstick import Fit

LEAST_S = 0.2
"""Seconds of a stage below which nothing is said of its growth: it is all start."""


@dataclass
class Result:
    """A case: its first nights, implicit's fits in turn with them, and nights with a hundredth changed.

    failed  what a night said that published nothing; "" = none
    """

    case: Case
    nights: list[Night] = field(default_factory=list)
    fits: list[Fit] = field(default_factory=list)
    again: list[Night] = field(default_factory=list)
    failed: str = ""

    @property
    def seconds(self) -> float:
        """Median seconds of a whole first night."""
        return median(night.seconds for night in self.nights)

    @property
    def fit_seconds(self) -> float:
        """Median seconds of implicit's fit."""
        return median(fit.seconds for fit in self.fits)

    @property
    def peak_mib(self) -> float:
        """Highest memory of any first night."""
        return max(night.peak_mib for night in self.nights)

    def stages(self, nights: Sequence[Night] | None = None) -> dict[str, Stage]:
        """Medians of every stage, in order; of the first nights unless others are given."""
        of = self.nights if nights is None else nights
        return {
            stage.name: Stage(
                stage.name,
                median(night.stage(stage.name).seconds for night in of),
                median(night.stage(stage.name).core_seconds for night in of),
                max(night.stage(stage.name).peak_mib for night in of),
            )
            for stage in of[0].stages
        }

    def as_json(self) -> dict[str, Any]:
        """Everything measured, for a file."""
        told = {"case": self.case.name, "size": self.case.size, "failed": self.failed}
        nights = {"nights": [asdict(night) for night in self.nights], "again": [asdict(night) for night in self.again]}
        return {**told, **nights, "fits": [asdict(fit) for fit in self.fits]}


def comparable(results: Sequence[Result]) -> list[tuple[Result, Result]]:
    """Pairs of made-up shops next to each other in size, of as many products, both with nights."""
    shops = [result for result in results if result.case.size and result.nights]
    shops.sort(key=lambda result: (result.case.size or (0, 0))[::-1])
    return [
        (few, many)
        for few, many in pairwise(shops)
        if few.nights[0].products == many.nights[0].products and few.nights[0].customers < many.nights[0].customers
    ]


def growth(few: Result, many: Result, of: Callable[[Stage], float]) -> dict[str, float]:
    """Exponent of every stage: log of the ratio of its cost by log of the ratio of customers; 1 = in proportion.

    of  the cost of a stage in seconds. Stages that take less than LEAST_S at the smaller size are left out
    """
    small, large = few.stages(), many.stages()
    customers = math.log(many.nights[0].customers / few.nights[0].customers)
    return {
        name: math.log(of(large[name]) / of(small[name])) / customers
        for name in small
        if name in large and of(small[name]) >= LEAST_S and of(large[name]) > 0
    }
