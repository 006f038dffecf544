"""Publishing: one atomic step, one night at a time, back and forth through history, whole after any kill."""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.faults import AnotherNight, CheckFailed, UsageRefused
from jobs.publishing import history
from jobs.publishing import publish as publishing
from jobs.publishing.publish import COMPLETE, Published, current_run, night_lock, publish, rollback, stage


def fill(folder: Path, run_id: str) -> None:
    for name in COMPLETE:
        (folder / name).write_text(f"content of {run_id}")
    (folder / "inputs").mkdir()
    (folder / "inputs" / "campaign.toml").write_text(run_id)
    (folder / "manifest.json").write_text(json.dumps({"run_id": run_id, "at": time.time()}))


def night(
    runs: Path, run_id: str, *, keep_runs: int = 14, spoil: Callable[[Path], object] = lambda staged: None
) -> Published:
    with night_lock(runs), stage(runs, run_id) as folder:
        fill(folder, run_id)
        spoil(folder)
        return publish(runs, folder, run_id, keep_runs)


def assert_whole(runs: Path) -> str | None:
    """Everything a reader finds at runs/current is of one run; returns it."""
    if not (runs / "current").exists():
        return None
    run_id = (runs / "current").resolve().name
    for name in COMPLETE:
        assert run_id in (runs / "current" / name).read_text(), name
    return run_id


def visible(runs: Path) -> set[str]:
    return {path.name for path in runs.iterdir() if not path.name.startswith(".")}


def test_a_night_becomes_current_whole(tmp_path: Path) -> None:
    done = night(tmp_path, "glow-1")
    assert (done.before, done.was_there, done.pruned) == (None, False, ())
    assert assert_whole(tmp_path) == "glow-1"
    assert (tmp_path / "current").readlink() == Path("glow-1")
    assert night(tmp_path, "glow-2").before == "glow-1"
    assert assert_whole(tmp_path) == "glow-2"
    assert visible(tmp_path) == {"glow-1", "glow-2", "current", "history.csv", "overrides.sqlite"}


def test_all_of_a_night_is_forced_to_disk_before_readers_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: set[int] = set()
    fsync, point = os.fsync, publishing._point

    def noted(handle: int) -> None:
        forced.add(os.fstat(handle).st_ino)
        fsync(handle)

    def turned(runs: Path, run_id: str) -> None:
        night_of = runs / run_id
        assert {path.stat().st_ino for path in (runs, night_of, *night_of.rglob("*"))} <= forced
        point(runs, run_id)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(publishing, "_point", turned)
    night(tmp_path, "a")
    assert assert_whole(tmp_path) == "a"


def test_a_refused_night_changes_nothing(tmp_path: Path) -> None:
    night(tmp_path, "glow-1")
    before = (tmp_path / "history.csv").read_bytes()

    def refuse(staged: Path) -> None:
        raise CheckFailed("a rule is broken")

    with pytest.raises(CheckFailed, match="a rule is broken"):
        night(tmp_path, "glow-2", spoil=refuse)
    assert assert_whole(tmp_path) == "glow-1"
    assert visible(tmp_path) == {"glow-1", "current", "history.csv", "overrides.sqlite"}
    assert (tmp_path / "history.csv").read_bytes() == before
    assert not list(tmp_path.glob(".staging-*"))


def test_an_incomplete_run_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=r"no report\.html"):
        night(tmp_path, "a", spoil=lambda staged: (staged / "report.html").unlink())
    with pytest.raises(CheckFailed, match="names run b, expected a"):
        night(tmp_path, "a", spoil=lambda staged: (staged / "manifest.json").write_text('{"run_id": "b"}'))
    assert not (tmp_path / "current").exists()


def test_the_same_inputs_again_keep_the_folder(tmp_path: Path) -> None:
    night(tmp_path, "a")
    night(tmp_path, "b")
    manifest = (tmp_path / "a" / "manifest.json").read_bytes()
    done = night(tmp_path, "a")
    assert done.was_there
    assert (tmp_path / "a" / "manifest.json").read_bytes() == manifest
    assert assert_whole(tmp_path) == "a"
    lines = len(history.read(tmp_path))
    night(tmp_path, "a")
    assert len(history.read(tmp_path)) == lines  # current already: nothing happened


@pytest.mark.parametrize("name", ["assignments.csv", "inputs/campaign.toml", "inputs/more.parquet"])
def test_the_same_inputs_with_other_bytes_are_refused(tmp_path: Path, name: str) -> None:
    night(tmp_path, "a")
    night(tmp_path, "b")
    (tmp_path / "a" / name).write_text("changed by hand")
    with pytest.raises(CheckFailed, match=name):
        night(tmp_path, "a")
    assert assert_whole(tmp_path) == "b"


def test_clocks_and_history_may_differ(tmp_path: Path) -> None:
    night(tmp_path, "a")
    for name in ("report.html", "changes.csv", "website.sqlite"):
        (tmp_path / "a" / name).write_text("a at another hour")
    assert night(tmp_path, "a").was_there


def test_rollback_goes_back_and_further_back_then_forward(tmp_path: Path) -> None:
    for run_id in ("a", "b", "c"):
        night(tmp_path, run_id)
    assert rollback(tmp_path) == ("c", "b")
    assert assert_whole(tmp_path) == "b"
    assert rollback(tmp_path) == ("b", "a")
    with pytest.raises(UsageRefused, match="a is the first published run"):
        rollback(tmp_path)
    assert assert_whole(tmp_path) == "a"
    night(tmp_path, "d")
    assert rollback(tmp_path) == ("d", "a")
    night(tmp_path, "c")  # the same inputs as the night that was rolled back
    assert rollback(tmp_path) == ("c", "a")
    assert [entry.action for entry in history.read(tmp_path)][3:5] == ["rollback", "rollback"]


def test_rollback_without_runs_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageRefused, match="there are no runs"):
        rollback(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(UsageRefused, match="nothing is published"):
        rollback(tmp_path)


def test_keep_runs_removes_the_oldest_and_rollback_says_so(tmp_path: Path) -> None:
    mine = tmp_path / "my notes"
    mine.mkdir()
    for run_id in ("a", "b", "c"):
        night(tmp_path, run_id, keep_runs=2)
    assert visible(tmp_path) == {"b", "c", "current", "history.csv", "overrides.sqlite", "my notes"}
    assert rollback(tmp_path) == ("c", "b")
    with pytest.raises(UsageRefused, match="a, which keep_runs has removed"):
        rollback(tmp_path)
    assert assert_whole(tmp_path) == "b"


def test_the_run_before_the_current_one_always_stays(tmp_path: Path) -> None:
    for run_id in ("a", "b", "c"):
        done = night(tmp_path, run_id, keep_runs=1)
    assert done.pruned == ("a",)
    assert visible(tmp_path) == {"b", "c", "current", "history.csv", "overrides.sqlite"}


def test_after_a_rollback_the_standing_runs_stay(tmp_path: Path) -> None:
    for run_id in ("a", "b", "c"):
        night(tmp_path, run_id, keep_runs=3)
    rollback(tmp_path)
    rollback(tmp_path)
    night(tmp_path, "d", keep_runs=1)
    assert visible(tmp_path) == {"a", "d", "current", "history.csv", "overrides.sqlite"}
    assert rollback(tmp_path) == ("d", "a")


def test_a_link_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    with pytest.raises(UsageRefused, match="is not a link"), night_lock(tmp_path):
        pass


def test_a_line_cut_short_by_a_crash_is_healed(tmp_path: Path) -> None:
    night(tmp_path, "a")
    night(tmp_path, "b")
    with (tmp_path / "history.csv").open("a") as file:
        file.write("2026-12-0")
    assert history.standing(history.read(tmp_path)) == ["a", "b"]
    night(tmp_path, "c")
    assert history.standing(history.read(tmp_path)) == ["a", "b", "c"]


def test_a_swap_that_history_missed_is_healed(tmp_path: Path) -> None:
    night(tmp_path, "a")
    night(tmp_path, "b")
    whole = (tmp_path / "history.csv").read_text()
    (tmp_path / "history.csv").write_text("".join(whole.splitlines(keepends=True)[:-1]))
    assert rollback(tmp_path) == ("b", "a")


def _hold(runs: Path, ready: mp.Queue) -> None:  # type: ignore[type-arg]
    with night_lock(runs):
        ready.put(os.getpid())
        time.sleep(60)


def test_another_night_is_named_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    context = mp.get_context("spawn")
    ready = context.Queue()
    other = context.Process(target=_hold, args=(tmp_path, ready))
    other.start()
    pid = ready.get(timeout=30)
    with pytest.raises(AnotherNight, match=rf"process {pid} on .*, since 20.* UTC"), night_lock(tmp_path):
        pass
    os.kill(pid, signal.SIGKILL)
    other.join()
    night(tmp_path, "a")


def test_rollback_works_while_a_night_runs_which_is_published_on_top(tmp_path: Path) -> None:
    night(tmp_path, "a")
    night(tmp_path, "b")

    night(tmp_path, "c", spoil=lambda _: rollback(tmp_path))

    entries = [(entry.run_id, entry.action) for entry in history.read(tmp_path)]
    assert entries == [("a", "publish"), ("b", "publish"), ("a", "rollback"), ("c", "publish")]
    assert assert_whole(tmp_path) == "c"
    assert rollback(tmp_path) == ("c", "a")


def test_a_full_disk_is_one_line_and_leaves_the_old_run(tmp_path: Path) -> None:
    night(tmp_path, "a")
    with pytest.raises(CheckFailed, match="No space left on device"):
        night(tmp_path, "b", spoil=lambda staged: Path("/dev/full").write_text("x" * 100_000))
    assert assert_whole(tmp_path) == "a"
    assert not list(tmp_path.glob(".staging-*"))


PUBLISHER = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("nights", sys.argv[1])
nights = importlib.util.module_from_spec(spec)
spec.loader.exec_module(nights)
runs, first = Path(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
for number in range(first, first + 100_000):
    nights.night(runs, f"run-{number % 7}", keep_runs=3)
    if number % 3 == 0:
        try:
            nights.rollback(runs)
        except nights.UsageRefused:
            pass
"""


def test_kill_at_any_moment_leaves_a_whole_run(tmp_path: Path) -> None:
    """`kill -9` while nights publish, prune and roll back: readers see one whole run, and the next night succeeds."""
    runs = tmp_path / "runs"
    night(runs, "run-0")
    for attempt in range(12):
        command = [sys.executable, "-c", PUBLISHER, __file__, str(runs), str(attempt * 5)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(0.003 + (attempt * 0.0137) % 0.06)
            child.send_signal(signal.SIGKILL)
        assert assert_whole(runs) is not None
        assert current_run(runs) == (runs / "current").resolve().name
        night(runs, f"next-{attempt}")
        assert assert_whole(runs) == f"next-{attempt}"
        assert history.standing(history.read(runs))[-1] == f"next-{attempt}"
        assert not [path for path in runs.iterdir() if path.name.startswith((".staging-", ".link-", ".trash-"))]
