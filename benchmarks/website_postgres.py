"""How long publishing to PostgreSQL takes, and what a read costs: `python -m benchmarks.website_postgres`.

A server of its own is started from a wheel with its default settings; `--kills 50` kills that many publishers instead.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import psycopg

from jobs.outputs.website import KEYS, write_website
from jobs.publishing.postgres.load import load
from jobs.publishing.postgres.releases import disposable, drop, prepare
from jobs.publishing.postgres.session import session
from jobs.publishing.postgres.target import hide, publish, unhide
from jobs.publishing.postgres.url import parse
from jobs.publishing.website_source import open_website
from tests.jobs.postgres_server import Server, left_over, publish_and_kill, read_all, running_server
from tests.jobs.small_campaign import TOML
from tests.jobs.website_runs import write_manifest

REASONS = (
    "Rose hand cream 50 ml",
    "Oat shampoo bar",
    "Sea salt scrub",
    "Night serum with squalane",
    "Lip balm, vanilla",
)
N_PRODUCTS = 2_000


def write_run(folder: Path, run_id: str, n_customers: int) -> Path:
    """A finished run with lists of 20 for every customer, each of about 2.5 KB, and a few rows in the other tables."""
    run = folder / run_id
    (run / "inputs").mkdir(parents=True)
    (run / "inputs" / "campaign.toml").write_text(TOML, encoding="utf-8")
    names = [f"K{number:07d}" for number in range(n_customers)]
    few = names[:1000]
    draw = random.Random(run_id)
    tables = {name: (few, _portions(draw, run_id, len(few))) for name in KEYS}
    tables["recommendations"] = (names, _portions(draw, run_id, n_customers))
    write_website(run / "website.sqlite", {"run_id": run_id, "published_at": "2026-12-01T03:00:00Z"}, tables, [])
    write_manifest(run, run_id)
    return run


def _portions(draw: random.Random, run_id: str, count: int) -> Iterator[Sequence[str]]:
    reasons = [
        f"goes with {name}, no. {number}, which you bought, {run_id}" for name in REASONS for number in range(900)
    ]
    products = [f'{{"product_id": "P{number:05d}", "score": 0.' for number in range(N_PRODUCTS)]
    for start in range(0, count, 10_000):
        yield [
            "["
            + ", ".join(
                f'{product}{draw.randrange(10**7, 10**8)}, "reason": "{reason}"}}'
                for product, reason in zip(draw.sample(products, 20), draw.choices(reasons, k=20), strict=True)
            )
            + "]"
            for _ in range(min(10_000, count - start))
        ]


def measure_load(server: Server, run: Path, repeat: int) -> None:
    """Seconds of checking the file, of loading it (COPY, keys, ANALYZE, counts), and of the server's own work."""
    address = parse(server.url)
    for _ in range(repeat):
        started = time.perf_counter()
        _, website = open_website(run)
        checked = time.perf_counter() - started
        with session(address, "measuring") as conn:
            prepare(conn)
            backend = psutil.Process(conn.info.backend_pid)
            started, before = time.perf_counter(), sum(backend.cpu_times()[:2])
            load(conn, website, lambda _: None)
            seconds, work = time.perf_counter() - started, sum(backend.cpu_times()[:2]) - before
            for release in disposable(conn, 1):
                drop(conn, release)
        size = website.path.stat().st_size / 1e6
        print(
            f"check {checked:5.2f} s   load {seconds:5.2f} s, the server's work {work:5.2f} s   {size:,.0f} MB",
            flush=True,
        )
        server.do("CHECKPOINT")


def measure_reads(server: Server, n_customers: int, n_reads: int = 5_000) -> None:
    """Milliseconds of one read of one list, by a prepared query over a local socket: the table itself, and the view."""
    (table,) = server.rows("SELECT 'recommendations_' || number FROM boxwise.releases WHERE state = 'current'")[0]
    print("one list, ms:          median    99 % below")
    products = [f"P{number:05d}" for number in range(N_PRODUCTS)]
    for words, source, n_hidden in (
        ("its table", table, 0),
        ("view, none hidden", "recommendations", 0),
        ("view, 10 hidden", "recommendations", 10),
        ("view, 100 hidden", "recommendations", 100),
        ("view, 1,000 hidden", "recommendations", 1000),
    ):
        unhide(server.url, products)
        hide(server.url, products[:n_hidden], "measured")
        server.do("ANALYZE boxwise.overrides")
        query, draw, took = f"SELECT items::text FROM boxwise.{source} WHERE customer_id = %s", random.Random(0), []
        with server.connect() as conn:
            for _ in range(n_reads + 200):
                key = f"K{draw.randrange(n_customers):07d}"
                started = time.perf_counter()
                conn.execute(query, (key,), prepare=True).fetchone()
                took.append((time.perf_counter() - started) * 1000)
        took = sorted(took[200:])
        print(f"{words:<20} {statistics.median(took):9.3f} {took[int(len(took) * 0.99)]:9.3f}", flush=True)
    unhide(server.url, products)


def measure_readers(server: Server, folder: Path, n_readers: int = 2) -> None:
    """What readers of one list notice while releases are published: reads a second, and how long the slowest took."""
    runs = [write_run(folder, f"under-readers-{number}", 30_000) for number in range(4)]
    publish(runs[0], server.url, keep=2)
    context = multiprocessing.get_context("forkserver")
    stop, told = context.Event(), context.Queue()
    readers = [context.Process(target=_read, args=(server.url, stop, told)) for _ in range(n_readers)]
    for reader in readers:
        reader.start()
    for _ in readers:
        told.get(timeout=60)
    for run in runs[1:]:
        publish(run, server.url, keep=2)
        time.sleep(1)
    stop.set()
    took = sorted(ms for _ in readers for ms in told.get(timeout=60))
    seconds = sum(took) / 1000 / n_readers
    print(f"{n_readers} readers while 3 releases are published: {len(took) / seconds:,.0f} reads a second, no error;")
    most = took[int(len(took) * 0.999)]
    print(f"median {statistics.median(took):.3f} ms, 99.9 % below {most:.1f} ms, slowest {took[-1]:.0f} ms")


def _read(url: str, stop: Any, told: Any) -> None:
    query, draw, took = "SELECT items::text FROM boxwise.recommendations WHERE customer_id = %s", random.Random(0), []
    with psycopg.connect(url, autocommit=True) as conn:
        told.put("ready")
        while not stop.is_set():
            started = time.perf_counter()
            row = conn.execute(query, (f"K{draw.randrange(30_000):07d}",), prepare=True).fetchone()
            took.append((time.perf_counter() - started) * 1000)
            assert row is not None
            assert "under-readers-" in row[0]
    told.put(took)


def kill_publishers(server: Server, folder: Path, kills: int, n_customers: int) -> None:
    """Kill publishers at random moments; after each, readers see a whole release and the next publish succeeds."""
    whole, draw, at_work, turned = 60.0, random.Random(0), 0, 0
    for name in ("start", "again"):
        first = write_run(folder, name, n_customers)
        started = time.perf_counter()
        publish(first, server.url, keep=2)
        whole = min(whole, time.perf_counter() - started)
    run, rest = write_run(folder, "victim", n_customers), [write_run(folder, f"rest-{i}", 1000) for i in range(2)]
    for _ in range(kills):
        with server.connect() as conn:
            before = read_all(conn)
            at_work += publish_and_kill(server.url, run, draw.uniform(0, whole))
            after = read_all(conn)
            assert after in (before, "victim"), after
            turned += after == "victim"
            for other in rest:  # two of them, so that the victim's release is dropped and loaded anew
                publish(other, server.url, keep=1)
                assert read_all(conn) == other.name
        assert not left_over(server)
    print(f"{kills} publishers killed, {at_work} of them at work; {turned} had turned the views.")
    print("Readers found one whole release each time, and the next publish succeeded and left nothing behind.")


def main() -> None:
    """Measure, or kill."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--customers", type=int, default=300_000)
    words.add_argument("--repeat", type=int, default=3)
    words.add_argument("--kills", type=int, default=0, help="kill so many publishers instead")
    words.add_argument("--folder", help="where the server's and the run's files are; a memory disk leaves the disk out")
    words.add_argument("--socket", help="the socket folder of a running server to use instead, as postgres, trusted")
    told = words.parse_args()
    with tempfile.TemporaryDirectory(dir=told.folder) as folder, ExitStack() as stack:
        if told.socket:
            server = Server(SimpleNamespace(get_uri=lambda: f"postgresql:///?host={told.socket}"), "postgres")
        else:
            server = stack.enter_context(running_server(Path(folder) / "data", fsync=True))
        (server_version,) = server.rows("SHOW server_version")[0]
        lz4 = "with" if server.rows("SELECT FROM pg_settings WHERE 'lz4' = ANY(enumvals)") else "without"
        print(f"PostgreSQL {server_version}, default settings, {lz4} lz4, psycopg {version('psycopg')}", flush=True)
        if told.kills:
            kill_publishers(server, Path(folder), told.kills, min(told.customers, 30_000))
            return
        run = write_run(Path(folder), "made-up", told.customers)
        measure_load(server, run, told.repeat)
        for line in publish(run, server.url):
            print(line.replace(folder, "..."))
        measure_reads(server, told.customers)
        measure_readers(server, Path(folder))


if __name__ == "__main__":
    main()
