"""Every reader before a fuzzer that follows its branches, a minute each: nothing but a refusal or a table comes out.

BOXWISE_FUZZ_SECONDS says another time. What is found is printed by atheris, with the bytes that do it.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.contracts.fuzz_targets import TARGETS
from tests.long.environments import environment

ROOT = Path(__file__).parents[2]
SECONDS = int(os.environ.get("BOXWISE_FUZZ_SECONDS", "60"))
pytestmark = pytest.mark.long
FUZZ = """
import sys
import atheris
with atheris.instrument_imports(include=["jobs"]):
    from tests.contracts.fuzz_targets import TARGETS
target, seeds = TARGETS[sys.argv[1]]
for number, seed in enumerate(seeds):
    open(f"{sys.argv[2]}/{number}", "wb").write(seed)
atheris.Setup([sys.argv[0], f"-max_total_time={sys.argv[3]}", "-timeout=60", "-rss_limit_mb=3000", sys.argv[2]], target)
atheris.Fuzz()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has atheris, our libraries and this code."""
    home = tmp_path_factory.mktemp("atheris")
    programs = environment(home, "atheris")
    site = next((home / "env" / "lib").glob("python3*")) / "site-packages"
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    return programs / "python"


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_a_refusal_comes_out(name: str, python: Path, tmp_path: Path) -> None:
    command = [str(python), "-c", FUZZ, name, str(tmp_path), str(SECONDS)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    assert "Done " in told.stderr
