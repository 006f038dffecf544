"""One night in a fresh process, as an operator starts it; what it took is read from its manifest and from the system.

The process that waits holds next to nothing: the system counts its peak towards that of the process it starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.tables import ROOT

MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10
AROUND = "start, publish, end"
"""What is not in the manifest: Python and its libraries are loaded, the run is published, the process ends."""
LAST_LINES = 12


class NightFailed(Exception):
    """A night that was not published, with the last lines it said."""


@dataclass(frozen=True)
class Stage:
    """What one stage took: wall seconds, seconds of all cores, and the most memory until then, MiB."""

    name: str
    seconds: float
    core_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Night:
    """One night.

    seconds, core_seconds, peak_mib   of the whole process
    stages     in order, AROUND at the end
    customers, products, events       rows of the tables
    gap        proved
    compiled   files of machine code that this night added: its seconds hold compiling
    run_id     of what was published
    """

    seconds: float
    core_seconds: float
    peak_mib: float
    stages: tuple[Stage, ...]
    customers: int
    products: int
    events: int
    gap: float
    compiled: int
    run_id: str

    def stage(self, name: str) -> Stage:
        """The stage of this name."""
        return next(stage for stage in self.stages if stage.name == name)


def night(campaign: Path) -> Night:
    """Run the night of `campaign` and measure it; raises NightFailed where nothing is published."""
    before, log = machine_code(), campaign / "night.log"
    with log.open("w", encoding="utf-8") as said:
        started = perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs", "nightly", str(campaign.absolute())], cwd=ROOT, stdout=said, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        last = log.read_text("utf-8", errors="replace").splitlines()[-LAST_LINES:]
        raise NightFailed("\n".join([f"{campaign.name}: the night ended with exit {process.returncode}", *last]))
    told = json.loads((campaign / "runs" / "current" / "manifest.json").read_text("utf-8"))
    spent = used.ru_utime + used.ru_stime
    return read(told, seconds, spent, used.ru_maxrss / MIB, len(machine_code() - before))


def read(manifest: dict[str, Any], seconds: float, core_seconds: float, peak_mib: float, compiled: int) -> Night:
    """A night from its manifest and what the system counted of the whole process."""
    stages = [
        Stage(told["stage"], told["seconds"], told["cpu_seconds"], told["peak_mib"]) for told in manifest["stages"]
    ]
    rest = seconds - sum(stage.seconds for stage in stages)
    spent = core_seconds - sum(stage.core_seconds for stage in stages)
    stages.append(Stage(AROUND, max(0.0, rest), max(0.0, spent), peak_mib))
    rows = {table: manifest["inputs"].get(table, {}).get("rows", 0) for table in ("customers", "products", "events")}
    gap, run_id = manifest["metrics"]["gap"], manifest["run_id"]
    return Night(seconds, core_seconds, peak_mib, tuple(stages), **rows, gap=gap, compiled=compiled, run_id=run_id)


def machine_code() -> set[Path]:
    """Files of compiled kernels beside the sources and in the folder that Numba is told to use."""
    told = os.environ.get("NUMBA_CACHE_DIR")
    places = [ROOT / "recsys", ROOT / "optimizer", *([Path(told)] if told else [])]
    return {path for place in places for path in place.rglob("*.nbc")}
