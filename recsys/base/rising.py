"""Binary search for kernels, in a part of an array whose numbers rise."""

from __future__ import annotations

from recsys.kernels import inner


@inner
def lower(keys, lo, hi, key):  # type: ignore[no-untyped-def]
    """The first position in lo..hi-1 whose number is not below `key`; hi where there is none."""
    while lo < hi:
        middle = (lo + hi) // 2
        if keys[middle] < key:
            lo = middle + 1
        else:
            hi = middle
    return lo


@inner
def upper(keys, lo, hi, key):  # type: ignore[no-untyped-def]
    """The first position in lo..hi-1 whose number is above `key`; hi where there is none."""
    while lo < hi:
        middle = (lo + hi) // 2
        if keys[middle] <= key:
            lo = middle + 1
        else:
            hi = middle
    return lo


@inner
def position(keys, lo, hi, key):  # type: ignore[no-untyped-def]
    """The first position in lo..hi-1 whose number is `key`; -1 where there is none."""
    at = lower(keys, lo, hi, key)
    return at if at < hi and keys[at] == key else -1
