"""runs and status tell what happened, from whatever the nights left: lines, old runs, refused nights' stories."""

from __future__ import annotations

import io
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.faults import Exit, UsageRefused
from jobs.operating.lasting import duration, span
from jobs.operating.nights import read_nights
from jobs.operating.records import FILE, append_row
from jobs.operating.status import status_answer, status_of
from jobs.operating.table import runs_answer
from jobs.publishing import overrides
from jobs.publishing.publish import rollback
from tests.jobs.published import publish_release

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two nights that an older boxwise published, without a line in history.jsonl."""
    publish_release(tmp_path, 1)
    publish_release(tmp_path, 2)
    return tmp_path


def at(minutes: int) -> str:
    return f"{LATER + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def refused(minutes: int, **more: Any) -> dict[str, Any]:
    lines = ["customers.csv: found 3 rows, expected 10", "and more"]
    return {"ended_utc": at(minutes), "status": "refused", "exit": 3, "stage": "extract", "lines": lines} | more


def test_runs_without_a_line_are_told_by_their_folders(two: Path) -> None:
    first, second = read_nights(two).all

    assert {first.row["run_id"], second.row["run_id"]} == {"glow-1", "glow-2"}
    assert [night.row["run_id"] for night in (first, second) if night.current] == ["glow-2"]
    assert first.stands
    assert second.stands


def test_a_run_that_was_taken_back_or_removed_says_so(two: Path) -> None:
    rollback(two)
    table = "\n".join(runs_answer(two, 30).lines)
    assert "published, taken back" in table
    assert "published, current" in table

    shutil.rmtree(two / "glow-2")
    assert "published, taken back, removed" in "\n".join(runs_answer(two, 30).lines)


def test_a_refused_night_is_told_with_its_first_line_and_its_story(two: Path) -> None:
    story = two / "refused" / "glow-9"
    story.mkdir(parents=True)
    said = refused(0)["lines"]
    append_row(two, refused(0, lines=[*said, f"What this night found is kept in {story}; open night.log first"]))
    told = {"run_id": None, "at": at(1), "exit": 3, "lines": ["x"], "stage": "extract"}
    (story / "refused.json").write_text(json.dumps(told))

    lines = runs_answer(two, 30).lines

    assert "refused, exit 3" in lines[1]
    assert lines[2] == (
        f"    in extract: customers.csv: found 3 rows, expected 10 (and 1 more line); its story: {story}"
    )
    assert len(read_nights(two).all) == 3, "the story and the line are of one night"


def test_a_story_without_a_line_is_a_night_of_its_own(two: Path) -> None:
    for name, told in {
        "a": {"run_id": "glow-7", "at": at(0), "exit": 8, "lines": [], "stage": "pack"},
        "damaged": {"at": "never"},
    }.items():
        (two / "refused" / name).mkdir(parents=True)
        (two / "refused" / name / "refused.json").write_text(json.dumps(told))
    (two / "refused" / "torn").mkdir()
    (two / "refused" / "torn" / "refused.json").write_text("{")

    newest, *others = read_nights(two).all

    assert (newest.status, newest.row["run_id"], len(others)) == ("stopped", "glow-7", 2)


def test_no_more_nights_than_asked_for(two: Path) -> None:
    answer = runs_answer(two, 1)

    assert len(answer.content["runs"]) == 1
    assert answer.lines[-1] == "1 earlier night is not shown; --last shows more"
    assert runs_answer(two / "nothing", 5).lines == (f"no night has ended in {two / 'nothing'} yet",)


def test_status_is_fine_until_the_last_success_is_too_old(two: Path) -> None:
    now = datetime.now(UTC)

    assert status_of(two, 3600, now).exit == Exit.PUBLISHED
    assert status_of(two, 3600, now + timedelta(hours=2)).exit == Exit.STALE
    assert status_answer(status_of(two, 3600, now + timedelta(hours=2)), two).lines[0].startswith("STALE: glow-2 was ")
    assert status_of(two / "nothing", 3600).state == "never"
    assert status_of(two / "nothing", 3600).exit == Exit.STALE


def test_the_same_run_made_again_is_a_success(two: Path) -> None:
    append_row(two, {"ended_utc": at(0), "status": "published", "exit": 0, "run_id": "glow-2", "lines": []})

    found = status_of(two, 3600, LATER + timedelta(minutes=30))

    assert found.state == "fine"
    assert found.age_s == pytest.approx(1800, abs=1)
    assert [night.current for night in read_nights(two).all if night.row["run_id"] == "glow-2"] == [True]


def test_a_link_that_is_gone_is_not_fine(two: Path) -> None:
    (two / "current").unlink()

    assert status_of(two, 3600).exit == Exit.STALE


def test_status_names_what_is_hidden_and_the_last_refusal(two: Path) -> None:
    overrides.hide(two, ["P1"], "sold out")
    append_row(two, refused(0))

    lines = status_answer(status_of(two, 3600, LATER), two).lines

    assert "  hidden products: 1 (P1 (sold out))" in lines
    assert f"  last refusal: {LATER:%Y-%m-%d %H:%M} UTC, refused, exit 3 in the stage extract" in lines
    assert lines[-2:] == ("    customers.csv: found 3 rows, expected 10", "    and more")


def test_a_damaged_line_changes_nothing(two: Path) -> None:
    before = status_answer(status_of(two, 3600, LATER), two)
    (two / FILE).write_text('{"status": "published", "ended_utc": "2026-11-')

    assert status_answer(status_of(two, 3600, LATER), two) == before


@pytest.mark.parametrize(("said", "seconds"), [("90s", 90), ("30m", 1800), ("26h", 93600), ("1.5d", 129600)])
def test_a_time_is_a_number_and_a_unit(said: str, seconds: float) -> None:
    assert duration(said, "--max-age") == seconds


@pytest.mark.parametrize("said", ["", "26", "h", "-1h", "1e3s", "2 weeks", "nan h"])
def test_any_other_time_is_refused_in_a_line(said: str) -> None:
    with pytest.raises(UsageRefused, match=r"^--max-age: found .*, expected a number and s, m, h or d, e.g. 26h$"):
        duration(said, "--max-age")


def test_times_are_told_in_the_largest_words_that_fit() -> None:
    assert [span(s) for s in (-5, 5, 600, 93600, 400000)] == ["0 s", "5 s", "10 min", "26 h", "5 days"]


class Terminal(io.StringIO):
    """A terminal of a few letters."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 60, 200])
def test_a_narrow_terminal_shows_every_figure(columns: int, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"gap": 0.0125, "boxes": 12_345, "short_boxes": 7}
    published = {"ended_utc": at(0), "status": "published", "exit": 0, "run_id": "glow-2", "seconds": 77.0}
    append_row(two, {**published, "plan": plan})
    append_row(two, refused(5, lines=["x" * 500]))
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", str(columns))

    lines = [line for told in runs_answer(two, 30).lines for line in told.splitlines()]

    assert max(map(len, lines)) <= columns
    assert all(figure in "\n".join(lines) for figure in ("1.2500%", "12,345", "77", "glow-2", "refused, exit 3"))
    assert lines[0].startswith("ended (UTC)") is (columns == 200)
