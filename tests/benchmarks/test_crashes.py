"""The crash harness counts what it should: a night that was cut off, a run that is torn, an input that is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.crash_shop import Shop, content, inputs_of
from benchmarks.crashes import Told, looked_at
from jobs.publishing.publish import current_run
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose night was never run: what is looked at needs its inputs only."""
    shop = object.__new__(Shop)
    shop.base = write_small_campaign(tmp_path_factory.mktemp("crash") / "shop")
    publish_small(shop.base)
    shop.inputs = inputs_of(shop.base)
    return shop


@pytest.fixture
def shop(expected: Shop, tmp_path: Path) -> Path:
    return Path(shutil.copytree(expected.base, tmp_path / "shop", symlinks=True))


def told(shop: Path, expected: Shop) -> Told:
    found = Told("by hand")
    looked_at(shop, expected, found)
    return found


def test_a_whole_run_is_whole(shop: Path, expected: Shop) -> None:
    found = told(shop, expected)
    assert (found.torn, found.lost) == ([], [])
    assert found.moments == {"after 0 stages kept": 1}


def test_a_torn_run_and_a_lost_input_are_found(shop: Path, expected: Shop) -> None:
    run = current_run(shop / "runs")
    (shop / "runs" / str(run) / "boxes.csv").write_bytes(b"customer_id")
    (shop / "events.csv").unlink()
    (shop / "runs" / ".staging-x").mkdir()
    found = told(shop, expected)
    assert found.torn == [f"boxes.csv of {run}"]
    assert found.lost == ["an input changed"]
    assert found.moments == {"after 0 stages kept, something half written": 1}
    (shop / "runs" / "current").unlink()
    assert told(shop, expected).torn == ["nothing is published any more"]


def test_two_runs_that_differ_differ(expected: Shop, tmp_path: Path) -> None:
    run = (expected.base / "runs" / "current").resolve()
    other = Path(shutil.copytree(run, tmp_path / "other"))
    manifest = (other / "manifest.json").read_text(encoding="utf-8")
    assert content(other) == content(run)
    (other / "manifest.json").write_text(manifest.replace('"written_utc": "20', '"written_utc": "19'), encoding="utf-8")
    assert content(other) == content(run)  # an hour counts for nothing
    (other / "prices.csv").write_bytes(b"")
    assert content(other) != content(run)
