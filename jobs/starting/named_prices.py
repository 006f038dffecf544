"""Prices by name: those of one night, for the positions of another, in which products came and went.

A price of nothing is left out, and what is not named has none: a product or quota that is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from jobs.csv_text import read_csv
from jobs.posing.priced_limits import SIDES, priced_limits
from optimizer.problem import Prices, Quota

HIGHEST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class NamedPrices:
    """Prices in 1/unit micro-points, each above 0.

    stock     warehouse -> product_id -> price of one more unit
    at_least  name of a quota -> price of its lower limit; at_most likewise
    """

    unit: int = 1
    stock: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    at_least: Mapping[str, int] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse_other_than_whole("unit", [self.unit])
        for warehouse, prices in self.stock.items():
            _refuse_other_than_whole(f"a price in warehouse {warehouse!r}", prices.values())
        for side in SIDES:
            _refuse_other_than_whole(f"a price of {side}", getattr(self, side).values())

    def at(self, warehouses: Sequence[str], product_ids: Sequence[str], quotas: Sequence[Quota]) -> Prices | None:
        """These prices in the positions of a problem; None where it shares no name with them."""
        stock = np.array(
            [[self.stock.get(name, {}).get(product_id, 0) for product_id in product_ids] for name in warehouses],
            np.int64,
        ).reshape(len(warehouses), len(product_ids))
        sides = {side: np.zeros(len(quotas), np.int64) for side in SIDES}
        for side, number, name in priced_limits(quotas):
            sides[side][number] = getattr(self, side).get(name, 0)
        if not stock.any() and not any(side.any() for side in sides.values()):
            return None
        return Prices(stock, sides["at_least"], sides["at_most"], self.unit)

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries, as `of_json` reads them."""
        stock = {warehouse: dict(prices) for warehouse, prices in self.stock.items()}
        return {"unit": self.unit, "stock": stock, **{side: dict(getattr(self, side)) for side in SIDES}}

    @classmethod
    def of_json(cls, told: Any) -> NamedPrices:
        """Raises ValueError, KeyError, TypeError or AttributeError where these are no prices."""
        return cls(told["unit"], told["stock"], told["at_least"], told["at_most"])

    @classmethod
    def of_csv(cls, path: Path) -> NamedPrices:
        """The prices of a run's prices.csv.

        Raises OSError where there is none, ValueError or KeyError where the file is not one.
        """
        frame = read_csv(path)
        units = sorted(set(frame["unit"]))
        if len(units) != 1:
            raise ValueError(f"column unit: found {units}, expected one whole number >= 1")
        stock: dict[str, dict[str, int]] = {}
        sides: dict[str, dict[str, int]] = {side: {} for side in SIDES}
        columns = (frame[name] for name in ("kind", "warehouse", "product_id", "quota", "price"))
        for kind, warehouse, product_id, quota, text in zip(*columns, strict=True):
            into, name = (stock.setdefault(warehouse, {}), product_id) if kind == "stock" else (sides[kind], quota)
            if name in into:
                raise ValueError(f"{name} is found twice")
            into[name] = int(text)
        above = {warehouse: _above_zero(prices) for warehouse, prices in stock.items()}
        return cls(int(units[0]), above, **{side: _above_zero(prices) for side, prices in sides.items()})


def _above_zero(prices: Mapping[str, int]) -> dict[str, int]:
    return {name: price for name, price in prices.items() if price}


def _refuse_other_than_whole(what: str, numbers: Any) -> None:
    for number in numbers:
        if type(number) is not int or not 0 < number <= HIGHEST:
            raise ValueError(f"{what}: found {number!r}, expected a whole number >= 1 that fits 64 bits")
