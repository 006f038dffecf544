"""Whole nights, measured: `python -m benchmarks.night [--sizes NxM ...] [--beauty PATH] [--again] [--out DIR]`.

Every night is a fresh process, in turn with implicit's own fit of the same events; see docs/night-benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.night.again import changed
from benchmarks.night.cases import BEAUTY, SIZES, WARM_UP, Case, cases, forget_runs, made_up
from benchmarks.night.report import page
from benchmarks.night.results import Result
from benchmarks.night.run import NightFailed, night
from benchmarks.night.yardstick import fit
from benchmarks.packing import size
from benchmarks.tables import header, machine, markdown_table, text_table, write_tables


def measured(case: Case, folder: Path, *, repeat: int, again: bool, yardstick: bool) -> Result:
    """First nights of a case, in turn with implicit's fit and, where asked for, the night after."""
    result = Result(case)
    try:
        campaign = case.written(folder)
        for turn in range(repeat):
            forget_runs(campaign)
            _say(f"{case.words}: first night {turn + 1} of {repeat}")
            result.nights.append(night(campaign))
            if yardstick:
                _say(f"{case.words}: implicit's fit {turn + 1} of {repeat}")
                result.fits.append(fit(campaign))
            if again:
                _say(f"{case.words}: the night after, {turn + 1} of {repeat}")
                with changed(campaign, seed=turn):
                    result.again.append(night(campaign))
    except NightFailed as failed:
        result.failed = str(failed)
    return result


def warm_up(folder: Path, *, again: bool) -> None:
    """A small night, so that what it compiles is compiled; and a second one, which may take other ways."""
    campaign = made_up(*WARM_UP).written(folder)
    _say("a small night first, to compile")
    night(campaign)
    if again:
        with changed(campaign):
            night(campaign)


def write(folder: Path, facts: dict[str, str], results: Sequence[Result]) -> None:
    """night.md, to be pasted, and night.json, with every night."""
    write_tables(folder, "night", facts, page(results, markdown_table), results)


def _say(words: str) -> None:
    """Says on a terminal what is running; nothing where standard error is a file."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{words}", end="", file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.night", description="Whole nights, measured.")
    sizes = ", ".join(f"{n}x{m}" for n, m in SIZES)
    made.add_argument("--sizes", nargs="*", type=size, default=list(SIZES), metavar="NxM", help=f"(default: {sizes})")
    made.add_argument("--demo", action=argparse.BooleanOptionalAction, default=True, help="the demo campaign, too")
    made.add_argument("--beauty", type=Path, default=None, metavar="PATH", help=f"Amazon Beauty, too (or set {BEAUTY})")
    made.add_argument("--again", action="store_true", help="the night after, too: a hundredth of the rows changed")
    made.add_argument("--repeat", type=int, default=1, help="nights of each, of which the median counts (default 1)")
    made.add_argument("--fit", action=argparse.BooleanOptionalAction, default=True, help="implicit's fit beside it")
    made.add_argument("--out", type=Path, default=None, metavar="DIR", help="write tables and all figures there")
    made.add_argument(
        "--campaigns", type=Path, default=None, metavar="DIR",
        help="keep the campaigns there and use those that are there; their runs are deleted",
    )  # fmt: skip
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked; returns 1 when a night failed (a missed goal is a figure, not an error)."""
    made = parser()
    given = made.parse_args(arguments)
    if given.repeat < 1:
        made.error(f"expected --repeat of at least 1, found {given.repeat}")
    facts, results = machine(), list[Result]()
    print(header(facts), flush=True)
    kept = tempfile.TemporaryDirectory() if given.campaigns is None else nullcontext(given.campaigns)
    with kept as place:
        folder = Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        warm_up(folder, again=given.again)
        for case in cases(tuple(given.sizes), demo=given.demo, beauty_data=given.beauty):
            results.append(measured(case, folder, repeat=given.repeat, again=given.again, yardstick=given.fit))
            forget_runs(folder / case.name)  # gigabytes, at size
            if given.out is not None:
                write(given.out, facts, results)  # whatever happens next, this is not lost
    _say("")
    print(page(results, text_table), end="")
    return 1 if any(result.failed for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
