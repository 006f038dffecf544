"""The second opinion is one: what it shares with the code it checks is listed here, and its constants are its own."""

from __future__ import annotations

import ast
import re
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs import csv_text
from jobs.checking import audit_bought
from jobs.checking.verify import verify
from jobs.config.kinds import BROWSING
from jobs.evidence import read_csv
from jobs.outputs import prices
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small

ROOT = Path(__file__).parents[3]
SHARED = {
    ("verify", "jobs.faults"): "how a refusal is told",
    ("verify", "jobs.outputs.rebuild"): "the accused: the night's problem, opened again",
    ("verify", "optimizer.verify"): "the other half of the second opinion",
    ("verify_inputs", "jobs.faults"): "how a refusal is told",
    ("verify_inputs", "jobs.config.load"): "words only: the SHA-256 has told that a file changed",
    ("verify_inputs", "jobs.inputs.tables"): "words only: likewise, to say which cell",
}
"""Every import of jobs/checking and jobs/evidence from outside them, and why it decides nothing."""


def test_checking_shares_nothing_else_with_what_it_checks() -> None:
    found = set()
    rooms = (ROOT / "jobs" / "checking", ROOT / "jobs" / "evidence")
    for path in sorted(file for room in rooms for file in room.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path.name}: a relative import"
                names = [node.module or ""]
            found |= {(path.stem, name) for name in names if name.split(".")[0] in ("jobs", "optimizer", "recsys")}
    assert {pair for pair in found if not pair[1].startswith(("jobs.checking.", "jobs.evidence"))} == set(SHARED)


def test_looking_is_what_the_page_says() -> None:
    page = (ROOT / "docs" / "campaign.md").read_text(encoding="utf-8")
    table = page.split("| kind | she has the product |")[1].split("\n\n")[0]
    said = {kind: row.split("|")[2].strip() for row in table.splitlines()[2:] for kind in re.findall(r"`(\w+)`", row)}
    assert {kind for kind, has in said.items() if has == "no"} == audit_bought.LOOKING == BROWSING
    assert {"purchase", "rating"} <= {kind for kind, has in said.items() if has.startswith("yes")}


def live_cells(path: Path, columns: list[str]) -> list[str]:
    return list(read_csv.live_of(path, read_csv.read_cells(path), columns))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text("'=+-@\t\r\n\", a0", max_size=6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(TEXT, TEXT), max_size=6))
@example([("'=1", "''=1"), ("'", "'a"), ("@", "\n")])
def test_a_table_is_read_as_it_was_written(rows: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(rows, columns=["=id", "name"]).astype("str")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        csv_text.write_csv(path, frame)
        assert read_csv.read_csv(path).to_dict("list") == frame.to_dict("list")
        assert live_cells(path, ["'=id", "name"]) == []


@given(TEXT)
def test_single_cells_are_read_likewise(text: str) -> None:
    assert read_csv.unguard(csv_text.guard(text)) == text
    assert read_csv.unguard(text) == csv_text.unguard(text)


@pytest.mark.parametrize("first", list("=+-@\t\r\n"))
def test_a_live_cell_is_told(tmp_path: Path, first: str) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text(f'\ufefffine,name\n-5,"{first}1"\n-5,\'=1\n', encoding="utf-8", newline="")
    line = f'boxes.csv, row 2, column name: a spreadsheet would run "{first}1"'
    assert live_cells(path, ["name", "no such column"]) == [line]
    assert read_csv.read_csv(path)["name"].tolist() == [f"{first}1", "=1"]


def test_a_file_without_its_mark_is_told(tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text("name\nx\n")
    assert live_cells(tmp_path / "boxes.csv", []) == ["boxes.csv: does not begin with a byte-order mark"]


def test_a_guard_that_the_writer_forgets_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_campaign(tmp_path, replace={"products.csv": ("Foam cleanser", "@home cleanser")})
    monkeypatch.setattr(csv_text, "_LIVE", r"\A('*[=+\-\t\r\n])")
    monkeypatch.setattr(csv_text, "_GUARDED", r"\A'('*[=+\-\t\r\n])")
    publish_small(tmp_path)
    faults = verify(tmp_path / "runs" / "current").faults
    assert 'products.csv, row 2, column name: a spreadsheet would run "@home cleanser"' in faults


def test_a_point_that_the_writer_mistakes_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_campaign(tmp_path)
    monkeypatch.setattr(prices, "POINTS", 100_000)
    publish_small(tmp_path)
    faults = verify(tmp_path / "runs" / "current").faults
    assert any(fault.startswith("prices.csv, row 2: price ") and "the row says" in fault for fault in faults)
