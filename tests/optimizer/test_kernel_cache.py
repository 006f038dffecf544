"""Compiled code is never older than its source, and is kept wherever something can be written.

Each test works on a copy of the package, run by a fresh process: what a shop has after an upgrade, or on a disk that
cannot be written.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import optimizer
import recsys
from optimizer import kernels
from recsys import kernels as recsys_kernels

PACKAGES = {"optimizer": Path(optimizer.__file__).parent, "recsys": Path(recsys.__file__).parent}
ASK_OPTIMIZER = """
import numpy as np
from optimizer.oracle.box_rules import LEAST, MOST
from optimizer.problem import BoxProblem, BoxRules, GroupLimit
from optimizer.oracle.runner import Runner
from optimizer.oracle.threaded import ThreadedOracle
rng = np.random.default_rng(5)
groups = tuple(GroupLimit(f"g{k}", rng.integers(0, 4, 12).astype(np.int32), at_most=2, at_least=1) for k in range(2))
utility = rng.integers(0, 1_000_000, (40, 12)).astype(np.int32)
problem = BoxProblem(utility, np.ones((40, 12), bool), np.full(12, 20), rules=BoxRules(4, groups))
answer = ThreadedOracle(problem, 1, runner=Runner(1)).run(np.zeros((1, 12), np.int64), boxes=True)
print(MOST, LEAST, answer.worth, answer.boxes.tobytes().hex())
"""
ASK_RECSYS = """
import numpy as np
from recsys.ranking.rank import top_k
print(top_k(np.array([[0.1, 0.9, 0.5]], np.float32), 2)[0].tolist())
"""


def copy_of(package: str, folder: Path) -> Path:
    """The sources of a package in a folder of their own, without compiled code."""
    shutil.copytree(PACKAGES[package], folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / package


def ask(question: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a question on the copy in `folder`, where Numba keeps compiled code as it likes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "PYTHONPATH"))}
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{question}"]
    return subprocess.run(command, env=kept | environment, cwd=folder, capture_output=True, text=True, check=False)


def files_below(folder: Path, ending: str) -> dict[Path, int]:
    """Files with this ending, and when they were written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob(f"*{ending}")}


def test_a_changed_constant_of_another_file_is_seen_and_an_unchanged_package_compiles_nothing_again(
    tmp_path: Path,
) -> None:
    package = copy_of("optimizer", tmp_path)
    first = ask(ASK_OPTIMIZER, tmp_path)
    compiled = files_below(package, ".nbc")
    again = ask(ASK_OPTIMIZER, tmp_path)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert compiled
    assert files_below(package, ".nbc") == compiled
    assert first.stdout == again.stdout

    rules = package / "oracle" / "box_rules.py"
    text = rules.read_text(encoding="utf-8")
    assert "ROW_START, MOST, LEAST = 6, 7, 8" in text
    rules.write_text(text.replace("ROW_START, MOST, LEAST = 6, 7, 8", "ROW_START, MOST, LEAST = 6, 8, 7"), "utf-8")
    changed = ask(ASK_OPTIMIZER, tmp_path)
    assert changed.returncode == 0, changed.stderr
    most, least, worth, boxes = first.stdout.split()
    assert int(worth) > 0
    assert changed.stdout.split() == [least, most, worth, boxes]


def without_a_place(folder: Path) -> dict[str, str]:
    """An environment in which nothing can be written but what a test allows: no home, no temporary folder.

    A file stands wherever a folder would be made, which stops even the administrator.
    """
    for rooms in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        (rooms / "__pycache__").write_text("", encoding="utf-8")
    return {"HOME": os.devnull, "XDG_CACHE_HOME": os.devnull, "TMPDIR": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("place", ["NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "TMPDIR"])
def test_a_read_only_installation_keeps_compiled_code_where_it_can(place: str, tmp_path: Path) -> None:
    package, room = copy_of("recsys", tmp_path), tmp_path / "room"
    room.mkdir()
    answer = ask(ASK_RECSYS, tmp_path, **without_a_place(package) | {place: str(room)})

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "[[1, 2]]\n"
    assert answer.stderr == ""
    assert files_below(room, ".nbi")


def test_with_nowhere_to_write_it_runs_all_the_same_and_says_so_once(tmp_path: Path) -> None:
    package = copy_of("recsys", tmp_path)
    probe = "import tempfile; tempfile.tempdir = '/dev/null'\n" + ASK_RECSYS
    answer = ask(probe, tmp_path, **without_a_place(package))

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "[[1, 2]]\n"
    assert len(answer.stderr.splitlines()) == 1
    assert "no folder can be written for compiled code" in answer.stderr
    assert "NUMBA_CACHE_DIR" in answer.stderr


@pytest.mark.parametrize("module", [kernels, recsys_kernels])
def test_what_is_compiled_for_other_arguments_touches_no_file_that_is_there(module: Any, tmp_path: Path) -> None:
    """Nothing is shared that two processes could write at the same time with different things in mind."""
    kept = module._Files(str(tmp_path), "kernel.py311")
    kept.save("for integers", "machine code A")
    first = {path: path.read_bytes() for path in tmp_path.iterdir()}
    kept.save("for floats", "machine code B")
    both = {path: path.read_bytes() for path in tmp_path.iterdir()}

    assert len(both) == 2 * len(first) > 0
    assert first.items() <= both.items()
    assert [kept.load(key) for key in ("for integers", "for floats", "for texts")] == [
        "machine code A",
        "machine code B",
        None,
    ]


def test_files_that_are_no_sources_do_not_stop_an_import(tmp_path: Path) -> None:
    package = copy_of("recsys", tmp_path)
    (package / ".#training.py").symlink_to("somebody@a-machine.1234")  # what an editor leaves while a file is open
    (package / "stray.py").write_bytes("# caf\xe9\n".encode("latin-1"))
    answer = ask(ASK_RECSYS, tmp_path)

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "[[1, 2]]\n", "")


def test_compiled_code_is_never_kept_in_the_working_folder(tmp_path: Path) -> None:
    package, room = copy_of("recsys", tmp_path), tmp_path / "room"
    room.mkdir()
    answer = ask(ASK_RECSYS, tmp_path, **without_a_place(package) | {"XDG_CACHE_HOME": "", "TMPDIR": str(room)})

    assert answer.returncode == 0, answer.stderr
    assert not (tmp_path / "boxwise").exists()
    assert files_below(room, ".nbi")


def test_old_folders_go(tmp_path: Path) -> None:
    package = copy_of("recsys", tmp_path)
    target = package / "base" / "inner_loops.py"
    for version in range(1 + kernels.KEPT + 1):
        target.write_text(target.read_text(encoding="utf-8") + f"\n# version {version}\n", encoding="utf-8")
        assert ask(ASK_RECSYS, tmp_path).returncode == 0

    assert len(list((package / "base" / "__pycache__").glob("recsys-*"))) == 1 + kernels.KEPT


def reached_by_imports(root: Path) -> set[Path]:
    """Files with kernels and all of the package that they import, by Python's own parser."""
    package, found = root.name, set()
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in root.rglob("*.py")}

    def imported(path: Path) -> set[Path]:
        names = set()
        for node in ast.walk(trees[path]):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
                names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
        stems = [root.parent.joinpath(*name.split(".")) for name in names]
        return {path for stem in stems for path in (stem.with_suffix(".py"), stem / "__init__.py") if path in trees}

    own = root / "kernels.py"
    ahead = [path for path in trees if own in imported(path)]
    while ahead:
        path = ahead.pop()
        if path not in found:
            found.add(path)
            ahead += imported(path)
    return found


@pytest.mark.parametrize("module", [kernels, recsys_kernels])
def test_the_stamp_covers_every_file_that_a_kernel_is_made_of(module: object) -> None:
    root = PACKAGES[module.PACKAGE]  # type: ignore[attr-defined]

    assert set(module.kernel_files(root)) == reached_by_imports(root)  # type: ignore[attr-defined]
    assert len(reached_by_imports(root)) > 10


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_no_kernel_is_compiled_but_through_the_package_s_own_decorators(package: str) -> None:
    for path in PACKAGES[package].rglob("*.py"):
        if path != PACKAGES[package] / "kernels.py":
            assert not re.search(r"\bnjit\b|numba\.jit\b|\bvectorize\(", path.read_text(encoding="utf-8")), path


def test_both_packages_keep_compiled_code_in_the_same_way() -> None:
    """Two copies, because the packages never meet; they differ in names and decorators only."""

    def law(path: Path) -> str:
        text = path.read_text(encoding="utf-8")
        return re.sub(
            r"\n[a-z_]+ = jit\(.*?\n\"\"\".*?\"\"\"", "", text.replace("recsys", "optimizer"), flags=re.DOTALL
        )

    assert law(PACKAGES["optimizer"] / "kernels.py") == law(PACKAGES["recsys"] / "kernels.py")
