"""How the last lines of a night look in a log of JSON: they too, and those of a refusal or a bug, are objects."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from jobs.ending import refusal_of
from jobs.faults import Exit
from jobs.log_lines import LogFormat
from jobs.stopping import Stopped

if TYPE_CHECKING:
    from jobs.progress import Stages


@contextmanager
def ending_in(stages: Stages) -> Iterator[None]:
    """Where the log is JSON, tell a refusal or a bug there, and end with its exit code; else leave it to `main`."""
    try:
        yield
    except (Exception, Stopped) as bad:
        if stages.form is not LogFormat.JSON:
            raise
        refusal = refusal_of(bad)
        code = Exit.BUG if refusal is None else refusal.exit
        told = "".join(traceback.format_exception(bad)).splitlines() if refusal is None else refusal.lines
        for line in told:
            stages.line(line, event="failed" if refusal is None else "refused", exit=int(code))
        raise typer.Exit(code) from None


def closing(stages: Stages, lines: Sequence[str], as_json: bool) -> list[str]:
    """The closing lines for standard output: as they are, or where the log is JSON each as an object of it."""
    if as_json or stages.form is not LogFormat.JSON:
        return list(lines)
    return [stages.in_log(line, event="published", exit=int(Exit.PUBLISHED)) for line in lines]
