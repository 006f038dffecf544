"""Hostile inputs end in the documented exit code with one clear line per fault, and nothing is published."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.contracts.hostile_cases import CASES, Case, answer, golden

ANSWERS = golden()


def test_there_are_enough_of_them_and_each_has_its_answer() -> None:
    names = [case.name for case in CASES]

    assert len(names) >= 30
    assert names == list(ANSWERS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_says_every_fault(case: Case, tmp_path: Path) -> None:
    assert answer(case, tmp_path / "campaign") == ANSWERS[case.name]


@pytest.mark.parametrize("case", CASES[::3], ids=lambda case: case.name)
def test_a_night_says_the_same_and_publishes_nothing(case: Case, tmp_path: Path) -> None:
    code, *lines = answer(case, tmp_path / "campaign", "nightly")

    lines = [line for line in lines if not line.startswith("What this night found is kept in ")]
    assert [code, *lines[-len(ANSWERS[case.name]) + 1 :]] == ANSWERS[case.name]
    assert not (tmp_path / "campaign" / "runs" / "current").exists()


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


def test_odd_inputs_that_are_legal_get_their_night(tmp_path: Path) -> None:
    """A formula as a name, ids 007 and 7, a customer with nothing allowed, events after the ship date: all at once."""
    everything = "".join(f"C11,P{number:02d},2026-01-05\n" for number in range(1, 16))
    odd = Case(
        "odd",
        replace={"products.csv": ("Foam cleanser", "=1+1")},
        append={
            "shipments.csv": everything,
            "events.csv": "C01,P01,view,2026-12-24,\n",
            "edits.csv": "C09,P01,lock,\n",
        },
    )

    code, *said = answer(odd, tmp_path / "campaign", "nightly")

    current = tmp_path / "campaign" / "runs" / "current"
    assert code == "exit 0"
    assert "events.csv: 1 row dated after the ship date 2026-12-05 left out (first: row 42)" in said
    boxes = pd.read_csv(current / "boxes.csv", dtype=str).set_index("customer_id")
    assert {"007", "7"} <= set(boxes.index)
    assert boxes.loc["C11", "items"] == "0"
    exceptions = pd.read_csv(current / "exceptions.csv", dtype=str)
    assert "C11" in set(exceptions["customer_id"])
    sent = pd.read_csv(current / "assignments.csv", dtype=str)
    assert set(sent.loc[sent["product_id"] == "P01", "product_name"]) == {"'=1+1"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("max_share = 1.0", "max_share = 0.0"), ('"ship_short"', '"stop"')],
    ids=["too many short boxes", "no plan at all"],
)
def test_boxes_that_cannot_be_filled_end_in_exit_4(old: str, new: str, tmp_path: Path) -> None:
    everything = "".join(f"C11,P{number:02d},2026-01-05\n" for number in range(1, 16))
    case = Case("short", replace={"campaign.toml": (old, new)}, append={"shipments.csv": everything})

    code, *said = answer(case, tmp_path / "campaign", "nightly")

    assert code == "exit 4"
    assert said[-1].isprintable()
    assert not (tmp_path / "campaign" / "runs" / "current").exists()
