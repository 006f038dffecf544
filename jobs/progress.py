"""What is seen while the night runs: a live line per stage on a terminal; without one a dated line per stage and note.

Stages also measure themselves, seconds and peak memory, for the manifest.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO, cast

from jobs.log_lines import LogFormat, log_line
from jobs.streams import Steady

MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10  # ru_maxrss is in bytes there, in KiB elsewhere

FEWEST_SECONDS = 2.0
"""Work of less than this tells no pace."""


@dataclass(frozen=True)
class Measured:
    """What one stage took: wall seconds, the process's peak memory in MiB when it ended, and seconds of all cores.

    reused  it was not done again: what it made was kept by an earlier night, or before this one was cut off
    """

    stage: str
    seconds: float
    peak_mib: float
    cpu_seconds: float
    reused: bool = False


@dataclass
class Pace:
    """How long work that tells done and total will still take, from how long it took to get where it is.

    began  moment and `done` when this work was first heard of; None = it never was
    """

    total: int | None = None
    done: int = 0
    began: tuple[float, int] | None = None

    def left(self, moment: float, done: int | None, total: int | None) -> float | None:
        """Seconds left at a moment, in seconds of any clock; None = nothing to tell by, or too early to."""
        if done is None or total is None:
            self.began = None
            return None
        if self.began is None or total != self.total or done < self.done:
            self.began = moment, done
        self.total, self.done = total, done
        took, moved = moment - self.began[0], done - self.began[1]
        return took / moved * (total - done) if took >= FEWEST_SECONDS and moved > 0 else None


@dataclass
class Stages:
    """The stages of a night, shown while they run and measured for the manifest.

    stream  where people look; a terminal gets a live line, anything else one line per finished stage
    told    every line so far, for the log of a night that is refused
    form    how lines look; None = on a terminal as people like them, elsewhere as text with a head
    run_id  the night's name, once it is known; inputs: its tables by name, with rows and hash, likewise
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    form: LogFormat | None = None
    measured: list[Measured] = field(default_factory=list)
    told: list[str] = field(default_factory=list, repr=False)
    run_id: str | None = None
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _pace: Pace = field(default_factory=Pace, repr=False)
    _live: Any = field(default=None, repr=False)
    _task: Any = field(default=None, repr=False)
    _name: str = ""
    _reused: bool = False

    @property
    def current(self) -> str | None:
        """The stage that runs, or ran last; None = none has begun."""
        return self._name or None

    def known(self, run_id: str, sources: Mapping[str, Any]) -> None:
        """What the night is called from here on, and what it has read (`jobs.inputs.tables.Source`)."""
        self.run_id = run_id
        self.inputs = {
            name: {"sha256": one.sha256, "rows": one.n_rows, "file": one.path and str(one.path)}
            for name, one in sources.items()
        }

    @property
    def _steady(self) -> Steady:
        return Steady(self.stream)

    @contextmanager
    def stage(self, name: str) -> Iterator[Stages]:
        """Run one stage; `say` inside it tells more."""
        started, spent = time.perf_counter(), time.process_time()
        self._name, self._reused = name, False
        self._open(name)
        try:
            yield self
        except BaseException as bad:
            self._close()
            if isinstance(bad, Exception):
                bad.add_note(f"in the stage {name}")
            raise
        self._close()
        took, cores = time.perf_counter() - started, time.process_time() - spent
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
        self.measured.append(Measured(name, took, peak, cores, self._reused))
        figures = {"seconds": round(took, 3), "cpu_seconds": round(cores, 3), "peak_mib": round(peak, 1)}
        head = f"  {name:<9} " if self.is_live else ""
        head += "" if self.form is LogFormat.JSON else f"{took:7.1f} s  "  # there it is a figure of its own
        said = f"{self._said} (not done again)" if self._reused else self._said
        self.line(f"{head}{said}".rstrip(), event="stage", **figures, reused=self._reused)

    def reuse(self) -> None:
        """This stage is not done again: what it made is there."""
        self._reused = True

    def line(self, text: str, **more: Any) -> None:
        """Print a line; a terminal that is gone, or a full disk under the log, ends no night.

        more  what a line of JSON tells besides (`jobs.log_lines.log_line`)
        """
        line = text if self.is_live else self.in_log(text, **more)
        self.told.append(line)
        print(line, file=self._steady, flush=True)

    def in_log(self, text: str, **more: Any) -> str:
        """The text as a line of the log."""
        return log_line(self.form or LogFormat.TEXT, self.run_id, self.current, text, **more)

    @property
    def is_live(self) -> bool:
        """Does a person watch?"""
        return self.form is None and self._steady.isatty()

    def say(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Tell what the stage is doing; on a terminal done and total move a bar, and tell the time left."""
        self._said = text
        if self._live is not None:
            left = self._pace.left(time.perf_counter(), done, total)
            text += "" if left is None else f", about {max(1, left):.0f} s left"
            self._live.update(self._task, description=f"{self._name}: {text}", completed=done or 0, total=total)

    def solving(self, phase: str, seconds: float, gap: float | None, left: float | None) -> None:
        """What the solver tells: its phase, how much better than the plan in hand any plan could be, and time left."""
        best = "" if gap is None else f", at most {max(gap, 0):.4%} from the best possible"
        ahead = "" if left is None else f", about {max(1, left):.0f} s left"
        self.say(f"{phase}, {seconds:.0f} s{best}{ahead}")
        if self._live is not None and left is not None:
            self._live.update(self._task, completed=round(seconds), total=round(seconds + left))

    def _open(self, name: str) -> None:
        self._said, self._pace = "", Pace()
        if not self.is_live:
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn())
        self._live = Progress(*columns, console=Console(file=cast(TextIO, self._steady)), transient=True)
        self._live.start()
        self._task = self._live.add_task(name, total=None)

    def _close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    _said: str = ""
