"""Packing, measured: `python -m benchmarks.packing [CASE ...]`; how its cost grows: the same with `--growth`.

Runs the cases of benchmarks/registry.py, each run in a process of its own, and prints one table with the machine and
the versions. docs/benchmarks.md says what the cases are and why the comparison is fair.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import growth
from benchmarks.measure import OURS, Listener, Outcome, Task, run
from benchmarks.packing_report import page
from benchmarks.peers import PEERS
from benchmarks.registry import CASES, FIRST_RUN, Case, named
from benchmarks.results import Result, Runs
from benchmarks.tables import header, machine, markdown_table, size_words, text_table, write_tables

SLOW_S = 60.0
"""A peer that takes longer is run once per seed, however often we are."""


@dataclass(frozen=True)
class Asked:
    """How to run: repeat, peers, second opinion, other sizes than the cases' own, only some of the peers."""

    repeat: int = 3
    peers: bool = True
    second: bool = True
    sizes: tuple[tuple[int, int], ...] = ()
    only: tuple[str, ...] = ()


def measured(case: Case, n_customers: int, n_items: int, asked: Asked) -> Result:
    """Run a case: we and the peers in turn, so that a slow minute of the machine hits everyone; `repeat` times."""
    if case.kind == FIRST_RUN:
        return Result(case, n_customers, n_items, _first_runs(case, n_customers, n_items, asked), {})
    pairs = n_customers * n_items
    wanted = [name for name in case.peers if asked.peers and name in (asked.only or case.peers)]
    names = [name for name in wanted if pairs <= PEERS[name].most_pairs]
    runs = {name: Runs(name, []) for name in (OURS, *names)}
    for turn in range(asked.repeat):
        for seed in case.seeds:
            for name, so_far in runs.items():
                slow = name != OURS and any(o.seconds > SLOW_S for own, o in so_far.outcomes if own == seed)
                if turn and slow:
                    continue
                second = asked.second and turn == 0 and name == OURS
                limit_s = case.limit_s if name == OURS else case.peer_limit_s
                task = Task(case.kind, n_customers, n_items, seed, case.setting, name, limit_s, second)
                so_far.outcomes.append((seed, run(task, _line(f"{case.name}, {name}, run {turn + 1}, seed {seed}"))))
    ours = runs.pop(OURS)
    return Result(case, n_customers, n_items, ours, runs)


def _first_runs(case: Case, n_customers: int, n_items: int, asked: Asked) -> Runs:
    """First runs, each with an empty folder for compiled code."""
    outcomes: list[tuple[int, Outcome]] = []
    for turn in range(asked.repeat):
        with tempfile.TemporaryDirectory() as folder:
            shape = (case.kind, n_customers, n_items, 0, case.setting)
            task = Task(*shape, limit_s=case.limit_s, second=asked.second, cache_dir=folder)
            _line(f"{case.name}, run {turn + 1}")("compile", 0.0, None, None)
            first, again = run(task), run(task)
        first.phases = {"first run": first.seconds, "with compiled code cached": again.seconds}
        outcomes.append((0, first))
    return Runs(OURS, outcomes)


def _line(what: str) -> Listener:
    """Says on a terminal what is running; nothing where standard error is a file."""
    stream = sys.stderr

    def tell(phase: str, seconds: float, gap: float | None, left: float | None) -> None:
        if stream.isatty():
            best = "" if gap is None else f", gap {gap:.1e}"
            ahead = "" if left is None else f", about {left:.0f} s left"
            print(f"\r\x1b[2K{what}: {phase}, {seconds:.0f} s{best}{ahead}", end="", file=stream, flush=True)

    tell("starts", 0.0, None, None)
    return tell


def all_measured(cases: list[Case], asked: Asked) -> Iterator[Result]:
    """Each case at each size, one after the other."""
    for case in cases:
        for n_customers, n_items in asked.sizes or ((case.n_customers, case.n_items),):
            yield measured(case, n_customers, n_items, asked)
            if sys.stderr.isatty():
                print("\r\x1b[2K", end="", file=sys.stderr, flush=True)


def write(folder: Path, facts: dict[str, str], results: list[Result]) -> None:
    """packing.md, to be pasted, and packing.json, with every run."""
    write_tables(folder, "packing", facts, page(results, markdown_table), results)


def size(words: str) -> tuple[int, int]:
    """300000x200 as numbers."""
    try:
        n_customers, n_items = (int(part.replace(",", "").replace("_", "")) for part in words.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected customers x items, e.g. 30000x200, found {words!r}") from None
    if min(n_customers, n_items) < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1x1, found {words!r}")
    return n_customers, n_items


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.packing", description="Packing, measured.")
    made.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"which (default: all): {', '.join(c.name for c in CASES)}"
    )
    made.add_argument("--list", action="store_true", help="say what the cases are, and run nothing")
    made.add_argument("--sizes", nargs="+", type=size, default=[], metavar="NxM", help="other sizes, e.g. 3000x200")
    made.add_argument("--repeat", type=int, default=3, help="runs of each, per seed (default 3)")
    made.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="run the others too")
    made.add_argument(
        "--only", nargs="+", choices=sorted(PEERS), default=[], metavar="PEER", help="of them, only these"
    )
    made.add_argument("--second", action=argparse.BooleanOptionalAction, default=True, help="recompute the bounds too")
    made.add_argument("--out", type=Path, default=None, metavar="DIR", help="write tables and all figures there")
    made.add_argument("--growth", action="store_true", help="cost per pair of one case (ruled, unless named) by size")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked; returns 1 when a plan or a proof is wrong (a missed goal is a figure, not an error)."""
    made = parser()
    given = made.parse_args(arguments)
    if given.repeat < 1:
        made.error(f"expected --repeat of at least 1, found {given.repeat}")
    try:
        cases = named(given.cases or (["ruled"] if given.growth else []))
    except KeyError as unknown:
        made.error(str(unknown.args[0]))
    if given.growth and (len(cases) > 1 or cases[0].kind == FIRST_RUN):
        made.error("expected one packing case to grow")
    asked = Asked(given.repeat, given.peers, given.second, tuple(given.sizes), tuple(given.only))
    if given.list:
        print("".join(f"{c.name:<18} {size_words(c.n_customers, c.n_items):>15}  {c.words}\n" for c in cases), end="")
        return 0
    facts = machine()
    print(header(facts), flush=True)
    if given.growth:
        asked = replace(asked, peers=False, second=False, sizes=asked.sizes or growth.SIZES)
    keep, show = (growth.write, growth.text) if given.growth else (write, lambda found: page(found, text_table))
    results: list[Result] = []
    for result in all_measured(cases, asked):
        results.append(result)
        if given.out is not None:
            keep(given.out, facts, results)  # whatever happens next, this is not lost
    print(show(results), end="")
    return 1 if any(result.wrong() for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
