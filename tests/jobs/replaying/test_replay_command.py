"""`boxwise replay` as an operator calls it: what it prints, how it ends, as lines and as JSON."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs.answers.schemas import document
from jobs.cli.main import app
from jobs.ending import exit_code
from jobs.faults import Exit, ModelRefused
from tests.jobs.json_shape import faults
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small


def dull(folder: Path, **_: object) -> SimpleNamespace:
    if folder.name == "2026-11-05":
        raise ModelRefused(["worse than popularity", "the model is worse beyond the interval; nothing was published"])
    return SimpleNamespace(lines=(f"Published {publish_small(folder).run_id}",))


def test_a_replay_tells_every_night_and_ends_as_its_first_refused_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("jobs.nightly.nightly", dull)
    words = ["replay", str(write_small_campaign(tmp_path)), "--from", "2026-10-01", "--to", "2026-11-30"]

    assert exit_code(partial(app, words)) == Exit.MODEL_REFUSED

    said = capsys.readouterr()
    head, first, second, _ = said.out.splitlines()
    assert head == "2 nights from 2026-10-05 to 2026-11-05: 2 made now, 0 as before, 1 refused"
    assert first.startswith("  2026-10-05  2026-12-small-")
    assert second == "  2026-11-05  refused, exit 6: worse than popularity (2 lines in all: 2026-11-05/night.json)"
    assert said.err.splitlines()[-1] == "1 night was refused: 2026-11-05"

    assert exit_code(partial(app, [*words, "--json"])) == Exit.MODEL_REFUSED

    told = json.loads(capsys.readouterr().out)
    assert faults(told, {"$ref": "#/$defs/replay"}, document()) == []
    assert [night["run_id"] for night in told["answer"]["nights"]] == [first.split()[1], None]
    assert told["exit"] == Exit.MODEL_REFUSED
    assert not any(night["anew"] for night in told["answer"]["nights"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--every", "fortnightly"), "--every: found "),
        (("--to", "2026-09-30"), "--from: found 2026-10-01, expected a day up to --to"),
        (("--into", "."), "--into: found other files in "),
    ],
)
def test_words_that_make_no_replay_are_refused_in_one_line(
    more: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["replay", str(write_small_campaign(tmp_path)), "--from", "2026-10-01", "--to", "2026-11-30", *more]

    assert exit_code(partial(app, words)) == Exit.USAGE

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)
