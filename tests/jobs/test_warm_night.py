"""Nights one after another: what each starts from, and that a night repeated is the same run."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from jobs.checking.verify import verify
from jobs.nightly import nightly
from jobs.progress import Stages
from jobs.publishing.publish import rollback
from tests.jobs.logged import logged
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.test_nightly import digests


def night(shop: Path, *, cold: bool = False) -> tuple[Path, str]:
    """The run and what was said meanwhile."""
    said = io.StringIO()
    folder = nightly(shop, stages=Stages(said), cold=cold).published.folder
    return folder, "\n".join(logged(said.getvalue()))


def started_from(run: Path) -> dict[str, Any]:
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    told: dict[str, Any] = manifest["started_from"]
    assert told["sha256"] == hashlib.sha256((run / "start.json").read_bytes()).hexdigest()
    return told


def change(shop: Path, on_hand: int) -> None:
    """Another stock figure of the first product of the inventory."""
    header, first, *rest = (shop / "inventory.csv").read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[header.split(",").index("on_hand")] = str(on_hand)
    (shop / "inventory.csv").write_text("\n".join([header, ",".join(cells), *rest]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A first night, and a second on changed stock."""
    shop = tmp_path_factory.mktemp("shop")
    write_small_campaign(shop)
    night(shop)
    change(shop, 7)
    night(shop)
    return shop


@pytest.fixture
def shop(nights: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(nights, tmp_path / "shop", symlinks=True))


def test_a_night_starts_from_the_one_before_and_repeated_from_the_same(shop: Path) -> None:
    second = (shop / "runs" / "current").resolve()
    first = shop / "runs" / started_from(second)["run_id"]
    assert started_from(first)["run_id"] is None
    before = digests(second)
    kept = json.loads((second / "start.json").read_text(encoding="utf-8"))
    assert kept["prices"] is not None
    assert kept["weights"] is None  # only stock changed: what is learned starts as it did, and ends the same
    shutil.rmtree(first)  # nothing older is needed
    shutil.move(second, shop / "aside")
    shutil.copytree(shop / "aside", second)

    again, said = night(shop)

    assert (again.name, digests(again)) == (second.name, before)
    assert "cold" not in said
    assert verify(again).faults == ()


def test_other_events_are_learned_from_the_weights_of_the_night_before(shop: Path) -> None:
    second = (shop / "runs" / "current").resolve()
    with (shop / "events.csv").open("a", encoding="utf-8") as events:
        events.write("C01,P05,purchase,2026-11-20,\n")

    third, _ = night(shop)
    change(shop, 6)
    fourth, _ = night(shop)

    weights = json.loads((second / "weights.json").read_text(encoding="utf-8"))
    starts = [json.loads((run / "start.json").read_text(encoding="utf-8")) for run in (third, fourth)]
    assert [start["weights"] for start in starts] == [weights, weights]


def test_a_night_repeated_after_a_rollback_is_the_same_run(shop: Path) -> None:
    second = (shop / "runs" / "current").resolve()
    rollback(shop / "runs")

    again, _ = night(shop)

    assert again == second


def test_a_cold_night_starts_from_nothing(shop: Path) -> None:
    warm = (shop / "runs" / "current").resolve()

    cold, _ = night(shop, cold=True)

    assert cold.name != warm.name
    assert started_from(cold)["run_id"] is None
    assert night(shop)[0] == cold  # repeated, also without --cold: it starts from what that run started from


def test_a_cold_night_has_the_id_of_a_first_night(shop: Path, tmp_path: Path) -> None:
    cold, _ = night(shop, cold=True)
    alone = tmp_path / "alone"
    shutil.copytree(shop, alone, ignore=shutil.ignore_patterns("runs"))

    first, _ = night(alone)

    assert (first.name, digests(first)) == (cold.name, digests(cold))


def test_damaged_prices_are_told_and_the_night_starts_cold(shop: Path) -> None:
    (shop / "runs" / "current" / "prices.csv").unlink()
    change(shop, 8)

    run, said = night(shop)

    assert [line for line in said.splitlines() if line.startswith("prices.csv")] == [
        line for line in said.splitlines() if "Tonight starts cold" in line
    ]
    assert said.count("Tonight starts cold") == 1
    assert started_from(run)["run_id"] is None


def test_another_start_than_the_manifest_tells_is_a_fault(shop: Path) -> None:
    file = shop / "runs" / "current" / "start.json"
    file.write_text(file.read_text(encoding="utf-8") + " ", encoding="utf-8")

    assert "start.json: is not the start that manifest.json tells" in verify(shop / "runs" / "current").faults
