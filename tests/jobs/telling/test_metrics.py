"""Metrics are text that the format allows, whatever a campaign is called, and are replaced in one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.operating.records import append_row
from jobs.publishing import overrides
from jobs.telling.metrics import FILE, metrics_text, write_metrics
from tests.jobs.open_metrics import read_metrics, value
from tests.jobs.published import publish_release

NIGHT = {
    "ended_utc": "2026-11-28T02:21:06Z",
    "status": "refused",
    "exit": 4,
    "seconds": 12.5,
    "campaign": "glow",
    "inputs": {"events": {"rows": 7, "sha256": ""}},
    "stages": [{"stage": "extract", "seconds": 0.5, "cpu_seconds": 0.25, "peak_mib": 2.0}],
}


def test_nothing_is_told_of_what_is_not_there(tmp_path: Path) -> None:
    assert set(read_metrics(metrics_text(tmp_path))) == {"boxwise_hidden_products"}


def test_the_newest_night_and_what_readers_see_are_told_apart(tmp_path: Path) -> None:
    publish_release(tmp_path, 1)
    overrides.hide(tmp_path, ["P1", "P2"], "sold out")
    append_row(tmp_path, {**NIGHT, "ended_utc": "2099-01-01T00:00:00Z"})

    found = read_metrics(metrics_text(tmp_path))

    assert value(found, "boxwise_night_exit_code") == 4
    assert value(found, "boxwise_night_status", status="refused") == 1
    assert value(found, "boxwise_night_status", status="published") == 0
    assert value(found, "boxwise_current_run", run_id="glow-1", campaign="glow") == 1
    assert value(found, "boxwise_hidden_products") == 2
    assert value(found, "boxwise_night_seconds") == 12.5
    assert value(found, "boxwise_input_rows", table="events") == 7
    assert value(found, "boxwise_stage_peak_bytes", stage="extract") == 2 * 1024 * 1024
    last, newest = (value(found, f"boxwise_{name}_timestamp_seconds") for name in ("last_published", "night_ended"))
    assert last < newest == 4070908800


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_of_a_campaign_can_be_a_label(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    runs = tmp_path_factory.mktemp("runs")
    append_row(runs, {**NIGHT, "campaign": name})

    assert value(read_metrics(metrics_text(runs)), "boxwise_night_exit_code", campaign=name) == 4


def test_a_file_that_cannot_be_replaced_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    with pytest.raises(OSError):
        write_metrics(tmp_path / FILE, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [FILE]
