"""The built wheel is the judge: it alone, with the source out of sight, must do what the source does."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("boxwise-*.whl"))


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory) -> Path:
    """A new environment that holds the wheel, and sees this one's libraries but not this one's source."""
    home = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "env")], check=True)
    site = next((home / "env" / "lib").glob("python3*")) / "site-packages"
    # A folder named in a .pth file is searched, but .pth files inside it (the editable install) are not obeyed.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    return home


def run(home: Path, *command: str) -> subprocess.CompletedProcess:
    python = str(home / "env" / "bin" / "python")
    return subprocess.run([python, "-P", *command], cwd=home, capture_output=True, text=True, check=False)


def test_the_wheel_holds_the_three_packages_and_nothing_else_at_top_level(wheel: Path):
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"recsys", "optimizer", "jobs"}


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
