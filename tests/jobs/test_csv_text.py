"""The CSV writer: what a spreadsheet would run is text, and every text survives the way there and back."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.csv_text import BOM, guard, guard_array, read_csv, unguard, unguard_array, write_csv

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text("'=+-@\t\r\n\", a0", max_size=6)


@given(TEXT)
def test_guard_comes_off_again(text: str) -> None:
    assert unguard(guard(text)) == text


@given(TEXT)
def test_nothing_guarded_starts_a_formula(text: str) -> None:
    assert guard(text)[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")


@given(st.lists(TEXT))
def test_arrays_and_single_texts_agree(texts: list[str]) -> None:
    guarded = guard_array(pa.array(texts, pa.large_string()))
    assert guarded.to_pylist() == [guard(text) for text in texts]
    assert unguard_array(pa.array(texts, pa.large_string())).to_pylist() == [unguard(text) for text in texts]


def test_plain_apostrophes_are_left_alone() -> None:
    assert guard("'n Sync") == "'n Sync"
    assert unguard("'n Sync") == "'n Sync"
    assert guard("'=1") == "''=1"


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(TEXT, TEXT, st.integers(-(2**40), 2**40), st.floats(width=32, allow_infinity=False)), max_size=8)
)
@example([("=1+1", "'", -5, float("nan"))])
@example([("", "\r", 0, -0.5)])
def test_a_table_survives_the_round_trip(rows: list[tuple[str, str, int, float]]) -> None:
    frame = pd.DataFrame(
        {
            "id": pd.Series([row[0] for row in rows], dtype="str"),
            "name": pd.Series([row[1] for row in rows], dtype="str").astype("category"),
            "units": np.array([row[2] for row in rows], np.int64),
            "score": np.array([row[3] for row in rows], np.float32),
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_csv(path, frame)
        back = read_csv(path, {"units": "int64", "score": "float32"})

    assert back["id"].tolist() == frame["id"].tolist()
    assert back["name"].tolist() == [row[1] for row in rows]
    assert back["units"].tolist() == frame["units"].tolist()
    assert np.array_equal(back["score"].to_numpy(), frame["score"].to_numpy(), equal_nan=True)


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXT, max_size=5))
def test_a_single_column_keeps_its_empty_rows(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.csv"
        write_csv(path, pd.DataFrame({"id": pd.Series(texts, dtype="str")}))
        assert read_csv(path)["id"].tolist() == texts


def test_the_bytes_are_what_campaign_md_says(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    table = {"id": ["007", "7"], "name": ["=1+1", 'a "b", c'], "n": [-1, 2], "x": [0.5, np.nan], "on": [True, False]}
    write_csv(path, pd.DataFrame(table), ["name", "id", "n", "x", "on"])
    data = path.read_bytes()

    assert data.startswith(BOM)
    assert data[3:].decode() == 'name,id,n,x,on\n\'=1+1,007,-1,0.5,true\n"a ""b"", c",7,2,,false\n'
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[2] == ['a "b", c', "7", "2", "", "false"]


def test_blocks_of_lines_join_seamlessly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"id": [f"c{n}" for n in range(10)], "n": range(10)})
    write_csv(tmp_path / "whole.csv", frame)
    monkeypatch.setattr("jobs.csv_text.ROWS_AT_ONCE", 3)
    write_csv(tmp_path / "parts.csv", frame)
    assert (tmp_path / "whole.csv").read_bytes() == (tmp_path / "parts.csv").read_bytes()


def test_a_very_large_cell_comes_back(tmp_path: Path) -> None:
    text = "=a\n," * 2_500_000
    write_csv(tmp_path / "large.csv", pd.DataFrame({"id": ["1", "2"], "name": ["x", text]}))
    assert read_csv(tmp_path / "large.csv")["name"][1] == text


def test_a_missing_column_and_a_wrong_number_are_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a"], "n": ["x"]})
    with pytest.raises(KeyError, match="slot"):
        write_csv(tmp_path / "x.csv", frame, ["id", "slot"])
    write_csv(tmp_path / "x.csv", frame)
    with pytest.raises(ValueError, match=r"x\.csv, column n"):
        read_csv(tmp_path / "x.csv", {"n": "int64"})
