"""Lines over the nights: every night at its place and height, one without a value a gap, and drift as it is told."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.cli.main import app
from jobs.ending import exit_code
from jobs.operating.records import append_row
from jobs.operating.trend import FILE, MOST, Point, drift, read_trend, trend, write_trend
from jobs.report import plots
from jobs.report.trend import panels, trend_svg

NIGHT = Point("glow-1", "2026-11-01T02:00:00Z", "nDCG@20", 0.08, 0.07, 0.09, 0.0001, 0.0, 0.02)
VALUES = st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=12)


def nights(n: int) -> list[Point]:
    return [replace(NIGHT, run_id=f"glow-{place}", ended_utc=f"2026-11-{place + 1:02}T02:00:00Z") for place in range(n)]


@given(VALUES)
def test_every_night_has_its_dot_and_lines_join_neighbours_only(values: list[float | None]) -> None:
    drawn = plots.trend([(value, value, value) for value in values], ["<&>"] * len(values), 'a "label"')

    dots = re.findall(r'class="dot" d="M([\d.]+) ([\d.]+)h', drawn)
    told = [place for place, value in enumerate(values) if value is not None]
    assert [float(x) for x, _ in dots] == pytest.approx(
        [(place + 0.5) * 1000 / len(values) for place in told], abs=0.06
    )
    most = max((value for value in values if value is not None), default=0) or 1
    heights = [100 * (1 - (values[place] or 0) / most) for place in told]
    assert [float(y) for _, y in dots] == pytest.approx(heights, abs=0.06)
    joined = sum(place + 1 in told for place in told)
    assert drawn.count("L") == joined
    ElementTree.fromstring(drawn)


def test_an_interval_is_a_line_from_its_low_to_its_high_end() -> None:
    drawn = plots.trend([(1.0, 2.0, 4.0), (None, None, None), (3.0, 3.0, 3.0)], ["", "", ""], "")

    assert re.findall(r'class="band" d="([^"]+)"', drawn) == ["M166.7 0.0V75.0"]


def test_a_panel_needs_two_nights_that_tell_its_figure() -> None:
    untold = replace(NIGHT, ended_utc=None, drift=None, short_share=None)

    assert [panel.title for panel in panels([*nights(2), untold])] == [
        "Quality (nDCG@20)",
        "Drift",
        "Gap",
        "Boxes not full",
    ]
    assert [panel.newest for panel in panels([*nights(2), untold])] == ["0.080", "not known", "0.0100%", "not known"]
    assert [panel.title for panel in panels([NIGHT, untold])] == ["Quality (nDCG@20)", "Gap"]
    assert panels([NIGHT]) == panels([]) == []


@pytest.mark.parametrize("count", [0, 1, 2, 60])
def test_the_file_is_an_svg_that_needs_nothing_else(count: int) -> None:
    text = trend_svg([replace(point, run_id="</svg>&") for point in nights(min(count, 28))])

    ElementTree.fromstring(text)
    assert not re.search(r"<script|href|url\(|@import", text)
    assert ("nothing to draw" in text) is (count < 2)


def test_tonight_is_the_last_point_and_tells_its_drift(tmp_path: Path) -> None:
    runs, staged = tmp_path, tmp_path / ".staging-b"
    before = runs / "a"
    scores = np.linspace(0, 1, 201)
    for folder, own in ((before, scores), (staged, scores**2)):
        folder.mkdir()
        (folder / "profile.json").write_text(json.dumps({"scores": own.tolist()}))
    (before / "manifest.json").write_text(json.dumps({"run_id": "a"}))
    (runs / "current").symlink_to("a")
    quality = [
        {"part": "warm customers", "model": "boxwise", "metric": "nDCG@20", "value": 0.1, "low": 0.0, "high": 0.2}
    ]
    at = "2026-11-01T02:00:00Z"
    row = {"ended_utc": at, "status": "published", "run_id": "a", "quality": quality}
    append_row(runs, {**row, "plan": {"gap": 0.5, "boxes": 4, "short_boxes": 1}})
    (staged / "certificate.json").write_text(json.dumps({"run_id": "b", "gap": 0.25}))
    (staged / "evaluation.json").write_text(json.dumps({"table": [quality[0] | {"value": 0.3}]}))

    write_trend(staged, runs, np.array([0, 2]))

    first, tonight = read_trend(staged)
    assert first == Point("a", at, "nDCG@20", 0.1, 0.0, 0.2, 0.5, 0.25, None)
    assert tonight == Point("b", None, "nDCG@20", 0.3, 0.0, 0.2, 0.25, 0.5, drift(staged, before))
    assert (tonight.drift or 0) > 0.1
    assert drift(before, before) == 0


def test_what_cannot_be_read_is_no_drift_and_no_night(tmp_path: Path) -> None:
    assert drift(tmp_path, None) is None
    assert drift(tmp_path, tmp_path / "gone") is None
    assert read_trend(tmp_path) == []
    for damaged in ("{", "[]", '{"nights": 3}', '{"nights": [1]}'):
        (tmp_path / FILE).write_text(damaged)
        assert read_trend(tmp_path) == []


def test_only_the_newest_nights_are_shown(tmp_path: Path) -> None:
    for number in range(MOST + 5):
        row = {"ended_utc": f"2026-{number // 28 + 1:02}-{number % 28 + 1:02}T02:00:00Z", "status": "published"}
        append_row(tmp_path, {**row, "run_id": f"glow-{number}"})

    assert [point.run_id for point in trend(tmp_path)] == [f"glow-{number}" for number in range(5, MOST + 5)]


def test_a_plot_that_cannot_be_written_is_refused_in_a_line(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = runs.parent / "no" / "nights.svg"

    assert exit_code(lambda: app(["runs", str(runs.parent), "--plot", str(nowhere)])) == 2
    assert capsys.readouterr().err == f"--plot: {nowhere} cannot be written: No such file or directory\n"
    assert exit_code(lambda: app(["runs", str(runs.parent), "--plot", str(runs.parent / "nights.svg")])) == 0
    ElementTree.parse(runs.parent / "nights.svg")
