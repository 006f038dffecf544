"""What a night starts from, as it is kept in start.json: an input like the tables, hashed and told in the manifest.

Every run keeps its own start, so that it can be made again when the run it started from is long gone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from jobs.learning.weights import BoxAndListWeights
from jobs.starting.named_prices import NamedPrices
from jobs.starting.named_weights import weights_as_json, weights_of_json

FILE = "start.json"


@dataclass(frozen=True, eq=False)
class Start:
    """What a run ended with, for the next night to start from.

    from_run  the run; None = a cold start, from nothing
    prices    prices of stock and quotas by name; None = none
    weights   the weights that it scored by; None = none
    """

    from_run: str | None = None
    prices: NamedPrices | None = None
    weights: BoxAndListWeights | None = None

    @property
    def content(self) -> bytes:
        """start.json."""
        told = {
            "from_run": self.from_run,
            "prices": None if self.prices is None else self.prices.as_json(),
            "weights": None if self.weights is None else weights_as_json(self.weights),
        }
        return (json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()

    @property
    def sha256(self) -> str:
        """SHA-256 of start.json, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @classmethod
    def of_content(cls, content: bytes) -> Start:
        """The start that `content` tells. Raises ValueError, KeyError, TypeError or AttributeError where it is none."""
        told: Any = json.loads(content)
        prices, weights = told["prices"], told["weights"]
        return cls(
            told["from_run"],
            None if prices is None else NamedPrices.of_json(prices),
            None if weights is None else weights_of_json(weights),
        )


COLD = Start()
"""From nothing: the first night, and `boxwise nightly --cold`."""
