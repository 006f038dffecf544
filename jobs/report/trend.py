"""Quality, drift and gap over the nights, as lines with intervals: in the report, and as a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.operating.trend import Point
from jobs.report import plots
from jobs.templates import environment

TEMPLATES = Path(__file__).parent / "templates"
DRIFT_TOLD = "stability index of the scores against the run before: below 0.1 nothing moved, above 0.25 much did"


@dataclass(frozen=True)
class Panel:
    """One drawing: what it shows, its newest value and its largest in words, and the drawing itself."""

    title: str
    note: str
    newest: str
    most: str
    plot: str


def panels(points: Sequence[Point]) -> list[Panel]:
    """A panel for each figure that at least two nights tell."""
    metric = next((point.metric for point in reversed(points) if point.metric), "quality")
    asked: list[tuple[str, str, Callable[[Point], tuple[float | None, float | None, float | None]], str]] = [
        (
            f"Quality ({metric})",
            "of the recommender, with its 95 % interval",
            lambda p: (p.low, p.quality, p.high),
            ".3f",
        ),
        ("Drift", DRIFT_TOLD, lambda p: (p.drift, p.drift, p.drift), ".3f"),
        ("Gap", "no plan could be better by more than this", lambda p: (p.gap, p.gap, p.gap), ".4%"),
        ("Boxes not full", "share of all boxes", lambda p: (p.short_share,) * 3, ".2%"),
    ]
    found = []
    for title, note, values, form in asked:
        rows = [values(point) for point in points]
        told = [row[1] for row in rows if row[1] is not None]
        if len(told) < 2:
            continue
        most = max(row[2] for row in rows if row[2] is not None)
        titles = [
            f"{point.run_id}: {format(row[1], form)}" if row[1] is not None else ""
            for point, row in zip(points, rows, strict=True)
        ]
        label = f"{title} of {len(told)} nights, from {format(told[0], form)} to {format(told[-1], form)}"
        drawing = plots.trend(rows, titles, label)
        newest = "not known" if rows[-1][1] is None else format(rows[-1][1], form)
        found.append(Panel(title, note, newest, format(most, form), drawing))
    return found


def span_of(points: Sequence[Point]) -> tuple[str, str]:
    """The days of the first and of the last night; tonight's is "tonight"."""
    first, last = (points[place].ended_utc for place in (0, -1))
    return (first or "tonight")[:10], (last or "tonight")[:10]


def trend_svg(points: Sequence[Point]) -> str:
    """The panels as one SVG that stands by itself: no script, no font, no network; in dark mode dark."""
    first, last = span_of(points) if points else ("", "")
    drawn = panels(points)
    told = {"panels": drawn, "first": first, "last": last, "n_nights": len(points), "width": 1000, "step": 170}
    return environment(TEMPLATES).get_template("trend.svg").render(**told)
