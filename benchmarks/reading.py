"""How long reading takes, and what pandera would take for the same contract: `python -m benchmarks.reading [EVENTS]`.

Prints one line per case: seconds, processor seconds and the highest memory of a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from benchmarks.measure import peak_mib

CASES = ("parquet", "csv", "pandera", "parquet, a tenth bad", "pandera, a tenth bad", "joins", "joins, all respelled")
KINDS = ("purchase", "view", "rating")


def write_events(folder: Path, n_events: int, seed: int = 0) -> None:
    """events.parquet and events.csv of 300,000 customers and 2,000 products."""
    draw = np.random.default_rng(seed)

    def pick(names: list[str]) -> pa.Array:
        return pa.array(names).take(pa.array(draw.integers(0, len(names), n_events)))

    seconds = draw.integers(0, 1_000 * 86_400, n_events).astype("timedelta64[s]")
    events = pa.table(
        {
            "customer_id": pick([f"C{number:07d}" for number in range(300_000)]),
            "product_id": pick([f"P{number:05d}" for number in range(2_000)]),
            "kind": pick(list(KINDS)),
            "occurred_at": pa.array(np.datetime64("2024-01-01", "us") + seconds),
            "value": pa.array(draw.integers(1, 6, n_events).astype(float)),
        }
    )
    pq.write_table(events, folder / "events.parquet")
    pacsv.write_csv(events, folder / "events.csv")
    bad = pc.if_else(pa.array(np.arange(n_events) % 10 == 0), "", events["customer_id"])
    pq.write_table(events.set_column(0, "customer_id", bad), folder / "bad.parquet")


def read_ours(path: Path) -> int:
    """Read, convert and check the events as `boxwise` does; lines of refusal."""
    from jobs.inputs.table_types import type_table
    from jobs.reading.collect import Collected
    from jobs.reading.csv_table import read_csv
    from jobs.reading.parquet_table import read_parquet
    from jobs.reading.schemas import EVENTS

    collected = Collected()
    read = read_csv if path.suffix == ".csv" else read_parquet
    raw = read("events", path.name, path, EVENTS.names, collected)
    assert raw is not None
    type_table(raw, EVENTS, (), collected)
    return len(collected.faults)


def join_ours(path: Path, prefix: str) -> int:
    """Read the events and count the customers and products they name; ids that find theirs, as written or otherwise.

    prefix  what the ids of the customers begin with: "C" as in the events, or another for a join that does not join
    """
    from jobs.inputs.references import OF_CAMPAIGN
    from jobs.inputs.table_types import type_table
    from jobs.joins.join import count
    from jobs.reading.collect import Collected
    from jobs.reading.parquet_table import read_parquet
    from jobs.reading.schemas import EVENTS

    collected = Collected()
    raw = read_parquet("events", path.name, path, EVENTS.names, collected)
    assert raw is not None
    events = type_table(raw, EVENTS, (), collected)
    customers = [f"{prefix}{number:07d}" for number in range(300_000)]
    products = [f"P{number:05d}" for number in range(2_000)]
    found = 0
    started = time.perf_counter()
    for reference, ids in zip(OF_CAMPAIGN[:2], (customers, products), strict=True):
        codes, texts = events.texts(reference.column)
        n_rows = np.bincount(codes, minlength=len(texts))
        counted = count(reference, ("events", "others"), texts, n_rows, ids, dict)
        found += counted.join.matched_ids + len(counted.would_be)
    print(f"{'':<20} {time.perf_counter() - started:6.1f} s of them to count")
    return found


def read_pandera(path: Path) -> int:
    """The same rules as a pandera schema over a pandas frame; rows of failure cases."""
    import pandas as pd
    import pandera.pandas as pandera
    from pandera.errors import SchemaErrors

    ids = pandera.Column(str, [pandera.Check.str_length(1, 200), pandera.Check.str_matches(r"^\S(.*\S)?$")])
    schema = pandera.DataFrameSchema(
        {
            "customer_id": ids,
            "product_id": ids,
            "kind": pandera.Column(str, pandera.Check.isin(KINDS)),
            "occurred_at": pandera.Column("datetime64[us]"),
            "value": pandera.Column(float, pandera.Check.in_range(-1e12, 1e12), nullable=True),
        }
    )
    try:
        schema.validate(pd.read_parquet(path), lazy=True)
    except SchemaErrors as errors:
        return len(errors.failure_cases)
    return 0


def run_case(case: str, folder: Path) -> None:
    """Time one case in this process and print its line."""
    started = time.perf_counter()
    name = "bad.parquet" if "bad" in case else "events.csv" if case == "csv" else "events.parquet"
    if case.startswith("joins"):
        found = join_ours(folder / name, "c" if "respelled" in case else "C")
    else:
        found = (read_pandera if case.startswith("pandera") else read_ours)(folder / name)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    what = "ids" if case.startswith("joins") else "lines"
    cpu, gigabytes = used.ru_utime + used.ru_stime, peak_mib() / 1024
    print(f"{case:<20} {seconds:6.1f} s  {cpu:6.1f} s of processor  {gigabytes:5.2f} GB  {found:,} {what}")


def main(n_events: int) -> None:
    """Write the files, then run each case in a process of its own."""
    names = ("pandas", "pyarrow", "pandera")
    print(f"{n_events:,} events; " + ", ".join(f"{name} {version(name)}" for name in names), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        write_events(Path(folder), n_events)
        for case in CASES:
            subprocess.run([sys.executable, "-m", "benchmarks.reading", case, folder], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in CASES:
        run_case(sys.argv[1], Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 10_000_000)
