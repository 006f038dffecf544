"""What is remembered of a night's events: a run keeps no copy of them, so that these few figures stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.csv_text import to_arrow
from recsys.base.seeds import mix


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
    table = to_arrow(events[["customer_id", "product_id", "kind"]])
    codes = {name: _codes(table.column(name)) for name in table.column_names}
    kind, kinds = codes["kind"]
    rows = np.bincount(kind, minlength=len(kinds))
    moments = events["occurred_at"]
    numbers = [codes[name][0] for name in table.column_names]
    numbers.append(moments.to_numpy().view("int64"))
    numbers.append(np.nan_to_num(events["value"].to_numpy(np.float64, copy=True), nan=-1e300).view("int64"))
    return EventFacts(
        rows=len(events),
        newest=str(moments.max())[:19],
        repeated=repeated_rows(numbers),
        kinds={name: int(n) for name, n in sorted(zip(kinds, rows, strict=True)) if n},
    )


def repeated_rows(columns: list[npt.NDArray[np.int64]]) -> int:
    """How many rows are equal to one before them, in all columns; by 64-bit hashes, so right but for 1 in 10^5 nights.

    columns  int64 (n,) each
    """
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = mix(mixed ^ column.view(np.uint64))
    mixed.sort()
    return int((mixed[1:] == mixed[:-1]).sum())


def _codes(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
    encoded: Any = pc.dictionary_encode(column.combine_chunks())
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()
