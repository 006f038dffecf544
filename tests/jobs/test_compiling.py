"""The process that compiles ahead of a first night: when it starts, what is waited for, that it always ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jobs import compiling
from jobs.compiling import LISTS, PACKING, compiled_ahead

SLOW = "import time; print({lines!r}, flush=True); time.sleep(600)"


def first_night(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """An installation where nothing is compiled, on two cores, whose other process runs `code`."""
    monkeypatch.setattr(compiling, "was_compiled", lambda: False)
    monkeypatch.setattr(compiling, "n_cores", lambda: 2)
    monkeypatch.setattr(compiling, "CODE", "path = {path!r}\n" + code.replace("{", "{{").replace("}", "}}"))


def test_the_night_waits_for_what_it_calls_and_leaves_no_process_and_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    first_night(monkeypatch, SLOW.format(lines=PACKING))
    with compiled_ahead() as ahead:
        ahead.wait(PACKING)
        process = ahead._process
        assert process is not None
        assert process.poll() is None
        folder = Path(f"/proc/{process.pid}/cwd").resolve() if sys.platform == "linux" else None

    assert process.poll() is not None
    assert folder is None or not folder.exists()


def test_a_night_that_fails_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    first_night(monkeypatch, SLOW.format(lines=""))
    kept = []

    def night() -> None:
        with compiled_ahead() as ahead:
            kept.append(ahead._process)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        night()
    assert kept[0] is not None
    assert kept[0].poll() is not None


def test_a_process_that_fails_keeps_no_night_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    first_night(monkeypatch, "raise SystemExit(1)")
    with compiled_ahead() as ahead:
        ahead.wait(PACKING)
        ahead.wait(LISTS)


def test_where_no_process_can_be_started_the_night_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    first_night(monkeypatch, "pass")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with compiled_ahead() as ahead:
        ahead.wait(PACKING)
        assert ahead._process is None


@pytest.mark.parametrize(("compiled", "cores"), [(True, 8), (False, 1)])
def test_later_nights_and_single_cores_start_none(compiled: bool, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "was_compiled", lambda: compiled)
    monkeypatch.setattr(compiling, "n_cores", lambda: cores)
    with compiled_ahead() as ahead:
        assert ahead._process is None


def test_it_ends_when_its_night_is_killed() -> None:
    """Nothing is left to say so but the pipe that is then closed."""
    code = (
        "import time, jobs.compiling as c\n"
        "c.compile_kernels = lambda: (print('at work', flush=True), time.sleep(600))\nc.main()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.stdin.close()

    assert process.wait(timeout=60) == 0
