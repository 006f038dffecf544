"""Which run shipped: as somebody says, else the last that readers saw before the ship date; its folder stays."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from jobs.faults import UsageRefused
from jobs.operating.shipping import say_shipped, shipped_answer, shipped_runs
from jobs.publishing import history
from jobs.publishing.publish import night_lock, publish, stage
from jobs.publishing.shipped import FILE, Shipped, last_shipped, read_said, say
from tests.jobs.releases import staged_release

DECEMBER, JANUARY = date(2026, 12, 5), date(2027, 1, 5)


def publish_run(runs: Path, run_id: str, day: date, keep_runs: int = 100) -> None:
    """A run that was made for a ship date."""
    with night_lock(runs), stage(runs, run_id) as folder:
        staged_release(folder, run_id, 1)
        (folder / "inputs").mkdir()
        (folder / "inputs" / "campaign.toml").write_text(f'[campaign]\nname = "glow"\nship_date = {day}\n')
        publish(runs, folder, run_id, keep_runs)


def told(runs: Path, *lines: tuple[str, str, str]) -> None:
    """history.csv with these moments."""
    rows = [",".join(line) for line in lines]
    (runs / history.FILE).write_text("\n".join([history.HEADER.strip(), *rows, ""]), encoding="utf-8")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for run_id, day in {"a": DECEMBER, "b": DECEMBER, "c": DECEMBER, "d": JANUARY}.items():
        publish_run(tmp_path, run_id, day)
    told(
        tmp_path,
        ("2026-12-01T02:00:00Z", "a", "publish"),
        ("2026-12-03T02:00:00Z", "b", "publish"),
        ("2026-12-04T09:00:00Z", "a", "rollback"),
        ("2026-12-05T02:00:00Z", "c", "publish"),
        ("2027-01-02T02:00:00Z", "d", "publish"),
    )
    return tmp_path


def test_it_is_the_last_that_readers_saw_before_the_day(runs: Path) -> None:
    assert shipped_runs(runs) == {DECEMBER: Shipped(DECEMBER, "a", DECEMBER), JANUARY: Shipped(JANUARY, "d", JANUARY)}


def test_what_is_said_counts_and_the_last_saying_most(runs: Path) -> None:
    say_shipped(runs / "b", None)
    say_shipped(runs / "c", date(2026, 12, 6))

    found = shipped_runs(runs)[DECEMBER]

    assert (found.run_id, found.shipped_on, bool(found.said_utc)) == ("c", date(2026, 12, 6), True)
    first, second = shipped_answer(runs).lines
    assert first == "boxes of 2027-01-05: d shipped (nobody said so: the last one published before)"
    assert second.startswith("boxes of 2026-12-05: c shipped, on 2026-12-06 (said on ")
    assert len((runs / FILE).read_text().splitlines()) == 3


def test_only_a_published_run_can_have_shipped(runs: Path) -> None:
    never = runs / "e"
    (never / "inputs").mkdir(parents=True)
    (never / "inputs" / "campaign.toml").write_text(f"[campaign]\nship_date = {DECEMBER}\n")
    (never / "manifest.json").write_text(json.dumps({"run_id": "e"}))

    for run, line in ((never, "was never published"), (runs, "is not a run"), (runs / "nowhere", "is not a run")):
        with pytest.raises(UsageRefused, match=line):
            say_shipped(run, None)
    assert not (runs / FILE).exists()


def test_a_line_cut_short_or_strange_is_left_out(tmp_path: Path) -> None:
    one = Shipped(DECEMBER, "run, with a comma", date(2026, 12, 6), "2026-12-06T10:00:00Z")
    say(tmp_path, one)
    with (tmp_path / FILE).open("a") as file:
        file.write("2026-12-07T10:00:00Z,tomorrow,b,2026-12-07\n2026-12-07T10:00")

    assert read_said(tmp_path) == {DECEMBER: one}
    say(tmp_path, Shipped(JANUARY, "d", JANUARY, "2027-01-05T10:00:00Z"))
    assert list(read_said(tmp_path)) == [DECEMBER, JANUARY]


def test_a_past_that_is_made_again_later_has_a_run_too(runs: Path) -> None:
    told(runs, ("2027-03-01T02:00:00Z", "a", "publish"), ("2027-03-01T03:00:00Z", "b", "publish"))

    assert shipped_runs(runs)[DECEMBER].run_id == "a"


def test_what_shipped_last_is_kept_beyond_keep_runs(tmp_path: Path) -> None:
    for number in range(3):
        publish_run(tmp_path, f"december-{number}", DECEMBER)
    say(tmp_path, Shipped(DECEMBER, "december-0", DECEMBER, "2026-12-05T10:00:00Z"))
    for number in range(4):
        publish_run(tmp_path, f"january-{number}", JANUARY, keep_runs=2)

    left = {path.name for path in tmp_path.iterdir() if path.is_dir() and not path.is_symlink()}

    assert left == {"december-0", "january-2", "january-3"} | last_shipped(tmp_path, left)
    assert "december-0" in last_shipped(tmp_path, left)
