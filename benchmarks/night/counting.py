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
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from unittest.mock import patch

import numpy as np

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
        tally = _Tally(self._ours)
        with super().stage(name) as shown, _traced(tally.called(self._memory), memory=self._memory):
            yield shown
        for code, count in tally.counts.values():
            self.lines[name, _name(code)] += count.lines
            self.made[name, _name(code)] += count.made


class _Count:
    """What one function did."""

    __slots__ = ("lines", "made")

    def __init__(self) -> None:
        self.lines = self.made = 0


class _Tally:
    """Counts of every function, by the id of its code: Python would go through all of a code to hash it."""

    def __init__(self, ours: tuple[str, ...]) -> None:
        self.ours = ours
        self.counts: dict[int, tuple[CodeType, _Count]] = {}
        self._follow: dict[int, Any] = {}
        self._last, self._running = 0, _Count()

    def called(self, memory: bool) -> Any:
        """What Python is to call with every call: functions of ours are followed line by line, others counted."""
        counts, follow = self.counts, self._follow

        def called(frame: FrameType, event: str, arg: Any) -> Any:
            code = id(frame.f_code)
            if code not in follow:
                count = self._count(frame.f_code)
                ours = frame.f_code.co_filename.startswith(self.ours)
                follow[code] = None if not ours else self._bytes(count) if memory else _lines(count)
            if (line := follow[code]) is not None:
                return line(frame, event, arg)
            counts[code][1].lines += 1
            return None

        return called

    def _count(self, code: CodeType) -> _Count:
        return self.counts.setdefault(id(code), (code, _Count()))[1]

    def _bytes(self, count: _Count) -> Any:
        """Counts lines, and gives what memory did since the line before to the function that ran it."""
        held, reset = tracemalloc.get_traced_memory, tracemalloc.reset_peak

        def line(frame: FrameType, event: str, _arg: Any) -> Any:
            now, peak = held()
            if peak > self._last:
                self._running.made += peak - self._last
            reset()
            self._last, self._running = now, count
            if event == "return" and frame.f_back is not None:
                self._running = self._count(frame.f_back.f_code)
            count.lines += 1
            return line

        return line


def _lines(count: _Count) -> Any:
    """Counts lines."""

    def line(_frame: FrameType, _event: str, _arg: Any) -> Any:
        count.lines += 1
        return line

    return line


@contextmanager
def _traced(called: Any, *, memory: bool) -> Iterator[None]:
    """Have `called` hear of every call on every thread, and memory be followed where that is asked for."""
    before, of_threads = sys.gettrace(), threading.gettrace()
    if memory:
        tracemalloc.start()
    threading.settrace(called)
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(of_threads)
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
        with np.errstate(over="ignore"):  # whole numbers wrap round in compiled code, and nobody is told
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
    """Run the night of `campaign` on one processor and one thread, and count."""
    from jobs.nightly import nightly

    counting = Counting(memory=memory, only=only, also=also)
    with _one_processor(), in_turn():
        nightly(campaign, stages=counting)
    return counting


@contextmanager
def in_turn() -> Iterator[None]:
    """Do the work that is given to threads one after another: of two at once nobody could tell which made a byte."""
    with patch.object(ThreadPoolExecutor, "submit", _at_once):
        yield


def _at_once(_pool: ThreadPoolExecutor, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
    done: Future[Any] = Future()
    try:
        done.set_result(work(*given, **named))
    except BaseException as error:
        done.set_exception(error)
    return done


@contextmanager
def _one_processor() -> Iterator[None]:
    """As if the machine had one: work is shared out as on the smallest machine."""
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
