"""A night with a deadline: the same where there is time, told where it did with less, refused where it cannot be."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import jobs.packing.pack as packing
from jobs.budgeting.budget import STAGES
from jobs.faults import NoTimeLeft
from jobs.nightly import Finished, nightly
from jobs.operating.records import append_row
from jobs.progress import Stages
from tests.jobs.small_campaign import write_small_campaign


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that has published once."""
    folder = tmp_path_factory.mktemp("campaign")
    write_small_campaign(folder)
    run(folder, None)
    return folder


def run(folder: Path, seconds: float | None) -> tuple[Finished, list[str]]:
    """A night that must be over in so many seconds, and its log."""
    until = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    told = io.StringIO()
    return nightly(folder, stages=Stages(told), until=until), told.getvalue().splitlines()


def took(folder: Path, **seconds: float) -> None:
    """Let stages have taken so long in the night before, and all others no time."""
    seconds = dict.fromkeys(STAGES, 0.0) | seconds
    stages = [{"stage": name, "seconds": one, "reused": False} for name, one in seconds.items()]
    at = f"{datetime.now(UTC) + timedelta(seconds=9):%Y-%m-%dT%H:%M:%SZ}"  # newer than whatever was published
    append_row(folder / "runs", {"ended_utc": at, "status": "published", "run_id": "x", "exit": 0, "stages": stages})


def manifest(folder: Path) -> Any:
    return json.loads((folder / "runs" / "current" / "manifest.json").read_text(encoding="utf-8"))


def test_with_time_enough_it_is_the_same_run(campaign: Path) -> None:
    before = manifest(campaign)

    finished, _ = run(campaign, 3_600)

    assert finished.published.was_there
    assert finished.published.run_id == before["run_id"]
    assert before["deadline"] is None


def test_a_night_that_took_too_long_last_time_ends_at_once_and_changes_nothing(campaign: Path) -> None:
    before = manifest(campaign)
    took(campaign, verify=1_000.0)

    words = r"from extract on takes at least 1,00\d s as the last nights did \(verify 1,000 s"
    with pytest.raises(NoTimeLeft, match=words):
        run(campaign, 900)

    assert manifest(campaign) == before
    took(campaign, verify=0.1)


def test_the_evaluation_gives_way_and_everyone_is_told(campaign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.evaluating.drawn.FEWEST", 5)
    before = manifest(campaign)
    (campaign / "events.csv").write_text((campaign / "events.csv").read_text(encoding="utf-8"), encoding="utf-8")
    took(campaign, evaluate=1_000.0)

    with_all, _ = run(campaign, 700)  # what was kept of the night before needs no time
    (campaign / "runs" / ".kept").rename(campaign / "runs" / "kept-before")
    finished, lines = run(campaign, 700)

    assert with_all.published.run_id == before["run_id"]
    assert finished.published.run_id != before["run_id"]
    words = "the evaluation looked at 1/2 of the customers that it looks at otherwise"
    assert any(line.endswith(f"For the deadline, {words}") for line in lines)
    told = manifest(campaign)
    assert told["deadline"]["shortened"] == [words]
    assert told["run_id"] == finished.published.run_id
    evaluation = json.loads((campaign / "runs" / "current" / "evaluation.json").read_text(encoding="utf-8"))
    assert evaluation["sentences"][0].endswith("customers, drawn by their ids. There was no time for more.")
    took(campaign, evaluate=0.1)


def test_a_plan_that_was_stopped_has_a_name_of_its_own_and_is_not_gone_on_from(
    campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = run(campaign, None)
    limits: list[float | None] = []

    def stopped(solve: Callable[..., Any]) -> Callable[..., Any]:
        def one(*given: Any, deadline_s: float | None, **named: Any) -> Any:
            limits.append(deadline_s)
            return replace(solve(*given, **named), cut_short=True)

        return one

    with monkeypatch.context() as patch:
        patch.setattr(packing, "solve", stopped(vars(packing)["solve"]))
        (campaign / "runs" / ".kept").rename(campaign / "runs" / "kept-again")
        took(campaign, audit=30.0)
        finished, lines = run(campaign, 100)
    again, _ = run(campaign, None)

    assert limits[0] is not None
    assert 10 < limits[0] < 70
    assert finished.published.run_id != whole.published.run_id
    assert any("packing was stopped with the best plan so far" in line for line in lines)
    assert again.published.run_id == whole.published.run_id
