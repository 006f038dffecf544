"""The second opinion stands alone: loading it loads no solver, no OR-tools, no Numba, no other package of ours."""

from __future__ import annotations

import subprocess
import sys

PROBE = "import sys, optimizer.verify; print(*sorted(sys.modules))"


def test_verify_loads_nothing_of_the_solver() -> None:
    loaded = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True).stdout.split()

    ours = {name for name in loaded if name.split(".")[0] in ("optimizer", "recsys", "jobs")}
    ours -= {name for name in ours if name.startswith(("optimizer.verify", "optimizer.problem"))}
    assert ours == {"optimizer"}
    assert not {"ortools", "numba", "scipy", "pandas", "highspy", "implicit"} & set(loaded)
