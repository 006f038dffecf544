"""The campaign of `benchmarks.crashes`: a made-up shop before its second night, and what that night is when uncut.

Nights are run as an operator runs them, each in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

CLOCKS = ("manifest.json", "website.sqlite", "report.html", "nights.json")
"""Files of a run that tell an hour, or the nights before; of the first two, everything else is compared."""


class Shop:
    """A made-up campaign, a first night that is published, and a second one that crashes.

    reference  what the second night's run is when nothing cuts it off
    took       its seconds
    """

    def __init__(self, folder: Path, customers: int, products: int) -> None:
        self.folder, self.whole = folder / "shop", folder / "whole"
        self.base = folder / "base"
        boxwise("synth", str(self.base), "--customers", str(customers), "--products", str(products))
        assert night(self.base) == 0, "the first night failed"
        _change(self.base)
        self.inputs = inputs_of(self.base)
        shutil.copytree(self.base, self.whole, symlinks=True)
        began = time.perf_counter()
        assert night(self.whole, "--fresh") == 0, "the second night failed"
        self.took = time.perf_counter() - began
        self.reference = content((self.whole / "runs" / "current").resolve())
        self.size = size_of(self.whole)

    def anew(self, into: Path | None = None) -> Path:
        """The shop before its second night."""
        folder = self.folder if into is None else into / "shop"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.base, folder, symlinks=True)
        shutil.rmtree(folder / "runs" / ".kept", ignore_errors=True)
        return folder


def _change(shop: Path) -> None:
    """Another event, so that the second night learns anew."""
    events = next(path for path in (shop / "events.csv", shop / "events.parquet") if path.exists())
    if events.suffix == ".csv":
        lines = events.read_text(encoding="utf-8").splitlines(keepends=True)
        events.write_text("".join(lines[:-1]), encoding="utf-8")
        return
    table = pq.read_table(events)
    pq.write_table(table.slice(0, len(table) - 1), events)


def boxwise(*words: str) -> int:
    """Run a command; its exit code."""
    command = [sys.executable, "-m", "jobs", *words]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode


def night(shop: Path, *words: str) -> int:
    """Run a night to its end; its exit code."""
    return boxwise("nightly", str(shop), "--accept", "events", *words)


def start(shop: Path, limit: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
    """Start a night that will not see its end."""
    command = [sys.executable, "-m", "jobs", "nightly", str(shop), "--accept", "events"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, preexec_fn=limit)


def inputs_of(shop: Path) -> dict[str, str]:
    """Digests of everything that the night must never touch."""
    files = (path for path in shop.iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def content(run: Path) -> dict[str, Any]:
    """All that a run says, but for the hours in it."""
    files = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    found: dict[str, Any] = {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if name not in CLOCKS
    }
    with closing(sqlite3.connect(run / "website.sqlite")) as site:
        names = [name for (name,) in site.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        for name in names:
            if name != "release":
                rows = repr(site.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall())
                found[f"website.sqlite: {name}"] = hashlib.sha256(rows.encode()).hexdigest()
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    return {**found, **{key: manifest[key] for key in ("run_id", "metrics", "inputs", "started_from", "learned_from")}}


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
