"""No function of a night does more than in proportion when customers become more; counted, never timed.

Nights of two sizes are counted twice: bytes made and lines run, and lines with the recommender's kernels as the Python
they are written in. Three functions that grow with the square are planted, and must be what is found.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("benchmarks.night", reason="benchmarks belong to the repository, not to the wheel")
import jobs.nightly
from benchmarks.night.counting import Counting, counted, interpreted
from benchmarks.night.judging import faults
from jobs.datasets.synth import write_synth
from jobs.progress import Stages
from recsys.kernels import kernel
from recsys.scoring import fit_weights, quality_kernels

PLANTS = ("loop_over_everybody_twice", "squares_in_blocks", "compiled_loop")
PRODUCTS = 12
FEW, MANY = 150, 450
KERNELS_FEW, KERNELS_MANY = 130, 390
"""Fewer, for every line of a kernel costs a microsecond here."""
ROWS_TO_FIT = 5
"""Weights are fitted for all questions at both sizes, or for none would look like growth."""
OF_KERNELS = ("evaluate", "train", "score", "lists")
"""Stages that run the recommender's kernels; the others were counted with memory."""


def loop_over_everybody_twice(n: int) -> int:
    """Compares customers with customers, one at a time."""
    same = 0
    for one in range(n):
        for other in range(n // 16):
            same += one == other
    return same


def squares_in_blocks(n: int) -> float:
    """Compares customers with customers, a block at a time: the peak of a night would not tell."""
    everybody = np.arange(float(n))
    return sum(float(np.abs(everybody[lo : lo + 50, None] - everybody).sum()) for lo in range(0, n, 50))


@kernel
def compiled_loop(n: int) -> int:
    """A loop that Python does not see unless it is interpreted."""
    same = 0
    for one in range(n):
        for other in range(n // 4):
            same += one == other
    return same


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Shops by number of customers; nights of one that is not counted have loaded and compiled what is, once."""
    folder = tmp_path_factory.mktemp("shops")
    made = {n: folder / str(n) for n in (FEW, MANY, KERNELS_FEW, KERNELS_MANY)}
    for n, path in made.items():
        write_synth(path, customers=n, products=PRODUCTS)
    write_synth(folder / "first", customers=MANY, products=PRODUCTS)
    jobs.nightly.nightly(folder / "first", stages=Stages(stream=io.StringIO()))
    return made


def of_memory(shops: dict[int, Path]) -> list[str]:
    """What grows too fast by lines and bytes, a loop planted in the stage `lists` and a square in `audit`."""
    few, many = (
        _night(shops[n], {"website_lists": (loop_over_everybody_twice, n), "audit_staged": (squares_in_blocks, n)})
        for n in (FEW, MANY)
    )
    return faults(few, many, MANY / FEW)


def of_kernels(shops: dict[int, Path]) -> list[str]:
    """What grows too fast by lines of kernels, a compiled loop planted in the stage `train`."""
    with pytest.MonkeyPatch.context() as patch, interpreted(["recsys", __name__]) as n_kernels:
        assert n_kernels > 20
        patch.setattr(fit_weights, "FEWEST_ROWS", ROWS_TO_FIT)
        patch.setattr(quality_kernels, "FEW", 0)  # one way of counting places at both sizes
        few, many = (
            _night(shops[n], {"train": (compiled_loop, n)}, memory=False, only=OF_KERNELS)
            for n in (KERNELS_FEW, KERNELS_MANY)
        )
    return faults(few, many, KERNELS_MANY / KERNELS_FEW)


def _night(path: Path, plants: dict[str, tuple[Callable[[int], Any], int]], **how: Any) -> Counting:
    """Count a night in which each of these names of `jobs.nightly` also runs a plant, with so many customers."""
    with pytest.MonkeyPatch.context() as patch:
        for name, (plant, n) in plants.items():
            patch.setattr(jobs.nightly, name, _also(getattr(jobs.nightly, name), plant, n))
        return counted(path, **{"memory": True, "also": __file__, **how})


def _also(real: Callable[..., Any], plant: Callable[[int], Any], n: int) -> Callable[..., Any]:
    def both(*given: Any, **named: Any) -> Any:
        plant(n)
        return real(*given, **named)

    return both


def _planted(found: list[str]) -> set[str]:
    return {name for line in found for name in PLANTS if f":{name}" in line}


def _others(found: list[str]) -> list[str]:
    return [line for line in found if not any(f":{name}" in line for name in PLANTS)]


def test_no_function_grows_faster_than_the_customers(shops: dict[int, Path]) -> None:
    memory = of_memory(shops)

    assert _others(memory) == []
    assert {line.split(":")[0] for line in memory} == {"lists", "audit"}
    assert _planted(memory) == {"loop_over_everybody_twice", "squares_in_blocks"}
    assert any("bytes become" in line for line in memory if "squares_in_blocks" in line)


def test_no_kernel_of_the_recommender_grows_faster_than_the_customers(shops: dict[int, Path]) -> None:
    kernels = of_kernels(shops)

    assert _others(kernels) == []
    assert _planted(kernels) == {"compiled_loop"}
    assert "lines become" in next(line for line in kernels if "compiled_loop" in line)
