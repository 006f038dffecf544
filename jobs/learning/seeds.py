"""Ids to 64-bit seeds by a keyed hash: what a customer's or product's random start depends on, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt


def id_seeds(ids: Iterable[str], key: str) -> npt.NDArray[np.uint64]:
    """One seed per id, the same on every machine: uint64 (n_ids,).

    key  what the seeds are for and the campaign's seed, e.g. "customers/0"; other keys give unrelated seeds
    """
    secret = blake2b(key.encode(), digest_size=32).digest()
    digests = b"".join(blake2b(one.encode(), digest_size=8, key=secret).digest() for one in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
