"""BLAS at one thread: sums are then added in one order, and a night gives the same bytes on 1 core or 64.

The environment variables count only when set before NumPy is loaded, so whoever starts the program sets them too; every
matrix product here runs inside `one_blas_thread` whether they did or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import threadpoolctl


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Everything inside runs BLAS at one thread; the former number comes back after."""
    with threadpoolctl.threadpool_limits(1, "blas"):
        yield


@contextmanager
def one_numpy_thread() -> Iterator[None]:
    """The same for NumPy's products alone, in microseconds: it does not look for what else has been loaded since."""
    with _loaded().limit(limits=1, user_api="blas"):
        yield


@cache
def _loaded() -> threadpoolctl.ThreadpoolController:
    """The thread pools there are at the first call; NumPy, which is imported before recsys, is among them."""
    return threadpoolctl.ThreadpoolController()
