"""Links and rights that somebody else could have set: a night follows none of them out of its folder, or says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.faults import CheckFailed, UsageRefused
from jobs.publishing.exposed import exposed
from jobs.publishing.publish import current_run, night_lock, rollback
from tests.jobs.publishing.test_publish import night


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    night(tmp_path / "other", "glow-9")
    night(tmp_path / "runs", "glow-1")
    night(tmp_path / "runs", "glow-2")
    return tmp_path / "runs"


def turn(runs: Path, to: str | Path) -> None:
    (runs / "current").unlink()
    (runs / "current").symlink_to(to)


@pytest.mark.parametrize("to", ["../other/glow-9", "{}/other/glow-9", ".", "..", "/", "current", "../runs", "a/glow-1"])
def test_a_current_that_leads_elsewhere_is_refused_and_left_alone(to: str, runs: Path) -> None:
    turn(runs, to.format(runs.parent))

    for step in (lambda: night(runs, "glow-3"), lambda: rollback(runs)):
        with pytest.raises(UsageRefused, match=r"current leads to .*, expected the folder of one of its runs"):
            step()

    assert (runs / "current").readlink() == Path(to.format(runs.parent))
    assert not (runs / "glow-3").exists()


@pytest.mark.parametrize("to", ["glow-1", "./glow-1", "{}/runs/glow-1", "../runs/glow-1", "lost"])
def test_a_current_that_leads_to_a_run_of_its_folder_is_followed_however_it_is_written(to: str, runs: Path) -> None:
    turn(runs, to.format(runs.parent))
    before = None if to == "lost" else "glow-1"
    assert current_run(runs) == before

    assert night(runs, "glow-3").before == before
    assert (runs / "current").readlink() == Path("glow-3")


def test_runs_that_lie_on_another_disk_by_a_link_are_as_good(runs: Path) -> None:
    (runs.parent / "link").symlink_to("runs")
    turn(runs, runs / "glow-1")

    assert night(runs.parent / "link", "glow-3").before == "glow-1"


def test_a_run_that_is_a_link_is_neither_published_nor_followed(runs: Path) -> None:
    (runs / "glow-3").symlink_to("../other/glow-9")

    with pytest.raises(CheckFailed, match="glow-3 is a link, expected the run's own folder"):
        night(runs, "glow-3")
    turn(runs, "glow-3")
    with pytest.raises(UsageRefused, match="current leads to glow-3"):
        night(runs, "glow-4")


def test_a_lock_that_is_a_link_empties_no_file(runs: Path) -> None:
    precious = runs.parent / "precious"
    precious.write_text("all that we have")
    (runs / ".night.lock").unlink()
    (runs / ".night.lock").symlink_to(precious)

    with pytest.raises(UsageRefused, match=r"\.night\.lock is a link"), night_lock(runs):
        pass

    assert precious.read_text() == "all that we have"


def test_folders_that_everybody_may_write_to_are_told(runs: Path) -> None:
    assert exposed(runs) == ()
    assert exposed(runs.parent / "nowhere") == ()
    runs.chmod(0o777)
    (runs / "glow-2").chmod(0o707)

    first, second = exposed(runs)

    assert first == (
        f"WARNING: every user of this machine may write to {runs}, and so change what the shop reads; chmod o-w {runs}"
    )
    assert str(runs / "current") in second
    runs.chmod(0o1777)
    assert len(exposed(runs)) == 1
