"""Whole nights behind the guard: refused by the command, accepted by name, remembered for the next."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from jobs.cli.main import app
from jobs.config.guard import ScoresLimit
from jobs.guarding.event_facts import event_facts
from jobs.guarding.scores import AT, population_stability, score_changes
from jobs.nightly import nightly
from jobs.progress import Stages
from tests.jobs.joined_shop import frames, write_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_shop(tmp_path_factory.mktemp("guarded") / "shop", frames(), "[short]\nmax_share = 1.0\n")
    nightly(folder, stages=Stages())
    return folder


def test_profile_holds_what_the_events_were(shop: Path) -> None:
    told = json.loads((shop / "runs" / "current" / "profile.json").read_text())
    events = pd.read_csv(shop / "events.csv")

    assert told["events"]["rows"] == len(events)
    assert told["events"]["newest"][:10] == events["occurred_at"].max()
    assert told["events"]["kinds"] == events["kind"].value_counts().to_dict()
    assert told["events"]["repeated"] == int(events.duplicated().sum())
    scores = pq.read_table(shop / "runs" / "current" / "scores.parquet")["scores"].to_pylist()
    flat = np.array(scores, np.float64).ravel()
    assert told["scores"] == pytest.approx(np.quantile(flat, AT).tolist(), abs=1e-6)


def test_the_command_refuses_and_accepts(shop: Path) -> None:
    before = (shop / "runs" / "current").resolve()
    events = pd.read_csv(shop / "events.csv")
    events.iloc[:200].to_csv(shop / "events.csv", index=False)

    refused = CliRunner().invoke(app, ["nightly", str(shop)])
    checked = CliRunner().invoke(app, ["check", str(shop)])

    assert (refused.exit_code, checked.exit_code) == (1, 1)  # the exception; `main` turns it into 3
    assert "200 rows, 54.5 % fewer than last night (440)" in str(refused.exception)
    assert str(refused.exception) == str(checked.exception)
    assert (shop / "runs" / "current").resolve() == before

    done = CliRunner().invoke(app, ["nightly", str(shop), "--accept", "events.rows", "--accept", "events.newest"])

    assert done.exit_code == 0, done.output
    manifest = json.loads((shop / "runs" / "current" / "manifest.json").read_text())
    assert [change["name"] for change in manifest["accepted"]] == ["events.rows"]
    assert "--accept events.newest: nothing of that name had to be accepted" in done.output
    again = CliRunner().invoke(app, ["nightly", str(shop)])
    assert again.exit_code == 0  # what was accepted is what the next night is held against


def test_events_that_differ_in_one_column_do_not_repeat() -> None:
    row = {
        "customer_id": "C",
        "product_id": "P",
        "kind": "view",
        "occurred_at": pd.Timestamp("2026-01-01"),
        "value": np.nan,
    }
    rows = [row, {**row, "value": 0.0}, {**row, "customer_id": "D"}, {**row, "occurred_at": pd.Timestamp("2026-01-02")}]

    assert event_facts(pd.DataFrame(rows)).repeated == 0
    assert event_facts(pd.DataFrame([*rows, row, row])).repeated == 2


def test_stability_is_its_formula_and_scores_that_moved_are_told() -> None:
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=2_000), rng.normal(0.8, 1, size=2_000)
    edges = np.quantile(before, np.linspace(0.1, 0.9, 9))
    shares = [
        [((side >= lo) & (side < hi)).mean() for lo, hi in zip([-9, *edges], [*edges, 9], strict=True)]
        for side in (now, before)
    ]
    by_hand = sum((p - q) * np.log(p / q) for p, q in zip(*shares, strict=True))

    assert population_stability(now, before) == pytest.approx(by_hand)
    steps = [np.quantile(side, AT) for side in (now, before)]
    assert [change.name for change in score_changes(steps[0], steps[1], ScoresLimit())] == ["scores"]
    assert list(score_changes(steps[1], steps[1], ScoresLimit())) == []
