"""The built wheel is the judge: it alone, with the source out of sight, must do what the source does."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.contracts import wheel as made

PACKAGES = ("recsys", "optimizer", "jobs")
pytestmark = pytest.mark.skipif(not (made.ROOT / "jobs").is_dir(), reason="the wheel is built from the repository")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("clean")
    made.clean_environment(wheel, home)
    return home


def run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    python = str(home / "env" / "bin" / "python")
    return subprocess.run([python, "-P", *command], cwd=home, capture_output=True, text=True, check=False)


def test_the_wheel_holds_the_three_packages_and_nothing_else_at_top_level(wheel: Path):
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"recsys", "optimizer", "jobs"}


def test_the_wheel_says_that_its_types_count_and_what_may_be_done_with_it(wheel: Path):
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        (metadata,) = [packed.read(name).decode() for name in names if name.endswith(".dist-info/METADATA")]
    assert {"recsys/py.typed", "optimizer/py.typed", "jobs/py.typed"} <= set(names)
    assert [name for name in names if name.endswith("/LICENSE")]
    assert "License-Expression: MIT" in metadata.splitlines()


def test_the_wheel_holds_every_file_of_the_packages_to_the_byte(wheel: Path):
    with zipfile.ZipFile(wheel) as packed:
        held = {name: packed.read(name) for name in packed.namelist() if ".dist-info/" not in name}
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=made.ROOT, capture_output=True, text=True, check=False)
    assert listed.returncode == 0, listed.stderr
    assert held == {name: (made.ROOT / name).read_bytes() for name in listed.stdout.splitlines()}


def test_the_wheel_is_the_same_to_the_byte_whoever_builds_it_when_and_where(wheel: Path, tmp_path: Path):
    """From a copy elsewhere, with other dates and rights; the date in it is the one that is asked for."""
    copy, dist = tmp_path / "elsewhere", tmp_path / "dist"
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        copy.mkdir(exist_ok=True)
        shutil.copyfile(made.ROOT / name, copy / name)
    for package in PACKAGES:
        shutil.copytree(made.ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o600)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist), str(copy)]
    subprocess.run(command, check=True, capture_output=True)

    (again,) = dist.iterdir()
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()

    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"})
    assert {one.date_time[:3] for one in zipfile.ZipFile(again).infolist()} == {(2023, 11, 14)}


def test_the_source_is_out_of_sight(clean: Path):
    told = run(clean, "-c", "import jobs, optimizer, recsys; print(jobs.__file__)")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(str(clean))
    assert run(clean, "-c", "import tests").returncode != 0


def test_every_module_imports_from_the_wheel(clean: Path, wheel: Path):
    names = [n for n in zipfile.ZipFile(wheel).namelist() if n.endswith(".py") and not n.endswith("__main__.py")]
    modules = [name[:-3].replace("/", ".").removesuffix(".__init__") for name in names]
    told = run(clean, "-c", "import importlib\n" + "\n".join(f"importlib.import_module({m!r})" for m in modules))
    assert told.returncode == 0, told.stderr
    assert len(modules) > 30


def test_a_whole_night_runs_from_the_wheel(clean: Path):
    shop = str(clean / "shop")
    for command in (
        ("synth", shop, "--customers", "60", "--products", "24"),
        ("check", shop),
        ("nightly", shop),
        ("verify", f"{shop}/runs/current"),
    ):
        told = run(clean, "-m", "jobs", *command)
        assert told.returncode == 0, (command, told.stderr, told.stdout)
    assert (clean / "shop" / "runs" / "current" / "assignments.csv").exists()
