"""Does anybody notice when the code is wrong?

A changed check must be noticed by the tests of the second opinion, a solver that is wrong by the second opinion itself.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import optimizer
from optimizer.oracle.runner import n_cores
from tests.long.mutants import Mutant, mutants

pytestmark = pytest.mark.long
TESTS = Path(__file__).parents[1]
PACKAGE = Path(optimizer.__file__ or "").parent
N_MUTANTS = 40
"""So many of the 800 mutants of the second opinion are tried; which ones changes with its source."""
LEAST_SHARE = 0.8
"""Of those drawn that change an answer, whose share must be noticed."""
SAME_ANSWERS = {
    "verify/best_box.py, line 20, column 12: 24 -> 25": "which rows are searched together",
    "verify/best_box.py, line 20, column 16: 48 -> 49": "which rows are searched together",
    "verify/best_box.py, line 44, column 22: 1 -> 2": "how rows are cut into lots",
    "verify/best_box.py, line 154: states.free * np.arange(1, states.free.shape[1] + 1) -> "
    "states.free + np.arange(1, states.free.shape[1] + 1)": "fewer states are dropped early",
    "verify/best_box.py, line 200: menu.slots[states.row] - states.count -> "
    "menu.slots[states.row] + states.count": "fewer states are dropped early",
    "verify/best_box.py, line 209: lot >= 0 -> lot > 0": "fewer states are dropped early",
    "verify/impossible.py, line 44, column 75: 0 -> 1": "for a quota without at_least, of which nobody asks",
    "verify/rulebook.py, line 162, column 48: 0 -> 1": "a limit that no box reaches, where all amounts are 0",
    "verify/rulebook.py, line 163: reach < 2 ** 60 -> reach <= 2 ** 60": "2**60 fits int64 as well",
    "verify/rulebook.py, line 187, column 50: 1 -> 2": "a number that no item has is left out between two labels",
    "verify/rulebook.py, line 202: if not any((set(kept) <= set(other) for other in families)) -> its opposite":
    "other relaxations are bounded, each of them sound",
    "verify/states.py, line 180: menu.tilted[row[which], places] > 0 -> menu.tilted[row[which], places] >= 0":
    "an item worth 0 comes in or stays out",
}  # fmt: skip
"""Mutants that change how much is searched, or what nobody can meet, and why no test can notice: found by reading."""
VERIFY_TESTS = [f"tests/optimizer/verify/test_verify{of}.py" for of in ("", "_plan", "_bound")]
EXPLAINING_TESTS = ["tests/optimizer/explaining/test_shortage.py"]
JUDGE = """
import sys
from optimizer.solve import solve
from optimizer.verify import check_plan
from tests.optimizer.strategies import random_problem

for number in range(60):
    problem = random_problem(12, 14, number, short=("ship_short", "no_box", "stop")[number % 3])
    try:
        faults = check_plan(problem, solve(problem))
    except Exception as failure:
        sys.exit(f"refused by the solver itself: {type(failure).__name__}: {failure}")
    if faults:
        sys.exit(f"caught: {faults[0].words}")
"""


@dataclass(frozen=True)
class Wrong:
    """A change that makes the solver's plans illegal or its proofs false: `old` stands once in the file."""

    words: str
    path: str
    old: str
    new: str


WRONG = (
    Wrong("a box may hold one item too many", "oracle/kernels/box.py", "if size >= slots:", "if size > slots:"),
    Wrong(
        "a group may hold one too many",
        "oracle/kernels/box.py",
        "s[COUNT, row] >= r[MOST, row]",
        "s[COUNT, row] > r[MOST, row]",
    ),
    Wrong("a band's upper end is forgotten", "oracle/kernels/box.py", "> r[HIGH, b]", "> r[HIGH, b] + 5"),
    Wrong(
        "items apart may meet",
        "oracle/kernels/box.py",
        "if s[INSIDE, r[APART, at]]:",
        "if s[INSIDE, r[APART, at]] and False:",
    ),
    Wrong("there is one more of everything", "oracle/coupling.py", "stock=problem.stock,", "stock=problem.stock + 1,"),
    Wrong(
        "the plan's value is told too high",
        "solve.py",
        "return Plan(state, boxes, run.value, ",
        "return Plan(state, boxes, run.value + 1, ",
    ),
    Wrong(
        "the bound is told too low",
        "solve.py",
        "run.value, run.upper_bound(), ",
        "run.value, (run.upper_bound() or 1) - 1, ",
    ),
    Wrong(
        "every plan is called the best",
        "solve.py",
        "Termination.OPTIMAL if run.proved() else Termination.FEASIBLE",
        "Termination.OPTIMAL",
    ),
)


def copied(folder: Path) -> Path:
    """The optimizer and its tests, to be changed: the folder they are in."""
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, folder / "optimizer", ignore=no_caches)
    for part in ("optimizer", "conftest.py", "known.py"):
        source, copy = TESTS / part, folder / "tests" / part
        copy.parent.mkdir(exist_ok=True)
        shutil.copytree(source, copy, ignore=no_caches) if source.is_dir() else shutil.copy(source, copy)
    shutil.copy(TESTS.parent / "pyproject.toml", folder)
    return folder


def run(folder: Path, *words: str, limit_s: float = 900) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit_s, check=False)


def passes(folder: Path, tests: list[str], limit_s: float) -> bool:
    """Do these tests pass in time? A change that makes them go on for ever is noticed, too."""
    options = ("-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=once")
    try:
        return run(folder, "-m", "pytest", *options, *tests, limit_s=limit_s).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def told(path: Path, mutant: Mutant) -> str:
    """A mutant in one line."""
    return f"{path.as_posix()}, {mutant.words}"


def all_mutants() -> list[tuple[Path, Mutant]]:
    """Every mutant of the second opinion."""
    files = sorted((PACKAGE / "verify").glob("*.py"))
    return [(path.relative_to(PACKAGE), mutant) for path in files for mutant in mutants(path.read_text("utf-8"))]


def drawn() -> list[tuple[Path, Mutant]]:
    """The mutants to try: those drawn, but for those that change no answer."""
    every = all_mutants()
    chosen = np.random.default_rng(sum(len(mutant.words) for _, mutant in every)).permutation(len(every))[:N_MUTANTS]
    return [every[at] for at in sorted(chosen) if told(*every[at]) not in SAME_ANSWERS]


def test_the_mutants_that_change_no_answer_are_still_there() -> None:
    assert set(SAME_ANSWERS) <= {told(*one) for one in all_mutants()}


def test_a_changed_check_is_noticed_by_the_tests_of_the_second_opinion(tmp_path: Path) -> None:
    whole = copied(tmp_path / "whole")
    began = time.perf_counter()
    assert passes(whole, [*VERIFY_TESTS, *EXPLAINING_TESTS], 900), "the copy itself must pass"
    limit_s = 60 + 3 * (time.perf_counter() - began)

    def survives(number: int, path: Path, mutant: Mutant) -> str | None:
        folder = copied(tmp_path / f"mutant-{number}")
        (folder / "optimizer" / path).write_text(mutant.source, "utf-8")
        tests = EXPLAINING_TESTS if path.name == "impossible.py" else VERIFY_TESTS
        survived = passes(folder, tests, limit_s)
        shutil.rmtree(folder)
        print("not noticed" if survived else "noticed", told(path, mutant), sep=": ", flush=True)
        return told(path, mutant) if survived else None

    every = drawn()
    with ThreadPoolExecutor(n_cores()) as pool:
        found = pool.map(survives, range(len(every)), *zip(*every, strict=True))
    survivors = [words for words in found if words is not None]

    assert len(survivors) <= (1 - LEAST_SHARE) * len(every), "\n".join(survivors)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.words)
def test_the_second_opinion_catches_a_solver_that_is_wrong(wrong: Wrong, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    source = (folder / "optimizer" / wrong.path).read_text("utf-8")
    assert source.count(wrong.old) == 1, (
        f"{wrong.path} has changed: {wrong.old!r} stands there {source.count(wrong.old)} times"
    )
    (folder / "optimizer" / wrong.path).write_text(source.replace(wrong.old, wrong.new), "utf-8")

    answer = run(folder, "-c", JUDGE)

    assert answer.stderr.startswith("caught: "), answer.stderr[-2000:] or "nobody noticed"


def test_the_second_opinion_has_nothing_to_say_against_the_solver_as_it_is(tmp_path: Path) -> None:
    answer = run(copied(tmp_path), "-c", JUDGE)

    assert (answer.returncode, answer.stderr) == (0, "")
