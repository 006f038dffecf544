"""Tuning a real campaign: a wrong setting is found and the better one holds on what the search has not seen; where
nobody has a taste nothing is suggested; campaign.toml stays as it is.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.cli.main import main
from jobs.config.campaign import Campaign
from jobs.config.load import load
from jobs.evaluating.evaluate import evaluate
from jobs.evaluating.questions import WARM
from jobs.faults import UsageRefused
from jobs.inputs.tables import Tables, read
from jobs.tuning.sentences import sentences, table_lines
from jobs.tuning.settings import Setting
from jobs.tuning.suggestion import suggestion_path, suggestion_text, write_suggestion
from jobs.tuning.tune import tune
from jobs.tuning.verdict import Tuning, Verdict
from recsys.ranking.metrics import Interval
from tests.jobs.tune_shop import write_tune_shop

Tuned = tuple[Campaign, Tables, Tuning]


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """A shop that forgets in two days and pulls every factor to nothing."""
    folder = write_tune_shop(tmp_path_factory.mktemp("wrong"), regularization=1e6, half_life_days=2.0)
    campaign = load(folder)
    tables = read(campaign)
    return campaign, tables, tune(campaign, tables, most=12)


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Exit code of the command line."""
    monkeypatch.setattr(sys, "argv", ["boxwise", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_wrong_setting_is_told_and_the_suggestion_wins_on_the_reported_window(wrong: Tuned) -> None:
    _, _, tuning = wrong

    assert tuning.verdict is Verdict.BETTER
    assert set(tuning.best.changes(tuning.present)) == {"regularization", "half_life_days"}
    assert tuning.best.half_life_days >= 90
    assert tuning.best.regularization <= 100
    assert tuning.reported is not None
    assert tuning.reported.gain.low > 0
    said = sentences(tuning)
    assert sum(sentence.startswith("Suggested: regularization ") for sentence in said) == 1
    assert said[-1] == "It holds there, too, beyond the 95 % interval."


def test_each_window_ends_where_the_next_begins_and_figures_are_those_of_evaluate(wrong: Tuned) -> None:
    campaign, tables, tuning = wrong
    assert tuning.confirmed is not None
    assert tuning.reported is not None

    for compared, as_of in ((tuning.confirmed, tuning.confirmed.until), (tuning.reported, None)):
        plain = evaluate(campaign, tables, as_of=as_of)
        rows = plain.table[(plain.table["model"] == "boxwise") & (plain.table["metric"] == "nDCG@20")]
        assert compared.since == plain.since
        assert {row.name: row.now for row in compared.rows[1:]} == dict(zip(rows["part"], rows["value"], strict=True))
    assert tuning.reported.until == campaign.ship_date
    assert tuning.confirmed.until == tuning.reported.since - pd.Timedelta(days=1)
    assert tuning.until == tuning.confirmed.since - pd.Timedelta(days=1)


def test_the_table_has_a_row_per_setting_and_says_which_is_which(wrong: Tuned) -> None:
    _, _, tuning = wrong
    lines = table_lines(tuning, seconds=False)

    assert lines[0].split()[:5] == ["factors", "regularization", "alpha", "half_life_days", "nDCG@20"]
    assert len(lines) == 1 + len(tuning.tried)
    assert lines[1].split()[:4] == ["8", "1,000,000", "10", "2"]
    assert lines[1].endswith("the campaign's own setting")
    assert "what a new shop has; better, more than chance explains" in lines[2]
    assert sum(line.endswith("<- best found") for line in lines) == 1
    assert "seconds" in table_lines(tuning)[0]


def test_every_verdict_is_said_in_words_that_name_what_speaks_against_it(wrong: Tuned) -> None:
    campaign, _, tuning = wrong
    confirmed = tuning.confirmed
    assert confirmed is not None
    worse = Interval(-0.02, -0.03, -0.01)
    rows = tuple(replace(row, gain=worse if row.name == WARM else row.gain) for row in confirmed.rows)
    for_some = replace(confirmed, rows=rows)
    few = replace(confirmed, n_customers=40)
    said = {
        "; training takes longer with more factors.": replace(tuning, best=replace(tuning.best, factors=64)),
        "but surely worse for warm customers.": replace(tuning, confirmed=for_some, verdict=Verdict.WORSE_FOR_SOME),
        "too few customers are left to confirm it.": replace(tuning, confirmed=few, verdict=Verdict.NOT_CONFIRMED),
        "does not confirm it beyond chance.": replace(tuning, verdict=Verdict.NOT_CONFIRMED),
        "but on the newest one it is surely worse.": replace(tuning, verdict=Verdict.WORSE_NOW),
    }

    for words, given in said.items():
        assert sum(words in sentence for sentence in sentences(given)) == 1
        assert (tomllib.loads(suggestion_text(campaign, given)) != {}) == (given.verdict is Verdict.BETTER)


def test_the_suggestion_is_valid_and_the_campaign_is_not_touched(wrong: Tuned) -> None:
    campaign, _, tuning = wrong
    before, stamp = campaign.path.read_bytes(), campaign.path.stat().st_mtime_ns
    suggestion_path(campaign).write_text("[model]\nfactors = 1  # last month's\n")

    path = write_suggestion(campaign, tuning)

    assert (campaign.path.read_bytes(), campaign.path.stat().st_mtime_ns) == (before, stamp)
    assert sorted(file.name for file in campaign.root.glob("*.toml")) == ["campaign.toml", "suggestion.toml"]
    assert not [file for file in campaign.root.iterdir() if file.name.startswith(".")]
    keys = tomllib.loads(path.read_text("utf-8"))
    assert keys == {
        "model": {"regularization": tuning.best.regularization},
        "signals": {"half_life_days": tuning.best.half_life_days},
    }
    assert "# now 1,000,000" in path.read_text("utf-8")
    assert Setting.of(load(merged(campaign, keys))) == tuning.best


def merged(campaign: Campaign, keys: dict[str, Any]) -> Path:
    """The campaign as it is once a person has taken the suggestion over, line by line."""
    text = campaign.path.read_text("utf-8")
    for table in keys.values():
        for key, value in table.items():
            rows = [row for row in text.splitlines() if row.startswith(f"{key} = ")]
            assert len(rows) == 1
            text = text.replace(rows[0], f"{key} = {value}")
    path = campaign.root / "taken over.txt.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_neither_the_order_of_the_events_nor_the_reported_window_chooses_anything(tmp_path: Path) -> None:
    """Rows in any order give the same bytes; other choices in the newest fifth leave what was tried and found."""
    campaign = load(write_tune_shop(tmp_path, noise=1.0))
    tables = read(campaign)
    shuffled = tables.events.sample(frac=1, random_state=1)
    other_end, newest = tables.events.copy(), tables.events["occurred_at"] >= pd.Timestamp("2026-08-01")
    other_end.loc[newest, "product_id"] = other_end.loc[newest, "product_id"].to_numpy()[::-1]

    one, *others = (
        tune(campaign, Tables(**{**vars(tables), "events": events}), most=3)
        for events in (tables.events, shuffled, other_end)
    )

    for other in others:
        assert one == other
        assert table_lines(one, seconds=False) == table_lines(other, seconds=False)
        assert suggestion_text(campaign, one) == suggestion_text(campaign, other)


def test_where_nothing_is_better_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_tune_shop(tmp_path, noise=1.0)
    stamp = (folder / "campaign.toml").stat().st_mtime_ns
    (folder / "suggestion.toml").write_text("[model]\nfactors = 1\n")

    assert run(monkeypatch, "evaluate", str(folder), "--tune") == 0

    told = capsys.readouterr()
    assert "\nKeep the setting as it is: " in told.out
    assert told.out.splitlines()[-1] == f"Written to {folder / 'suggestion.toml'}; campaign.toml is as it was."
    assert "settings tried" in told.err
    written = (folder / "suggestion.toml").read_text("utf-8")
    assert tomllib.loads(written) == {}
    assert "Keep the setting as it is" in written
    assert (folder / "campaign.toml").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("days", "kept", "found"),
    [
        (3, 10_000, "events on 3 days, expected enough for three windows"),
        (700, 30, "customers to ask about"),
        (700, 0, "0 events on 0 days"),
    ],
)
def test_too_short_a_past_is_refused_in_one_line(
    days: int,
    kept: int,
    found: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write_tune_shop(tmp_path, days=days)
    pd.read_csv(folder / "events.csv").head(kept).to_csv(folder / "events.csv", index=False)

    assert run(monkeypatch, "evaluate", str(folder), "--tune") == 3

    told = capsys.readouterr()
    refused = [line for line in told.err.splitlines() if line.startswith("events.csv: found ")]
    assert len(refused) == 1
    assert found in refused[0]
    assert told.out == ""
    assert not (folder / "suggestion.toml").exists()


def test_a_campaign_of_another_name_gets_a_suggestion_of_its_own(wrong: Tuned) -> None:
    campaign, _, _ = wrong
    names = {"campaign.toml": "suggestion.toml", "glow.toml": "glow.suggestion.toml"}
    names["suggestion.toml"] = "suggestion.suggestion.toml"

    for name, expected in names.items():
        other = campaign.model_copy(update={"path": campaign.root / name})
        assert suggestion_path(other) == campaign.root / expected


def test_a_folder_that_cannot_be_written_is_told_in_one_line(wrong: Tuned, tmp_path: Path) -> None:
    campaign, _, tuning = wrong
    gone = campaign.model_copy(update={"path": tmp_path / "gone" / "campaign.toml"})

    with pytest.raises(UsageRefused, match=r"suggestion\.toml cannot be written: No such file or directory$"):
        write_suggestion(gone, tuning)
