"""nights.json of a run: figures of the last published nights and tonight's, for plots of quality and drift.

Drift is how far the scores moved since the run before: the stability index of jobs/guarding/scores.py.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.guarding.last_night import PROFILE
from jobs.guarding.scores import population_stability
from jobs.operating.nights import PUBLISHED, Night, read_nights
from jobs.operating.run_record import headline
from jobs.outputs.certificate import write_json
from jobs.publishing.publish import current_run

FILE = "nights.json"
MOST = 60
"""So many nights are shown, the newest."""


@dataclass(frozen=True)
class Point:
    """One published night; None = not known.

    ended_utc         None = tonight, which has not ended
    metric            what quality is told in; quality, low and high are of the recommender, with its 95 % interval
    gap, short_share  how much better a plan could be at most; share of boxes that are not full
    drift             stability index of the scores against the run before; below 0.1 nothing moved
    """

    run_id: str
    ended_utc: str | None = None
    metric: str | None = None
    quality: float | None = None
    low: float | None = None
    high: float | None = None
    gap: float | None = None
    short_share: float | None = None
    drift: float | None = None


def trend(runs: Path) -> list[Point]:
    """The last published nights, oldest first; of several nights that made one run, the last."""
    published = {
        str(night.row["run_id"]): night for night in reversed(read_nights(runs).all) if night.status == PUBLISHED
    }
    nights = sorted(published.values(), key=lambda night: night.ended)
    return [_point(night) for night in nights[-MOST:]]


def write_trend(folder: Path, runs: Path, missing: npt.NDArray[np.int64]) -> None:
    """Write nights.json into tonight's staged folder, which holds all but its manifest and report.

    missing  (n_boxes,) slots of each box that are empty
    """
    certificate, evaluation = _json(folder / "certificate.json"), _json(folder / "evaluation.json")
    before = current_run(runs)
    run_id = str(certificate.get("run_id"))
    told = Point(
        run_id,
        gap=certificate.get("gap"),
        short_share=float((missing > 0).mean()) if len(missing) else None,
        drift=drift(folder, None if before in (None, run_id) else runs / str(before)),
        **_quality([row for row in evaluation.get("table") or [] if row.get("value") is not None]),
    )
    nights = [point for point in trend(runs) if point.run_id != run_id]
    write_json(folder / FILE, {"nights": [asdict(point) for point in [*nights, told][-MOST:]]})


def read_trend(folder: Path) -> list[Point]:
    """What nights.json of a run tells; nothing where there is none, or it is damaged."""
    names = {field.name for field in fields(Point)}
    try:
        return [Point(**{name: row.get(name) for name in names}) for row in _json(folder / FILE).get("nights") or []]
    except (ValueError, AttributeError, TypeError):
        return []


def drift(folder: Path, before: Path | None) -> float | None:
    """How far the scores moved between two runs; None = one of the two does not tell its scores."""
    if before is None:
        return None
    try:
        now, then = (_json(run / PROFILE).get("scores") for run in (folder, before))
    except ValueError:
        return None
    if not now or not then:
        return None
    return round(population_stability(np.array(now, np.float64), np.array(then, np.float64)), 6)


def _point(night: Night) -> Point:
    row, plan = night.row, night.row.get("plan") or {}
    boxes, short = plan.get("boxes"), plan.get("short_boxes")
    return Point(
        str(row["run_id"]),
        str(row["ended_utc"]),
        gap=plan.get("gap"),
        short_share=short / boxes if boxes and short is not None else None,
        drift=row.get("drift"),
        **_quality(row.get("quality") or []),
    )


def _quality(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found = headline(rows)
    if found is None:
        return {}
    return {"metric": found["metric"], "quality": found["value"], "low": found["low"], "high": found["high"]}


def _json(path: Path) -> dict[str, Any]:
    """What the file holds; nothing where there is none."""
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return told if isinstance(told, dict) else {}
