"""Publishing into a folder: whole, repeatable, back and forth, and refused in one line."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from jobs.faults import CheckFailed, UsageRefused
from jobs.publishing import folder as target
from jobs.publishing.hiding import override, store
from jobs.publishing.targets import target as of_url
from jobs.publishing.website_reader import WebsiteReader
from tests.jobs.website_runs import write_run


def url(tmp_path: Path) -> str:
    return (tmp_path / "www shop").as_uri()


def seen(tmp_path: Path) -> str:
    """The release that readers see, all of it."""
    found = WebsiteReader(tmp_path / "www shop").read("recommendations", "K0000003")
    assert found is not None
    assert all(item["reason"].endswith(found.release) for item in found.items)
    return found.release


def test_a_run_is_there_whole_and_what_is_there_is_told(tmp_path: Path) -> None:
    a, b = write_run(tmp_path, "a"), write_run(tmp_path, "b")
    (first,) = of_url(url(tmp_path)).publish(a, url(tmp_path))
    assert first.startswith(f"a is published to {tmp_path / 'www shop'}: 8 tables, ")
    assert seen(tmp_path) == "a"
    assert target.publish(a, url(tmp_path)) == (
        f"a is what readers of {tmp_path / 'www shop'} see already: nothing was done.",
    )
    assert target.publish(b, url(tmp_path))[1] == "Before it: a; --rollback goes back there."
    assert seen(tmp_path) == "b"
    current = tmp_path / "www shop" / "current"
    assert sorted(path.name for path in current.iterdir()) == ["manifest.json", "website.sqlite"]
    assert (current / "website.sqlite").read_bytes() == (b / "website.sqlite").read_bytes()


def test_back_and_forth_and_no_more_than_is_kept(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name) for name in "abc"]
    for run in runs:
        lines = target.publish(run, url(tmp_path), 2)
    assert lines[-1] == "Removed: a."
    assert target.rollback(url(tmp_path)) == (f"b is what readers of {tmp_path / 'www shop'} see again; c is kept.",)
    assert seen(tmp_path) == "b"
    with pytest.raises(UsageRefused, match="a, which keep_runs has removed"):
        target.rollback(url(tmp_path))
    assert "its release was still there" in target.publish(runs[2], url(tmp_path), 2)[0]
    assert seen(tmp_path) == "c"


def test_products_are_hidden_there_and_stay_hidden(tmp_path: Path) -> None:
    target.publish(write_run(tmp_path, "a"), url(tmp_path))
    place = store(url(tmp_path))
    assert place.names() == {"P0": "Rosé of a", "P1": "Soap of a"}
    lines = override(place, ["P1"], [], "sold out")
    assert lines[1].startswith("  P1 (Soap of a), since ")
    target.publish(write_run(tmp_path, "b"), url(tmp_path))
    reader = WebsiteReader(tmp_path / "www shop")
    for table, left in (("recommendations", ["P0", "P2", "P3", "P4"]), ("boxes", ["P0", "P1", "P2", "P3", "P4"])):
        found = reader.read(table, "K0000000")
        assert found is not None
        assert [item["product_id"] for item in found.items] == left
    assert target.hide(url(tmp_path), ["P1", "P0"], "") == ("P0",)
    assert target.unhide(url(tmp_path), ["P0", "P1", "P9"]) == ("P0", "P1")
    assert target.hidden(url(tmp_path)) == ()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("file://srv/shop", "expected an absolute folder, e.g. file:///srv/shop"),
        ("file:///srv/shop?x=1", "expected an absolute folder"),
        ("file:///srv/shop#x", "expected an absolute folder"),
        ("file:///dev/null", "URL: /dev/null is a file, expected a folder"),
        ("file://[", 'found "file://\\[", expected an absolute folder'),
        ("file:///srv/%00", "expected an absolute folder"),
        ("file:///srv/%ff", "expected an absolute folder"),
        (f"file:///{'x' * 300}", r"found \"file:///x*\.\.\.\" \(308 characters\), expected an absolute folder"),
    ],
)
def test_an_address_that_is_no_folder_is_one_line(tmp_path: Path, address: str, words: str) -> None:
    run = write_run(tmp_path, "a")
    with pytest.raises(UsageRefused, match=words) as refused:
        target.publish(run, address)
    assert len(refused.value.lines) == 1


def test_a_run_is_no_place_to_publish_to_or_to_hide_in(tmp_path: Path) -> None:
    """What is hidden in a run's folder no reader of the runs would ever find: the product would go on being shown."""
    run = write_run(tmp_path, "a")
    target.publish(run, url(tmp_path))
    one = tmp_path / "www shop" / "current"
    for do in (
        lambda: target.publish(run, one.as_uri()),
        lambda: target.hide(one.as_uri(), ["P1"], "recalled"),
        lambda: store(one.as_uri()).names(),
        lambda: store(str(one)),
    ):
        with pytest.raises(UsageRefused, match=r"found one run, .*, expected the folder of runs around it"):
            do()
    assert {path.name for path in one.iterdir()} == {"manifest.json", "website.sqlite"}


def test_a_folder_of_nights_is_not_written_into(tmp_path: Path) -> None:
    run = write_run(tmp_path, "a")
    (tmp_path / "www shop" / "night").mkdir(parents=True)
    (tmp_path / "www shop" / "night" / "assignments.csv").write_text("")
    (tmp_path / "www shop" / "current").symlink_to("night")
    with pytest.raises(UsageRefused, match="is a folder of nights, expected one of its own"):
        target.publish(run, url(tmp_path))


def test_a_changed_file_and_a_full_disk_leave_the_old_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.publish(write_run(tmp_path, "a"), url(tmp_path))
    b = write_run(tmp_path, "b")

    def full(*_: object) -> None:
        Path("/dev/full").write_text("x" * 100_000)

    with monkeypatch.context() as patched:
        patched.setattr("jobs.publishing.folder.shutil.copyfile", full)
        with pytest.raises(CheckFailed, match="No space left on device") as refused:
            target.publish(b, url(tmp_path))
        assert len(refused.value.lines) == 1

    def cut_short(source: Path, there: Path) -> None:
        there.write_bytes(source.read_bytes()[:-1])

    with monkeypatch.context() as patched:
        patched.setattr("jobs.publishing.folder.shutil.copyfile", cut_short)
        with pytest.raises(CheckFailed, match=r"website\.sqlite did not arrive whole in .*; nothing was published"):
            target.publish(b, url(tmp_path))
    with closing(sqlite3.connect(b / "website.sqlite")) as base:
        base.execute("DELETE FROM boxes")
        base.commit()
    with pytest.raises(CheckFailed, match="was changed after the night wrote it"):
        target.publish(b, url(tmp_path))
    assert seen(tmp_path) == "a"
    assert not list((tmp_path / "www shop").glob(".staging-*"))


PUBLISHER = """
import sys
from pathlib import Path
from jobs.publishing.folder import publish
print("ready", flush=True)
while True:
    for run in sys.argv[2:]:
        publish(Path(run), sys.argv[1], 2)
"""


def test_a_publisher_killed_at_any_moment_leaves_a_whole_release(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, name) for name in "abc"]
    last = write_run(tmp_path, "last")
    target.publish(last, url(tmp_path))
    for attempt in range(8):
        command = [sys.executable, "-c", PUBLISHER, url(tmp_path), *map(str, runs)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(0.002 + (attempt * 0.0171) % 0.05)
            os.kill(child.pid, signal.SIGKILL)
        assert seen(tmp_path) in {"a", "b", "c", "last"}
        target.publish(last, url(tmp_path))
        assert seen(tmp_path) == "last"
