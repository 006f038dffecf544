"""The second opinion stands alone: loading it loads no solver, no OR-tools, no Numba, no other package of ours."""

from __future__ import annotations

import subprocess
import sys

PROBE = "import sys, optimizer.verify; print(*sorted(sys.modules))"


def test_verify_loads_nothing_of_the_solver() -> None:
    loaded = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True).stdout.split()

    ours = {name for name in loaded if name.split(".")[0] in ("optimizer", "recsys", "jobs")}
    others = {name for name in ours if not name.startswith("optimizer.verify")}
    assert others == {"optimizer", "optimizer.problem", "optimizer.result", "optimizer.rules"}
    assert not {"ortools", "numba", "scipy", "pandas", "highspy", "implicit"} & set(loaded)
