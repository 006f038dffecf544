"""A folder of part files is a table: whatever wrote it, in whatever order its parts lie there."""

from __future__ import annotations

import datetime
import gzip
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.checking.audit_raw import audit_raw
from jobs.config.load import load
from jobs.evidence.raw_cells import sha256_of_input
from jobs.inputs.tables import check, read
from jobs.outputs.inputs import write_inputs
from tests.jobs.small_campaign import EVENTS, INVENTORY, write_small_campaign

HEAD = EVENTS.splitlines()[0]
ROWS = EVENTS.splitlines()[1:]


def frame(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)


def spark(folder: Path) -> None:
    parts = folder / "events.parquet"
    parts.mkdir()
    events = frame(EVENTS)
    for number in range(3):
        events.iloc[number::3].to_parquet(parts / f"part-0000{number}-c1d2.snappy.parquet", index=False)
        (parts / f".part-0000{number}-c1d2.snappy.parquet.crc").write_bytes(b"crc")
    (parts / "_SUCCESS").touch()
    (parts / "_committed_77").write_text("{}")


def hive(folder: Path) -> None:
    events = frame(EVENTS)
    for kind, rows in events.groupby("kind"):
        part = folder / "events" / f"kind={kind}" / "000000_0"
        part.parent.mkdir(parents=True)
        rows.drop(columns="kind").to_parquet(part, index=False)
    (folder / "events" / ".hive-staging" / "x").mkdir(parents=True)
    (folder / "events" / ".hive-staging" / "x" / "y.parquet").write_bytes(b"not yet")


def csv_parts(folder: Path) -> None:
    parts = folder / "events.csv"
    parts.mkdir()
    (parts / "part-0.csv").write_text("\n".join([HEAD, *ROWS[:20], ""]))
    turned = frame("\n".join([HEAD, *ROWS[20:], ""]))
    turned[turned.columns[::-1]].to_csv(parts / "part-1.csv", index=False)


def other_names(folder: Path) -> None:
    parts = folder / "exports" / "log"
    parts.mkdir(parents=True)
    frame("\n".join([HEAD, *ROWS[:20], ""])).to_parquet(parts / "a.pq", index=False)
    frame("\n".join([HEAD, *ROWS[20:], ""])).to_parquet(parts / "b.PARQ", index=False)
    with (folder / "campaign.toml").open("a") as toml:
        toml.write('\n[inputs.events]\npath = "exports/log"\n')


def packed(folder: Path) -> None:
    (folder / "events.csv.gz").write_bytes(gzip.compress(EVENTS.encode()))


@pytest.mark.parametrize("write", [spark, hive, csv_parts, other_names, packed])
def test_every_way_to_write_it_is_the_same_table(write: Callable[[Path], None], tmp_path: Path) -> None:
    plain = read(load(write_small_campaign(tmp_path / "plain"))).events
    folder = write_small_campaign(tmp_path / "shop", files={"events.csv": None})
    write(folder)

    got = read(load(folder))

    by = list(plain.columns)
    pd.testing.assert_frame_equal(
        got.events.sort_values(by, ignore_index=True), plain.sort_values(by, ignore_index=True)
    )
    assert [str(note) for note in got.notes if note.file.startswith(("events", "exports"))] == []
    source = got.sources["events"]
    assert source.path is not None
    assert source.sha256 == sha256_of_input(source.path)


def test_the_order_on_the_disk_counts_for_nothing(tmp_path: Path) -> None:
    shops = [write_small_campaign(tmp_path / name, files={"events.csv": None}) for name in ("one", "two")]
    for shop, order in zip(shops, ((0, 1, 2), (2, 0, 1)), strict=True):
        (shop / "events").mkdir()
        for number in order:
            part = shop / "events" / f"part-{number}.csv"
            part.write_text("\n".join([HEAD, *ROWS[number::3], ""]))
            os.utime(part, (number, 10**9 + order.index(number)))

    one, two = (read(load(shop)) for shop in shops)

    pd.testing.assert_frame_equal(one.events, two.events)
    assert one.sources["events"].sha256 == two.sources["events"].sha256


def test_values_of_partitions_are_text_and_stay_as_written(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, files={"customers.csv": None, "edits.csv": None})
    customers = frame((write_small_campaign(tmp_path / "plain") / "customers.csv").read_text())
    for number, month in enumerate(("2026-10", "007", "a%2Fb", "__HIVE_DEFAULT_PARTITION__")):
        part = folder / "customers" / f"joined={month}" / "part-0.parquet"
        part.parent.mkdir(parents=True)
        customers.iloc[number::4].to_parquet(part, index=False)

    got = read(load(folder)).customers

    assert sorted(got["joined"].unique()) == ["", "007", "2026-10", "a/b"]


def test_a_fault_names_the_part_and_its_row(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, files={"events.csv": None})
    csv_parts(folder)
    (folder / "events.csv" / "part-1.csv").write_text("\n".join([HEAD, ROWS[0], "C01,P01,view,yesterday,", ""]))

    faults, _, _ = check(folder)

    assert [str(fault)[:64] for fault in faults] == ['events.csv/part-1.csv, row 3, column occurred_at: found "yesterd']


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"x", 'events: found a part file "notes.txt", expected parts that all end in .parquet'),
        ("b.csv", b"x", "events: found part files of two kinds"),
        ("b.parquet", b"PAR1", "events/b.parquet: found a file that cannot be read as Parquet"),
        (None, b"", "events: found no such table"),
    ],
)
def test_what_is_no_folder_of_parts_is_told(name: str | None, content: bytes, words: str, tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, files={"events.csv": None})
    (folder / "events").mkdir()
    if name is not None:
        frame(EVENTS).to_parquet(folder / "events" / "a.parquet")
        (folder / "events" / name).write_bytes(content)

    faults, _, _ = check(folder)

    assert len(faults) == 1
    assert str(faults[0]).startswith(words)


def test_an_empty_folder_that_is_named_is_told(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, append={"campaign.toml": '[inputs.events]\npath = "log"\n'})
    (folder / "log").mkdir()
    (folder / "log" / "_SUCCESS").touch()

    assert str(check(folder)[0][0]).startswith("log: found a folder without part files")


def test_a_file_goes_before_a_folder_of_its_name_and_that_is_told(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path)
    hive(folder)

    faults, notes, _ = check(folder)

    assert faults == ()
    assert 'folder "events/" not read, for events.csv is there' in str(notes[0])


def test_csv_parts_without_a_header_are_told(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, files={"events.csv": None})
    csv_parts(folder)
    (folder / "events.csv" / "part-1.csv").write_text("\n".join([*ROWS[20:], ""]))

    assert "expected the columns of the other parts" in str(check(folder)[0][0])


def test_a_column_that_came_later_is_empty_before_and_that_is_told(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, files={"events.csv": None})
    (folder / "events").mkdir()
    events = frame(EVENTS)
    events.iloc[:20].drop(columns="value").assign(kind="view").to_parquet(folder / "events" / "a.parquet")
    events.iloc[20:].to_parquet(folder / "events" / "b.parquet")

    got = read(load(folder))

    assert got.events["value"].iloc[:20].isna().all()
    assert [str(note) for note in got.notes if note.file == "events"] == [
        "events: 1 part file without column value: empty there"
    ]


def test_parts_of_two_types_are_one_where_nothing_is_lost(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, files={"shipments.csv": None})
    (folder / "shipments").mkdir()
    day = datetime.datetime(2026, 11, 5)
    for name, ids, kind in (("a", [7, 99], "us"), ("b", [7.0, None], "ns")):
        rows = {
            "customer_id": pa.array(ids),
            "product_id": ["P01", "P02"],
            "shipped_on": pa.array([day] * 2, pa.timestamp(kind)),
        }
        pq.write_table(pa.table(rows).slice(0, 1 if name == "b" else 2), folder / "shipments" / f"{name}.parquet")

    assert read(load(folder)).shipments["customer_id"].tolist() == ["7", "99", "7"]


def test_the_other_reader_reads_folders_alike(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path / "shop", files={"inventory.csv": None, "customers.csv": None})
    stock = frame(INVENTORY)
    for warehouse, rows in stock.groupby("warehouse"):
        part = folder / "inventory" / f"warehouse={warehouse}" / "part-0.parquet"
        part.parent.mkdir(parents=True)
        rows.drop(columns="warehouse").astype({"on_hand": "int64"}).to_parquet(part, index=False)
    customers = (write_small_campaign(tmp_path / "plain") / "customers.csv").read_bytes()
    (folder / "customers.csv.gz").write_bytes(gzip.compress(customers))
    tables = read(load(folder))
    run = tmp_path / "run"
    run.mkdir()
    write_inputs(run, vars(tables), b"")

    assert audit_raw(run, tables.sources, datetime.date(2026, 12, 5)) == []


def test_a_packed_file_that_is_cut_is_one_line(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, files={"events.csv": None})
    (folder / "events.csv.gz").write_bytes(gzip.compress(EVENTS.encode())[:-20])

    faults, _, _ = check(folder)

    assert [str(fault)[:44] for fault in faults] == ["events.csv.gz: found a file that cannot be r"]
