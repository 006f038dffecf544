"""`kill -9` at random moments of a whole night: what was published stays whole, and the next night publishes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.publishing.publish import COMPLETE, current_run
from jobs.publishing.website_reader import WebsiteReader
from tests.jobs.small_campaign import FILES, write_small_campaign

pytestmark = pytest.mark.long
KILLS = 25


def campaign(folder: Path, number: int) -> Path:
    """The small campaign with another amount of stock each time, so that each night is another run."""
    first = FILES["inventory.csv"].splitlines()[1]
    cells = first.split(",")
    changed = ",".join([*cells[:2], str(int(cells[2]) + number), *cells[3:]])
    return write_small_campaign(folder, replace={"inventory.csv": (first, changed)})


def night(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jobs", "nightly", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def assert_whole(runs: Path, run_id: str) -> None:
    """This run is published with all its files, and the website reads its lists."""
    assert current_run(runs) == run_id
    assert all((runs / "current" / name).stat().st_size for name in COMPLETE)
    reader = WebsiteReader(runs)
    assert reader.state().run_id == run_id
    found = reader.read("recommendations", "C01")
    assert found is not None
    assert found.release == run_id


def test_a_night_killed_at_any_moment_leaves_a_whole_run(tmp_path: Path) -> None:
    folder, runs, draw = tmp_path / "shop", tmp_path / "shop" / "runs", random.Random()
    assert night(campaign(folder, 0)).wait() == 0  # compiles
    began = time.perf_counter()
    assert night(campaign(folder, KILLS + 2)).wait() == 0
    took = time.perf_counter() - began
    standing = current_run(runs)
    assert standing is not None

    died = 0
    for kill in range(1, KILLS + 1):
        process = night(campaign(folder, kill))
        time.sleep(draw.uniform(0.02, 1.0) * took)
        process.send_signal(signal.SIGKILL)
        died += process.wait() == -signal.SIGKILL
        now = current_run(runs)
        assert now is not None
        assert_whole(runs, now)
        standing = now

    assert died >= KILLS // 3, "the kills came too late to hit a night"
    assert night(campaign(folder, KILLS + 1)).wait() == 0
    after = current_run(runs)
    assert after not in (None, standing)
    assert_whole(runs, str(after))
    assert not [path.name for path in runs.iterdir() if path.name.startswith((".staging-", ".link-", ".trash-"))]
