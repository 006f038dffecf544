"""Kernels that share out rows, called from several threads of Python's: where Numba cannot bear it, they take turns."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext

import numba

_TURN = threading.RLock()


def one_at_a_time() -> AbstractContextManager[object]:
    """Held around such kernels, wherever more than one thread may come to them.

    Numba's own threads, which it takes where there is neither OpenMP nor TBB, end the whole process when two callers
    start them at once. Which threads it takes is decided by the first such kernel: until then callers take turns, too.
    """
    try:
        safe = numba.threading_layer() != "workqueue"
    except ValueError:
        safe = False
    return nullcontext() if safe else _TURN
