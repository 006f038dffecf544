"""What `make test` spares every change and `make test-long` makes up for: long tests and most drawn examples."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FEWER, LEAST, MORE

ROOT = Path(__file__).parents[2]
PYTHONS = ROOT / ".ci" / "pythons"
DRAWN = """
import pytest
from hypothesis import given, settings, strategies as st

seen = {"stated": 0, "unstated": 0}

@settings(max_examples=7, database=None)
@given(st.integers())
def test_stated(number): seen["stated"] += 1

@settings(database=None)
@given(st.integers())
def test_unstated(number): seen["unstated"] += 1

@pytest.mark.long
def test_told(): print("seen:", seen["stated"], seen["unstated"])

def test_short(): print("short:", seen["stated"], seen["unstated"])
"""


def told(folder: Path, *options: str, **environment: str) -> str:
    """What pytest prints of the drawn tests above, run with the settings of this project."""
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text("utf-8"), "utf-8")
    (folder / "test_drawn.py").write_text(DRAWN, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-c", str(ROOT / "pyproject.toml"), *options]
    command += [f"--rootdir={folder}", str(folder)]
    around = os.environ | environment
    done = subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}], ids=["as here", "in CI"])
def test_a_usual_run_leaves_out_what_is_long(environment: dict[str, str], tmp_path: Path) -> None:
    said = told(tmp_path, **environment)

    assert "seen:" not in said
    assert LEAST == 100 // FEWER
    assert f"short: 7 {LEAST}" in said
    assert "1 deselected" in said


def test_a_test_of_whether_mutants_are_found_draws_what_is_stated(tmp_path: Path) -> None:
    assert "short: 7 100" in told(tmp_path, "--hypothesis-profile=once")


def test_a_long_run_runs_everything_with_more_examples(tmp_path: Path) -> None:
    said = told(tmp_path, "-m", "", "--hypothesis-profile=long")

    assert f"seen: {7 * MORE} {100 * MORE}" in said


@pytest.mark.skipif(not PYTHONS.is_file(), reason="which Pythons there are is asked in the repository")
def test_the_oldest_and_the_newest_python_are_found() -> None:
    found = subprocess.run([PYTHONS], capture_output=True, text=True, check=True).stdout.splitlines()
    asked = [[python, "-c", "import sys; print(*sys.version_info[:2])"] for python in found]
    versions = [subprocess.run(one, capture_output=True, text=True, check=True).stdout.split() for one in asked]
    numbers = [tuple(map(int, version)) for version in versions]

    assert 1 <= len(numbers) <= 2
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= (3, 11)
