"""What is remembered of a night's events: a run keeps no copy of them, so that these few figures stand for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SPREAD = tuple(
    np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD1B54A32D192ED03)
)
"""Odd numbers whose bits look drawn: those of splitmix64 (Steele et al. 2014), and one more."""


@dataclass(frozen=True)
class EventFacts:
    """A night's events in figures.

    rows      events that are used
    newest    the latest moment, to the second, as ISO text; "" = there are none
    repeated  rows that say again what another row says, in every listed column
    kinds     rows of each kind of event
    """

    rows: int
    newest: str
    repeated: int
    kinds: Mapping[str, int]

    @classmethod
    def of_json(cls, told: Any) -> EventFacts:
        """What profile.json tells. Raises ValueError, TypeError, KeyError or AttributeError where it tells nothing."""
        kinds = {str(kind): int(rows) for kind, rows in told["kinds"].items()}
        newest = str(told["newest"])
        if newest:
            datetime.fromisoformat(newest)
        return cls(int(told["rows"]), newest, int(told["repeated"]), kinds)

    def as_json(self) -> dict[str, Any]:
        """What profile.json holds."""
        return asdict(self)


def event_facts(events: pd.DataFrame) -> EventFacts:
    """Measure the events of `Tables.events`."""
    if not len(events):
        return EventFacts(0, "", 0, {})
    codes = [_codes(events[name]) for name in ("customer_id", "product_id", "kind")]
    kind, kinds = codes[2]
    rows = np.bincount(kind, minlength=len(kinds))
    return EventFacts(
        rows=len(events),
        newest=str(events["occurred_at"].max())[:19],
        repeated=repeated_rows(
            [(code, len(names)) for code, names in codes],
            events["occurred_at"].to_numpy().view(np.uint64),
            events["value"].to_numpy(np.float64),
        ),
        kinds={name: int(n) for name, n in sorted(zip(kinds.to_pylist(), rows, strict=True)) if n},
    )


def repeated_rows(
    codes: Sequence[tuple[npt.NDArray[np.int32], int]],
    moments: npt.NDArray[np.uint64],
    values: npt.NDArray[np.float64],
) -> int:
    """How many rows are equal to one before them, in all columns; by 64-bit hashes, so right but for 1 in 10^5 nights.

    codes   int32 (n,) each, and how many different ones there are
    values  float64 (n,), NaN = none

    A hash is the sum of the columns, each times an odd number whose bits look drawn (multilinear hashing).
    """
    mixed = np.zeros(len(moments), np.uint64)
    for code, n in codes:
        mixed *= np.uint64(n)
        mixed += code.astype(np.uint64)
    mixed *= SPREAD[0]
    mixed += moments * SPREAD[1]
    told = np.flatnonzero(~np.isnan(values))
    mixed[told] += values[told].view(np.uint64) * SPREAD[2] + SPREAD[3]
    mixed.sort()
    return int((mixed[1:] == mixed[:-1]).sum())


def _codes(texts: pd.Series) -> tuple[npt.NDArray[np.int32], pa.Array]:
    encoded: Any = pc.dictionary_encode(pa.array(texts))
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return encoded.indices.to_numpy(), encoded.dictionary
