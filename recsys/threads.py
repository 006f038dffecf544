"""BLAS at one thread: sums are then added in one order, and a night gives the same bytes on 1 core or 64.

The environment variables count only when set before NumPy is loaded, so both roads are taken: whoever starts the
program sets them, and every matrix product here runs inside `one_blas_thread`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def pin_environment(environment: MutableMapping[str, str] | None = None) -> None:
    """Ask for one BLAS thread; call before NumPy is imported. A value that is already set is overruled."""
    target = os.environ if environment is None else environment
    for name in VARIABLES:
        target[name] = "1"


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Everything inside runs BLAS at one thread; the former number comes back after."""
    import threadpoolctl

    with threadpoolctl.threadpool_limits(1, "blas"):
        yield
