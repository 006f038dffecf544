"""Tables by a query: relative paths start at the campaign, ids stay text, every failure is one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from jobs.config.load import load
from jobs.inputs.tables import check, read
from jobs.reading.sql_table import table_sha256
from tests.jobs.small_campaign import CUSTOMERS, EVENTS, write_small_campaign


def with_sql(folder: Path, table: str, *lines: str) -> Path:
    more = "\n".join(["", f"[inputs.{table}]", *lines, ""])
    return write_small_campaign(folder, append={"campaign.toml": more}, files={f"{table}.csv": None})


def said(folder: Path) -> list[str]:
    return [str(fault) for fault in check(folder)[0]]


def test_without_duckdb_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)

    lines = said(with_sql(tmp_path, "events", 'sql = "SELECT 1"'))

    assert lines == [
        "[inputs.events] sql: found a query, and DuckDB is not installed, "
        "expected pip install 'boxwise[sql]', or a file"
    ]


def test_a_query_over_files_beside_the_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb")
    query = "SELECT * RENAME (id AS customer_id) FROM read_csv('people/*.csv', all_varchar = true)"
    folder = with_sql(tmp_path / "campaign", "customers", f'sql = "{query}"')
    (folder / "people").mkdir()
    (folder / "people" / "all.csv").write_text(CUSTOMERS.replace("customer_id", "id"))
    elsewhere = tmp_path / "elsewhere" / "people"
    elsewhere.mkdir(parents=True)
    (elsewhere / "all.csv").write_text("id\nwrong\n")
    monkeypatch.chdir(elsewhere.parent)

    got = read(load(folder))
    plain = read(load(write_small_campaign(tmp_path / "plain")))

    pd.testing.assert_frame_equal(got.customers, plain.customers)
    assert got.sources["customers"].path is None
    assert len(got.sources["customers"].sha256) == 64
    assert Path.cwd() == elsewhere.parent


def test_ids_of_a_csv_are_not_guessed_to_be_numbers(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    folder = with_sql(tmp_path, "customers", "sql = \"SELECT * FROM 'people.csv'\"")
    (folder / "people.csv").write_text("customer_id\n42\n43\n")

    assert said(folder)[0] == (
        "[inputs.customers] sql, column customer_id: found ids of a CSV read as int64, which loses zeros in front, "
        "expected text: FROM read_csv('...', all_varchar = true)"
    )


def test_a_duckdb_file_and_its_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb")
    lines = ('sql = "SELECT * FROM log ORDER BY occurred_at"', 'connect = "$SHOP_DATABASE"')
    folder = with_sql(tmp_path, "events", *lines)
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE log AS SELECT 7::BIGINT AS customer_id, 'P01' AS product_id, 'view' AS kind, "
            "TIMESTAMPTZ '2026-01-01 12:00:00+02' AS occurred_at, 1.5::DECIMAL(9, 2) AS value"
        )
    missing = said(folder)
    monkeypatch.setenv("SHOP_DATABASE", "shop.duckdb")

    events = read(load(folder)).events

    assert missing[0].startswith("[inputs.events] sql: found a query that fails")
    assert "SHOP_DATABASE" in missing[0]
    assert events.astype(str).iloc[0].tolist() == ["7", "P01", "view", "2026-01-01 10:00:00", "1.5"]


@pytest.mark.parametrize("sql", ["SELCT 1", "SELECT * FROM 'nowhere.parquet'", ""])
def test_a_query_that_fails_is_one_line(sql: str, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")

    lines = said(with_sql(tmp_path, "events", f'sql = "{sql}"'))

    assert len(lines) == 1
    assert "\n" not in lines[0]


def test_a_cell_of_a_query_is_found_by_its_row(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    folder = with_sql(tmp_path, "events", "sql = \"SELECT * FROM read_csv('log.csv', all_varchar = true)\"")
    (folder / "log.csv").write_text(EVENTS.replace("2026-02-02 18:30:00", "soon", 1))

    assert said(folder)[0].startswith('[inputs.events] sql, row 2, column occurred_at: found "soon"')


def test_the_hash_of_a_result_does_not_know_how_it_was_cut() -> None:
    whole = pa.table({"a": ["x", None, "yz"], "n": [1, 2, None]})
    cut = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])

    assert table_sha256(whole) == table_sha256(cut)
    assert table_sha256(whole) != table_sha256(pa.table({"a": ["x", "", "yz"], "n": [1, 2, None]}))
    assert table_sha256(whole) != table_sha256(pa.table({"a": ["xy", None, "z"], "n": [1, 2, None]}))
