"""The same inputs are the same night: in any zone, locale and order of rows and columns, from any kind of file."""

from __future__ import annotations

import io
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.checking.verify import verify
from jobs.config.load import load
from jobs.inputs.tables import Tables, read
from jobs.nightly import nightly
from jobs.progress import Stages
from jobs.reading import csv_table
from tests.jobs.small_campaign import FILES, write_small_campaign
from tests.jobs.test_nightly import digests

NAMES = ("customers", "products", "inventory", "events", "shipments", "edits")
LISTS = ("recommendations", "similar_products", "goes_with", "baskets", "bestsellers", "boxes", "catalogue")
SAME_FILES = ("assignments.csv", "boxes.csv", "products.csv", "prices.csv", "evaluation.json")
QUERY = "SELECT * REPLACE (occurred_at::TIMESTAMPTZ AS occurred_at) FROM read_csv('log/*.csv', all_varchar = true)"


def frames() -> dict[str, pd.DataFrame]:
    """The small campaign with columns of its own, and events that share a day, a customer or a product."""
    made = {name: pd.read_csv(StringIO(FILES[f"{name}.csv"]), dtype=str, keep_default_na=False) for name in NAMES}
    products, customers, events = made["products"], made["customers"], made["events"]
    draw = random.Random(5)
    words = ("Silk", "silk", "oat", "Crème", "rose", "SILK")
    products["about"] = [f"Soft {words[n % 6]} and {words[n % 4]} for dry days, {n}" for n in range(len(products))]
    products["depth_mm"] = [f"{n * 7 % 11 / 7:.3f}" for n in range(len(products))]
    products["colours"] = [("red|blue", "blue", "", "green|red")[n % 4] for n in range(len(products))]
    products["vegan"] = [("true", "false", "")[n % 3] for n in range(len(products))]
    customers["age"] = ["" if n == 5 else str(18 + n * 13 % 50) for n in range(len(customers))]
    customers["joined"] = [f"2025-{1 + n:02d}-11" for n in range(len(customers))]
    more = events.sample(frac=1, random_state=1).assign(
        product_id=[f"P{draw.randrange(1, 14):02d}" for _ in events.index]
    )
    made["events"] = pd.concat([events, more, more.iloc[:9]], ignore_index=True)
    made["events"]["occurred_at"] = made["events"]["occurred_at"].str[:8] + "11"
    return made


def as_csv(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)


def turned(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    mixed = {name: table.sample(frac=1, random_state=2) for name, table in tables.items()}
    as_csv(folder, {name: table[sorted(table.columns, reverse=True)] for name, table in mixed.items()})


def as_parquet(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """With the types of a lake, cut into many row groups."""
    kinds: dict[str, Callable[[str], object]] = {
        **dict.fromkeys(("on_hand", "reserved", "safety_stock", "at_least", "slots", "age"), int),
        **dict.fromkeys(("retail_value", "unit_cost", "weight_g", "depth_mm", "value"), float),
        **dict.fromkeys(("joined", "shipped_on"), lambda text: pd.Timestamp(text).date()),
        "occurred_at": lambda text: pd.Timestamp(text, tz="UTC"),
        "colours": lambda text: text.split("|"),
        "vegan": lambda text: text == "true",
    }
    for name, table in tables.items():
        columns = {
            column: pa.array([kinds.get(str(column), str)(cell) if cell else None for cell in table[column]])
            for column in table
        }
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", row_group_size=7)


def as_parts(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        for number in (1, 0, 2):
            part = folder / name / f"part-{number}.parquet"
            part.parent.mkdir(exist_ok=True)
            table.iloc[number::3].to_parquet(part, index=False)


def as_queries(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    pytest.importorskip("duckdb")
    with (folder / "campaign.toml").open("a") as toml:
        for name, table in tables.items():
            table.sample(frac=1, random_state=3).to_csv(folder / f"their_{name}.csv", index=False)
            query = f"SELECT * FROM read_csv('their_{name}.csv', all_varchar = true)"
            toml.write(f'[inputs.{name}]\nsql = "{query}"\n')


def night(folder: Path, write: Callable[[Path, dict[str, pd.DataFrame]], None]) -> Path:
    write_small_campaign(folder, files={f"{name}.csv": None for name in NAMES})
    write(folder, frames())
    nightly(folder, stages=Stages(io.StringIO()))
    return folder / "runs" / "current"


def facts(run: Path) -> dict[str, object]:
    """What a night decided, without its name."""
    name = run.resolve().name
    told: dict[str, object] = {file: (run / file).read_text().replace(name, "RUN") for file in SAME_FILES}
    told["scores"] = pq.read_table(run / "scores.parquet").to_pydict()
    with closing(sqlite3.connect(run / "website.sqlite")) as base:
        for table in LISTS:
            rows = base.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            told[table] = [tuple(str(cell).replace(name, "RUN") for cell in row) for row in rows]
    return told


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return facts(night(tmp_path_factory.mktemp("plain"), as_csv))


@pytest.mark.parametrize("write", [turned, as_parquet, as_parts, as_queries])
def test_order_and_kind_of_file_change_no_box_no_list_and_no_figure(
    write: Callable[[Path, dict[str, pd.DataFrame]], None], plain: dict[str, object], tmp_path: Path
) -> None:
    run = night(tmp_path, write)

    assert {name for name, told in facts(run).items() if told != plain[name]} == set()
    assert verify(run).faults == ()


def test_zone_locale_and_seed_of_the_machine_change_no_byte(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    runs = []
    for name, here in (
        ("here", {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
        (
            "there",
            {
                "TZ": "Asia/Kathmandu",
                "LC_ALL": "C",
                "PYTHONHASHSEED": "77",
                "PYTHONUTF8": "0",
                "PYTHONCOERCECLOCALE": "0",
            },
        ),
    ):
        folder = tmp_path / name / "shop"
        toml = {"campaign.toml": f'[inputs.events]\nsql = "{QUERY}"\n'}
        write_small_campaign(
            folder, append=toml, files={"events.csv": None}, replace={"products.csv": ("Clay", "Crème")}
        )
        (folder / "log").mkdir()
        (folder / "log" / "all.csv").write_text(FILES["events.csv"])
        command = [sys.executable, "-m", "jobs", "nightly", str(folder)]
        subprocess.run(command, env={**os.environ, **here}, check=True, capture_output=True, timeout=300)
        runs.append((folder / "runs" / "current").resolve())

    assert runs[0].name == runs[1].name
    assert digests(runs[0]) == digests(runs[1])
    assert {path.name for path in runs[0].rglob("inputs/*")} == {path.name for path in runs[1].rglob("inputs/*")}


def same(one: Tables, two: Tables) -> None:
    for name in NAMES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert {name: source.sha256 for name, source in one.sources.items()} == {
        name: source.sha256 for name, source in two.sources.items()
    }


def test_blocks_of_a_csv_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_small_campaign(tmp_path, files={f"{name}.csv": None for name in NAMES})
    as_csv(folder, frames())
    whole = read(load(folder))
    monkeypatch.setattr(csv_table, "BLOCK", 300)

    same(read(load(folder)), whole)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_query_without_an_order_gives_one_table(threads: int, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    found = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        sql = "SELECT * FROM log"
        write_small_campaign(
            folder,
            append={"campaign.toml": f'[inputs.events]\nsql = "{sql}"\nconnect = "shop.duckdb"\n'},
            files={"events.csv": None},
        )
        events = frames()["events"].sample(frac=1, random_state=seed)
        with duckdb.connect(str(folder / "shop.duckdb"), config={"threads": threads}) as base:
            base.register("given", events)
            base.execute("CREATE TABLE log AS SELECT * FROM given")
        found.append(read(load(folder)))

    same(*found)
