"""Hostile inputs end in the documented exit code with one clear line per fault, and nothing is published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contracts.hostile_cases import CASES, Case, answer, golden

ANSWERS = golden()


def test_there_are_enough_of_them_and_each_has_its_answer() -> None:
    names = [case.name for case in CASES]

    assert len(names) >= 30
    assert names == list(ANSWERS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_input(case: Case, tmp_path: Path) -> None:
    assert answer(case, tmp_path / "campaign") == ANSWERS[case.name]


@pytest.mark.parametrize("name", ANSWERS)
def test_every_line_says_where_what_and_what_else(name: str) -> None:
    code, *lines = ANSWERS[name]

    assert code == "exit 3"
    assert lines
    for line in lines:
        assert re.match(r"\S[^:]*: found .+, expected .+", line), line
        assert len(line) < 500
        assert line.isprintable()


def test_a_good_campaign_is_no_hostile_input(tmp_path: Path) -> None:
    assert answer(Case("nothing broken"), tmp_path / "campaign") == ["exit 0"]
