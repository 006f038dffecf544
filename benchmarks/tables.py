"""Tables as text and as Markdown, numbers in words people read, and the machine they were measured on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from optimizer.oracle.runner import n_cores

ROOT = Path(__file__).parents[1]
LIBRARIES = ("boxwise", "numpy", "numba", "scipy", "ortools")


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """A table in columns; those named in `left` to the left, the others to the right, no blanks at line ends."""
    cells = [list(head), *map(list, rows)]
    wide = [max(len(row[column]) for row in cells) for column in range(len(head))]
    cells.insert(1, ["-" * width for width in wide])
    lines = []
    for row in cells:
        words = (
            f"{word:<{w}}" if n in left else f"{word:>{w}}" for n, (word, w) in enumerate(zip(row, wide, strict=True))
        )
        lines.append("  ".join(words).rstrip())
    return "\n".join(lines) + "\n"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """The same as Markdown."""
    sides = ["---" if n in left else "--:" for n in range(len(head))]
    lines = [list(head), sides, *rows]
    return "".join("| " + " | ".join(word.replace("|", "\\|") for word in line) + " |\n" for line in lines)


def write_tables(folder: Path, name: str, facts: Mapping[str, str], page: str, results: Iterable[Any]) -> None:
    """NAME.md, to be pasted, and NAME.json with everything measured.

    facts    of the machine; page: the tables as Markdown; results: each with `as_json`
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"- {fact}: {words}\n" for fact, words in facts.items())
    (folder / f"{name}.md").write_text(lines + "\n" + page, encoding="utf-8")
    told = {"machine": dict(facts), "results": [result.as_json() for result in results]}
    (folder / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def seconds_words(seconds: float | None) -> str:
    """Three digits of a number of seconds: 0.0123, 1.23, 12.3, 123."""
    return "" if seconds is None else _three_digits(seconds)


def mib_words(mib: float | None) -> str:
    """Whole MiB."""
    return "" if mib is None else f"{mib:,.0f}"


def gap_words(gap: float | None) -> str:
    """A relative gap: 0, or two digits and a power of ten."""
    return "" if gap is None else "0" if gap == 0 else f"{gap:.1e}"


def ratio_words(ratio: float | None, at_least: bool = False) -> str:
    """So many times, "> " before it when it is known to be more."""
    return "" if ratio is None else ("> " if at_least else "") + _three_digits(ratio) + "x"


def size_words(n_customers: int, n_items: int) -> str:
    """300,000 x 200."""
    return f"{n_customers:,} x {n_items:,}"


def _three_digits(number: float) -> str:
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}" if number >= 0.1 else f"{number:.2g}"


def machine() -> dict[str, str]:
    """What and when: processor, cores, memory, system, versions, UTC date, git commit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": f"{_processor()}, {n_cores()} cores, {memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
    }


def header(facts: dict[str, str]) -> str:
    """`machine()` in lines."""
    return "".join(f"{name + ':':<11}{words}\n" for name, words in facts.items())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _commit() -> str:
    """The commit of this checkout, and whether files differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + (", with changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
