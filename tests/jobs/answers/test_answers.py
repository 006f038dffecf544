"""What --json prints is one object of the shape that is published, for an answer and for a refusal alike."""

from __future__ import annotations

import json
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import jobs.evaluating.evaluate
from jobs.answers.schemas import ANSWERS, document
from jobs.cli.main import app
from jobs.ending import exit_code
from jobs.evaluating.evaluate import Evaluation
from jobs.faults import Exit
from tests.contracts.commands import commands
from tests.jobs.json_shape import faults
from tests.jobs.small_campaign import write_small_campaign

SCHEMA = Path(__file__).parents[3] / "docs" / "answers.schema.json"
DOCUMENT = document()
MAKERS = {"init", "demo", "synth", "serve"}
"""Commands that answer nothing: they write files, or answer over HTTP."""


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code of `boxwise WORDS --json`, and the one object it prints."""
    capsys.readouterr()
    code = exit_code(partial(app, [*words, "--json"]))
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert faults(told, {"$ref": f"#/$defs/{_name(words)}"}, DOCUMENT) == []
    assert told["exit"] == code
    return code, told


def _name(words: tuple[str, ...]) -> str:
    return "runs compare" if words[:2] == ("runs", "compare") else words[0]


@pytest.fixture(scope="module")
def shop(runs: Path) -> Path:
    """The campaign of the published small run."""
    return runs.parent


def questions(shop: Path, elsewhere: Path) -> list[tuple[str, ...]]:
    """A question to every command that answers quickly."""
    runs = shop / "runs"
    return [
        ("check", str(shop)),
        ("verify", str(runs / "current")),
        ("explain", str(runs / "current"), "C02"),
        ("explain", str(runs / "current"), "--product", "P03"),
        ("overrides", str(runs)),
        ("overrides", str(runs), "--hide", "P03", "--reason", 'sold "out" \u65e5'),
        ("overrides", str(runs), "--show", "P03"),
        ("runs", str(shop)),
        ("runs", "compare", str(runs / "current"), str(runs / "current")),
        ("status", str(shop), "--max-age", "365d"),
        ("shipped", str(shop)),
        ("realised", str(shop)),
        ("shipped", str(runs / "current"), "--date", "2026-12-06"),
        ("publish", str(runs / "current"), "--to", elsewhere.as_uri()),
    ]


def test_every_answer_has_the_shape_of_its_schema(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in questions(shop, tmp_path / "shop"):
        code, told = asked(capsys, *words)
        assert (code, told["faults"]) == (Exit.PUBLISHED, []), told
        assert told["answer"] is not None
        assert told["lines"]


def test_json_says_in_its_lines_what_people_are_told(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("check", str(shop)), ("explain", str(shop / "runs" / "current"), "C02")):
        _, told = asked(capsys, *words)
        assert exit_code(partial(app, words)) == 0
        assert told["lines"] == capsys.readouterr().out.splitlines()


def test_a_refusal_is_an_object_too(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = write_small_campaign(tmp_path / "broken", replace={"customers.csv": ("C06,north,2,,", "C06,north,2,4.5,")})
    nowhere = str(tmp_path / "nowhere")

    code, told = asked(capsys, "check", str(broken))
    assert code == Exit.INPUT_REFUSED
    assert told["answer"] is None
    assert {"file": "customers.csv", "row": 7, "column": "slots"}.items() <= told["faults"][0].items()
    assert told["lines"][0].startswith("customers.csv, row 7, column slots: ")
    for command in ("nightly", "check", "evaluate", "rollback", "runs", "status"):
        assert asked(capsys, command, nowhere)[0] == Exit.USAGE
    assert asked(capsys, "verify", nowhere)[0] == Exit.USAGE
    assert asked(capsys, "explain", str(shop / "runs" / "current"), "nobody")[0] == Exit.USAGE
    assert asked(capsys, "rollback", str(shop))[0] == Exit.USAGE


def test_every_command_that_answers_has_a_schema() -> None:
    takes = {name for name, command in commands().items() if any("--json" in option.opts for option in command.params)}

    assert takes == {name.split()[0] for name in ANSWERS} == set(commands()) - MAKERS


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the docs belong to the repository, not to the wheel")
def test_the_published_schema_is_the_one_that_holds() -> None:
    told = "python -m jobs.answers.schemas > docs/answers.schema.json"
    assert json.loads(SCHEMA.read_text("utf-8")) == DOCUMENT, told


def test_the_reader_of_shapes_sees_what_is_wrong() -> None:
    night: Any = {"$ref": "#/$defs/rollback"}
    right = {"command": "rollback", "exit": 0, "lines": [], "faults": [], "answer": {"current": "b", "left": "a"}}

    assert faults(right, night, DOCUMENT) == []
    assert faults({**right, "exit": "0"}, night, DOCUMENT)
    assert faults({**right, "answer": {"current": "b"}}, night, DOCUMENT)
    assert faults({**right, "answer": {"current": "b", "left": "a", "more": 1}}, night, DOCUMENT)
    assert faults({key: right[key] for key in ("command", "exit")}, night, DOCUMENT)


def test_an_evaluation_is_told_with_nothing_for_what_is_not_known(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"part": "warm customers", "model": "boxwise", "metric": "nDCG@20", "value": 0.5, "low": 0.25, "high": 0.75}
    rows = pd.DataFrame([{**row, "n": 12}, {**row, "model": "random", "value": np.nan, "n": 0}])
    found = Evaluation(rows, ("Judged.",), date(2026, 9, 9))
    monkeypatch.setattr(jobs.evaluating.evaluate, "evaluate", lambda *_, **__: found)

    code, told = asked(capsys, "evaluate", str(shop))

    assert code == 0
    assert told["answer"]["table"][0] == {**row, "n": 12}
    assert told["answer"]["table"][1]["value"] is None
    assert told["answer"]["sentences"] == ["Judged."]
