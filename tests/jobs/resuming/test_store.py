"""Kept stages on disk: whole and as they were written, or not used; never more than two of one stage."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.resuming.store import ARRAYS, ASIDE, SEAL, TREE, NotKeptError, Store

VALUE = {"text": "what it made", "numbers": np.arange(12, dtype=np.float32).reshape(3, 4)}
Usage = namedtuple("Usage", "total used free")
NOBODY: Any = None


def read(runs: Path, key: str = "k1") -> Any:
    return Store(runs, {}).read("train", key, NOBODY)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    Store(runs, {}).write("train", "k1", VALUE)
    return runs


@pytest.fixture
def runs(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "runs"))


def test_what_was_kept_is_read_again(runs: Path) -> None:
    found = read(runs)
    assert found["text"] == VALUE["text"]
    assert found["numbers"].tobytes() == VALUE["numbers"].tobytes()  # type: ignore[attr-defined]
    with pytest.raises(KeyError):
        read(runs, "k2")


@given(st.data())
def test_a_flipped_bit_or_a_torn_end_is_never_used(written: Path, data: st.DataObject) -> None:
    """Every file holds nothing that could change unseen."""
    (entry,) = (written / ".kept").iterdir()
    path = entry / data.draw(st.sampled_from([TREE, ARRAYS, SEAL]))
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    torn = data.draw(st.booleans())
    flipped = bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))])
    path.write_bytes(whole[:at] if torn else whole[:at] + flipped + whole[at + 1 :])
    try:
        found = read(written)
        assert path.name == SEAL, "it may be written another way, such as 1e0 for 1"
        assert found["numbers"].tobytes() == VALUE["numbers"].tobytes()  # type: ignore[attr-defined]
    except NotKeptError:
        pass
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("which", ["folder", "entry"])
def test_what_others_may_write_is_not_used(runs: Path, which: str) -> None:
    (entry,) = (runs / ".kept").iterdir()
    (runs / ".kept" if which == "folder" else entry).chmod(0o777)
    with pytest.raises(NotKeptError, match="others may write"):
        read(runs)


def test_a_link_to_elsewhere_is_not_used(runs: Path) -> None:
    (entry,) = (runs / ".kept").iterdir()
    shutil.move(entry, runs / "elsewhere")
    entry.symlink_to(runs / "elsewhere")
    with pytest.raises(NotKeptError, match="others may write"):
        read(runs)


def test_what_a_killed_night_left_half_written_is_removed(runs: Path) -> None:
    left = runs / ".kept" / f"{ASIDE}train-k9"
    left.mkdir()
    Store(runs, {})
    assert not left.exists()


def test_a_disk_without_room_keeps_nothing_and_leaves_nothing(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, 10))
    with pytest.raises(OSError, match="are free"):
        Store(runs, {}).write("train", "k2", VALUE)
    monkeypatch.undo()
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        Store(runs, {}).write("train", "k2", VALUE)
    assert [entry.name for entry in (runs / ".kept").iterdir()] == ["train-k1"]


def test_two_of_a_stage_are_kept_those_used_last(runs: Path) -> None:
    store = Store(runs, {})
    for number, key in enumerate(("k2", "k3", "k4"), start=2):
        store.write("train", key, VALUE)
        for age, one in enumerate(("k1", f"k{number}")):  # k1 is used every night
            os.utime(runs / ".kept" / f"train-{one}", ns=(0, number * 10 - age))
        store.write("lists", "k1", VALUE)
    names = {entry.name for entry in (runs / ".kept").iterdir()}
    assert names == {"train-k1", "train-k4", "lists-k1"}
