"""The recommender by public protocol: `python -m benchmarks.public beauty PATH --settings validation|test`.

Settings and weights are chosen on validation and stand in the files beside this one; test is run to be reported.
Nothing of the data belongs into the repository (docs/recommending.md, "By public protocol").
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import public_beauty, public_first, public_gowalla, public_new
from benchmarks.measure import peak_mib
from benchmarks.public_data import read_beauty, read_gowalla
from jobs.faults import Refusal

PROTOCOLS = ("beauty", "new-products", "first-ratings", "gowalla")


def lines(protocol: str, path: Path, settings: str) -> Iterator[str]:
    """The report of one protocol, line by line."""
    if protocol == "gowalla":
        yield from public_gowalla.report(read_gowalla(path), settings)
    elif protocol == "new-products":
        yield from public_new.report(read_beauty(path), settings)
    elif protocol == "first-ratings":
        yield from public_first.report(read_beauty(path), settings)
    else:
        yield from public_beauty.report(read_beauty(path), settings)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.public", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument("path", type=Path, help="folder with the data set's files")
    parser.add_argument("--settings", choices=("validation", "test"), default="validation")
    given = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        for line in lines(given.protocol, given.path, given.settings):
            print(line, flush=True)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return int(refusal.exit)
    print(f"{time.perf_counter() - started:.0f} s, {peak_mib() / 1024:.1f} GiB at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
