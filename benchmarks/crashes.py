"""Nights that crash, and the nights after: `python -m benchmarks.crashes --kills 200 --full 20 --memory 20`.

A night is ended by `kill -9` at a random moment, by a disk that is full, or by a limit on memory. After each: is what
was published whole, are the inputs as they were, and is the night that goes on the same to the byte as an uncut one?
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.crash_shop import Shop, content, inputs_of, night, size_of, start
from jobs.publishing.publish import COMPLETE, current_run

LEFT = (".staging-", ".link-", ".trash-", ".taken-")
MIB = 1 << 20


@dataclass
class Told:
    """What one way to crash came to."""

    way: str
    tries: int = 0
    hit: int = 0
    resumed: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    torn: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)

    @property
    def row(self) -> str:
        """One line of the table."""
        counts = (self.tries, self.hit, len(self.torn), len(self.lost), self.resumed, len(self.differ))
        return f"| {self.way} | " + " | ".join(map(str, counts)) + " |"


def looked_at(shop: Path, expected: Shop, told: Told) -> None:
    """Hold what a crash left: the published run whole, the inputs as they were."""
    runs = shop / "runs"
    now = current_run(runs)
    if now is None:
        told.torn.append("nothing is published any more")
    else:
        manifest = json.loads((runs / now / "manifest.json").read_text(encoding="utf-8"))
        for name in COMPLETE:
            file = runs / now / name
            sealed = manifest["outputs"].get(name, {}).get("sha256")
            if not file.is_file() or (sealed and hashlib.sha256(file.read_bytes()).hexdigest() != sealed):
                told.torn.append(f"{name} of {now}")
    if inputs_of(shop) != expected.inputs:
        told.lost.append("an input changed")
    left = [path.name for path in runs.iterdir() if path.name.startswith(LEFT)]
    kept = sorted({path.name.split("-")[0] for path in (runs / ".kept").glob("[a-z]*")} - {""})
    told.moments[f"after {len(kept)} stages kept" + (", something half written" if left else "")] += 1


def gone_on(shop: Path, expected: Shop, told: Told) -> None:
    """Run the night again, and hold it against the one that was not cut off."""
    if (code := night(shop)) != 0:
        told.differ.append(f"the night after ended with {code}")
        return
    run = (shop / "runs" / "current").resolve()
    found = content(run)
    told.differ += [name for name, digest in expected.reference.items() if found.get(name) != digest]
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    told.resumed += any(stage["reused"] for stage in manifest["stages"])
    if left := [path.name for path in (shop / "runs").iterdir() if path.name.startswith(LEFT)]:
        told.torn.append(f"left behind: {', '.join(left)}")


def killed(shop: Shop, times: int, draw: random.Random) -> Told:
    """`kill -9` at a random moment."""
    told = Told("`kill -9`")
    for _ in range(times):
        folder = shop.anew()
        process = start(folder)
        with suppress(subprocess.TimeoutExpired):
            process.wait(draw.uniform(0.1, 1.05) * shop.took)
        process.send_signal(signal.SIGKILL)
        _count(told, process.wait() == -signal.SIGKILL, folder, shop)
    return told


def full(shop: Shop, times: int, draw: random.Random) -> Told:
    """A disk that fills up: a small tmpfs where one can be mounted, else a limit on the size of a file."""
    place = Path(tempfile.mkdtemp(prefix="boxwise-full-"))
    room = shop.size + MIB
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={4 * room}", "tmpfs", place], capture_output=True, check=False
    )
    told = Told("a full disk (tmpfs)" if mounted.returncode == 0 else "a limit on the size of files")
    try:
        for _ in range(times):
            if mounted.returncode:
                folder, most = shop.anew(), int(draw.uniform(0.01, 1) * shop.size / 4)
                process = start(folder, lambda most=most: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))  # type: ignore[misc]
                _count(told, process.wait() != 0, folder, shop)
                continue
            folder = shop.anew(place)
            _fill(place, int(draw.uniform(0, 1) * (shop.size - size_of(folder))))
            process = start(folder)
            hit = process.wait() != 0
            (place / "filler").unlink()
            _count(told, hit, folder, shop)
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", place], check=False)
        shutil.rmtree(place, ignore_errors=True)
    return told


def _fill(place: Path, left: int) -> None:
    """Leave so many bytes free."""
    free = shutil.disk_usage(place).free - left
    with (place / "filler").open("wb") as file:
        for _ in range(max(0, free) // MIB):
            file.write(b"\0" * MIB)


def starved(shop: Shop, times: int, draw: random.Random) -> Told:
    """A limit on memory (address space), drawn anew each time."""
    told = Told("a limit on memory")
    for _ in range(times):
        folder, most = shop.anew(), int(draw.uniform(1_600, 3_200)) * MIB
        process = start(folder, lambda most=most: resource.setrlimit(resource.RLIMIT_AS, (most, most)))  # type: ignore[misc]
        _count(told, process.wait() != 0, folder, shop)
    return told


def _count(told: Told, hit: bool, folder: Path, shop: Shop) -> None:
    told.tries += 1
    told.hit += hit
    looked_at(folder, shop, told)
    gone_on(folder, shop, told)
    print(f"  {told.way}: {told.tries}", end="\r", file=sys.stderr, flush=True)


def measured(
    folder: Path, kills: int, full_disks: int, memory: int, customers: int, products: int, seed: int
) -> list[Told]:
    """Crash as often as said; what each way came to."""
    shop, draw = Shop(folder, customers, products), random.Random(seed)
    ways = ((killed, kills), (full, full_disks), (starved, memory))
    return [way(shop, times, draw) for way, times in ways if times]


def main(given: list[str] | None = None) -> int:
    """Print the table; 1 = something was torn, lost or differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crashes", description=__doc__)
    for name, count in (
        ("kills", 200),
        ("full", 20),
        ("memory", 20),
        ("customers", 300),
        ("products", 30),
        ("seed", 0),
    ):
        parser.add_argument(f"--{name}", type=int, default=count)
    asked = parser.parse_args(given)
    folder = Path(tempfile.mkdtemp(prefix="boxwise-crashes-"))
    try:
        sizes = (asked.customers, asked.products, asked.seed)
        results = measured(folder, asked.kills, asked.full, asked.memory, *sizes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"A shop of {asked.customers:,} customers and {asked.products:,} products, {os.cpu_count()} cores.\n")
    print("| way | nights | cut off | torn releases | lost inputs | went on from a kept stage | differ from uncut |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    for told in results:
        print(told.row)
    for told in results:
        moments = ", ".join(f"{count} {moment}" for moment, count in sorted(told.moments.items()))
        print(f"\n{told.way}: {moments}", *told.torn, *told.lost, *told.differ, sep="\n")
    return int(any(told.torn or told.lost or told.differ for told in results))


if __name__ == "__main__":
    sys.exit(main())
