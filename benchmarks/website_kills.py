"""`kill -9` at random moments of publishing, while readers read: `python -m benchmarks.website_kills [KILLS]`.

Nights of a made-up shop are written and published in a loop by a process of its own, which is killed again and again.
After every kill the readers must have seen whole releases only, and the next night must publish.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.website import write_made
from jobs.publishing.publish import COMPLETE, current_run, night_lock, publish, stage
from jobs.publishing.website_reader import WebsiteReader

CUSTOMERS = 2_000
READERS = 2
LONGEST_S = 0.6
"""A kill comes at most so long after the publisher began: some nights are then done, the last one is in the middle."""


def night(runs: Path, number: int) -> str:
    """Write and publish one night."""
    run_id = f"made-{number}"
    with night_lock(runs), stage(runs, run_id) as folder:
        for name in COMPLETE:
            (folder / name).write_text(run_id)
        write_made(folder / "website.sqlite", CUSTOMERS, run_id)
        (folder / "manifest.json").write_text(json.dumps({"run_id": run_id}))
        publish(runs, folder, run_id, keep_runs=3)
    return run_id


def publish_for_ever(runs: Path, first: int, ready: Any) -> None:
    """Night after night, until killed; says when it begins."""
    ready.set()
    for number in range(first, first + 1_000):
        night(runs, number)


def read_for_ever(runs: Path, stop: Any, told: Any) -> None:
    """Read random customers; tell how many lists were whole and every fault."""
    reader, draw = WebsiteReader(runs), np.random.default_rng(os.getpid())
    whole, faults = 0, []
    while not stop.is_set():
        key = f"C{draw.integers(0, CUSTOMERS):07d}"
        try:
            found = reader.read("recommendations", key)
            assert found is not None, f"{key} is not there"
            of_it = [item for item in found.items if item["reason"].endswith(f"({found.release})")]
            assert len(of_it) == 20, f"{key} has {len(of_it)} items of {found.release}"
            whole += 1
        except Exception as bad:
            faults.append(f"{type(bad).__name__}: {bad}")
    told.put((whole, faults[:5], len(faults)))


def where(runs: Path) -> str:
    """At which step the publisher was killed, told by what it left."""
    left = [path.name for path in runs.iterdir() if path.name.startswith((".staging-", ".link-", ".trash-"))]
    if any(name.startswith(".trash-") for name in left):
        return "removing an old run"
    if any(name.startswith(".link-") for name in left):
        return "turning the link"
    if any(runs.glob(".staging-*/manifest.json")):
        return "forcing to disk, or the rename"
    return "writing the run" if left else "between two nights"


def main(kills: int) -> int:
    """Kill, look, publish, again and again; 1 = a fault was found."""
    context = mp.get_context("spawn")
    draw = np.random.default_rng(0)
    moments: Counter[str] = Counter()
    faults: list[str] = []
    folder = Path(tempfile.mkdtemp())
    runs = folder / "runs"
    night(runs, 0)
    stop, told = context.Event(), context.Queue()
    readers = [context.Process(target=read_for_ever, args=(runs, stop, told)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    mine, number = WebsiteReader(runs), 1
    for kill in range(kills):
        ready = context.Event()
        publisher = context.Process(target=publish_for_ever, args=(runs, number, ready))
        publisher.start()
        ready.wait()
        time.sleep(float(draw.uniform(0, LONGEST_S)))
        assert publisher.pid is not None
        os.kill(publisher.pid, signal.SIGKILL)
        publisher.join()
        moments[where(runs)] += 1
        number += 1_000
        if mine.state().run_id != current_run(runs) or mine.read("boxes", "C0000001") is None:
            faults.append(f"kill {kill}: readers are not on a whole release")
        after = night(runs, number)
        if mine.state().run_id != after:
            faults.append(f"kill {kill}: the next night is not read")
        number += 1
    stop.set()
    results = [told.get() for _ in readers]
    for reader in readers:
        reader.join()
    shutil.rmtree(folder)
    print(f"{kills} kills while a night of {CUSTOMERS:,} customers was published: ", end="")
    print(", ".join(f"{count} {step}" for step, count in sorted(moments.items())))
    for whole, some, n in results:
        print(f"a reader read {whole:,} whole lists, {n} faults", *some, sep="\n  ")
    print(
        *(faults or ["after every kill all readers were on a whole release, and the next night was published"]),
        sep="\n",
    )
    return int(bool(faults) or any(n for _, _, n in results))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
