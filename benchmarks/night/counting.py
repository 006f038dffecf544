"""What a night does, counted and not timed: lines of Python run and bytes made, by stage and function.

Counts are the same on a busy machine and an idle one. A function whose count grows faster than the customers is named
long before a clock could tell. Not seen: loops inside C alone, such as looking for something in a long list.
"""

from __future__ import annotations

import importlib
import io
import os
import pkgutil
import sys
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from unittest.mock import patch

from benchmarks.tables import ROOT
from jobs.progress import Stages

PACKAGES = ("recsys", "optimizer", "jobs")
Function = tuple[str, str]
"""Stage and function, as "file:name"."""


class Counting(Stages):
    """Stages that count, to be given to a night.

    lines  lines run of each function of ours, and calls of each function of others
    made   bytes that were made in each function of ours and in what it calls of others: the highest level that memory
           reaches in a line, beyond where it was before, summed over lines. Only where `memory` is asked for
    only   the stages to count; empty = all
    also   a file beside our packages whose functions are counted like ours
    """

    def __init__(self, *, memory: bool, only: Collection[str] = (), also: str = "") -> None:
        super().__init__(stream=io.StringIO())
        self.lines: Counter[Function] = Counter()
        self.made: Counter[Function] = Counter()
        self._memory, self._only = memory, only
        self._ours = (*(f"{ROOT}/{package}/" for package in PACKAGES), *([also] if also else []))

    @contextmanager
    def stage(self, name: str) -> Iterator[Stages]:
        """Run one stage and count what it does, on whatever thread."""
        if self._only and name not in self._only:
            with super().stage(name) as shown:
                yield shown
            return
        lines: Counter[CodeType] = Counter()
        made: Counter[CodeType] = Counter()
        follow = _by_bytes(lines, made) if self._memory else _by_lines(lines)
        with super().stage(name) as shown, _traced(_tracer(lines, follow, self._ours), memory=self._memory):
            yield shown
        for found, counts in ((self.lines, lines), (self.made, made)):
            for code, count in counts.items():
                found[name, _name(code)] += count


def _tracer(lines: Counter[CodeType], follow: Any, ours: tuple[str, ...]) -> Any:
    """What Python calls with every call: functions of ours are followed line by line, others only counted."""
    is_ours: dict[CodeType, bool] = {}

    def called(frame: FrameType, _event: str, _arg: Any) -> Any:
        code = frame.f_code
        lines[code] += 1
        if code not in is_ours:
            is_ours[code] = code.co_filename.startswith(ours)
        return follow if is_ours[code] else None

    return called


def _by_lines(lines: Counter[CodeType]) -> Any:
    def line(frame: FrameType, _event: str, _arg: Any) -> Any:
        lines[frame.f_code] += 1
        return line

    return line


def _by_bytes(lines: Counter[CodeType], made: Counter[CodeType]) -> Any:
    """The same, and what memory did since the line before goes to the function that ran it."""
    held, reset = tracemalloc.get_traced_memory, tracemalloc.reset_peak
    last, running = 0, _by_bytes.__code__

    def line(frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal last, running
        now, peak = held()
        made[running] += max(0, peak - last)
        reset()
        back = frame.f_back if event == "return" else None
        last, running = now, frame.f_code if back is None else back.f_code
        lines[frame.f_code] += 1
        return line

    return line


@contextmanager
def _traced(called: Any, *, memory: bool) -> Iterator[None]:
    """Have `called` hear of every call on every thread, and memory be followed where that is asked for."""
    before, limit = sys.gettrace(), threading.gettrace() if hasattr(threading, "gettrace") else None
    if memory:
        tracemalloc.start()
    threading.settrace(called)
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(limit)
        if memory:
            tracemalloc.stop()


def _name(code: CodeType) -> str:
    return f"{code.co_filename.removeprefix(f'{ROOT}/')}:{code.co_qualname}"


@contextmanager
def interpreted(packages: Collection[str]) -> Iterator[int]:
    """Run the compiled kernels of these packages (or modules) as the Python they are written in; gives how many.

    Their loops are then lines like all others. Kernels see each other by name, so the names are what is changed.
    """
    modules = [module for package in packages for module in _modules(package)]
    users = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in (*PACKAGES, *packages)]
    kernels = {id(value) for module in modules for value in vars(module).values() if _python_of(value) is not None}
    found = [
        (module, name, value)
        for module in {id(module): module for module in (*modules, *users)}.values()
        for name, value in list(vars(module).items())
        if id(value) in kernels
    ]
    for module, name, value in found:
        setattr(module, name, _python_of(value))
    try:
        yield len(kernels)
    finally:
        for module, name, value in found:
            setattr(module, name, value)


def _modules(package: str) -> Iterator[Any]:
    module = importlib.import_module(package)
    yield module
    for inside in pkgutil.walk_packages(getattr(module, "__path__", []), f"{package}."):
        yield importlib.import_module(inside.name)


def _python_of(value: object) -> Callable[..., Any] | None:
    """The Python of a compiled kernel; None for anything else."""
    return getattr(value, "py_func", None) if hasattr(value, "signatures") else None


def counted(campaign: Path, *, memory: bool, only: Collection[str] = (), also: str = "") -> Counting:
    """Run the night of `campaign` on one processor and count."""
    from jobs.nightly import nightly

    counting = Counting(memory=memory, only=only, also=also)
    with _one_processor():
        nightly(campaign, stages=counting)
    return counting


@contextmanager
def _one_processor() -> Iterator[None]:
    """As if the machine had one: nothing then depends on which thread comes first."""
    if not hasattr(os, "sched_getaffinity"):
        with patch("os.cpu_count", return_value=1):
            yield
        return
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_of_them)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)
