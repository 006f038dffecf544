"""Starting factors drawn from each id's own seed, so that nobody's start depends on who else is there.

One more customer or product then leaves all other starts as they were, and the model of tonight stays close to the
model of last night. Pure integer arithmetic: the same bytes on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scramble each 64-bit number (the finalizer of splitmix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        z = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


def normal_factors(seeds: npt.NDArray[np.uint64], n_factors: int, scale: float) -> npt.NDArray[np.float32]:
    """Nearly normal numbers with mean 0 and standard deviation `scale`: float32 (n, n_factors).

    Each number is the centred sum of the four 16-bit parts of one scrambled counter (Irwin-Hall, 4 terms), so row i
    depends on seeds[i] alone. Equal seeds get equal rows.
    """
    seeds = np.ascontiguousarray(seeds)
    if seeds.dtype != np.uint64 or seeds.ndim != 1:
        raise ValueError(f"seeds: expected uint64 (n,), got {seeds.dtype} {seeds.shape}")
    out = np.empty((len(seeds), n_factors), np.float32)
    unit = scale / (np.sqrt(4 / 12) * 65_536)
    with np.errstate(over="ignore"):
        for factor in range(n_factors):
            drawn = mix(seeds + np.uint64(factor + 1) * GOLDEN)
            total = sum(((drawn >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64) for shift in (0, 16, 32, 48))
            out[:, factor] = (np.asarray(total) - 2 * 65_535) * unit
    return out


def keyed(seeds: npt.NDArray[np.uint64], key: int) -> npt.NDArray[np.uint64]:
    """The same seeds under another key, e.g. to draw a sample that has nothing to do with the factors."""
    with np.errstate(over="ignore"):
        return mix(seeds ^ mix(np.array([key], np.uint64) * GOLDEN + GOLDEN))


def sample(seeds: npt.NDArray[np.uint64], size: int, key: int = 1) -> npt.NDArray[Any]:
    """Positions of at most `size` of the seeds, chosen by hash, ascending: int64 (min(size, n),)."""
    if len(seeds) <= size:
        return np.arange(len(seeds))
    order = np.lexsort((np.arange(len(seeds)), keyed(seeds, key)))
    return np.sort(order[:size])
