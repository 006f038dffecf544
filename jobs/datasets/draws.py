"""Chance that belongs to an id: the same seed, rule and id always draw the same number, whatever else is in the table.

Made-up data (demo, benchmarks) uses these instead of a stream of random numbers, so one more customer shifts nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]


def hashes(seed: int, rule: str, ids: Iterable[object]) -> Hashes:
    """uint64 (n_ids,): a number per id, independent between rules and seeds."""
    key = blake2b(f"{seed} {rule}".encode(), digest_size=32).digest()
    digests = b"".join(blake2b(str(i).encode(), digest_size=8, key=key).digest() for i in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def uniform(seed: int, rule: str, ids: Iterable[object]) -> Floats:
    """float64 (n_ids,) in (0, 1), one per id."""
    return unit(hashes(seed, rule, ids))


def pairs(rows: Hashes, columns: Hashes) -> Floats:
    """float64 (n_rows, n_columns) in (0, 1), one per pair of ids, from the hashes of each side."""
    return unit(mix(rows[:, None] ^ (mix(columns)[None, :])))


def choose(seed: int, rule: str, ids: Iterable[object], values: Sequence[str], shares: Sequence[float]) -> list[str]:
    """One of `values` per id, in the given shares (any positive scale)."""
    edges = np.cumsum(np.asarray(shares, dtype=np.float64))
    at = np.searchsorted(edges / edges[-1], uniform(seed, rule, ids), side="right")
    return [values[min(int(i), len(values) - 1)] for i in at]


def unit(numbers: Hashes) -> Floats:
    """Numbers of 64 bits as floats strictly between 0 and 1."""
    return ((numbers >> np.uint64(12)).astype(np.float64) + 0.5) / 2.0**52


def mix(numbers: Hashes) -> Hashes:
    """The finalizer of splitmix64 (Steele, Lea, Flood 2014): every input bit moves every output bit."""
    z = numbers + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
