"""The gate on real nights: events joined with the wrong products teach nothing, and nothing is published for it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs.datasets.synth import write_synth
from jobs.faults import Exit, ModelRefused
from jobs.nightly import nightly
from jobs.progress import Stages
from jobs.publishing import overrides
from jobs.publishing.publish import current_run


def night(folder: Path) -> tuple[str, ...]:
    return nightly(folder, stages=Stages(io.StringIO())).lines


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up shop whose night was published, and whose next export names products at random."""
    folder: Path = tmp_path_factory.mktemp("gate")
    write_synth(folder, customers=800, products=40, seed=3, progress=lambda *_: None)
    night(folder)
    events = pd.read_parquet(folder / "events.parquet")
    catalogue = pd.read_csv(folder / "products.csv", dtype=str)["product_id"].to_numpy()
    events["product_id"] = np.random.default_rng(0).choice(catalogue, len(events))
    events.to_parquet(folder / "events.parquet", index=False)
    return folder


def test_a_night_with_sabotaged_events_is_refused_and_yesterday_stays(shop: Path) -> None:
    before = current_run(shop / "runs")
    history = (shop / "runs" / "history.csv").read_bytes()
    with pytest.raises(ModelRefused) as refused:
        night(shop)

    assert refused.value.exit is Exit.MODEL_REFUSED
    worse = [line for line in refused.value.lines if "against last night's" in line and "worse by at least" in line]
    assert any(line.startswith("warm customers: nDCG@20") for line in worse)
    assert refused.value.lines[-2] == "the model is worse beyond the interval; nothing was published"
    assert current_run(shop / "runs") == before
    assert (shop / "runs" / "history.csv").read_bytes() == history
    assert not list((shop / "runs").glob(".staging-*"))


def test_who_only_wants_to_be_told_gets_the_night_with_a_warning(shop: Path) -> None:
    toml = shop / "campaign.toml"
    said = toml.read_text(encoding="utf-8")
    assert "model_gate" not in said
    toml.write_text(said.replace("[publish]", '[publish]\nmodel_gate = "tell"'), encoding="utf-8")
    before = current_run(shop / "runs")
    overrides.hide(shop / "runs", ["P00002"], "sold out\nsince Monday")
    lines = night(shop)

    assert current_run(shop / "runs") != before
    (warning,) = [line for line in lines if "WARNING, published all the same: warm customers" in line]
    assert "worse by at least" in warning
    assert "  Still hidden from the website: P00002 (sold out\\nsince Monday)" in lines
    standing = (shop / "runs" / "current" / "standing.json").read_text(encoding="utf-8")
    assert "worse by at least" in standing
