"""How long the website's file takes to write, and a list to read: `python -m benchmarks.website [CUSTOMERS]`.

The reader that is timed is the one of docs/website.md, as it stands there: it looks for a new night before every list.
"""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.outputs.json_lists import ranked_lists
from jobs.outputs.website import KEYS, write_website
from jobs.publishing import overrides
from jobs.publishing.website_reader import WebsiteReader

LENGTH, N_PRODUCTS, READS = 20, 500, 100_000
REASONS = tuple(f"goes with Hand cream {number} ml, Brand {number}, which you bought" for number in range(N_PRODUCTS))


@dataclass(frozen=True, eq=False)
class Made:
    """Made-up lists, as `jobs.outputs.json_lists.Ranked` wants them."""

    keys: list[str]
    product_ids: npt.NDArray[Any]
    idx: npt.NDArray[np.int32]
    score: npt.NDArray[np.float32]
    reason: npt.NDArray[np.int32]
    reasons: tuple[str, ...]


def made(keys: list[str], length: int, seed: int, run_id: str) -> Made:
    """Lists of distinct products in random order, scores falling; every reason names the night."""
    draw = np.random.default_rng(seed)
    product_ids = np.array([f"P{number:05d}" for number in range(N_PRODUCTS)], object)
    start, step = draw.integers(0, N_PRODUCTS, (len(keys), 1)), 1 + 2 * draw.integers(0, 4, (len(keys), 1))
    idx = ((start + step * np.arange(length)) % N_PRODUCTS).astype(np.int32)
    score = -np.sort(-draw.random((len(keys), length), np.float32), axis=1)
    return Made(keys, product_ids, idx, score, idx, tuple(f"{reason} ({run_id})" for reason in REASONS))


def write_made(path: Path, n_customers: int, run_id: str = "made-1") -> dict[str, int]:
    """website.sqlite of a shop of this size: 20 products a customer, a box of five, 10 a product."""
    customers = [f"C{number:07d}" for number in range(n_customers)]
    products = [f"P{number:05d}" for number in range(N_PRODUCTS)]
    keys = {
        "recommendations": (customers, LENGTH),
        "similar_products": (products, 10),
        "goes_with": (products, 10),
        "baskets": ([], 10),
        "bestsellers": ([""], LENGTH),
        "boxes": (customers, 5),
    }
    tables = {
        table: (mine, ranked_lists(made(mine, length, seed, run_id)))
        for seed, (table, (mine, length)) in enumerate(keys.items())
    }
    catalogue = [(product, f"Hand cream {product}", "Brand", "Care") for product in products]
    return write_website(path, {"run_id": run_id, "published_at": "2026-12-01T03:10:00Z"}, tables, catalogue)


def page_reader(runs: Path) -> Any:
    """The Python reader of docs/website.md, as a shop would copy it."""
    page = (Path(__file__).parents[1] / "docs" / "website.md").read_text("utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.S)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)
    return names["Website"](runs)


def microseconds(read: Any, keys: list[str]) -> str:
    """p50, p99, p99.9 and the longest of one read per key."""
    for key in keys[:1_000]:
        read(key)
    took = np.empty(len(keys))
    for at, key in enumerate(keys):
        start = time.perf_counter_ns()
        found = read(key)
        took[at] = (time.perf_counter_ns() - start) / 1e3
        assert found
    figures = np.percentile(took, [50, 99, 99.9, 100])
    return "".join(f"{figure:9.1f}" for figure in figures)


def main(n_customers: int) -> None:
    """Write, read, and say how long it took."""
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"SQLite {sqlite3.sqlite_version}; {n_customers:,} customers x {LENGTH} products")  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        runs = Path(place)
        (runs / "night").mkdir()
        start = time.perf_counter()
        rows = write_made(runs / "night" / "website.sqlite", n_customers)
        seconds = time.perf_counter() - start
        size = (runs / "night" / "website.sqlite").stat().st_size
        print(f"written and checked in {seconds:.1f} s: {sum(rows.values()):,} rows, {size / 2**20:,.0f} MiB")
        (runs / "current").symlink_to("night")
        overrides.hide(runs, ["P00007"], "sold out")
        draw = np.random.default_rng(1)
        keys = [f"C{number:07d}" for number in draw.integers(0, n_customers, READS)]
        reader, page = WebsiteReader(runs), page_reader(runs)
        print(f"{READS:,} reads of random customers, microseconds      p50      p99    p99.9     most")
        print("  the reader of docs/website.md".ljust(50) + microseconds(
            lambda key: page.read("recommendations", "customer_id", key), keys))  # fmt: skip
        print("  jobs.serving.reader".ljust(50) + microseconds(lambda key: reader.read("recommendations", key), keys))
        with closing(sqlite3.connect(runs / "night" / "website.sqlite")) as base:
            query = f"SELECT items FROM recommendations WHERE {KEYS['recommendations']} = ?"
            print("  the query alone, neither parsed nor looked at".ljust(50) + microseconds(
                lambda key: base.execute(query, (key,)).fetchone(), keys))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
