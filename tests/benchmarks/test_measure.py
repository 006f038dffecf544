"""Measurements: each in a process of its own, memory by its own peak, and a limit that ends what does not end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("benchmarks.measure", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.measure import OURS, Task, by_phase, peak_mib, run, settled_mib
from tests.known import known

ROOT = Path(__file__).parents[2]


def test_our_solver_is_measured_and_judged_in_another_process() -> None:
    heard: list[tuple[str, float, float | None]] = []
    outcome = run(Task("plain", 60, 20), lambda *told: heard.append(told))

    assert outcome.status == "optimal"
    assert outcome.value == outcome.bound
    assert outcome.bound_agrees is True
    assert outcome.faults == []
    assert 0 < outcome.seconds < 60
    assert known(outcome.total_mib) > 50 > known(outcome.extra_mib) >= 0
    assert sum(outcome.phases.values()) == pytest.approx(outcome.seconds, abs=0.5)
    assert heard[-1][0] == "done"


def test_the_same_task_gives_the_same_plan_and_a_peer_the_same_value() -> None:
    one, two = (run(Task("plain", 60, 20, seed=2, runner=runner)) for runner in (OURS, "flow"))

    assert one.value == two.value
    assert (two.status, two.bound_agrees, two.phases) == ("optimal", None, {})
    assert run(Task("plain", 60, 20, seed=2)).digest == one.digest


def test_what_a_solver_prints_stays_in_its_process(capfd: pytest.CaptureFixture[str]) -> None:
    run(Task("ruled", 12, 20, runner="highs"))

    assert capfd.readouterr().out == ""


def test_a_peer_that_cannot_is_said_to_have_failed(capfd: pytest.CaptureFixture[str]) -> None:
    outcome = run(Task("ruled", 12, 20, runner="flow"))

    assert outcome.status == "failed: ValueError"
    assert "stock and eligibility only" in capfd.readouterr().err


def test_what_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.measure.GRACE_S", 0.0)

    outcome = run(Task("plain", 2_000_000, 20, limit_s=0.2))

    assert outcome.status == "over its limit"
    assert outcome.seconds == 0.2
    assert outcome.value is None


def test_nothing_compiled_is_loaded_before_a_first_run_names_its_own_folder() -> None:
    probe = "import sys, benchmarks.packing; print(*sorted({'numba', 'ortools', 'scipy'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout == "\n"


def test_the_peak_counts_what_was_held_and_let_go() -> None:
    before = settled_mib()
    np.ones(200 << 17)  # 200 MiB, for a moment
    peak = peak_mib()

    assert 190 < peak - before < 260
    assert settled_mib() < before + 50
    if Path("/proc/self/clear_refs").exists():
        assert peak_mib() < before + 100


def test_seconds_belong_to_the_phase_that_was_told_before() -> None:
    heard = [
        ("prices", 1.0, None, None),
        ("prices", 1.5, None, None),
        ("repair", 3.0, 1e-3, 2.0),
        ("prices", 3.5, 1e-3, 1.0),
        ("done", 4.0, 0.0, 0.0),
    ]

    assert by_phase(heard) == {"set-up": 1.0, "prices": 2.5, "repair": 0.5}
    assert by_phase([]) == {}
