"""Files are read with each distinct cell looked at once: the same is found as cell by cell."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.evidence import audit_read, raw_cells, read_csv

CELLS = st.text("'=+-@\t\", a0ä", max_size=4)
COLUMNS = ["'=id", "name"]


@contextmanager
def written(rows: list[tuple[str, str]]) -> Iterator[Path]:
    """A file of these very cells, guarded or not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        text = pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False, quoting=1, lineterminator="\n")
        path.write_text("\ufeff" + text, encoding="utf-8", newline="")
        yield path


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
@example([("'=1", "=1"), ("=1", "''=1"), ("=1", "")])
def test_what_is_coded_says_what_plain_text_says(rows: list[tuple[str, str]]) -> None:
    with written(rows) as path:
        plain, coded = read_csv.read_cells(path), read_csv.read_cells(path, [*COLUMNS, "no such column"])
        frame = read_csv.without_guards(coded)
        assert all(isinstance(kind, pd.CategoricalDtype) for kind in frame.dtypes)
        assert frame.astype("str").to_dict("list") == read_csv.without_guards(plain).to_dict("list")
        lines = [list(read_csv.live_of(path, cells, COLUMNS)) for cells in (plain, coded)]
    assert lines[0] == lines[1]
    assert len(lines[0]) == sum(cell[:1] in ("=", "+", "-", "@", "\t") and cell != "" for row in rows for cell in row)


def test_a_first_row_longer_than_what_is_looked_at_first_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a," + "b" * (1 << 21) + "\n1,2\n", encoding="utf-8")
    assert [len(name) for name in read_csv.read_csv(path).columns] == [1, 1 << 21]


NUMBERS = st.sampled_from(["", "1", "-2.5", "1e3", "nan", "inf", " 7", "0.1", "x", "1,5", "+3", "007"])


@settings(deadline=None)
@given(st.lists(NUMBERS, max_size=6))
def test_numbers_are_those_of_one_cell_at_a_time(cells: list[str]) -> None:
    expected = [pd.to_numeric(pd.Series([cell or None]), errors="coerce").astype("float64")[0] for cell in cells]
    np.testing.assert_array_equal(audit_read._numbers(pd.Series(cells, dtype="str")), np.array(expected, np.float64))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.0, None, float("nan"), -0.0, 2.5]),
        pa.array([True, None, False]),
        pa.array([timedelta(1), None]),
        pa.array([[1, 2], None, [], ["3"]][:3]),
        pa.array([Decimal("1.50"), Decimal("7.00")]),
        pa.array([datetime(2026, 1, 1, 5, tzinfo=UTC)], pa.timestamp("us", "Europe/Rome")),
        pa.array([" a", "b ", "a", None]).dictionary_encode(),
        pa.array([b"x", b"\xff" * 16, None]),
        pa.array([time(1, 2), None]),
        pa.array([b"x" * 16], pa.uuid()),
        pa.array([{"a": 1}]),
        pa.array([], pa.string()),
        pa.nulls(2),
    ],
    ids=lambda column: str(column.type),
)
def test_cells_are_told_as_one_by_one(column: pa.Array) -> None:
    whole = pa.chunked_array([column, column])
    plain = whole.cast(pa.int64()) if pa.types.is_duration(whole.type) else whole
    assert raw_cells._cells(whole).tolist() == [raw_cells.text(value).strip() for value in plain.to_pylist()]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["2026-01-01", "2026-01-01 05:00:00+02:00", "", "never", "2026-02-30"]), max_size=6))
def test_moments_are_told_as_one_by_one(cells: list[str]) -> None:
    found = raw_cells.moments_of(pd.Series(cells, dtype="str"))
    assert [None if pd.isna(one) else one.to_pydatetime() for one in found] == [*map(raw_cells.moment_of, cells)]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "A", "", None]), max_size=6))
def test_what_is_told_of_each_text_stands_at_each(cells: list[str | None]) -> None:
    given_cells = pd.Series(cells, dtype="str", index=range(5, 5 + len(cells)))
    found = raw_cells.of_each(given_cells, str.upper)
    assert found.index.equals(given_cells.index)
    assert [None if pd.isna(one) else one for one in found] == [one and one.upper() for one in cells]
