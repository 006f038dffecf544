"""Metrics of a folder of runs as OpenMetrics text, which Prometheus and its textfile collector read as well.

A night writes them to a file in one step; `boxwise serve` answers them at /metrics. Both tell the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.operating.nights import FAILED, PUBLISHED, REFUSED, STOPPED, Night, read_nights
from jobs.publishing import overrides

FILE = "metrics.prom"
MEDIA_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
MIB = 1 << 20
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Family:
    """One metric: its name, its unit (the end of the name, "" = none), what it tells, and its samples."""

    name: str
    unit: str
    words: str
    samples: Sequence[tuple[Labels, float]]


def metrics_text(runs: Path) -> str:
    """Everything, of the newest night and of the run that readers see; absent is what is not known."""
    nights = read_nights(runs)
    newest = next(iter(nights.all), None)
    shown = next((night for night in nights.all if night.current), None)
    campaign = next((str(night.row["campaign"]) for night in nights.all if night.row.get("campaign")), "")
    families = [*_night(newest), *_published(nights.last(PUBLISHED)), *_shown(shown, nights.current)]
    families.append(Family("boxwise_hidden_products", "", "Products hidden from the website.", [({}, _hidden(runs))]))
    return "".join(_text(family, campaign) for family in families if family.samples) + "# EOF\n"


def write_metrics(path: Path, runs: Path) -> None:
    """Write them in one step: who reads meanwhile sees the old file or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(metrics_text(runs))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def _night(night: Night | None) -> Iterator[Family]:
    """How the newest night ended, whatever the end was."""
    if night is None:
        return
    statuses = [({"status": one}, float(night.status == one)) for one in (PUBLISHED, REFUSED, STOPPED, FAILED)]
    yield Family("boxwise_night_status", "", "1 for how the newest night ended.", statuses)
    yield Family(
        "boxwise_night_exit_code", "", "Exit code of the newest night.", [({}, float(night.row.get("exit", 0)))]
    )
    ended = _one(night.ended.timestamp())
    yield Family("boxwise_night_ended_timestamp_seconds", "seconds", "When the newest night ended.", ended)
    yield Family(
        "boxwise_night_seconds", "seconds", "Wall seconds of the newest night.", _one(night.row.get("seconds"))
    )
    stages = night.row.get("stages") or []
    for name, unit, key, words, times in (
        ("boxwise_stage_seconds", "seconds", "seconds", "Wall seconds of each stage that ended.", 1),
        ("boxwise_stage_cpu_seconds", "seconds", "cpu_seconds", "Core seconds of each stage that ended.", 1),
        ("boxwise_stage_peak_bytes", "bytes", "peak_mib", "Most memory in use until each stage ended.", MIB),
    ):
        samples = [({"stage": str(one["stage"])}, float(one[key]) * times) for one in stages if key in one]
        yield Family(name, unit, words, list({tuple(of.items()): (of, value) for of, value in samples}.values()))
    rows = [({"table": name}, float(one["rows"])) for name, one in (night.row.get("inputs") or {}).items()]
    yield Family("boxwise_input_rows", "", "Rows of each table that the newest night read.", rows)


def _published(night: Night | None) -> Iterator[Family]:
    if night is not None:
        words = "When a night last published."
        name = "boxwise_last_published_timestamp_seconds"
        yield Family(name, "seconds", words, [({}, night.ended.timestamp())])


def _shown(night: Night | None, current: str | None) -> Iterator[Family]:
    """The run that readers see: what it is, its plan, and how good its suggestions are."""
    if current is not None:
        yield Family("boxwise_current_run", "", "1 for the run that readers see.", [({"run_id": current}, 1.0)])
    if night is None:
        return
    plan = night.row.get("plan") or {}
    for name, key, words in (
        ("boxwise_boxes", "boxes", "Boxes of the run that readers see."),
        ("boxwise_short_boxes", "short_boxes", "Boxes of it that are not full."),
        ("boxwise_items", "items_packed", "Items in its boxes."),
        ("boxwise_gap_ratio", "gap", "No plan could be better by more than this share."),
    ):
        yield Family(name, "ratio" if name.endswith("_ratio") else "", words, _one(plan.get(key)))
    rows = [row for row in night.row.get("quality") or [] if row["model"] == "boxwise"]
    for name, key in (("boxwise_quality", "value"), ("boxwise_quality_low", "low"), ("boxwise_quality_high", "high")):
        words = {"value": "Quality of the recommender on the campaign's own past."}.get(
            key, f"{key.capitalize()} end of its interval."
        )
        samples = [({"part": str(row["part"]), "metric": str(row["metric"])}, float(row[key])) for row in rows]
        yield Family(name, "", words, samples)


def _one(value: Any) -> list[tuple[Labels, float]]:
    return [] if value is None else [({}, float(value))]


def _hidden(runs: Path) -> float:
    return float(len(overrides.hidden(runs)))


def _text(family: Family, campaign: str) -> str:
    """The lines of one metric; every sample says of which campaign it is."""
    lines = [f"# HELP {family.name} {_escaped(family.words)}", f"# TYPE {family.name} gauge"]
    lines += [f"# UNIT {family.name} {family.unit}"] if family.unit else []
    for labels, value in family.samples:
        told = {"campaign": campaign, **labels}
        inside = ",".join(f'{name}="{_escaped(text)}"' for name, text in told.items())
        lines.append(f"{family.name}{{{inside}}} {_number(value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _escaped(text: str) -> str:
    """Backslash, quote and line break as the format asks."""
    return re.sub(r'[\\"\n]', lambda found: {"\\": r"\\", '"': r"\"", "\n": r"\n"}[found[0]], text)
