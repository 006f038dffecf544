"""One measurement in a process of its own: seconds, memory, and what the plan is worth, for our solver or a peer.

A fresh process ("spawn") per run: nothing is left over from the run before, and its memory peak is its own.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import resource
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from time import perf_counter
from typing import Any

GRACE_S = 60.0
"""What a process may take beyond its limit (compiling, making the problem and checking the plan come on top)."""
WARM = (500, 40)
"""Customers and items of the problem that everyone packs before the clock starts, at most."""
OURS = "boxwise"
Listener = Callable[[str, float, float | None, float | None], None]
"""Called with (phase, seconds, gap or None, seconds left or None) while our solver runs."""
Heard = tuple[str, float, float | None, float | None]


@dataclass(frozen=True)
class Task:
    """What to measure.

    kind, n_customers, n_items, seed, setting   the problem, see `benchmarks.instances`
    runner      "boxwise" or a key of `benchmarks.peers.PEERS`
    limit_s     seconds a solver may take; a peer that knows limits is told, everyone else is ended
    second      True = recompute the bound by the second opinion, too
    cache_dir   for first runs: an own folder for compiled code, and no warming up before the clock starts; the names
                in `setting` are the kinds to pack
    """

    kind: str
    n_customers: int
    n_items: int
    seed: int = 0
    setting: tuple[tuple[str, Any], ...] = ()
    runner: str = OURS
    limit_s: float = 600.0
    second: bool = True
    cache_dir: str | None = None


@dataclass
class Outcome:
    """What was measured.

    status         how the solver says it ended, or "over its limit", "failed", "out of memory"
    seconds        from the problem in memory to boxes in memory
    extra_mib      peak memory beyond what was held when the clock started; total_mib  all of it
    value, bound   micro-points of the boxes, as the second opinion counts them; proved bound
    short_boxes    boxes with a missing slot
    faults         what the second opinion finds wrong with the boxes, in words, at most three
    digest         of the boxes: same digest, same plan
    phases         seconds per phase that the solver told of
    first_plan_s   seconds until a legal plan was there
    bound_agrees, second_s   does `verify.price_bound` find the same bound, and how long it takes
    """

    status: str
    seconds: float
    extra_mib: float | None = None
    total_mib: float | None = None
    value: int | None = None
    bound: int | None = None
    short_boxes: int | None = None
    faults: list[str] = field(default_factory=list)
    digest: str | None = None
    phases: dict[str, float] = field(default_factory=dict)
    first_plan_s: float | None = None
    bound_agrees: bool | None = None
    second_s: float | None = None


def run(task: Task, listen: Listener | None = None) -> Outcome:
    """Measure `task` in a fresh process; `listen` hears of its progress."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, task), daemon=True)
    process.start()
    theirs.close()
    heard: list[Heard] = []
    try:
        while ours.poll(task.limit_s + (GRACE_S if heard else 2 * GRACE_S)):
            kind, told = ours.recv()
            if kind == "outcome":
                outcome: Outcome = told
                return outcome
            heard.append(told)
            if told[1] > task.limit_s:
                break
            if listen is not None:
                listen(*told)
        return Outcome(f"over its limit{f' in {heard[-1][0]}' if heard else ''}", task.limit_s, phases=by_phase(heard))
    except EOFError:
        process.join()
        died = {-9: "out of memory"}.get(process.exitcode or 0, f"died with exit code {process.exitcode}")
        return Outcome(died, heard[-1][1] if heard else 0.0)
    finally:
        process.kill()
        process.join()
        ours.close()


def _child(pipe: Any, task: Task) -> None:
    """Measure, and send what was found. Whatever a solver prints goes nowhere."""
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # macOS knows the limit and does not keep it
        resource.setrlimit(resource.RLIMIT_AS, (int(memory * 0.9),) * 2)
    try:
        pipe.send(("outcome", _measured(task, lambda *told: pipe.send(("progress", told)))))
    except MemoryError:
        pipe.send(("outcome", Outcome("out of memory", 0.0)))
    except Exception as failure:
        traceback.print_exc(file=sys.stderr)
        pipe.send(("outcome", Outcome(f"failed: {type(failure).__name__}", 0.0)))


def _measured(task: Task, listen: Listener) -> Outcome:
    if task.cache_dir is not None:
        os.environ["NUMBA_CACHE_DIR"] = task.cache_dir  # before numba is imported, here and nowhere else
        return _first_run(task)
    from threadpoolctl import threadpool_limits

    from benchmarks.instances import KINDS

    with threadpool_limits(1, "blas"):  # scores made by block: the solver's own threads share the work
        kind, setting = KINDS[task.kind], dict(task.setting)
        small = kind(min(task.n_customers, WARM[0]), min(task.n_items, WARM[1]), **setting)
        _solved(small, task.runner, 10.0, None)  # imports, and compiles or loads what was compiled before
        problem = kind(task.n_customers, task.n_items, task.seed, **setting)
        before = settled_mib()
        started = perf_counter()
        heard: list[Heard] = []

        def hear(phase: str, seconds: float, gap: float | None, left: float | None) -> None:
            heard.append((phase, seconds, gap, left))
            listen(phase, seconds, gap, left)

        found = _solved(problem, task.runner, task.limit_s, hear)
        seconds, peak = perf_counter() - started, peak_mib()
        outcome = Outcome(found.status, seconds, max(0.0, peak - before), peak, bound=found.bound)
        outcome.phases = by_phase(heard)
        outcome.first_plan_s = next((when for _, when, gap, _ in heard if gap is not None), None)
        return _judged(outcome, problem, found, task.second)


@dataclass
class _Solved:
    status: str
    boxes: Any
    bound: int | None
    prices: Any = None


def _solved(problem: Any, runner: str, limit_s: float, listen: Listener | None) -> _Solved:
    if runner != OURS:
        from benchmarks.peers import PEERS

        theirs = PEERS[runner].pack(problem, limit_s)
        return _Solved(theirs.status, theirs.boxes, theirs.bound)
    from optimizer.solve import solve

    deadline_s = limit_s if listen is None else None  # measured runs are never cut short
    plan = solve(problem, deadline_s=deadline_s, progress=listen)
    return _Solved(plan.termination.value, plan.boxes, plan.upper_bound, plan.prices)


def _judged(outcome: Outcome, problem: Any, found: _Solved, second: bool) -> Outcome:
    """Add what the second opinion says."""
    from optimizer.verify import check, plan_value, price_bound

    if found.boxes is not None:
        outcome.faults = [fault.words for fault in check(problem, found.boxes)[:3]]
        outcome.value = plan_value(problem, found.boxes)
        outcome.short_boxes = int(((found.boxes >= 0).sum(axis=1) < problem.sizes).sum())
        outcome.digest = blake2b(found.boxes.tobytes(), digest_size=8).hexdigest()
    if second and found.prices is not None:
        started = perf_counter()
        outcome.bound_agrees = price_bound(problem, found.prices, found.boxes) == found.bound
        outcome.second_s = perf_counter() - started
    return outcome


def _first_run(task: Task) -> Outcome:
    """From importing the solver to the last of some small plans, with no compiled code at hand but in cache_dir."""
    from benchmarks.instances import KINDS

    problems = [KINDS[kind](task.n_customers, task.n_items, task.seed) for kind, _ in task.setting]
    before, started = settled_mib(), perf_counter()
    for problem in problems:
        found = _solved(problem, OURS, task.limit_s, None)
    seconds, peak = perf_counter() - started, peak_mib()
    return _judged(Outcome(found.status, seconds, peak - before, peak, bound=found.bound), problem, found, task.second)


def by_phase(heard: list[Heard]) -> dict[str, float]:
    """Seconds per phase: each report says what begins then; before the first one is "set-up"."""
    spent: dict[str, float] = {}
    last, phase = 0.0, "set-up"
    for name, when, *_ in heard:
        spent[phase] = spent.get(phase, 0.0) + max(0.0, when - last)
        last, phase = max(last, when), name
    return {name: seconds for name, seconds in spent.items() if name != "done"}


def settled_mib() -> float:
    """Hand free memory back to the system, forget the peak so far where the system allows, and say what is held now."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return peak_mib()
    return _status("VmRSS") or peak_mib()


def peak_mib() -> float:
    """Highest memory of this process since it began, or since `settled_mib`, MiB."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _status(name: str) -> float | None:
    """A line of /proc/self/status in MiB; None where there is none."""
    try:
        lines = Path("/proc/self/status").read_text("ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), None)
