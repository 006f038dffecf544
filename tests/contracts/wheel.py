"""The wheel in a clean environment, its source out of sight; `python -m tests.contracts.wheel` runs all tests on it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_wheel(out: Path) -> Path:
    """Build the wheel of this checkout."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("boxwise-*.whl"))


def clean_environment(wheel: Path, home: Path) -> Path:
    """An environment below `home` that holds the wheel, and sees this one's libraries but not this one's source."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "env")], check=True)
    site = next((home / "env" / "lib").glob("python3*")) / "site-packages"
    # A folder named in a .pth file is searched, but .pth files inside it (the editable install) are not obeyed.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    _hand_on_compiled(site)
    return home / "env" / "bin" / "python"


def _hand_on_compiled(site: Path) -> None:
    """Give the wheel what is compiled here: the same sources to the byte, or its stamp would be another one.

    That compiling works in a new place is tested by itself (tests/optimizer/test_kernel_cache.py).
    """
    for package in ("optimizer", "recsys"):
        for kept in sorted((ROOT / package).rglob(f"__pycache__/{package}-*")):
            shutil.copytree(kept, site / kept.relative_to(ROOT), ignore=shutil.ignore_patterns("*.tmp.*"))


def run_tests(arguments: list[str]) -> int:
    """Run the tests on the wheel, from a copy of tests/ beside nothing else; pytest's exit code."""
    home = Path(tempfile.mkdtemp(prefix="boxwise-wheel-"))
    try:
        python = clean_environment(build_wheel(home / "dist"), home)
        shutil.copytree(ROOT / "tests", home / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", home / "pyproject.toml")  # pytest's settings
        return subprocess.run([str(python), "-m", "pytest", *arguments], cwd=home, check=False).returncode
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(run_tests(sys.argv[1:]))
