"""An environment of its own for a package whose pins must not bind ours; skipped where it cannot be had."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def environment(home: Path, *packages: str) -> Path:
    """The folder of programs of a new environment that has these packages."""
    subprocess.run([sys.executable, "-m", "venv", str(home / "env")], check=True)
    programs = home / "env" / "bin"
    command = [
        str(programs / "pip"),
        "install",
        "-qq",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
        *packages,
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode != 0:
        pytest.skip(f"{' '.join(packages)} cannot be installed here: {told.stderr.strip().splitlines()[-1][:200]}")
    return programs
