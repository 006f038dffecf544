"""The one command: lists, refuses, runs, prints and writes; and the docs know every case and peer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("benchmarks.packing", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.instances import KINDS
from benchmarks.packing import main, parser, size
from benchmarks.peers import PEERS
from benchmarks.registry import CASES, FIRST_RUN

ROOT = Path(__file__).parents[2]


def test_list_names_every_case_and_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [case.name for case in CASES]


def test_a_case_is_run_printed_and_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["plain", "--sizes", "40x20", "50x20", "--repeat", "1", "--out", str(tmp_path)]) == 0

    said = capfd.readouterr()
    rows = [line for line in said.out.splitlines() if line.startswith(("plain", "  "))]
    assert said.err == ""
    assert [row.split("  ")[0] for row in rows[:4:3]] == ["plain", "plain"]
    assert "OR-tools min-cost flow" in said.out
    assert "agrees" in said.out
    assert "processor:" in said.out
    told = json.loads((tmp_path / "packing.json").read_text("utf-8"))
    assert [one["n_customers"] for one in told["results"]] == [40, 50]
    assert set(told["results"][0]["peers"]) == {"flow", "greedy"}
    assert "| plain | 40 x 20 |" in (tmp_path / "packing.md").read_text("utf-8")


def test_growth_is_printed_and_drawn(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given = ["plain", "--growth", "--sizes", "30x20", "60x20", "--repeat", "1", "--out", str(tmp_path)]
    assert main(given) == 0

    assert "us per pair" in capfd.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"growth.md", "growth.json", "growth.svg"}
    assert json.loads((tmp_path / "growth.json").read_text("utf-8"))["results"][0]["peers"] == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["nothing"], "no such case: nothing"),
        (["plain", "--sizes", "40"], "expected customers x items, e.g. 30000x200, found '40'"),
        (["plain", "--sizes", "0x5"], "expected at least 1x1"),
        (["plain", "--repeat", "0"], "expected --repeat of at least 1, found 0"),
        (["plain", "ruled", "--growth"], "expected one packing case to grow"),
        (["first-run", "--growth"], "expected one packing case to grow"),
    ],
)
def test_what_is_not_understood_is_refused(given, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(given)

    assert refusal.value.code == 2
    assert words in capsys.readouterr().err


def test_sizes_are_read_as_people_write_them() -> None:
    assert size("300,000X200") == size("300_000x200") == (300_000, 200)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_has_a_kind_and_peers_that_exist(case) -> None:
    assert case.kind == FIRST_RUN or case.kind in KINDS
    assert set(case.peers) <= set(PEERS)
    asked = {case.must.optimum_of, case.aim.optimum_of, *dict(case.must.faster), *dict(case.must.leaner)} - {None}
    assert asked <= set(case.peers)


def test_the_docs_name_every_case_every_peer_and_every_option() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")

    for name in (*(case.name for case in CASES), *PEERS):
        assert f"`{name}`" in page, name
    for action in parser()._actions:
        for option in action.option_strings:
            assert option in ("-h", "--help") or f"{option}" in page, option
