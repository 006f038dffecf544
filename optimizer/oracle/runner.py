"""Work over parts of 0..n-1 by the threads of this machine, in order, until the deadline."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class Late(Exception):
    """The deadline has passed in the middle of a round."""


def never() -> bool:
    """No deadline."""
    return False


def n_cores() -> int:
    """Processors that this process may use; all of the machine's where the system does not tell (macOS)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Runner:
    """Threads that share out rows. What a part gives must not depend on how rows are cut.

    threads  how many; None = one per processor. Compiled kernels and NumPy let go of Python's lock
    late     tells that the deadline has passed
    """

    def __init__(self, threads: int | None = None, late: Callable[[], bool] = never) -> None:
        self.threads = threads or n_cores()
        self.late = late
        self._pool = ThreadPoolExecutor(self.threads)  # starts no thread before there is work for two

    def each(self, n: int, one: Callable[[int, int], T], rows: int, *, timed: bool = True) -> list[T]:
        """Results of one(lo, hi) over parts of `rows` rows, in order.

        Raises Late, where `timed`, when the deadline passes on the way.
        """

        def timely(cut: tuple[int, int]) -> T:
            if timed and self.late():
                raise Late
            return one(*cut)

        cuts = [(lo, min(lo + rows, n)) for lo in range(0, n, rows)]
        if len(cuts) < 2 or self.threads < 2:
            return [timely(cut) for cut in cuts]
        parts = [self._pool.submit(timely, cut) for cut in cuts]
        wait(parts)  # nobody may still be writing when the deadline ends it
        return [part.result() for part in parts]

    def shared(self, n: int, rows: int) -> int:
        """Rows of a part, at most `rows`, so that every thread has work; few rows are not worth sharing out."""
        return max(1, min(rows, -(-n // self.threads))) if n > 512 else max(1, n)


def sealed(array: Any) -> Any:
    """The array in row order and read-only: one type, so that the kernel is compiled once."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
