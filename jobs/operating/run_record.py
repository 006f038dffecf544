"""What is kept of a published run in its line of runs/history.jsonl, read from the run's own folder.

So a run that was published by an older boxwise, or whose line was lost, can still be told.
"""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLAN = ("customers", "boxes", "items_packed", "short_boxes", "value", "upper_bound", "gap")
"""Figures of the manifest that tell the plan."""


def run_record(folder: Path) -> dict[str, Any]:
    """Everything of a run that nights are compared by. Raises OSError or ValueError for a manifest that is none."""
    manifest = _json(folder / "manifest.json")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("run_id"), str):
        raise ValueError(f"{folder}: manifest.json tells no run")
    settings = read_settings(folder / "inputs" / "campaign.toml")
    metrics = manifest.get("metrics") or {}
    return {
        "run_id": manifest["run_id"],
        "written_utc": manifest.get("written_utc"),
        "campaign": settings.get("campaign.name"),
        "ship_date": settings.get("campaign.ship_date"),
        "code": manifest.get("versions") or {},
        "inputs": manifest.get("inputs") or {},
        "started_from": (manifest.get("started_from") or {}).get("run_id"),
        "accepted": manifest.get("accepted") or [],
        "settings": settings,
        "weights": _weights(folder),
        "quality": [row for row in metrics.get("evaluation") or [] if row.get("value") is not None],
        "plan": {name: metrics.get(name) for name in PLAN},
        "stages": manifest.get("stages") or [],
        "drift": _drift(folder),
    }


def _weights(folder: Path) -> dict[str, Any]:
    """What each part of a score counts; without those that the night was judged by."""
    told = flat(_json(folder / "weights.json"))
    return {name: value for name, value in told.items() if not name.startswith("judged_by")}


def _drift(folder: Path) -> float | None:
    """How far its scores moved since the run before, as its nights.json tells."""
    told = _json(folder / "nights.json")
    nights = told.get("nights") if isinstance(told, dict) else None
    last = nights[-1] if isinstance(nights, list) and nights else None
    found = last.get("drift") if isinstance(last, dict) else None
    return float(found) if isinstance(found, (int, float)) else None


def run_seconds(record: Mapping[str, Any]) -> float | None:
    """Wall seconds of all stages; None = not told."""
    told = [float(stage["seconds"]) for stage in record.get("stages") or []]
    return round(sum(told), 1) if told else None


def read_settings(path: Path) -> dict[str, Any]:
    """Every key of a campaign.toml by its dotted name; nothing where it cannot be read.

    What may hold a password is told as a hash: that it changed is seen, and what it is not.
    """
    try:
        told = flat(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError):
        return {}
    return {name: _hashed(value) if _may_be_secret(name, value) else value for name, value in told.items()}


def _may_be_secret(name: str, value: Any) -> bool:
    if name.startswith("inputs.") and name.endswith(".sql"):
        return any(word in str(value).lower() for word in ("password", "secret", "://"))
    return name in ("notify.command", "operate.lineage") or (name.startswith("inputs.") and name.endswith(".connect"))


def _hashed(value: Any) -> str:
    return f"not kept (sha256 {hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]})"


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """A tree of tables by dotted names: `quota[Acme launch].at_least`; items of a list by their name or their place."""
    if isinstance(value, Mapping):
        parts = [(f"{name}.{key}" if name else str(key), own) for key, own in value.items()]
    elif isinstance(value, list) and any(isinstance(own, Mapping) for own in value):
        parts = [(f"{name}[{_called(own, place)}]", own) for place, own in enumerate(value)]
    else:
        return {name: _plain(value)} if name else {}
    return {key: told for part, own in parts for key, told in flat(own, part).items()}


def _called(item: Any, place: int) -> str:
    return str(item["name"]) if isinstance(item, Mapping) and "name" in item else str(place)


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, list):
        return [_plain(own) for own in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _json(path: Path) -> Any:
    """What the file holds; nothing where there is none (an older run)."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def headline(quality: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The one figure that stands for a night's quality: nDCG of the recommender for customers with a history.

    Where nobody has one, that of the first part which was judged; None = nothing was.
    """
    ours = [row for row in quality if row["model"] == "boxwise" and str(row["metric"]).startswith("nDCG")]
    warm = [row for row in ours if row["part"] == "warm customers"]
    return next(iter(warm or ours), None)
