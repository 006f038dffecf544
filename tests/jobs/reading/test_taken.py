"""Inputs are taken once: what is delivered while the night runs is for the next one, and no half file is read."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.checking.verify import verify
from jobs.config.load import load
from jobs.faults import InputRefused
from jobs.inputs.tables import read
from jobs.nightly import nightly
from jobs.progress import Stages
from jobs.reading import taken
from jobs.reading.taken import NotAtRestError, take
from tests.jobs.joined_shop import frames, write_shop


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of a file that changes, which nobody sits through."""
    slept: list[float] = []
    monkeypatch.setattr("jobs.reading.taken.time.sleep", slept.append)
    return slept


def meanwhile(monkeypatch: pytest.MonkeyPatch, written: Callable[[], object], times: int) -> None:
    """Let somebody write in the middle of each of the first copies."""
    done, copy = [0], shutil.copyfile

    def copyfile(source: Path, to: Path) -> None:
        copy(source, to)
        done[0] += 1
        if done[0] <= times:
            written()

    monkeypatch.setattr("jobs.reading.taken.shutil.copyfile", copyfile)


def test_a_file_that_grows_is_copied_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    file = tmp_path / "events.csv"
    file.write_text("a\n1\n")
    meanwhile(monkeypatch, lambda: file.write_text(file.read_text() + "2\n"), times=2)
    (tmp_path / "held").mkdir()

    copy = take(file, tmp_path / "held", "events")

    assert (copy.name, copy.read_text()) == ("events.csv", "a\n1\n2\n2\n")
    assert waits == [1.0, 3.0]


def test_a_file_that_is_replaced_by_another_of_its_size_and_time_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    file, other = tmp_path / "edits.csv", tmp_path / "other.csv"
    file.write_text("a\n1\n")
    other.write_text("a\n9\n")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    meanwhile(monkeypatch, lambda: other.replace(file), times=1)
    (tmp_path / "held").mkdir()

    assert take(file, tmp_path / "held", "edits").read_text() == "a\n9\n"
    assert len(waits) == 1


def test_a_file_that_never_rests_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    folder = write_shop(tmp_path / "shop", frames())
    file = folder / "events.csv"
    meanwhile(monkeypatch, lambda: file.write_text(file.read_text() + "\n"), times=100)
    (tmp_path / "held").mkdir()

    with pytest.raises(NotAtRestError):
        take(file, tmp_path / "held", "events")
    with pytest.raises(InputRefused, match=r"events.csv: found a file that changed while it was read, each time"):
        read(load(folder), tmp_path / "held")
    assert waits == [*taken.WAITS] * 2


def test_a_folder_of_parts_is_copied_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    parts = tmp_path / "events.csv"
    (parts / "month=2026-10").mkdir(parents=True)
    (parts / "month=2026-10" / "part-0.csv").write_text("a\n1\n")
    (parts / "_SUCCESS").write_text("")
    meanwhile(monkeypatch, lambda: (parts / "part-1.csv").write_text("a\n2\n"), times=1)
    (tmp_path / "held").mkdir()

    copy = take(parts, tmp_path / "held", "events")

    assert sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*.csv")) == [
        "month=2026-10/part-0.csv", "part-1.csv",
    ]  # fmt: skip
    assert len(waits) == 1


def test_a_file_that_is_gone_for_a_moment_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    file, away = tmp_path / "edits.csv", tmp_path / "away.csv"
    file.write_text("a\n1\n")
    meanwhile(monkeypatch, lambda: file.rename(away), times=1)

    def back(wait: float) -> None:
        waits.append(wait)
        away.rename(file)

    monkeypatch.setattr("jobs.reading.taken.time.sleep", back)
    (tmp_path / "held").mkdir()

    assert take(file, tmp_path / "held", "edits").read_text() == "a\n1\n"
    assert waits == [1.0]


@pytest.mark.usefixtures("waits")
def test_a_file_that_vanishes_while_it_is_copied_is_no_such_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_shop(tmp_path / "shop", frames())
    meanwhile(monkeypatch, lambda: (folder / "customers.csv").unlink(), times=1)
    (tmp_path / "held").mkdir()

    with pytest.raises(InputRefused) as refused:
        read(load(folder), tmp_path / "held")

    assert refused.value.lines == ("customers.csv: found no such file, expected the table customers",)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_file_whose_disk_fails_is_a_file_that_cannot_be_read(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_shop(tmp_path / "shop", frames())
    (tmp_path / "held").mkdir()

    def copyfile(source: Path, _: Path) -> None:
        raise OSError(number, os.strerror(number), str(source))

    monkeypatch.setattr("jobs.reading.taken.shutil.copyfile", copyfile)
    with pytest.raises(
        InputRefused, match=r"edits.csv: found a file that cannot be read \(.*\), expected a whole file"
    ):
        read(load(folder), tmp_path / "held")


@pytest.mark.parametrize("both_named", [True, False])
def test_a_full_disk_is_no_fault_of_the_file(both_named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_shop(tmp_path / "shop", frames())
    (tmp_path / "held").mkdir()

    def copyfile(source: Path, to: Path) -> None:
        names = (str(source), None, str(to)) if both_named else (str(to),)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *names)

    monkeypatch.setattr("jobs.reading.taken.shutil.copyfile", copyfile)
    with pytest.raises(OSError, match="No space left"):
        read(load(folder), tmp_path / "held")


@pytest.mark.parametrize("held", [True, False])
def test_a_pipe_is_no_file(held: bool, tmp_path: Path) -> None:
    folder = write_shop(tmp_path / "shop", frames())
    (folder / "edits.csv").unlink()
    os.mkfifo(folder / "edits.csv")
    (tmp_path / "held").mkdir()

    with pytest.raises(InputRefused, match=r"edits.csv: found a (file that cannot be read|pipe or a device)"):
        read(load(folder), tmp_path / "held" if held else None)


def test_what_is_delivered_while_the_night_runs_is_for_the_next_night(tmp_path: Path) -> None:
    folder = write_shop(tmp_path / "shop", frames(), "[short]\nmax_share = 1.0\n")
    before = {name: (folder / f"{name}.csv").read_bytes() for name in ("customers", "products", "inventory", "edits")}

    class Delivered(Stages):
        """Right after the tables were read, every one of them is delivered anew, and one is taken away."""

        def line(self, text: str, **more: object) -> None:
            if text.startswith("customers.csv") or "name a customer" in text:
                for name in ("customers", "products", "inventory"):
                    with (folder / f"{name}.csv").open("a") as file:
                        file.write("half a ro")
                (folder / "edits.csv").unlink(missing_ok=True)
            super().line(text, **more)

    done = nightly(folder, stages=Delivered())

    assert (folder / "customers.csv").read_bytes() != before["customers"]
    manifest = json.loads((done.published.folder / "manifest.json").read_text())
    assert manifest["inputs"]["customers"]["file"] == "../customers.csv"
    assert not list((folder / "runs").glob(".taken-*"))
    report = verify(done.published.folder)
    assert any("was changed after the night read it" in line for line in report.faults)
    for name, content in before.items():
        (folder / f"{name}.csv").write_bytes(content)
    assert verify(done.published.folder).faults == ()


def test_what_a_killed_night_held_is_removed(tmp_path: Path) -> None:
    folder = write_shop(tmp_path / "shop", frames(), "[short]\nmax_share = 1.0\n")
    left = folder / "runs" / ".taken-4711"
    left.mkdir(parents=True)
    (left / "customers.csv").write_text("x")

    nightly(folder, stages=Stages())

    assert not left.exists()
