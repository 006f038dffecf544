"""Small finished runs for tests of publishing: a real website.sqlite whose every cell tells the run it belongs to.

Tables beside the lists of `KEYS` can be added, as later nights will.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from jobs.outputs.manifest import sha256_of
from jobs.outputs.website import KEYS, write_website
from tests.jobs.small_campaign import TOML

FLAVOURS = (
    "CREATE TABLE flavours (product_id TEXT PRIMARY KEY, release TEXT NOT NULL, name TEXT, price REAL, n INTEGER)"
)


def items(run_id: str, count: int = 5) -> str:
    """A list of P0, P1, ... whose reasons name the run."""
    listed = [{"product_id": f"P{i}", "score": 1 - i / 64, "reason": f'"Rosé", {run_id}'} for i in range(count)]
    return json.dumps(listed, ensure_ascii=False)


def write_run(folder: Path, run_id: str, *, keys: int = 6, length: int = 5, flavours: bool = False) -> Path:
    """A run's folder with what publishing looks at: website.sqlite, manifest.json and the campaign.toml."""
    run = folder / run_id
    (run / "inputs").mkdir(parents=True)
    (run / "inputs" / "campaign.toml").write_text(TOML, encoding="utf-8")
    names = [f"K{number:07d}" for number in range(keys)]
    catalogue = [("P0", f"Rosé of {run_id}", "", "Care"), ("P1", f"Soap of {run_id}", "Acme", "")]
    portions = {table: (names, _portions(items(run_id, length), keys)) for table in KEYS}
    release: dict[str, str | int] = {"run_id": run_id, "published_at": "2026-12-01T03:00:00Z", "customers": keys}
    write_website(run / "website.sqlite", release, portions, catalogue)
    if flavours:
        with closing(sqlite3.connect(run / "website.sqlite")) as base, base:
            base.execute(FLAVOURS)
            rows = [("P0", run_id, "Rosé", 9.5, 3), ("P1", run_id, None, None, None)]
            base.executemany("INSERT INTO flavours VALUES (?, ?, ?, ?, ?)", rows)
    write_manifest(run, run_id)
    return run


def write_manifest(run: Path, run_id: str) -> None:
    """manifest.json over the website.sqlite that is there."""
    outputs = {"website.sqlite": {"sha256": sha256_of(run / "website.sqlite")}}
    (run / "manifest.json").write_text(json.dumps({"run_id": run_id, "outputs": outputs}), encoding="utf-8")


def _portions(text: str, count: int) -> Iterator[Sequence[str]]:
    for start in range(0, count, 10_000):
        yield [text] * min(10_000, count - start)
