"""Nights that were cut off, and nights after a small change: what is made again, and that every byte is as ever."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jobs.nightly import nightly
from jobs.progress import Stages
from jobs.resuming.store import ARRAYS
from tests.jobs.small_campaign import write_small_campaign

KEPT = ["evaluate", "train", "score", "pack", "lists"]
CLOCKS = ("manifest.json", "website.sqlite", "report.html", "nights.json")


def night(shop: Path, *, fresh: bool = False) -> tuple[Path, str]:
    """The run, and what was said."""
    said = io.StringIO()
    return nightly(shop, stages=Stages(said), fresh=fresh).published.folder, said.getvalue()


def reused(run: Path) -> list[str]:
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    return [stage["stage"] for stage in manifest["stages"] if stage["reused"]]


def content(run: Path) -> dict[str, Any]:
    """Every file of a run, clocks aside."""
    files = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    found: dict[str, Any] = {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if name not in CLOCKS
    }
    with closing(sqlite3.connect(run / "website.sqlite")) as site:
        tables = [name for (name,) in site.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        rows = {name: site.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    found["website"] = {
        name: [row for row in told if "published_at" not in map(str, row)] if name == "release" else told
        for name, told in rows.items()
    }
    found["website"]["release"] = len(rows.get("release", ()))
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    return {**found, **{key: manifest[key] for key in ("run_id", "metrics", "started_from", "learned_from")}}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop after its first night."""
    shop = write_small_campaign(tmp_path_factory.mktemp("first") / "shop")
    run, _ = night(shop)
    assert reused(run) == []
    return shop


@pytest.fixture
def shop(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "shop", symlinks=True))


def again_both_ways(shop: Path, beside: Path) -> tuple[Path, Path]:
    """The next night with what was kept, and the same one with everything made anew."""
    shutil.copytree(shop, beside, symlinks=True)
    return night(shop)[0], night(beside, fresh=True)[0]


def edit(shop: Path, file: str, old: str, new: str) -> None:
    path = shop / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "stages"),
    [
        ("edits.csv", "C10,P05,ban,asked for no oils\n", "", ["evaluate", "train", "score", "lists"]),
        ("inventory.csv", "P01,north,5", "P01,north,9", ["evaluate", "train", "score"]),
        ("campaign.toml", "at_most = 400", "at_most = 390", ["evaluate", "train", "score", "lists"]),
        ("campaign.toml", "list_length = 5", "list_length = 4", ["evaluate", "train", "score"]),
        ("campaign.toml", "factors = 4", "factors = 5", []),
        ("events.csv", "C01,old product,purchase", "C01,P02,purchase", []),
    ],
    ids=["an edit", "stock", "a packing rule", "the website", "the model", "events"],
)
def test_after_a_change_only_what_reads_it_is_made_again_and_every_byte_is_as_ever(
    shop: Path, tmp_path: Path, file: str, old: str, new: str, stages: list[str]
) -> None:
    edit(shop, file, old, new)

    kept, fresh = again_both_ways(shop, tmp_path / "beside")

    assert (reused(kept), reused(fresh)) == (stages, [])
    assert content(kept) == content(fresh)


CUT = """
import os, signal, sys
from jobs.resuming.store import Store
written, last = Store.write, sys.argv[2]
def write(self, stage, key, value):
    size = written(self, stage, key, value)
    if stage == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return size
Store.write = write
sys.argv = ["boxwise", "nightly", sys.argv[1]]
from jobs.cli.main import main
main()
"""


@pytest.mark.parametrize("stage", ["train", "lists"])
def test_a_killed_night_goes_on_from_the_last_finished_stage(first: Path, tmp_path: Path, stage: str) -> None:
    shop = write_small_campaign(tmp_path / "shop")
    done = subprocess.run([sys.executable, "-c", CUT, shop, stage], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (shop / "runs" / "current").exists()

    run, _ = night(shop)

    assert reused(run) == KEPT[: KEPT.index(stage) + 1]
    assert content(run) == content((first / "runs" / "current").resolve())
    assert sorted(path.name for path in (shop / "runs").iterdir() if path.name.startswith((".taken", ".staging"))) == []


def test_what_was_changed_on_disk_is_told_and_made_anew(shop: Path) -> None:
    before = content((shop / "runs" / "current").resolve())
    (entry,) = (shop / "runs" / ".kept").glob("train-*")
    numbers = bytearray((entry / ARRAYS).read_bytes())
    numbers[len(numbers) // 2] ^= 1
    (entry / ARRAYS).write_bytes(numbers)

    run, said = night(shop)

    told = [line for line in said.splitlines() if "train" in line and "not used" in line]
    assert len(told) == 1
    assert told[0].endswith("What was kept of the stage train is not used, and made anew: it was changed")
    assert content(run) == before


def test_a_full_disk_keeps_nothing_and_the_night_is_published_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.resuming.store._force", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    shop = write_small_campaign(tmp_path / "shop")

    run, said = night(shop)

    assert said.count("could not be kept") == len(KEPT)
    assert reused(run) == []
    assert list((shop / "runs" / ".kept").iterdir()) == []
