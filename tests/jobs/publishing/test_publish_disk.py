"""A disk that is full or may not be written: one line that names the place, and readers see what they saw."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from jobs.faults import CheckFailed
from jobs.publishing import folder as target
from jobs.publishing import history, overrides
from jobs.publishing.disk import told_in_a_line
from jobs.publishing.publish import Published, current_run, night_lock, publish, rollback, stage
from tests.jobs.releases import staged_release, write_release
from tests.jobs.website_runs import write_run

READ_ONLY = Path("/sys/kernel")
"""A folder that nobody may write into, whoever runs the tests."""


@contextmanager
def full_at(most_bytes: int) -> Iterator[None]:
    """No file can be written beyond so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    night(tmp_path / "runs", 1)
    return tmp_path / "runs"


def night(runs: Path, number: int, room: int | None = None) -> Published:
    """Publish night `number`; its last step finds room for files of so many bytes."""
    with night_lock(runs), stage(runs, f"glow-{number}") as folder:
        staged_release(folder, f"glow-{number}", number)
        if room is None:
            return publish(runs, folder, f"glow-{number}", keep_runs=1)
        with full_at(room):
            return publish(runs, folder, f"glow-{number}", keep_runs=1)


def line_of(do: Callable[[], Any]) -> str:
    with pytest.raises(CheckFailed) as refused:
        do()
    (line,) = refused.value.lines
    return line


def test_a_night_that_finds_no_room_for_the_website_is_one_line(runs: Path) -> None:
    def write() -> None:
        with night_lock(runs), stage(runs, "glow-2") as folder, full_at(30_000):
            write_release(folder / "website.sqlite", "glow-2", 2)

    line = line_of(write)
    assert line.startswith("could not write the run: ")
    assert line.endswith(f" ({runs / '.staging-glow-2'}); nothing was published")
    assert current_run(runs) == "glow-1"
    assert not list(runs.glob(".staging-*"))


def test_sqlites_own_word_for_a_full_disk_is_understood_and_its_other_errors_are_bugs(tmp_path: Path) -> None:
    def fill() -> None:
        with told_in_a_line("write", tmp_path, "nothing was done"), closing(sqlite3.connect(tmp_path / "a")) as base:
            base.execute("PRAGMA max_page_count = 2")
            for number in range(3):
                base.execute(f"CREATE TABLE t{number} (x)")

    assert line_of(fill) == f"could not write: database or disk is full ({tmp_path}); nothing was done"
    bug = pytest.raises(sqlite3.OperationalError, match="no such table")
    with bug, told_in_a_line("write", tmp_path, ""), closing(sqlite3.connect(":memory:")) as base:
        base.execute("SELECT * FROM nix")


def test_a_copy_that_finds_no_room_names_the_disk_that_is_full(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    target.publish(write_run(tmp_path, "a"), shop.as_uri())
    second = write_run(tmp_path, "b")
    with full_at(30_000):
        line = line_of(lambda: target.publish(second, shop.as_uri()))
    assert line.endswith(f" ({shop / '.staging-b' / 'website.sqlite'}); nothing was published")
    assert current_run(shop) == "a"


def test_what_is_hidden_stays_hidden_where_there_is_no_room(runs: Path) -> None:
    before = overrides.hide(runs, ["P1"], "recalled")
    with full_at(4_096):
        line = line_of(lambda: overrides.hide(runs, ["P2"], ""))
    assert line.startswith("could not change what is hidden: ")
    assert line.endswith(f" ({runs / 'overrides.sqlite'}); the website shows what it showed")
    assert overrides.hidden(runs) == before
    assert len(overrides.hide(runs, ["P2"], "")) == 2


def test_once_readers_see_a_run_it_is_published_whatever_the_disk_says(runs: Path) -> None:
    """The line that is missing in history.csv is written by the next night, and the live run is not taken for old."""
    night(runs, 2)
    size = (runs / "history.csv").stat().st_size
    assert night(runs, 3, room=size).run_id == "glow-3"
    assert current_run(runs) == "glow-3"
    assert [entry.run_id for entry in history.read(runs)] == ["glow-1", "glow-2"]
    night(runs, 4)
    assert [entry.run_id for entry in history.read(runs)] == ["glow-1", "glow-2", "glow-3", "glow-4"]
    with full_at((runs / "history.csv").stat().st_size):
        assert rollback(runs) == ("glow-4", "glow-3")
    assert current_run(runs) == "glow-3"
    assert json.loads((runs / "current" / "manifest.json").read_text())["run_id"] == "glow-3"
    night(runs, 5)
    assert history.standing(history.read(runs))[-2:] == ["glow-3", "glow-5"]


@pytest.mark.skipif(not READ_ONLY.is_dir(), reason="this system has no such folder")
@pytest.mark.parametrize(
    "do",
    [
        lambda: night(READ_ONLY, 1),
        lambda: rollback(READ_ONLY),
        lambda: overrides.hide(READ_ONLY, ["P1"], ""),
    ],
)
def test_a_folder_that_may_not_be_written_is_one_line(do: Callable[[], Any]) -> None:
    assert str(READ_ONLY) in line_of(do)
