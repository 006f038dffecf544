"""What the last published night saw: the tables that its run keeps, and the figures of what it keeps no copy of."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.guarding.event_facts import EventFacts

PROFILE = "profile.json"
TABLES = ("customers", "products", "inventory", "shipments", "edits")


@dataclass(frozen=True, eq=False)
class LastNight:
    """The run that tonight is held against.

    run_id     its name
    campaign   the campaign's
    ship_date  the box that it was for
    frames     its tables, but for the events
    had        tables that had a file (an absent one has an empty frame)
    events     its events in figures; of a run from before they were kept, their number only
    scores     (201,) evenly spaced quantiles of its scores, ascending; None = not kept
    """

    run_id: str
    campaign: str
    ship_date: date
    frames: Mapping[str, pd.DataFrame]
    events: EventFacts
    scores: npt.NDArray[np.float64] | None = None
    had: frozenset[str] = field(default=frozenset())


def last_night(runs: Path) -> LastNight | None:
    """The published run; None = there is none, or it cannot be read."""
    run = runs / "current"
    try:
        manifest: Any = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
        toml = tomllib.loads((run / "inputs" / "campaign.toml").read_text(encoding="utf-8-sig"))
        frames = {name: pd.read_parquet(run / "inputs" / f"{name}.parquet") for name in TABLES}
        profile = _profile(run, int(manifest["inputs"]["events"]["rows"]))
        sums = {name: bool(told["sha256"]) for name, told in manifest["inputs"].items()}
        had = frozenset(name for name, there in sums.items() if there)
        told = toml["campaign"]
        return LastNight(str(manifest["run_id"]), told["name"], told["ship_date"], frames, *profile, had)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None


def _profile(run: Path, n_events: int) -> tuple[EventFacts, npt.NDArray[np.float64] | None]:
    """profile.json; of an older run, what its other files say."""
    if not (run / PROFILE).is_file():
        return EventFacts(n_events, "", 0, {}), _sampled(run / "scores.parquet")
    told: Any = json.loads((run / PROFILE).read_text(encoding="utf-8"))
    scores = None if told["scores"] is None else np.array(told["scores"], np.float64)
    return EventFacts(**told["events"]), scores


def _sampled(path: Path) -> npt.NDArray[np.float64]:
    """Quantiles of the scores of a run's first customers, which are a fair sample: ids are in no order of taste."""
    file = pq.ParquetFile(path)
    column: Any = file.read_row_group(0, columns=["scores"])["scores"].combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    values = column.values.to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.float64] = np.quantile(values[np.isfinite(values)].astype(np.float64), np.linspace(0, 1, 201))
    return found
