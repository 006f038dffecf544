"""The next night's tables differ in one row of a hundred, are valid, and are as they were before once it is over."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("benchmarks.night", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.night.again import changed
from benchmarks.night.cases import made_up
from jobs.check import check
from jobs.datasets.synth import write_synth


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A made-up shop."""
    write_synth(tmp_path / "shop", customers=400, products=24)
    return tmp_path / "shop"


def tables(campaign: Path) -> dict[str, pd.DataFrame]:
    """Customers, events and stock as they are now."""
    found = {name: pd.read_parquet(campaign / f"{name}.parquet") for name in ("customers", "events")}
    return {**found, "inventory": pd.read_csv(campaign / "inventory.csv", dtype=str)}


def content(campaign: Path) -> dict[str, bytes]:
    """Every file of the campaign."""
    return {path.name: path.read_bytes() for path in campaign.iterdir() if path.is_file()}


def test_about_one_row_of_a_hundred_is_another_and_nobody_comes_or_goes(campaign: Path) -> None:
    before = tables(campaign)
    with changed(campaign) as counts:
        after = tables(campaign)
        assert check(campaign)

    assert counts == {"customers": 4, "events": round(len(before["events"]) / 100), "inventory": 2}
    for name, most in counts.items():
        both_empty = before[name].isna() & after[name].isna()
        unlike = (before[name].ne(after[name]) & ~both_empty).any(axis=1).sum()
        assert 0 < unlike <= most
        assert (before[name].dtypes == after[name].dtypes).all()
    for name, fixed in (("customers", ["customer_id", "warehouse", "slots"]), ("events", ["customer_id", "kind"])):
        pd.testing.assert_frame_equal(before[name][fixed], after[name][fixed])
    more = after["inventory"]["on_hand"].astype(int).sum() / before["inventory"]["on_hand"].astype(int).sum()
    assert 1 < more < 1.05


def test_the_campaign_is_afterwards_what_it_was_and_each_seed_changes_other_rows(campaign: Path) -> None:
    before = content(campaign)
    seen = []
    for seed in (0, 0, 1):
        with changed(campaign, seed):
            seen.append((campaign / "events.parquet").read_bytes())
        assert content(campaign) == before

    assert seen[0] == seen[1] != seen[2]


def test_who_was_interrupted_changes_the_original_again_and_not_the_changed(campaign: Path) -> None:
    before = content(campaign)
    events = campaign / "events.parquet"
    events.replace(campaign / "events.kept.parquet")
    with changed(campaign):
        pass

    assert content(campaign) == before


def test_a_campaign_is_written_once_and_its_runs_are_forgotten(tmp_path: Path) -> None:
    case = made_up(20, 12)
    campaign = case.written(tmp_path)
    written = (campaign / "events.parquet").stat().st_mtime_ns
    (campaign / "runs" / "old").mkdir(parents=True)

    assert case.written(tmp_path) == campaign
    assert (campaign / "events.parquet").stat().st_mtime_ns == written
    assert not (campaign / "runs").exists()
