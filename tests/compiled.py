"""`python -m tests.compiled`: compile once, on two cores, what tests call, before several workers would each do so.

Compiled code is kept on disk; where it is there, this ends at once. What a test calls beside is compiled then.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
HALVES = ("optimizer", "recsys")
ENOUGH = 600
"""Customers: of fewer no weights are fitted."""


def lacking() -> list[str]:
    """The packages whose kernels are not kept here yet for this Python."""
    from optimizer.warm_up import was_compiled
    from recsys.kernels import folder_of
    from recsys.reason_kernels import explain

    folder = folder_of(explain.py_func)
    python = "py{}{}".format(*sys.version_info[:2])
    done = (was_compiled(), folder is None or any(folder.glob(f"*.explain-*.{python}*.nbi")))
    return [half for half, is_done in zip(HALVES, done, strict=True) if not is_done]


def compile_optimizer() -> None:
    """The kernels for rules that nest, and those for any."""
    from optimizer.problem import BoxProblem
    from optimizer.warm_up import compile_kernels

    compile_kernels(BoxProblem(np.ones((2, 3), np.int32), np.ones((2, 3), bool), np.ones(3, np.int64)))
    compile_kernels()


def compile_recsys() -> None:
    """What a small made-up shop needs to be judged, learned from and given its lists."""
    from jobs.config.load import load
    from jobs.datasets.synth import write_synth
    from jobs.evaluating.evaluate import evaluate
    from jobs.inputs.tables import read
    from jobs.learning.train import train
    from jobs.recommending.lists import website_lists

    with tempfile.TemporaryDirectory() as name:
        write_synth(Path(name), customers=ENOUGH, products=24)
        campaign = load(Path(name))
        tables = read(campaign)
        evaluate(campaign, tables)
        recommender = train(campaign, tables)
        recommender.score_blocks(tables.customers["customer_id"], tables.products["product_id"]).block(0, 1)
        website_lists(recommender, tables)


def main(halves: list[str]) -> int:
    """Compile these halves here; without any, what is lacking, each half in a process of its own."""
    for half in halves:
        {"optimizer": compile_optimizer, "recsys": compile_recsys}[half]()
    if halves:
        return 0
    started = [subprocess.Popen([sys.executable, "-m", "tests.compiled", half], cwd=ROOT) for half in lacking()]
    if started:
        print("boxwise: compiling once what the tests call", flush=True)
    return max([process.wait() for process in started], default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
