"""What the last published night saw: the tables that its run keeps, and the figures of what it keeps no copy of."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.guarding.event_facts import EventFacts
from jobs.guarding.scores import quantiles

PROFILE = "profile.json"
TABLES = ("customers", "products", "inventory", "shipments", "edits")
SAMPLED = 4_096
"""Customers of an older run whose scores are looked at."""


@dataclass(frozen=True, eq=False)
class LastNight:
    """The run that tonight is held against.

    run_id     its name
    campaign   the campaign's
    ship_date  the box that it was for
    frames     its tables, but for the events
    events     its events in figures; of a run from before they were kept, their number only
    scores     (201,) evenly spaced quantiles of its scores, ascending; None = not kept
    """

    run_id: str
    campaign: str
    ship_date: date
    frames: Mapping[str, pd.DataFrame]
    events: EventFacts
    scores: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Unreadable:
    """Something is published, and cannot be read: nobody can say whether tonight is like it.

    run_id  its name
    why     what its files say, in a few words
    """

    run_id: str
    why: str


def last_night(runs: Path) -> LastNight | Unreadable | None:
    """The published run; None = nothing is published."""
    run = runs / "current"
    if not run.is_symlink():
        return None
    try:
        manifest: Any = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
        told = tomllib.loads((run / "inputs" / "campaign.toml").read_text(encoding="utf-8-sig"))["campaign"]
        events, scores = _profile(run, int(manifest["inputs"]["events"]["rows"]))
        frames = {name: _frame(run / "inputs" / f"{name}.parquet") for name in TABLES}
        return LastNight(str(manifest["run_id"]), told["name"], told["ship_date"], frames, events, scores)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, pa.ArrowException) as bad:
        return Unreadable(run.resolve().name, (str(bad).splitlines() or [type(bad).__name__])[0])


def _frame(path: Path) -> pd.DataFrame:
    """A table that the run keeps; in a run from before boxes had names, none has one."""
    frame = pd.read_parquet(path)
    if path.stem == "customers" and "box_id" not in frame:
        frame["box_id"] = ""
    return frame


def _profile(run: Path, n_events: int) -> tuple[EventFacts, npt.NDArray[np.float64] | None]:
    """profile.json; of an older run, what its other files say."""
    if not (run / PROFILE).is_file():
        return EventFacts(n_events, "", 0, {}), _sampled(run / "scores.parquet")
    told: Any = json.loads((run / PROFILE).read_text(encoding="utf-8"))
    scores = None if told["scores"] is None else np.array(told["scores"], np.float64)
    return EventFacts.of_json(told["events"]), scores


def _sampled(path: Path) -> npt.NDArray[np.float64] | None:
    """Quantiles of the scores of the first customers of an older run, which kept none."""
    with pq.ParquetFile(path) as file:
        rows = next(file.iter_batches(SAMPLED, columns=["scores"]), None)
    if rows is None:
        return None
    values = rows.column(0).flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return quantiles(values[np.isfinite(values)])
