"""Kernels that share out rows are called one at a time where Numba has only its own threads."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numba
import pytest

from recsys.base.turns import one_at_a_time


def most_at_once() -> int:
    """Of three callers, how many are inside together; they wait for each other a while."""
    inside, most, everyone = [0], [0], threading.Barrier(3)

    def call() -> None:
        with one_at_a_time():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            with contextlib.suppress(threading.BrokenBarrierError):
                everyone.wait(timeout=0.2)
            inside[0] -= 1

    with ThreadPoolExecutor(3) as pool:
        for one in [pool.submit(call) for _ in range(3)]:
            one.result()
    return most[0]


@pytest.mark.parametrize(("layer", "together"), [("workqueue", 1), ("omp", 3), ("tbb", 3), (None, 1)])
def test_only_threads_that_cannot_bear_it_make_callers_take_turns(
    monkeypatch: pytest.MonkeyPatch, layer: str | None, together: int
) -> None:
    def threading_layer() -> str:
        if layer is None:
            raise ValueError("Threading layer is not initialized.")
        return layer

    monkeypatch.setattr(numba, "threading_layer", threading_layer)
    assert most_at_once() == together
